"""A newer version of a record: what the children in it keep of the one before."""

from datetime import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.casework.none_of_these import NoneOfThese, say_none
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome, OutcomeReason
from app.reports.told import Told
from notifications.models import Notification, Occurrence
from notifications.states import LateCause, NotificationState
from schools.matching.models import ReviewReason
from tests.journeys.world import COUNCIL, World, at, child

PRIMARY = 990001
REVIEWER = "reviewer@example.org"
UNKNOWN: dict[str, Any] = {"education": {"status": "unknown"}}
HAPPENED = at("2026-11-20", "00:10").isoformat()


@pytest.fixture(autouse=True)
def one_in_the_morning(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))


def the_child(world: World, reference: str = "I-1") -> InvolvedChild:
    with world.wiring.database.read(PLATFORM) as session:
        return session.scalars(
            select(InvolvedChild)
            .join(Incident, Incident.id == InvolvedChild.incident_id)
            .where(Incident.reference == reference, Incident.state == IncidentState.NEWEST)
        ).one()


def overdue(world: World) -> bool:
    due_at = the_child(world).due_at
    assert due_at is not None
    return due_at <= world.now


def shown(world: World, reference: str = "I-1") -> list[Notification]:
    return [one for one in world.notifications(reference) if one.state is NotificationState.READY]


def corrected(world: World, version: int, **changes: Any) -> None:
    world.push("I-1", child(**changes), version=version, occurred_from=HAPPENED)
    world.tick()


def live_at(postcode: str) -> list[dict[str, str]]:
    return [{"postcode": postcode, "authority": COUNCIL}]


def test_a_child_in_review_keeps_its_deadline_however_often_the_record_is_corrected(
    world: World,
) -> None:
    world.everybody()
    corrected(world, 1, **UNKNOWN)
    due = the_child(world).due_at
    for version, clock_time in ((2, "08:20"), (3, "09:10"), (4, "10:00")):
        world.until(time.fromisoformat(clock_time))
        corrected(world, version, involvement="hurt", **UNKNOWN)
        assert the_child(world).due_at == due
    (row,) = world.board.rows
    assert (row.told, row.outcome) == (Told.NOT_TOLD, Outcome.IN_REVIEW)
    assert world.review_steps()["late"] == ("done", None)
    assert world.imbalances == []


def test_a_message_nobody_read_keeps_its_deadline_where_a_newer_version_goes_out_afresh(
    world: World,
) -> None:
    corrected(world, 1)
    (first,) = shown(world)
    for version, clock_time in ((2, "08:20"), (3, "09:10"), (4, "10:00")):
        world.until(time.fromisoformat(clock_time))
        corrected(world, version, residences=live_at(f"ZZ99 {version}VZ"))
        (one,) = shown(world)
        assert (one.due_at, one.late_record) == (first.due_at, clock_time != "08:20")
    world.until(time(10, 5))
    (late,) = shown(world)
    assert late.late_cause is LateCause.RECORD_RECEIVED_LATE
    assert [row.told for row in world.board.rows] == [Told.NOT_TOLD]
    world.open("first@primary.test", late.id)
    (row,) = world.board.rows
    assert (row.told, row.told_in_time) == (Told.TOLD, False)


def test_what_was_read_is_told_afresh_with_a_clock_of_its_own(world: World) -> None:
    corrected(world, 1)
    (first,) = shown(world)
    world.until(time(8, 0))
    world.open("first@primary.test", first.id)
    world.until(time(9, 10))
    corrected(world, 2, education={"school_name": "Otherby Primary School", "town": "Otherby"})
    assert overdue(world) is False


def test_a_correction_in_the_last_hour_of_school_leaves_an_overdue_child_to_this_day(
    world: World,
) -> None:
    world.everybody()
    corrected(world, 1, **UNKNOWN)
    world.until(time(14, 40))
    corrected(world, 2, involvement="hurt", **UNKNOWN)
    world.until(time(17, 0))
    assert overdue(world)
    assert world.board.not_told == 1
    # At three the officers of the council are told of a child whose school nobody found.
    assert "council_officer" in world.review_steps()


