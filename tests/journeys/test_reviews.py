"""Children whose school nobody has settled: who is asked, when it is late, and who has it then."""

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.casework.passing_on import pass_review_on
from app.core.clock import at_london
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from app.reports.balance import Imbalanced
from app.reports.told import Told
from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.recording import RecordingChannel
from notifications.models import Notification, UnsettledChild
from notifications.states import NotificationState
from schools.officers import Duty, attach_account
from tests.journeys.world import COUNCIL, FORCE, World, at, child

REVIEWER, SECOND, LOOKUP = "ruth@force.test", "sefton@force.test", "lookup@council.test"
DUTY, LEAD, OFFICER = "duty@force.test", "lead@force.test", "cme@council.test"


@pytest.fixture
def force(world: World) -> World:
    """A force whose people are all named, and a council with its contact and its officer."""
    world.officer(Duty.REVIEWER, REVIEWER)
    world.officer(Duty.REVIEWER, SECOND)
    world.officer(Duty.DUTY_OFFICER, DUTY)
    world.officer(Duty.FORCE_LEAD, LEAD)
    world.officer(Duty.COUNCIL_LOOKUP, LOOKUP, council=COUNCIL)
    world.officer(Duty.COUNCIL_OFFICER, OFFICER, council=COUNCIL)
    world.person(OFFICER, Role.COUNCIL_OFFICER, council=COUNCIL)
    return world


def unknown(ref: str = "c1", **changes: Any) -> dict[str, Any]:
    """A child of whom nobody said a school; due at half past eight."""
    return child(ref, **({"education": {"status": "unknown"}} | changes))


def unsettled(world: World) -> UnsettledChild:
    with world.wiring.database.read(PLATFORM) as session:
        return session.scalars(select(UnsettledChild)).one()


@pytest.mark.feature("MA11")
@pytest.mark.parametrize("night", ["2026-11-20", "2026-07-03"])
def test_a_review_nobody_settles_rings_everybody_in_turn_and_is_handed_over_by_name(
    force: World, night: str
) -> None:
    force.clock.move_to(at(night, "01:10"))
    force.push("R-1", unknown())
    force.until(time(5, 59))
    assert force.alerted() == [REVIEWER]
    force.until(time(6, 44))
    assert force.alerted() == [REVIEWER, REVIEWER]
    force.until(time(7, 29))
    assert sorted(force.alerted()[2:]) == sorted([SECOND, LOOKUP])
    force.until(time(8, 29))
    assert force.alerted()[4:] == [DUTY]
    assert [row.held_by for row in force.board.rows] == ["Reviewers: Ruth, Sefton"]
    force.until(time(8, 31))
    assert sorted(force.alerted()[5:]) == sorted([REVIEWER, SECOND, DUTY, LEAD])
    assert [row.held_by for row in force.board.rows] == [
        "Duty officer: Duty; Reviewers: Ruth, Sefton"
    ]
    force.until(time(9, 31))
    assert sorted(force.alerted()[9:]) == sorted([REVIEWER, SECOND, DUTY, LEAD])
    assert force.imbalances == []
    force.until(time(14, 59))
    assert unsettled(force).late_at == at_london(date.fromisoformat(night), time(8, 30))
    force.until(time(15, 1))
    assert unsettled(force).handed_at == at_london(date.fromisoformat(night), time(15, 0))
    (placed,) = force.notifications("R-1")
    assert placed.recipient == f"council:{COUNCIL}"
    assert force.alerted()[-1] == OFFICER
    assert [row.held_by for row in force.board.rows] == ["Call sheet: Duty"]
    sent = len(force.alerted())
    force.open(OFFICER, placed.id)
    force.until(time(17, 0))
    assert force.alerted()[sent:] == []
    (row,) = force.board.rows
    assert (row.outcome, row.told, row.told_in_time) == (
        Outcome.SENT_TO_COUNCIL, Told.TOLD, False,
    )  # fmt: skip
    assert row.late_cause is not None
    assert row.late_cause.value == "settled_late"
    assert force.imbalances == []


