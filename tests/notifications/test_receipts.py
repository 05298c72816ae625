"""The receipt ladder: evidence only moves up, and whatever tells stops the chase at once."""

from uuid import UUID

import pytest

from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from notifications import receipts
from notifications.errors import NoLongerShown, NotOpened
from notifications.follow_up import record_follow_up
from notifications.models import (
    Alert,
    CallSheetLine,
    EscalationStep,
    FollowUp,
    Notification,
    Receipt,
)
from notifications.states import (
    AlertState,
    CallResult,
    FollowUpCode,
    LateCause,
    NotificationState,
    ReceiptKind,
    StepKind,
    StepState,
    ToldHow,
)
from tests.factories.notifications import CALLER, DEPUTY, DUE, KEY_ADULT, NotifyingForce, minutes

S = NotificationState


def kinds(force: NotifyingForce) -> list[ReceiptKind]:
    return [one.kind for one in sorted(force.rows(Receipt), key=lambda one: one.at)]


@pytest.mark.feature("AK1")
def test_each_rung_has_its_time_its_actor_and_its_source(
    force: NotifyingForce, placed: UUID
) -> None:
    for step in (receipts.first_step, receipts.opened, receipts.acknowledged):
        force.later(1)
        assert force.act(placed, step)
    force.later(1)
    force.act(placed, record_follow_up, code=FollowUpCode.SILENT_SUPPORT)
    assert kinds(force) == [
        ReceiptKind.FIRST_STEP, ReceiptKind.OPENED, ReceiptKind.ACKNOWLEDGED,
        ReceiptKind.FOLLOWED_UP,
    ]  # fmt: skip
    assert {(one.actor, one.source) for one in force.rows(Receipt)} == {(KEY_ADULT, "page")}
    done = force.read(placed)
    assert done.state is S.FOLLOWED_UP
    assert done.told_at
    assert done.acknowledged_at
    assert done.followed_up_at
    assert done.told_at < done.acknowledged_at < done.followed_up_at


@pytest.mark.feature("AK1")
@pytest.mark.feature("AK3")
def test_the_first_step_tells_nobody(force: NotifyingForce, placed: UUID) -> None:
    force.act(placed, receipts.first_step)
    seen = force.read(placed)
    assert (seen.state, seen.told_at) == (S.READY, None)


@pytest.mark.feature("AK1")
def test_opening_tells(force: NotifyingForce, placed: UUID) -> None:
    force.act(placed, receipts.opened)
    told = force.read(placed)
    assert (told.state, told.told_at, told.told_how) == (S.OPENED, force.now, ToldHow.OPENED)
    assert told.told_by == KEY_ADULT
    assert told.late_at is None


@pytest.mark.feature("ES1")
def test_telling_stops_the_ladder_in_the_same_transaction(
    force: NotifyingForce, placed: UUID
) -> None:
    force.at(DUE - minutes(60))
    force.chase()
    force.act(placed, receipts.opened)
    steps = force.rows(EscalationStep)
    assert {step.reason_code for step in steps if step.state is StepState.SKIPPED} == {"told"}
    assert not [step for step in steps if step.state is StepState.PLANNED]
    assert {alert.state for alert in force.rows(Alert)} == {AlertState.NOT_NEEDED}
    (line,) = force.rows(CallSheetLine)
    assert (line.closed_at, line.result) == (force.now, CallResult.STOOD_DOWN)
    skipped = force.rows(AuditEntry, event="escalation:step:skipped")
    assert skipped[-1].reason_code == "told"


@pytest.mark.feature("ES1")
def test_a_telling_that_fails_stops_nothing(force: NotifyingForce, placed: UUID) -> None:
    with pytest.raises(RuntimeError), force.database.write(PLATFORM) as session:
        notification = session.get_one(Notification, placed)
        receipts.opened(session, notification, actor=KEY_ADULT, now=force.now)
        raise RuntimeError
    assert force.read(placed).told_at is None
    assert {step.state for step in force.rows(EscalationStep)} == {StepState.PLANNED}


@pytest.mark.feature("AK1")
def test_a_colleague_opening_later_adds_evidence_and_changes_nothing(
    force: NotifyingForce, placed: UUID
) -> None:
    assert force.act(placed, receipts.opened)
    first = force.read(placed)
    force.later(5)
    assert not force.act(placed, receipts.opened, actor=DEPUTY)
    assert not force.act(placed, receipts.opened)
    again = force.read(placed)
    assert (again.told_at, again.told_by) == (first.told_at, KEY_ADULT)
    assert sorted(one.actor for one in force.rows(Receipt)) == [DEPUTY, KEY_ADULT]


@pytest.mark.feature("AK1")
def test_an_acknowledgement_needs_an_opening_first(force: NotifyingForce, placed: UUID) -> None:
    with pytest.raises(NotOpened):
        force.act(placed, receipts.acknowledged)
    with pytest.raises(NotOpened):
        force.act(placed, record_follow_up, code=FollowUpCode.EARLY_HELP)
    assert kinds(force) == []


@pytest.mark.feature("AK4")
def test_acknowledging_again_is_quiet_and_the_content_stays_visible(
    force: NotifyingForce, placed: UUID
) -> None:
    force.act(placed, receipts.opened)
    assert force.act(placed, receipts.acknowledged)
    assert not force.act(placed, receipts.acknowledged, actor=DEPUTY)
    assert kinds(force).count(ReceiptKind.ACKNOWLEDGED) == 1
    assert force.read(placed).state is S.ACKNOWLEDGED
    force.act(placed, receipts.opened, actor=DEPUTY)
    assert force.read(placed).state is S.ACKNOWLEDGED


