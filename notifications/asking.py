"""Taking the steps after telling that are due: a neutral alert, a list, a call.

Every step ends as done or skipped with a code, in a transaction of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.cipher import Cipher
from app.core.clock import at_london, london_date
from notifications.alerting import plan_alert
from notifications.amending import unread_amendments
from notifications.asking_duty import alert_duty
from notifications.channels.call_sheet import open_line
from notifications.desk_calls import calls_wanted
from notifications.free_officers import family_of
from notifications.models import Notification, Receipt, Run
from notifications.passing_over import passed_over
from notifications.receipt_models import Attendance, ReceiptStep
from notifications.receipt_states import AttendanceAnswer, ReceiptStepKind
from notifications.receipt_steps import (
    AGAIN,
    AGAIN_UNTIL,
    RING,
    answered_by,
    plan_again,
    plan_step,
)
from notifications.recipients import Recipient, addressee, recipients_of
from notifications.runs import policy_of
from notifications.states import VISIBLE, NotificationState, ReceiptKind, StepState
from schools.officers import Duty

# An alert of this kind is worth sending for so long, and is sent after everything that is due.
_WORTH = timedelta(hours=1)
_RANK = {kind: rank for rank, kind in enumerate(ReceiptStepKind)}
Skipped = str | None


@dataclass(frozen=True, slots=True)
class Asking:
    """What every step is handed."""

    session: Session
    cipher: Cipher
    notification: Notification
    now: datetime
    actor: str
    # The accounts that said to be tied to the family.
    declared: frozenset[str] = frozenset()
    # The accounts that alone may know of a restricted incident; None for any other.
    only: frozenset[UUID] | None = None

    @property
    def run(self) -> Run:
        wanted = select(Run).where(Run.id == self.notification.run_id)
        return self.session.scalars(wanted).one()


def due_after_telling(
    session: Session, *, now: datetime, limit: int, force: str | None = None
) -> list[UUID]:
    """Return the notifications with a step to take, longest due first.

    One that a school has just called "not our pupil" keeps its steps for when it comes back.
    """
    return list(
        session.scalars(
            select(ReceiptStep.notification_id)
            .join(Notification, Notification.id == ReceiptStep.notification_id)
            .where(
                ReceiptStep.state == StepState.PLANNED,
                ReceiptStep.planned_at <= now,
                Notification.state != NotificationState.HELD,
                *([ReceiptStep.force == force] if force is not None else []),
            )
            .group_by(ReceiptStep.notification_id)
            .order_by(func.min(ReceiptStep.planned_at), ReceiptStep.notification_id)
            .limit(limit)
        )
    )


def take_steps_after_telling(
    session: Session, cipher: Cipher, *, notification_id: UUID, now: datetime, actor: str,
    declared: frozenset[str] = frozenset(), only: frozenset[UUID] | None = None,
) -> int:  # fmt: skip
    """Take all steps of one notification that are due by now; return how many were settled."""
    notification = session.scalars(
        select(Notification)
        .where(Notification.id == notification_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    steps = session.scalars(
        select(ReceiptStep).where(
            ReceiptStep.notification_id == notification_id,
            ReceiptStep.state == StepState.PLANNED,
            ReceiptStep.planned_at <= now,
        )
    ).all()
    asking = Asking(session, cipher, notification, now, actor, declared, only)
    for step in sorted(steps, key=lambda one: (one.planned_at, _RANK[one.kind])):
        _settle(asking, step)
    session.flush()
    return len(steps)


def _settle(asking: Asking, step: ReceiptStep) -> None:
    if asking.notification.state not in VISIBLE:
        skipped: Skipped = "no_longer_shown"
    else:
        skipped = _TAKE[step.kind](asking)
    step.state = StepState.DONE if skipped is None else StepState.SKIPPED
    step.reason_code, step.settled_at = skipped, asking.now
    taken = audit.Event.RECEIPT_STEP_TAKEN if skipped is None else audit.Event.RECEIPT_STEP_SKIPPED
    audit.record(
        asking.session, event=taken, actor=asking.actor, force=asking.notification.force,
        subject=f"notification:{asking.notification.id}", now=asking.now, reason_code=skipped,
        detail={"step": step.kind.value, "version": step.version},
    )  # fmt: skip


def _ask_attendance(asking: Asking) -> Skipped:
    """Ask, and plan the look at whether somebody answered; the question waits on the page, too."""
    notification, on = asking.notification, london_date(asking.now)
    if on > london_date(notification.due_at):
        return "day_over"
    if asking.session.get(Attendance, notification.id) is None:
        asking.session.add(
            Attendance(
                force=notification.force, urn=notification.urn, council=notification.council,
                notification_id=notification.id, on_date=on, asked_at=asking.now,
            )
        )  # fmt: skip
    plan_step(
        asking.session, notification, ReceiptStepKind.ATTENDANCE_UNANSWERED,
        planned_at=answered_by(asking.now, policy_of(asking.run)),
    )  # fmt: skip
    return _alert(asking, _readers(asking), about="attendance")


def _show_unanswered(asking: Asking) -> Skipped:
    row = asking.session.get_one(Attendance, asking.notification.id)
    if row.answer is not None:
        return "answered"
    row.shown_from = asking.now
    return None


def _ask_about_absence(asking: Asking) -> Skipped:
    """Alert the desk again, and the leads: a child is absent, and nobody said what was done."""
    row = asking.session.get_one(Attendance, asking.notification.id)
    if row.answer is not AttendanceAnswer.ABSENT or row.response is not None:
        return "answered"
    return _insist(asking, ReceiptStepKind.ABSENCE_UNMET, about="absence", leads=True)


def _ask_to_acknowledge(asking: Asking) -> Skipped:
    if asking.notification.acknowledged_at is not None:
        return "acknowledged"
    return _alert(asking, _able(asking), about="acknowledge")


def _ask_for_follow_up(asking: Asking) -> Skipped:
    if asking.notification.followed_up_at is not None:
        return "followed_up"
    return _alert(asking, _readers(asking), about="follow_up")


def _tell_leads_unacknowledged(asking: Asking) -> Skipped:
    if asking.notification.acknowledged_at is not None:
        return "acknowledged"
    return _tell_leads(asking)


def _tell_leads_overdue(asking: Asking) -> Skipped:
    if asking.notification.followed_up_at is not None:
        return "followed_up"
    return _tell_leads(asking)


def _ask_to_read(asking: Asking) -> Skipped:
    if not unread_amendments(asking.session, asking.notification.id):
        return "read"
    return _alert(asking, _readers(asking), about="amendment")


def _ask_all_to_read(asking: Asking) -> Skipped:
    if not unread_amendments(asking.session, asking.notification.id):
        return "read"
    return _alert(asking, _able(asking), about="amendment")


def _ring_about_change(asking: Asking) -> Skipped:
    """Put the school on the call sheet: what changed is read out like what was told first."""
    if not unread_amendments(asking.session, asking.notification.id):
        return "read"
    open_line(asking.session, asking.notification, now=asking.now)
    if asking.only is not None:
        _tell_duty(asking, Duty.DUTY_OFFICER, about=RING)
    return None


def _ring_about_going_home(asking: Asking) -> Skipped:
    """Put the school on the call sheet whether or not somebody there has read the message."""
    if not calls_wanted(asking.session, [asking.notification.id]):
        return "not_needed"
    open_line(asking.session, asking.notification, now=asking.now)
    if asking.only is not None:
        _tell_duty(asking, Duty.DUTY_OFFICER, about=RING)
    return None


def _tell_duty_call_unmade(asking: Asking) -> Skipped:
    """Alert the duty officer: the deadline passed, and nobody rang; from then on the leads, too."""
    notification = asking.notification
    by = calls_wanted(asking.session, [notification.id]).get(notification.id)
    if by is None:
        return "not_needed"
    return _insist(
        asking, ReceiptStepKind.DESK_CALL_UNMADE, about="desk_call", leads=asking.now >= by + AGAIN
    )


_TAKE: dict[ReceiptStepKind, Callable[[Asking], Skipped]] = {
    ReceiptStepKind.ATTENDANCE: _ask_attendance,
    ReceiptStepKind.ATTENDANCE_UNANSWERED: _show_unanswered,
    ReceiptStepKind.ABSENCE_UNMET: _ask_about_absence,
    ReceiptStepKind.ACKNOWLEDGE: _ask_to_acknowledge,
    ReceiptStepKind.ACKNOWLEDGE_LEAD: _tell_leads_unacknowledged,
    ReceiptStepKind.FOLLOW_UP: _ask_for_follow_up,
    ReceiptStepKind.FOLLOW_UP_LEAD: _tell_leads_overdue,
    ReceiptStepKind.AMENDMENT: _ask_to_read,
    ReceiptStepKind.AMENDMENT_ALL: _ask_all_to_read,
    ReceiptStepKind.AMENDMENT_UNREAD: _ring_about_change,
    ReceiptStepKind.DESK_CALL: _ring_about_going_home,
    ReceiptStepKind.DESK_CALL_UNMADE: _tell_duty_call_unmade,
}


def _able(asking: Asking) -> list[Recipient]:
    """Return who may be asked, in order, without those who are passed over."""
    people = recipients_of(
        asking.session, asking.cipher, asking.notification, on=london_date(asking.now),
        policy=policy_of(asking.run),
    )  # fmt: skip
    left_out = passed_over(asking.session, asking.cipher, [asking.notification.id], people)
    return [one for one in people if one.can_receive and one.id not in left_out.everybody]


def _readers(asking: Asking) -> list[Recipient]:
    """Return who opened it, else the first who may: a school that was told by phone."""
    able = _able(asking)
    opened = set(
        asking.session.scalars(
            select(Receipt.actor).where(
                Receipt.notification_id == asking.notification.id,
                Receipt.kind == ReceiptKind.OPENED,
            )
        )
    )
    return [one for one in able if f"account:{one.account_id}" in opened] or able[:1]


def _alert(asking: Asking, people: Iterable[Recipient], *, about: str) -> Skipped:
    """Let one neutral alert stand for all that waits for each of these people."""
    asked = False
    for one in people:
        plan_alert(
            asking.session, addressee(asking.notification, one), due_at=asking.now + _WORTH,
            now=asking.now, about=f"{about}:{asking.notification.id}",
        )  # fmt: skip
        asked = True
    return None if asked else "no_such_contact"


def _tell_leads(asking: Asking) -> Skipped:
    return _tell_duty(asking, Duty.FORCE_LEAD, about="open")


def _insist(asking: Asking, kind: ReceiptStepKind, *, about: str, leads: bool) -> Skipped:
    """Alert the duty officers, and the leads where they are to know; and again half an hour on."""
    nobody = _tell_duty(asking, Duty.DUTY_OFFICER, about=about)
    if leads:
        nobody = _tell_duty(asking, Duty.FORCE_LEAD, about=about) and nobody
    following = asking.now + AGAIN
    if following <= at_london(london_date(asking.now), AGAIN_UNTIL):
        plan_again(asking.session, asking.notification, kind, planned_at=following)
    return nobody


def _tell_duty(asking: Asking, duty: Duty, *, about: str) -> Skipped:
    notification = asking.notification
    return alert_duty(
        asking.session, asking.cipher, owner=f"force:{notification.force}", duty=duty,
        force=notification.force, about=f"{about}:{notification.id}", now=asking.now,
        family=family_of(asking.session, notification, asking.declared, asking.only),
    )  # fmt: skip