@pytest.mark.feature("MA11")
def test_a_child_a_reviewer_has_in_hand_at_three_stays_with_them_for_that_hour(
    force: World,
) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", unknown())
    force.until(time(14, 58))
    force.claim("reviewer@example.org")
    force.until(time(15, 5))
    assert force.notifications("R-1") == []
    force.until(time(16, 5))
    (placed,) = force.notifications("R-1")
    assert placed.recipient == f"council:{COUNCIL}"
    assert force.imbalances == []


@pytest.mark.feature("MA11")
def test_a_review_opened_after_three_of_its_day_is_not_the_councils_in_the_same_minute(
    force: World,
) -> None:
    force.clock.move_to(at("2026-11-20", "07:50"))
    force.push("R-1", child())
    force.until(time(15, 30))
    (first,) = force.notifications("R-1")
    force.refuse("first@primary.test", first.id)
    force.until(time(18, 0))
    assert [one.recipient for one in force.notifications("R-1")] == ["urn:990001"]
    # Three in the afternoon of a Saturday is nobody's working day at the council.
    force.until(time(15, 1), on=date(2026, 11, 21))
    assert [one.recipient for one in force.notifications("R-1")] == ["urn:990001"]
    force.until(time(15, 1), on=date(2026, 11, 23))
    assert f"council:{COUNCIL}" in {one.recipient for one in force.notifications("R-1")}


@pytest.mark.feature("MA11")
def test_who_passes_a_review_on_is_asked_no_more_and_the_next_is_asked_at_once(
    force: World,
) -> None:
    force.person(REVIEWER, Role.REVIEWER, force=FORCE)
    with force.wiring.database.write(PLATFORM) as session:
        attach_account(
            session, force.wiring.cipher, email=REVIEWER, owner=f"force:{FORCE}",
            account_id=force.people[REVIEWER].id,
        )  # fmt: skip
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", unknown())
    force.until(time(2, 0))
    assert force.alerted() == [REVIEWER]
    review_id = force.claim(REVIEWER)
    with force.wiring.database.write(force.scope_of(REVIEWER)) as session:
        pass_review_on(session, force.acting(REVIEWER), review_id=review_id)
    force.until(time(2, 5))
    assert force.alerted() == [REVIEWER, SECOND]
    force.until(time(10, 0))
    assert force.alerted().count(REVIEWER) == 1
    # A newer version of the same incident is of the same family.
    force.push("R-1", unknown(), version=2)
    force.until(time(10, 5))
    assert force.alerted().count(REVIEWER) == 1


@pytest.mark.feature("MA11")
def test_the_ladder_stops_in_the_moment_of_settling(force: World) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", unknown())
    force.until(time(6, 10))
    sent = force.alerted()
    force.settle("reviewer@example.org", urn=990001)
    steps = force.review_steps()
    assert steps["reviewer"] == ("done", None)
    assert steps["second_reviewer"] == ("skipped", "settled")
    assert steps["late"] == ("skipped", "settled")
    force.until(time(6, 25))
    assert force.alerted() == sent
    assert force.imbalances == []


@pytest.mark.feature("MA11")
def test_little_time_left_is_shared_out_and_nobody_is_left_unasked(force: World) -> None:
    force.clock.move_to(at("2026-11-20", "07:50"))
    force.push("R-1", unknown())
    force.tick()
    assert force.alerted() == [REVIEWER]
    force.until(time(8, 29))
    # The second look would come too close to the first: one alert stands for both.
    assert sorted(force.alerted()[1:3]) == sorted([SECOND, LOOKUP])
    assert force.alerted()[3:] == [DUTY]


@pytest.mark.feature("MA11")
def test_an_unclear_sibling_never_delays_a_clear_one(force: World) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", child("c1"), unknown("c2", forename="Bilal", date_of_birth="2016-01-30"))
    force.until(time(8, 0))
    (placed,) = force.notifications("R-1")
    assert placed.urn == 990001
    assert "first@primary.test" in force.alerted()


