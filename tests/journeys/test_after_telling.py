"""After telling: reminders that come, and that stop when somebody answers."""

from datetime import date, time
from uuid import UUID

import pytest
from sqlalchemy import select

from app.casework import attending
from app.casework.acknowledging import acknowledge
from app.casework.following_up import record_follow_up
from app.core.policies import add_policy
from app.core.policy import Policy, Receipts
from app.core.scope import PLATFORM, of_force
from app.reports.open_matters import OpenMatters, open_ids, open_matters
from notifications.receipt_models import ReceiptStep
from notifications.receipt_states import AbsenceResponse, AttendanceAnswer
from notifications.states import FollowUpCode, NotificationState
from schools.officers import Duty
from tests.journeys.world import FORCE, World, child

FIRST, SECOND, LEAD = "first@primary.test", "second@primary.test", "lead@force.test"
DUTY = "duty@force.test"


def steps(world: World) -> dict[str, tuple[str, str | None]]:
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(ReceiptStep).order_by(ReceiptStep.version)).all()
        return {row.kind.value: (row.state.value, row.reason_code) for row in rows}


def still_open(world: World) -> OpenMatters:
    with world.wiring.database.read(of_force(FORCE)) as session:
        found = open_ids(session, force=FORCE, now=world.now)
        return open_matters(session, force=FORCE, now=world.now, of=found)


def opened(world: World, reference: str = "R-1") -> UUID:
    world.push(reference, child())
    world.until(time(7, 0))
    (one,) = world.notifications(reference)
    world.open(FIRST, one.id)
    return one.id


def acknowledged(world: World, email: str) -> NotificationState:
    (one,) = world.notifications("R-1")
    with world.wiring.database.write(world.scope_of(email)) as session:
        acknowledge(session, world.acting(email), notification_id=one.id)
    return world.notifications("R-1")[0].state


def through(world: World, *days: str) -> None:
    for day in days:
        world.until(time(9, 31), on=date.fromisoformat(day))


def test_an_absence_nobody_sees_to_is_said_again_until_the_desk_says_what_was_done(
    world: World,
) -> None:
    world.officer(Duty.DUTY_OFFICER, DUTY)
    world.officer(Duty.FORCE_LEAD, LEAD)
    ident = opened(world)
    world.until(time(9, 46))
    for said in (AttendanceAnswer.ABSENT, AttendanceAnswer.IN_SCHOOL, AttendanceAnswer.ABSENT):
        with world.wiring.database.write(world.scope_of(FIRST)) as session:
            attending.answer(session, world.acting(FIRST), notification_id=ident, said=said)
        world.tick()
    asked = len(world.alerted())
    for clock_time in (time(10, 15), time(10, 16), time(10, 46)):
        world.until(clock_time)
    later = world.alerted()[asked:]
    assert (later.count(DUTY), later.count(LEAD)) == (2, 2)
    desk = "desk@example.org"
    with world.wiring.database.write(world.scope_of(desk)) as session:
        attending.respond(
            session, world.acting(desk), notification_id=ident, response=AbsenceResponse.SEEN_SAFE
        )
    asked = len(world.alerted())
    world.until(time(14, 0))
    assert DUTY not in world.alerted()[asked:]
    assert steps(world)["absence_unmet"] == ("skipped", "responded")


def test_nobody_is_asked_about_an_absence_in_the_evening(world: World) -> None:
    world.officer(Duty.DUTY_OFFICER, DUTY)
    ident = opened(world)
    world.until(time(17, 20))
    with world.wiring.database.write(world.scope_of(FIRST)) as session:
        attending.answer(
            session, world.acting(FIRST), notification_id=ident, said=AttendanceAnswer.ABSENT
        )
    world.tick()
    asked = len(world.alerted())
    for clock_time in (time(17, 50), time(18, 20), time(20, 0)):
        world.until(clock_time)
    assert world.alerted()[asked:].count(DUTY) == 1


@pytest.mark.feature("AK7")
@pytest.mark.feature("FU2")
def test_nobody_acknowledges_and_nobody_follows_up_until_the_lead_hears_of_it(
    world: World,
) -> None:
    world.officer(Duty.FORCE_LEAD, LEAD)
    opened(world)
    asked = len(world.alerted())
    world.until(time(9, 1))
    assert sorted(world.alerted()[asked:]) == [FIRST, SECOND]
    assert steps(world)["acknowledge"] == ("done", None)
    world.until(time(9, 46))
    assert steps(world)["attendance"] == ("done", None)
    through(world, "2026-11-23")
    assert steps(world)["acknowledge_lead"] == ("done", None)
    assert world.alerted()[-1] == LEAD
    assert len(still_open(world).not_acknowledged) == 1
    acknowledged(world, FIRST)
    assert still_open(world).not_acknowledged == ()
    asked = len(world.alerted())
    through(world, "2026-11-27")
    assert FIRST in world.alerted()[asked:]
    assert steps(world)["follow_up"] == ("done", None)
    assert still_open(world).not_followed_up == ()
    through(world, "2026-11-30")
    assert steps(world)["follow_up_lead"] == ("done", None)
    assert world.alerted()[-1] == LEAD
    assert len(still_open(world).not_followed_up) == 1


@pytest.mark.feature("FU2")
def test_an_answer_stops_what_would_have_asked_for_it(world: World) -> None:
    opened(world)
    acknowledged(world, FIRST)
    (one,) = world.notifications("R-1")
    with world.wiring.database.write(world.scope_of(FIRST)) as session:
        record_follow_up(
            session, world.acting(FIRST), notification_id=one.id,
            codes=[FollowUpCode.SILENT_SUPPORT],
        )  # fmt: skip
    found = steps(world)
    assert {found[kind] for kind in ("acknowledge", "acknowledge_lead")} == {
        ("skipped", "acknowledged")
    }
    assert {found[kind] for kind in ("follow_up", "follow_up_lead")} == {("skipped", "followed_up")}


@pytest.mark.feature("AK5")
def test_where_two_must_acknowledge_the_second_moves_it(world: World) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(receipts=Receipts(acknowledgements=2)),
            valid_from=world.now, approved_by="account:dpo", now=world.now,
        )  # fmt: skip
    opened(world)
    assert acknowledged(world, FIRST) is NotificationState.OPENED
    assert acknowledged(world, FIRST) is NotificationState.OPENED
    (one,) = world.notifications("R-1")
    world.open(SECOND, one.id)
    assert acknowledged(world, SECOND) is NotificationState.ACKNOWLEDGED


def test_a_withdrawn_incident_asks_nobody_anything_more(world: World) -> None:
    opened(world)
    world.withdraw("R-1")
    assert {reason for _, reason in steps(world).values()} == {"recalled"}
    assert len(still_open(world).recalls) == 1
    asked = len(world.alerted())
    world.tick()
    assert world.alerted()[asked:] == [FIRST]
