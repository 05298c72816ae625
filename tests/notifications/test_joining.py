"""Joining: a further incident is told with the first one only where somebody still will be told."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.core.ids import new_id
from app.core.scope import PLATFORM, of_force
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from notifications.channels.call_sheet import claim_line, open_line, record_call
from notifications.models import AlertCover, CallSheetLine, EscalationStep, Notification, Occurrence
from notifications.states import CallResult, StepState
from tests.factories.notifications import (
    DUE,
    FORCE,
    PERSON,
    Happened,
    NotifyingForce,
    minutes,
    morning,
)


def place(force: NotifyingForce, happened: Happened | None = None, late: float = 0) -> UUID:
    """Place something about the one child of these tests."""
    due = morning(DUE + minutes(late))
    return force.place(force.order(happened, person_digest=PERSON, due=due))


def on_the_sheet(force: NotifyingForce, notification_id: UUID) -> UUID:
    with force.database.write(PLATFORM) as session:
        open_line(session, session.get_one(Notification, notification_id), now=force.now)
    (line,) = force.rows(CallSheetLine, notification_id=notification_id)
    found: UUID = line.id
    return found


def claim(force: NotifyingForce, line: UUID, caller: UUID) -> None:
    with force.database.write(of_force(FORCE)) as session:
        claim_line(session, line, account_id=caller, now=force.now)


def record(force: NotifyingForce, line: UUID, caller: UUID, result: CallResult) -> None:
    with force.database.write(of_force(FORCE)) as session:
        record_call(session, line, result=result, actor=f"account:{caller}", now=force.now)


def sibling(force: NotifyingForce, happened: Happened) -> Happened:
    """Add a second child to an incident."""
    child_id = new_id()
    with force.database.write(PLATFORM) as session:
        session.add(
            InvolvedChild(
                id=child_id, force=FORCE, incident_id=happened.incident_id, ref="c2", position=1,
                outcome=Outcome.RECEIVED, outcome_at=force.now, received_at=force.now,
                school_given=False, warnings=[], sealed=b"",
            )
        )  # fmt: skip
    return replace(happened, child_id=child_id)


@pytest.mark.feature("AK9")
@pytest.mark.parametrize("passed", [1, 11], ids=["claimed", "claim ran out"])
def test_what_is_read_out_over_the_phone_is_not_joined(
    force: NotifyingForce, passed: float
) -> None:
    first, caller = place(force), force.account()
    line = on_the_sheet(force, first)
    claim(force, line, caller)
    force.later(passed)
    second = place(force)
    assert second != first
    claim(force, line, caller)
    record(force, line, caller, CallResult.TOLD)
    assert force.read(first).told_at == force.now
    assert force.read(second).told_at is None


def test_who_was_rung_in_vain_is_told_of_both_at_the_next_call(force: NotifyingForce) -> None:
    first, caller = place(force), force.account()
    line = on_the_sheet(force, first)
    assert place(force) == first
    claim(force, line, caller)
    record(force, line, caller, CallResult.NO_ANSWER)
    assert place(force) == first


@pytest.mark.feature("CA8")
def test_what_is_overdue_is_not_joined_and_the_new_one_alerts_again(force: NotifyingForce) -> None:
    first = place(force)
    force.at(DUE)
    second = place(force, late=60)
    assert second != first
    steps = force.rows(EscalationStep, notification_id=second)
    assert {step.state for step in steps} == {StepState.PLANNED}
    force.chase()
    covered = {cover.notification_id for cover in force.rows(AlertCover)}
    assert covered == {first, second}


@pytest.mark.feature("DL3")
def test_two_children_of_one_name_and_birthday_are_both_told_of(force: NotifyingForce) -> None:
    one, other = force.happened(), force.happened()
    children = [one, sibling(force, one), other, sibling(force, other)]
    placed = [place(force, child) for child in children]
    assert [place(force, child) for child in children] == placed
    assert placed[0] != placed[1]
    assert set(placed) == {placed[0], placed[1]}
    assert len(force.rows(Occurrence)) == 4