def test_a_child_held_until_now_begins_with_the_version_that_ends_the_hold(world: World) -> None:
    until = at("2026-11-20", "12:00").isoformat()
    hold = {"reason_code": "court_order", "account": "Lead", "until": until}
    world.push("I-1", child(), occurred_from=HAPPENED, hold=hold)
    world.until(time(9, 30))
    corrected(world, 2)
    assert overdue(world) is False


def test_who_a_person_ended_is_before_a_person_again_with_a_newer_version(world: World) -> None:
    corrected(world, 1, **UNKNOWN)
    world.until(time(7, 0))
    review = world.claim(REVIEWER)
    ended = NoneOfThese(
        ReviewReason.OFFICER_CLARIFIED, True, outcome=OutcomeReason.REGULATIONS,
        legal_reference="Reg 4(2)",
    )  # fmt: skip
    with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
        say_none(session, world.acting(REVIEWER), review_id=review, answer=ended)
    world.until(time(7, 10))
    corrected(world, 2)
    assert the_child(world).outcome is Outcome.IN_REVIEW
    assert world.notifications("I-1") == []
    world.settle(REVIEWER, PRIMARY)
    world.tick()
    assert [one.urn for one in shown(world)] == [PRIMARY]


def test_what_the_rules_ended_is_decided_by_them_again(world: World) -> None:
    corrected(world, 1, education={"status": "unborn"})
    assert the_child(world).outcome is Outcome.NOT_NOTIFIED
    corrected(world, 2)
    assert [one.urn for one in shown(world)] == [PRIMARY]


def told_of(world: World, notification_id: UUID) -> set[str]:
    with world.wiring.database.read(PLATFORM) as session:
        return set(
            session.scalars(
                select(Incident.reference)
                .join(Occurrence, Occurrence.incident_id == Incident.id)
                .where(Occurrence.notification_id == notification_id)
            )
        )


@pytest.mark.parametrize("read", [False, True], ids=["unread", "read"])
def test_a_lower_version_that_restricts_takes_back_what_was_sent_and_sends_it_apart(
    world: World, read: bool
) -> None:
    world.everybody()
    corrected(world, 2)
    world.push("I-2", child())
    world.tick()
    (together,) = shown(world)
    assert told_of(world, together.id) == {"I-1", "I-2"}
    if read:
        world.open("first@primary.test", together.id)
    world.push("I-1", child(), version=1, occurred_from=HAPPENED, restricted_access=True)
    world.tick()
    assert told_of(world, together.id) == {"I-2"}
    (apart,) = (one for one in shown(world) if one.id != together.id)
    assert told_of(world, apart.id) == {"I-1"}
    assert world.imbalances == []


def test_a_lower_version_of_what_is_restricted_already_takes_nothing_back(world: World) -> None:
    world.everybody()
    world.push("I-1", child(), version=2, occurred_from=HAPPENED, restricted_access=True)
    world.tick()
    (before,) = shown(world)
    world.push("I-1", child(), version=1, occurred_from=HAPPENED, restricted_access=True)
    world.tick()
    assert [one.id for one in shown(world)] == [before.id]


def test_an_overdue_child_does_not_become_timely_by_the_next_incident(world: World) -> None:
    """Settled at the school that has a message of another incident, whose deadline is later."""
    corrected(world, 1, **UNKNOWN)
    world.until(time(9, 40))
    world.push("I-2", child())
    world.tick()
    (later,) = shown(world, "I-2")
    assert overdue(world)
    assert later.due_at > world.now
    world.until(time(9, 45))
    world.settle(REVIEWER, PRIMARY)
    world.tick()
    (own,) = shown(world)
    assert own.id != later.id
    assert own.due_at < world.now
    assert the_child(world).due_at == own.due_at
    world.until(time(9, 50))
    assert {row.told_in_time for row in world.board.rows} == {False}


def test_an_incident_with_a_later_deadline_still_joins(world: World) -> None:
    corrected(world, 1)
    world.until(time(8, 5))
    world.push("I-2", child())
    world.tick()
    (one,) = shown(world)
    assert told_of(world, one.id) == {"I-1", "I-2"}
