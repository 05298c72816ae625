"""Children at no school: the officers of the council where they live are told, by 09:30."""

from datetime import date, time
from typing import Any

import pytest

from app.access.permissions import Role
from app.casework.acknowledging import acknowledge
from app.casework.calling import call, claim, record_call, sheet, show_content
from app.casework.inbox import inbox
from app.casework.opening import look
from app.core.clock import at_london
from app.core.errors import NotFound
from app.core.scope import of_force
from app.intake.outcomes import Outcome
from app.reports.told import Told
from notifications.models import Notification
from notifications.states import CallResult
from schools.officers import Duty
from tests.journeys.world import COUNCIL, FORCE, World, at, child

FIRST, SECOND, ELSEWHERE = "first@council.test", "second@council.test", "far@council.test"


@pytest.fixture
def county(world: World) -> World:
    """Two named officers of the council, and one of another council."""
    world.person(FIRST, Role.COUNCIL_OFFICER, council=COUNCIL)
    world.person(SECOND, Role.COUNCIL_OFFICER, council=COUNCIL)
    world.person(ELSEWHERE, Role.COUNCIL_OFFICER, council="998")
    world.officer(Duty.COUNCIL_OFFICER, FIRST, council=COUNCIL)
    world.officer(Duty.COUNCIL_OFFICER, SECOND, council=COUNCIL)
    return world


def at_home(ref: str = "c1", **changes: Any) -> dict[str, Any]:
    return child(ref, **({"education": {"status": "home_educated"}} | changes))


def the_notification(world: World, reference: str = "H-1") -> Notification:
    (found,) = world.notifications(reference)
    return found


@pytest.mark.feature("MA16")
@pytest.mark.parametrize("night", ["2026-11-20", "2026-07-03"])
@pytest.mark.parametrize("status", ["home_educated", "not_in_education"])
def test_a_child_at_no_school_is_told_at_the_council_by_half_past_nine(
    county: World, night: str, status: str
) -> None:
    county.clock.move_to(at(night, "01:10"))
    county.push("H-1", at_home(education={"status": status}))
    county.until(time(7, 45))
    placed = the_notification(county)
    assert (placed.recipient, placed.urn) == (f"council:{COUNCIL}", None)
    assert placed.due_at == at_london(date.fromisoformat(night), time(9, 30))
    assert county.alerted() == [FIRST]
    assert [row.held_by for row in county.board.rows] == ["Council officer: First"]
    county.open(FIRST, placed.id)
    with county.wiring.database.write(county.scope_of(FIRST)) as session:
        acknowledge(session, county.acting(FIRST), notification_id=placed.id)
    county.until(time(9, 31))
    (row,) = county.board.rows
    assert (row.outcome, row.told, row.told_in_time) == (Outcome.SENT_TO_COUNCIL, Told.TOLD, True)
    assert row.acknowledged_at is not None
    assert county.alerted() == [FIRST]
    assert county.imbalances == []


@pytest.mark.feature("MA16")
def test_the_second_officer_is_asked_then_everybody_then_the_council_is_rung(
    county: World,
) -> None:
    county.clock.move_to(at("2026-11-20", "01:10"))
    county.push("H-1", at_home())
    county.until(time(8, 20))
    assert county.alerted() == [FIRST, SECOND]
    county.until(time(8, 50))
    assert sorted(county.alerted()) == sorted([FIRST, SECOND, FIRST, SECOND])
    with county.wiring.database.write(of_force(FORCE)) as session:
        (council,) = sheet(session, county.acting("desk@example.org"), force=FORCE)
        assert (council.name, council.is_council) == ("Exampleshire council", True)
        assert (council.telephone, [one.name for one in council.contacts]) == (
            "01632 960555", ["First", "Second"],
        )  # fmt: skip
        line = council.lines[0].line_id
        claim(session, county.acting("desk@example.org"), line_id=line)
    with county.wiring.database.write(of_force(FORCE)) as session:
        assert call(session, county.acting("desk@example.org"), line_id=line).school.is_council
        show_content(session, county.acting("desk@example.org"), line_id=line)
        record_call(
            session, county.acting("desk@example.org"), line_id=line, result=CallResult.TOLD,
            recipient_trained=True,
        )  # fmt: skip
    assert county.board.all_told
    assert county.imbalances == []


@pytest.mark.feature("MA16")
def test_a_council_without_officers_is_rung_and_never_silent(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("H-1", at_home())
    world.until(time(8, 31))
    steps = world.steps(the_notification(world).id)
    assert steps["key_adult"] == ("skipped", "no_such_contact")
    assert steps["call_sheet"] == ("done", None)
    assert world.imbalances == []
    world.until(time(9, 31))
    assert the_notification(world).late_at is not None
    assert [row.told for row in world.board.rows] == [Told.NOT_TOLD]


@pytest.mark.parametrize(
    "changes",
    [
        {"residences": []},
        {"residences": [{"postcode": "ZZ99 3VZ"}]},
        {"residences": [{"postcode": "ZZ99 3VZ", "authority": "123"}]},
        {"education": {"status": "home_educated", "urn": 990001}},
    ],
)
def test_what_is_unknown_or_contradicted_goes_to_a_person_first(
    county: World, changes: dict[str, Any]
) -> None:
    county.clock.move_to(at("2026-11-20", "01:10"))
    county.push("H-1", at_home(**changes))
    county.until(time(6, 0))
    assert county.notifications("H-1") == []
    assert [row.outcome for row in county.board.rows] == [Outcome.IN_REVIEW]


@pytest.mark.feature("MA16")
def test_the_officer_reads_it_another_council_and_the_key_adults_find_nothing(
    county: World,
) -> None:
    county.clock.move_to(at("2026-11-20", "01:10"))
    county.push("H-1", at_home())
    county.until(time(7, 45))
    placed = the_notification(county)
    for email, waiting in ((FIRST, 1), (SECOND, 1), (ELSEWHERE, 0), ("first@primary.test", 0)):
        with county.wiring.database.read(county.scope_of(email)) as session:
            assert len(inbox(session, county.acting(email)).to_open) == waiting
    for email in (ELSEWHERE, "first@primary.test"):
        with (
            county.wiring.database.write(county.scope_of(email)) as session,
            pytest.raises(NotFound),
        ):
            look(session, county.acting(email), notification_id=placed.id)
    county.open(FIRST, placed.id)
    with county.wiring.database.write(county.scope_of(FIRST)) as session:
        shown = look(session, county.acting(FIRST), notification_id=placed.id)
    assert (shown.recipient, shown.first_name) == ("Exampleshire council", "Asha")


def test_a_sibling_at_school_and_one_at_home_are_told_each_where_they_are(county: World) -> None:
    county.clock.move_to(at("2026-11-20", "01:10"))
    county.push("H-1", child("c1"), at_home("c2", forename="Bilal"))
    county.until(time(6, 0))
    assert {one.recipient for one in county.notifications("H-1")} == {
        "urn:990001", f"council:{COUNCIL}",
    }  # fmt: skip