@pytest.mark.feature("FU1")
def test_follow_up_is_a_code_and_more_can_be_added_another_day(
    force: NotifyingForce, placed: UUID
) -> None:
    force.act(placed, receipts.opened)
    force.act(placed, receipts.acknowledged)
    assert force.act(placed, record_follow_up, code=FollowUpCode.SILENT_SUPPORT)
    assert not force.act(placed, record_follow_up, code=FollowUpCode.SILENT_SUPPORT)
    assert force.act(placed, record_follow_up, code=FollowUpCode.EARLY_HELP, actor=DEPUTY)
    assert {one.code for one in force.rows(FollowUp)} == {
        FollowUpCode.SILENT_SUPPORT, FollowUpCode.EARLY_HELP,
    }  # fmt: skip
    assert kinds(force).count(ReceiptKind.FOLLOWED_UP) == 1


@pytest.mark.feature("FU1")
def test_follow_up_is_due_five_school_days_after_the_telling(
    force: NotifyingForce, placed: UUID
) -> None:
    force.act(placed, receipts.opened)
    assert f"{force.read(placed).follow_up_due_on:%A %d %B}" == "Friday 27 November"


@pytest.mark.feature("AK9")
@pytest.mark.parametrize(
    ("trained", "how", "reason"),
    [
        (True, ToldHow.BY_PHONE, None),
        (False, ToldHow.BY_PHONE_UNTRAINED, "recipient_untrained"),
    ],
)
def test_told_by_phone_counts_whoever_was_told_and_stops_the_ladder(
    force: NotifyingForce, placed: UUID, trained: bool, how: ToldHow, reason: str | None
) -> None:
    force.act(placed, receipts.told_by_phone, actor=CALLER, recipient_trained=trained)
    told = force.read(placed)
    assert (told.state, told.told_how, told.told_by) == (S.READY, how, CALLER)
    assert not [s for s in force.rows(EscalationStep) if s.state is StepState.PLANNED]
    (row,) = force.rows(AuditEntry, event="notification:receipt:told_by_phone")
    assert row.reason_code == reason


@pytest.mark.feature("AK9")
def test_who_was_told_by_phone_can_still_open_and_acknowledge(
    force: NotifyingForce, placed: UUID
) -> None:
    force.act(placed, receipts.told_by_phone, actor=CALLER, recipient_trained=True)
    force.later(30)
    assert not force.act(placed, receipts.opened)
    force.act(placed, receipts.acknowledged)
    done = force.read(placed)
    assert (done.state, done.told_how) == (S.ACKNOWLEDGED, ToldHow.BY_PHONE)


def test_a_call_after_an_opening_is_evidence_and_no_second_telling(
    force: NotifyingForce, placed: UUID
) -> None:
    force.act(placed, receipts.opened)
    assert not force.act(placed, receipts.told_by_phone, actor=CALLER, recipient_trained=True)
    assert force.read(placed).told_how is ToldHow.OPENED
    assert ReceiptKind.TOLD_BY_PHONE in kinds(force)


@pytest.mark.feature("CA8")
def test_who_opens_after_the_deadline_is_told_late_with_a_cause(
    force: NotifyingForce, placed: UUID
) -> None:
    force.at(DUE + minutes(1))
    force.act(placed, receipts.opened)
    late = force.read(placed)
    assert (late.late_at, late.late_cause) == (force.now, LateCause.SERVICE_LATE)


@pytest.mark.feature("CA8")
def test_on_the_stroke_of_the_deadline_is_in_time(force: NotifyingForce, placed: UUID) -> None:
    force.at(DUE)
    force.act(placed, receipts.opened)
    assert force.read(placed).late_at is None


@pytest.mark.feature("AK1")
def test_who_knows_the_family_is_noted_once_and_the_next_contact_is_asked_at_once(
    force: NotifyingForce, placed: UUID
) -> None:
    force.at(DUE - minutes(120))
    force.chase()
    force.later(5)
    assert force.act(placed, receipts.withheld)
    assert not force.act(placed, receipts.withheld)
    assert kinds(force) == [ReceiptKind.WITHHELD]
    (second,) = force.rows(EscalationStep, kind=StepKind.SECOND_KEY_ADULT)
    (call,) = force.rows(EscalationStep, kind=StepKind.CALL_SHEET)
    assert (second.planned_at, call.planned_at) == (force.now, DUE - minutes(60))
    seen = force.read(placed)
    assert (seen.state, seen.told_at) == (S.READY, None)


def test_nobody_is_woken_because_somebody_knows_the_family(
    force: NotifyingForce, placed: UUID
) -> None:
    force.act(placed, receipts.withheld)
    steps = {step.kind: step.planned_at for step in force.rows(EscalationStep)}
    assert steps[StepKind.SECOND_KEY_ADULT] == DUE - minutes(75)


def test_what_is_no_longer_shown_is_not_withheld_either(
    force: NotifyingForce, placed: UUID
) -> None:
    force.act(placed, receipts.not_our_pupil)
    with pytest.raises(NoLongerShown):
        force.act(placed, receipts.withheld)
