"""What is asked of a school after it was told: planned as rows, skipped with a reason.

Source: domain.md §7. Attendance at register-close, an acknowledgement that does not come, the
follow-up after so many school days, and a message that changed. Instants are UTC.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import at_london, london_date
from app.core.ids import new_id
from app.core.policy import Policy
from notifications.alerting import stop_alerts_about
from notifications.models import Notification
from notifications.receipt_models import ReceiptStep
from notifications.receipt_states import ReceiptStepKind
from notifications.states import StepState
from notifications.timing import Due
from schools.calendars import calendar_of, council_calendar
from schools.term_dates import (
    SchoolCalendar,
    is_school_day,
    next_school_day,
    next_working_day,
)

# A reminder comes when the school day has begun; so does the list of the lead.
REMINDED_AT = time(9, 30)
# A restricted incident's people are alerted that its school is to be rung: no desk sees its line.
RING = "ring"
# What the alerts after telling are about.
ASKED_ABOUT = (
    "attendance", "absence", "acknowledge", "follow_up", "amendment", "open", "desk_call", RING,
)  # fmt: skip
_SHORTEST_WAIT = timedelta(minutes=30)
# What nobody sees to is said again so often, as long as somebody can still act on it that day.
AGAIN = timedelta(minutes=30)
AGAIN_UNTIL = time(18, 0)


def plan_after_telling(
    session: Session, notification: Notification, policy: Policy, *, now: datetime
) -> None:
    """Plan what is asked from here on; once more plans nothing twice."""
    asked = policy.receipts
    wanted = {
        ReceiptStepKind.ACKNOWLEDGE: now + timedelta(minutes=asked.acknowledge_minutes),
        ReceiptStepKind.ACKNOWLEDGE_LEAD: _morning_after(session, notification, london_date(now)),
    }
    due_on = notification.follow_up_due_on
    if due_on is not None:
        wanted[ReceiptStepKind.FOLLOW_UP] = at_london(due_on, REMINDED_AT)
        wanted[ReceiptStepKind.FOLLOW_UP_LEAD] = _morning_after(session, notification, due_on)
    attendance_at = attendance_asked_at(session, notification, policy, now=now)
    if attendance_at is not None:
        wanted[ReceiptStepKind.ATTENDANCE] = attendance_at
    plan_steps(session, notification, wanted)


def attendance_asked_at(
    session: Session, notification: Notification, policy: Policy, *, now: datetime
) -> datetime | None:
    """Return when a school is asked whether the child came: at register-close of its morning.

    None for a council, on a day without pupils, for a message of later in the day, and once that
    day is over.
    """
    on = london_date(notification.due_at)
    if notification.urn is None or not policy.receipts.attendance or london_date(now) > on:
        return None
    calendar = calendar_of(session, notification.urn)
    close = calendar.register_close or policy.timing.register_close_when_unknown
    closes_at = at_london(on, close)
    if not is_school_day(calendar, on) or notification.due_at > closes_at:
        return None
    return max(closes_at, now)


def answered_by(asked_at: datetime, policy: Policy) -> datetime:
    """Return by when attendance is to be answered before the board shows it: 10:30."""
    by = at_london(london_date(asked_at), policy.receipts.attendance_answer_by)
    return max(by, asked_at + _SHORTEST_WAIT)


def plan_amendment_steps(
    session: Session, notification: Notification, due: Due, *, urgent: bool, now: datetime
) -> None:
    """Plan who is asked to read what changed, and when the desk rings about it.

    `urgent`: going home became a concern, so the school is on the call sheet at once.
    """
    first = max(now, due.alerts_from)
    halfway = first + (max(due.due_at, first) - first) / 2
    rung_at = now if urgent else max(due.due_at, first)
    version = notification.content_version
    wanted = {
        ReceiptStepKind.AMENDMENT: now if urgent else first,
        ReceiptStepKind.AMENDMENT_ALL: now if urgent else halfway,
        ReceiptStepKind.AMENDMENT_UNREAD: rung_at,
    }
    plan_steps(session, notification, wanted, version=version)


def plan_step(
    session: Session, notification: Notification, kind: ReceiptStepKind, *, planned_at: datetime,
    version: int = 0,
) -> None:  # fmt: skip
    """Plan one step, unless it was planned before."""
    plan_steps(session, notification, {kind: planned_at}, version=version)


def plan_steps(
    session: Session, notification: Notification, wanted: Mapping[ReceiptStepKind, datetime], *,
    version: int = 0,
) -> None:  # fmt: skip
    """Plan steps at their instants, without those that were planned before."""
    known = set(
        session.scalars(
            select(ReceiptStep.kind).where(
                ReceiptStep.notification_id == notification.id,
                ReceiptStep.kind.in_(list(wanted)),
                ReceiptStep.version == version,
            )
        )
    )
    session.add_all(
        ReceiptStep(
            id=new_id(), force=notification.force, urn=notification.urn,
            council=notification.council, notification_id=notification.id, kind=kind,
            version=version, planned_at=planned_at, state=StepState.PLANNED,
        )
        for kind, planned_at in wanted.items()
        if kind not in known
    )  # fmt: skip
    session.flush()


def plan_again(
    session: Session, notification: Notification, kind: ReceiptStepKind, *, planned_at: datetime
) -> None:
    """Plan a step that is taken again and again, each time as a row of its own."""
    last = session.scalar(
        select(func.max(ReceiptStep.version)).where(
            ReceiptStep.notification_id == notification.id, ReceiptStep.kind == kind
        )
    )
    version = 0 if last is None else last + 1
    plan_step(session, notification, kind, planned_at=planned_at, version=version)


def skip_steps(
    session: Session, notification: Notification, kinds: Collection[ReceiptStepKind] | None = None,
    *, reason_code: str, now: datetime,
) -> int:  # fmt: skip
    """Skip what is planned of these kinds, or of all, with the reason; return how many."""
    wanted = select(ReceiptStep).where(
        ReceiptStep.notification_id == notification.id, ReceiptStep.state == StepState.PLANNED
    )
    if kinds is not None:
        wanted = wanted.where(ReceiptStep.kind.in_(list(kinds)))
    steps = session.scalars(wanted.order_by(ReceiptStep.id).with_for_update()).all()
    for step in steps:
        step.state, step.reason_code, step.settled_at = StepState.SKIPPED, reason_code, now
    session.flush()
    return len(steps)


def stop_asking(
    session: Session, notification: Notification, *, reason_code: str, now: datetime
) -> None:
    """Ask nothing more about a message: skip what is planned and take back what is not sent."""
    skip_steps(session, notification, reason_code=reason_code, now=now)
    stop_alerts_about(session, [f"{kind}:{notification.id}" for kind in ASKED_ABOUT], now)


def _morning_after(session: Session, notification: Notification, on: date) -> datetime:
    """Return the morning of the next school day, or working day of a council."""
    if notification.urn is not None:
        following = next_school_day(calendar_of(session, notification.urn), on)
    else:
        calendar = (
            council_calendar(session, notification.council)
            if notification.council is not None
            else SchoolCalendar()
        )
        following = next_working_day(calendar, on)
    return at_london(following, REMINDED_AT)
