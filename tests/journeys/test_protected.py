"""Protected children: by voice, to one named person, and once somebody else has confirmed it."""

from datetime import time
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.casework import calling, releasing
from app.casework.inbox import inbox
from app.casework.opening import look
from app.casework.releasing import WhySafe
from app.casework.taking_back import undoable
from app.cli.explaining import explain
from app.core.errors import Conflict, NotFound
from app.core.scope import PLATFORM, of_force
from app.reports.rows import NOT_SHOWN
from app.reports.told import Told
from notifications.models import Notification, Release
from notifications.states import CallResult
from schools.matching.models import Match
from schools.models import KeyAdult
from schools.officers import Duty
from tests.journeys.world import FORCE, World, at, child

DESK, LEAD_PERSON = "desk@example.org", "lead@example.org"
FIRST, SECOND, STRANGER = "first@primary.test", "second@primary.test", "only@otherby.test"
LEAD, DUTY = "lead@force.test", "duty@force.test"


@pytest.fixture
def force(world: World) -> World:
    world.person(LEAD_PERSON, Role.LEAD, force=FORCE)
    world.officer(Duty.REVIEWER, "ruth@force.test")
    world.officer(Duty.FORCE_LEAD, LEAD)
    world.officer(Duty.DUTY_OFFICER, DUTY)
    return world


@pytest.fixture
def settled(force: World) -> Notification:
    """A protected child whose school a reviewer has chosen at six."""
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("P-1", child(protected=["refuge"]))
    force.until(time(6, 0))
    assert force.notifications("P-1") == []
    force.settle("reviewer@example.org", urn=990001)
    force.tick()
    return the_notification(force)


def the_notification(world: World) -> Notification:
    (found,) = world.notifications("P-1")
    return found


def key_adult(world: World, email: str) -> UUID:
    with world.wiring.database.read() as session:
        account = world.people[email].id
        return session.scalars(select(KeyAdult.id).where(KeyAdult.account_id == account)).one()


def propose(world: World, who: UUID | None, notification_id: UUID) -> None:
    with world.wiring.database.write(of_force(FORCE)) as session:
        releasing.claim(session, world.acting(DESK), notification_id=notification_id)
        releasing.propose(
            session, world.acting(DESK), notification_id=notification_id, person_id=who,
            reason=WhySafe.NO_TIE_KNOWN,
        )  # fmt: skip


def confirm(world: World, who: str, notification_id: UUID, *, confirms: bool = True) -> None:
    with world.wiring.database.write(world.scope_of(who)) as session:
        releasing.claim(session, world.acting(who), notification_id=notification_id)
        releasing.answer(
            session, world.acting(who), notification_id=notification_id, confirms=confirms
        )


def waiting_for(world: World, email: str) -> int:
    with world.wiring.database.read(world.scope_of(email)) as session:
        return len(inbox(session, world.acting(email)).to_open)


def the_line(world: World) -> UUID:
    with world.wiring.database.write(of_force(FORCE)) as session:
        (school,) = calling.sheet(session, world.acting(DESK), force=FORCE)
        calling.claim(session, world.acting(DESK), line_id=school.lines[0].line_id)
        return school.lines[0].line_id


@pytest.mark.feature("CO7")
def test_the_one_named_person_reads_it_a_colleague_and_a_stranger_find_nothing(
    force: World, settled: Notification
) -> None:
    assert [waiting_for(force, one) for one in (FIRST, SECOND, STRANGER)] == [0, 0, 0]
    assert LEAD in force.alerted()
    propose(force, key_adult(force, SECOND), settled.id)
    assert waiting_for(force, SECOND) == 0
    confirm(force, LEAD_PERSON, settled.id)
    assert [waiting_for(force, one) for one in (FIRST, SECOND, STRANGER)] == [0, 1, 0]
    for email in (FIRST, STRANGER):
        with (
            force.wiring.database.write(force.scope_of(email)) as session,
            pytest.raises(NotFound),
        ):
            look(session, force.acting(email), notification_id=settled.id)
    force.until(time(8, 0))
    assert FIRST not in force.alerted()
    force.open(SECOND, settled.id)
    assert force.board.all_told
    assert force.imbalances == []