@pytest.mark.feature("MA11")
def test_a_force_that_has_named_nobody_skips_with_its_reason_and_stays_on_the_board(
    world: World,
) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("R-1", unknown(residences=[]))
    world.until(time(15, 1))
    steps = world.review_steps()
    assert {steps[kind] for kind in ("reviewer", "second_reviewer", "duty_officer")} == {
        ("skipped", "no_such_officer")
    }
    assert steps["council_lookup"] == ("skipped", "council_unknown")
    assert steps["council_officer"] == ("skipped", "council_unknown")
    assert world.alerted() == []
    (row,) = world.board.rows
    assert (row.told, row.outcome) == (Told.NOT_TOLD, Outcome.IN_REVIEW)
    assert "duty officer" in row.held_by
    assert world.imbalances == []


@pytest.mark.feature("MA11")
def test_a_child_seen_but_unnamed_is_pursued_and_never_handed_to_a_council(force: World) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", child(), children_seen=2)
    force.until(time(15, 1))
    steps = force.review_steps()
    assert steps["reviewer"] == ("done", None)
    assert steps["duty_officer"] == ("done", None)
    assert steps["council_officer"] == ("skipped", "no_name")


@pytest.mark.feature("MA11")
def test_a_child_that_matching_does_not_move_is_pursued_after_ten_minutes(force: World) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", unknown())
    force.may_fail = {"match_children", "morning_check"}
    broken(force)
    force.tick()
    assert force.alerted() == []
    force.clock.move_to(at("2026-11-20", "01:21"))
    force.tick()
    assert force.alerted() == [REVIEWER]
    assert [row.outcome for row in force.board.rows] == [Outcome.RECEIVED]


@pytest.mark.feature("MA11")
def test_what_was_withdrawn_chases_nobody(force: World) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", unknown())
    force.until(time(5, 0))
    sent = force.alerted()
    force.withdraw("R-1")
    force.until(time(16, 0))
    assert force.alerted() == sent
    assert unsettled(force).close_code == "ended"


@pytest.mark.feature("MA11")
def test_a_restart_takes_each_step_once(force: World) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", unknown())
    force.until(time(5, 59))
    force.clock.move_to(at("2026-11-20", "07:40"))
    force.restart()
    force.tick()
    force.tick()
    assert sorted(force.alerted()[1:]) == sorted([REVIEWER, SECOND, LOOKUP, DUTY])


def broken(world: World) -> None:
    """Let the sealed record of the child not open, so that no step can read it."""
    with world.wiring.database.write(PLATFORM) as session:
        session.scalars(select(InvolvedChild)).one().sealed = b"\x01" + bytes(60)


@pytest.mark.feature("MA11")
def test_a_reviewer_whose_address_is_refused_is_passed_over_at_once(force: World) -> None:
    channel = force.wiring.channel
    assert isinstance(channel, RecordingChannel)
    channel.fail_next(ChannelError(ErrorKind.PERMANENT, "recipient_550"))
    force.may_fail = {"send_due"}
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", unknown())
    force.tick()
    assert force.alerted() == []
    force.tick()
    assert force.alerted() == [SECOND]
    force.until(time(6, 30))
    assert REVIEWER not in force.alerted()


def test_a_review_that_nobody_pursues_is_an_imbalance(force: World) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", unknown())
    for step in ("match_children", "compose_notifications", "morning_check"):
        force.runner.run_step(step)
    force.clock.move_to(at("2026-11-20", "01:30"))
    assert [one.code for one in force.imbalances] == [Imbalanced.NOBODY_PURSUES]
    force.runner.run_step("chase_reviews")
    assert force.imbalances == []
    force.clock.move_to(at("2026-11-20", "06:10"))
    assert [one.code for one in force.imbalances] == [Imbalanced.REVIEW_STEP_OVERDUE]


def test_a_child_said_to_be_at_its_council_without_a_message_there_is_an_imbalance(
    force: World,
) -> None:
    force.clock.move_to(at("2026-11-20", "01:10"))
    force.push("R-1", child(education={"status": "home_educated"}))
    force.tick()
    assert force.imbalances == []
    with force.wiring.database.write(PLATFORM) as session:
        session.scalars(select(Notification)).one().state = NotificationState.RECALLED
    assert [one.code for one in force.imbalances] == [Imbalanced.COUNCIL_NOT_NOTIFIED]
