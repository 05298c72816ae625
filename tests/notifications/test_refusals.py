"""Not our pupil, and recall: what must not be read any more is shown to nobody."""

from uuid import UUID

import pytest

from app.core.errors import NotFound
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from notifications import receipts
from notifications.errors import AlreadyFollowedUp, NoLongerShown, TooLateToUndo
from notifications.follow_up import record_follow_up
from notifications.models import Alert, EscalationStep, Notification, Occurrence
from notifications.recall import (
    RecallCounts,
    recall_child,
    recall_incident,
    recall_notifications,
)
from notifications.states import (
    AlertState,
    FollowUpCode,
    NotificationState,
    StepState,
)
from tests.factories.notifications import (
    CALLER,
    DUE,
    LATER_URN,
    PERSON,
    URN,
    NotifyingForce,
    minutes,
)

S = NotificationState


def test_not_our_pupil_hides_the_content_at_once(force: NotifyingForce, placed: UUID) -> None:
    force.act(placed, receipts.first_step)
    assert force.act(placed, receipts.not_our_pupil)
    assert not force.act(placed, receipts.not_our_pupil)
    assert force.read(placed).state is S.HELD
    for refused in (receipts.first_step, receipts.opened, receipts.acknowledged):
        with pytest.raises(NoLongerShown):
            force.act(placed, refused)


@pytest.mark.parametrize("rungs", [0, 1, 2])
def test_it_can_be_undone_to_where_it_was(force: NotifyingForce, placed: UUID, rungs: int) -> None:
    for step in (receipts.opened, receipts.acknowledged)[:rungs]:
        force.act(placed, step)
    before = force.read(placed).state
    force.act(placed, receipts.not_our_pupil)
    force.later(10)
    assert force.act(placed, receipts.undo_not_our_pupil)
    assert not force.act(placed, receipts.undo_not_our_pupil)
    assert force.read(placed).state is before
    force.act(placed, receipts.not_our_pupil)
    assert force.read(placed).state is S.HELD


def test_after_ten_minutes_it_cannot_be_undone_here(force: NotifyingForce, placed: UUID) -> None:
    force.act(placed, receipts.not_our_pupil)
    force.later(11)
    with pytest.raises(TooLateToUndo):
        force.act(placed, receipts.undo_not_our_pupil)
    assert force.read(placed).state is S.HELD


def test_what_was_followed_up_is_taken_back_by_the_desk_alone(
    force: NotifyingForce, placed: UUID
) -> None:
    for step in (receipts.opened, receipts.acknowledged):
        force.act(placed, step)
    force.act(placed, record_follow_up, code=FollowUpCode.WELFARE_CHECK)
    with pytest.raises(AlreadyFollowedUp):
        force.act(placed, receipts.not_our_pupil)


def test_what_was_recalled_is_shown_to_nobody(force: NotifyingForce, placed: UUID) -> None:
    force.act(placed, receipts.opened)
    with force.database.write(PLATFORM) as session:
        counts = recall_notifications(
            session, [placed], reason_code="wrong_school", actor="account:desk", now=force.now
        )
        again = recall_notifications(
            session, [placed], reason_code="wrong_school", actor="account:desk", now=force.now
        )
    assert (counts.recalled, counts.opened_by, again.recalled) == (1, 1, 0)
    for refused in (
        receipts.first_step, receipts.opened, receipts.acknowledged, receipts.not_our_pupil,
        receipts.undo_not_our_pupil,
    ):  # fmt: skip
        with pytest.raises(NotFound):
            force.act(placed, refused)
    with pytest.raises(NotFound):
        force.act(placed, record_follow_up, code=FollowUpCode.EARLY_HELP)
    with pytest.raises(NotFound):
        force.act(placed, receipts.told_by_phone, recipient_trained=True)


def test_a_recall_stops_alerts_that_are_not_sent_yet(force: NotifyingForce, placed: UUID) -> None:
    force.at(DUE - minutes(120))
    force.chase()
    with force.database.write(PLATFORM) as session:
        counts = recall_notifications(
            session, [placed], reason_code="withdrawn", actor="client:x", now=force.now
        )
    assert counts.alerts_stopped == 1
    assert [alert.state for alert in force.rows(Alert)] == [AlertState.NOT_NEEDED]
    assert {step.reason_code for step in force.rows(EscalationStep, state=StepState.SKIPPED)} == {
        "recalled"
    }


def test_a_withdrawn_incident_is_recalled_at_every_school_and_a_repeat_recalls_nothing(
    force: NotifyingForce,
) -> None:
    force.school(LATER_URN, "dsl@later.example.org")
    happened = force.happened()
    both = [force.place(force.order(happened, urn=urn)) for urn in (URN, LATER_URN)]
    untouched = force.place()
    force.act(both[0], receipts.opened)
    counts = [recall_of(force, happened.incident_id, reason_code="withdrawn") for _ in range(2)]
    assert [(one.recalled, one.opened_by) for one in counts] == [(2, 1), (0, 0)]
    assert {force.read(one).state for one in both} == {S.RECALLED}
    assert force.read(untouched).state is S.READY
    rows = force.rows(AuditEntry, event="notification:content:recalled")
    assert {row.reason_code for row in rows} == {"withdrawn"}


@pytest.mark.parametrize("withdrawn", [0, 1], ids=["first", "joined"])
def test_who_read_of_a_withdrawn_incident_in_a_message_that_stays_is_counted(
    force: NotifyingForce, withdrawn: int
) -> None:
    both = [force.happened(), force.happened()]
    (placed,) = {force.place(force.order(one, person_digest=PERSON)) for one in both}
    force.act(placed, receipts.opened)
    incident_id = both[withdrawn].incident_id
    counts = [recall_of(force, incident_id, reason_code="withdrawn") for _ in range(2)]
    assert [(one.recalled, one.opened_by) for one in counts] == [(0, 1), (0, 0)]
    assert force.read(placed).state is S.OPENED


@pytest.mark.parametrize("left", [0, 1], ids=["first", "joined"])
def test_a_child_recalled_for_one_incident_stays_told_of_for_the_other(
    force: NotifyingForce, left: int
) -> None:
    both = [force.happened(), force.happened()]
    (placed,) = {force.place(force.order(one, person_digest=PERSON)) for one in both}
    gone, stays = both[left], both[1 - left]
    with force.database.write(PLATFORM) as session:
        counts = recall_child(
            session, involved_child_id=gone.child_id, incident_id=gone.incident_id,
            reason_code="moved_school", actor="job:test", now=force.now,
            which=lambda one: one.state is S.READY,
        )  # fmt: skip
    assert counts.recalled == 0
    kept = force.read(placed)
    assert (kept.state, kept.involved_child_id) == (S.READY, stays.child_id)
    assert [one.involved_child_id for one in force.rows(Occurrence)] == [stays.child_id]


def test_what_was_told_by_phone_counts_as_seen(force: NotifyingForce, placed: UUID) -> None:
    force.act(placed, receipts.told_by_phone, actor=CALLER, recipient_trained=True)
    (notification,) = force.rows(Notification)
    counts = recall_of(force, notification.incident_id, reason_code="wrong_child")
    assert (counts.recalled, counts.opened_by) == (1, 1)


def recall_of(force: NotifyingForce, incident_id: UUID, *, reason_code: str) -> RecallCounts:
    with force.database.write(PLATFORM) as session:
        return recall_incident(
            session, incident_ids=[incident_id], reason_code=reason_code, actor="client:x",
            now=force.now,
        )  # fmt: skip