@pytest.mark.feature("CO7")
def test_it_is_read_out_to_the_named_person_and_only_once_that_is_confirmed(
    force: World, settled: Notification
) -> None:
    force.until(time(7, 31))
    line = the_line(force)
    with (
        force.wiring.database.write(of_force(FORCE)) as session,
        pytest.raises(Conflict, match="protected"),
    ):
        calling.show_content(session, force.acting(DESK), line_id=line)
    propose(force, key_adult(force, FIRST), settled.id)
    confirm(force, LEAD_PERSON, settled.id)
    with force.wiring.database.write(of_force(FORCE)) as session:
        call, content = calling.show_content(session, force.acting(DESK), line_id=line)
        assert [one.email for one in call.school.contacts] == [FIRST]
        assert content.identity.first_name == "Asha"
        calling.record_call(
            session, force.acting(DESK), line_id=line, result=CallResult.TOLD,
            recipient_trained=True,
        )  # fmt: skip
    assert [row.told for row in force.board.rows] == [Told.TOLD]


@pytest.mark.feature("CO7")
def test_who_names_does_not_confirm_and_an_hour_before_the_duty_officer_may(
    force: World, settled: Notification
) -> None:
    force.person("duty@example.org", Role.FORCE_DESK, force=FORCE)
    propose(force, None, settled.id)
    for who in (DESK, "duty@example.org"):
        with pytest.raises(Conflict, match="Somebody else"):
            confirm(force, who, settled.id)
    force.until(time(7, 31))
    assert DUTY in force.alerted()
    with pytest.raises(Conflict, match="Somebody else"):
        confirm(force, DESK, settled.id)
    confirm(force, "duty@example.org", settled.id)
    with force.wiring.database.read(PLATFORM) as session:
        assert session.scalars(select(Release.confirmed_as)).one() == "duty_officer"
    assert [waiting_for(force, one) for one in (FIRST, SECOND)] == [0, 0]


@pytest.mark.feature("CO7")
def test_what_is_refused_is_named_again(force: World, settled: Notification) -> None:
    propose(force, key_adult(force, FIRST), settled.id)
    with pytest.raises(Conflict, match="named already"):
        propose(force, key_adult(force, SECOND), settled.id)
    confirm(force, LEAD_PERSON, settled.id, confirms=False)
    assert waiting_for(force, FIRST) == 0
    propose(force, key_adult(force, SECOND), settled.id)
    confirm(force, LEAD_PERSON, settled.id)
    assert [waiting_for(force, one) for one in (FIRST, SECOND)] == [0, 1]


@pytest.mark.feature("CO7")
def test_a_protected_child_is_never_handed_to_a_council_and_stays_with_people(
    force: World,
) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("P-1", child(protected=["refuge"]))
    force.until(time(15, 1))
    assert force.review_steps()["council_officer"] == ("skipped", "protected")
    assert force.notifications("P-1") == []
    assert [row.told for row in force.board.rows] == [Told.NOT_TOLD]
    assert force.imbalances == []


def test_another_force_a_key_adult_and_a_lead_of_nothing_do_not_see_it_is_there(
    force: World, settled: Notification
) -> None:
    force.person("auditor@example.org", Role.AUDITOR, force=FORCE)
    for who in (FIRST, STRANGER, "auditor@example.org", "reviewer@example.org"):
        with (
            force.wiring.database.write(PLATFORM) as session,
            pytest.raises(NotFound),
        ):
            releasing.case(session, force.acting(who), notification_id=settled.id)
        with (
            force.wiring.database.write(PLATFORM) as session,
            pytest.raises(NotFound),
        ):
            releasing.answer(session, force.acting(who), notification_id=settled.id, confirms=True)


def test_neither_the_undo_list_nor_an_explanation_says_where_the_child_is(
    force: World, settled: Notification
) -> None:
    reviewer = force.acting("reviewer@example.org")
    with force.wiring.database.read(of_force(FORCE)) as session:
        (line,) = undoable(session, reviewer)
        assert line.schools == (NOT_SHOWN,)
    with force.wiring.database.read(PLATFORM) as session:
        for match_id in session.scalars(select(Match.id)):
            found = explain(session, force.wiring.cipher, match_id, now=force.now)
            assert found.protected
            assert (found.urns, found.considered) == ((), ())
            assert {one["urn"] for one in found.evidence} <= {None}
            assert "990001" not in repr(found)
            assert "erased" not in found.changed_since
