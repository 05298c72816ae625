"""Whether a child came to school that morning: asked once, answered apart, used for nothing else.

Source: domain.md §7. "Absent, no reason" tells the police: the desk's officer and the council's
lead are alerted in the transaction that stores it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.cipher import Cipher
from app.core.errors import Conflict
from notifications.alerting import stop_alerts
from notifications.asking_duty import alert_duty
from notifications.errors import NoLongerShown
from notifications.free_officers import Family, family_of
from notifications.models import Notification
from notifications.receipt_models import Attendance
from notifications.receipt_states import AbsenceResponse, AttendanceAnswer, ReceiptStepKind
from notifications.receipt_steps import AGAIN, plan_again, skip_steps
from notifications.states import VISIBLE
from schools.officers import Duty

# What waits for an answer of the school, or for the desk to say what it did about one.
_WAITING_STEPS = (ReceiptStepKind.ATTENDANCE_UNANSWERED, ReceiptStepKind.ABSENCE_UNMET)


def question_of(session: Session, notification: Notification) -> Attendance | None:
    """Return the question of a notification once it was asked."""
    return session.get(Attendance, notification.id)


def answer_attendance(
    session: Session, cipher: Cipher, notification: Notification, *, answer: AttendanceAnswer,
    actor: str, now: datetime, source: str = "page", declared: frozenset[str] = frozenset(),
    only: frozenset[UUID] | None = None,
) -> Attendance:  # fmt: skip
    """Store the answer, also one that corrects an earlier; raise `Conflict` where nobody asked.

    What is no longer shown to a school is not answered by it: `NoLongerShown`. `declared` are the
    accounts that said to be tied to the family: they are not alerted. `only` are those who alone
    may know of a restricted incident.
    """
    session.refresh(notification, with_for_update={"key_share": True})
    if notification.state not in VISIBLE:
        raise NoLongerShown("This message is no longer shown: ring the desk.")
    row = _locked(session, notification)
    if row.answer is answer:
        return row
    row.answer, row.answered_at, row.answered_by, row.source = answer, now, actor, source
    row.response = row.responded_at = row.responded_by = None
    row.shown_from = now if answer is AttendanceAnswer.ABSENT else None
    session.flush()
    stop_alerts(session, f"attendance:{notification.id}", now)
    skip_steps(session, notification, _WAITING_STEPS, reason_code="answered", now=now)
    told = {}
    if answer is AttendanceAnswer.ABSENT:
        told = _tell_of_absence(
            session, cipher, notification, family_of(session, notification, declared, only), now=now
        )
        plan_again(session, notification, ReceiptStepKind.ABSENCE_UNMET, planned_at=now + AGAIN)
    else:
        stop_alerts(session, f"absence:{notification.id}", now)
    audit.record(
        session, event=audit.Event.ATTENDANCE_ANSWERED, actor=actor, force=notification.force,
        subject=f"notification:{notification.id}", now=now, reason_code=answer.value,
        detail={"source": source, **told},
    )  # fmt: skip
    return row


def respond_to_absence(
    session: Session, notification: Notification, *, response: AbsenceResponse, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    """Store what the desk did; raise `Conflict` where the child is not absent without a reason."""
    row = _locked(session, notification)
    if row.answer is not AttendanceAnswer.ABSENT:
        raise Conflict("The school has not said that this child is absent without a reason.")
    row.response, row.responded_at, row.responded_by = response, now, actor
    stop_alerts(session, f"absence:{notification.id}", now)
    skip_steps(
        session, notification, (ReceiptStepKind.ABSENCE_UNMET,), reason_code="responded", now=now
    )
    audit.record(
        session, event=audit.Event.ABSENCE_RESPONDED, actor=actor, force=notification.force,
        subject=f"notification:{notification.id}", now=now, reason_code=response.value,
    )  # fmt: skip
    session.flush()


def _tell_of_absence(
    session: Session, cipher: Cipher, notification: Notification, family: Family, *, now: datetime
) -> dict[str, str]:
    """Alert the desk's officers and the council's leads; return the codes of who was not there."""
    about, missing = f"absence:{notification.id}", {}
    desk = alert_duty(
        session, cipher, owner=f"force:{notification.force}", duty=Duty.DUTY_OFFICER,
        force=notification.force, about=about, now=now, family=family,
    )  # fmt: skip
    if desk is not None:
        missing["desk"] = desk
    council = "council_not_known"
    if notification.council is not None:
        council = (
            alert_duty(
                session, cipher, owner=f"council:{notification.council}", duty=Duty.COUNCIL_LEAD,
                force=notification.force, about=about, now=now, council=notification.council,
                family=family,
            )
            or ""
        )  # fmt: skip
    if council:
        missing["council"] = council
    return missing


def _locked(session: Session, notification: Notification) -> Attendance:
    row = session.scalars(
        select(Attendance)
        .where(Attendance.notification_id == notification.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise Conflict("Attendance is asked when the register closes: come back then.")
    return row
