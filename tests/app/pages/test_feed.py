"""A silent or unequal night on the morning board: to the force's own desk, and to nobody else."""

from datetime import date, timedelta

import pytest

from app.access.models import Force
from app.access.permissions import Role
from app.core.ids import new_id
from app.core.scope import PLATFORM
from app.intake.models import NightClose
from tests.factories.mornings import HALF_PAST_SIX, Morning
from tests.factories.notifications import FORCE
from tests.factories.people import add_person, move, signed_in

SATURDAY = date(2026, 11, 21)


@pytest.fixture
def next_day(morning: Morning) -> Morning:
    """The day after the force's system was added, at half past six; another force has none."""
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherby", added_at=HALF_PAST_SIX))
    move(morning.wiring, days=1)
    assert morning.wiring.clock.now() == HALF_PAST_SIX + timedelta(days=1)
    return morning


def closed(morning: Morning, told: int, arrived: int) -> None:
    totals = {"incidents_with_children": 1, "children": 1}
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(
            NightClose(
                id=new_id(), force=FORCE, on_date=SATURDAY, client_id=morning.force.client_id,
                closed_at=morning.wiring.clock.now(), told={"incidents": told, **totals},
                arrived={"incidents": arrived, **totals}, equal=told == arrived,
            )
        )  # fmt: skip


@pytest.mark.feature("IN10")
def test_the_desk_sees_a_silent_night_and_its_colleagues_elsewhere_do_not(
    next_day: Morning,
) -> None:
    wiring = next_day.wiring
    desk = add_person(wiring, "desk@example.org", Role.FORCE_DESK, name="Sam Ward", force=FORCE)
    lead = add_person(wiring, "lead@example.org", Role.LEAD, name="Lee Ward", force=FORCE)
    colleague = add_person(wiring, "d@example.org", Role.FORCE_DESK, name="Di West", force="98")
    for person in (desk, lead):
        page = signed_in(wiring, person).get("/morning").text
        assert "Last night is not closed" in page
        assert "All children told" not in page
        assert "the night may be incomplete" in page
    page = signed_in(wiring, colleague).get("/morning").text
    assert "Last night is not closed" not in page
    assert "All children told" in page
    assert signed_in(wiring, next_day.priya).get("/morning").status_code == 404


@pytest.mark.feature("IN10")
def test_unequal_totals_say_both_counts_and_equal_ones_say_nothing(next_day: Morning) -> None:
    desk = add_person(
        next_day.wiring, "desk@example.org", Role.FORCE_DESK, name="Sam Ward", force=FORCE
    )
    closed(next_day, 3, 2)
    page = signed_in(next_day.wiring, desk).get("/morning").text
    assert "counted 3 incidents and 1 child listed; 2 incidents and 1 child arrived" in page
    with next_day.wiring.database.write(PLATFORM) as session:
        for night in session.query(NightClose):
            night.equal = True
    page = signed_in(next_day.wiring, desk).get("/morning").text
    assert "All children told" in page
    assert "Last night" not in page
