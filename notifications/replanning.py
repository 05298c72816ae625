"""Moving what nobody has opened to another deadline, with its ladder planned anew; never dropped.

A calendar that changes after a notification was placed (a school closed by snow at 07:00) decides
the deadline and the ladder again, never whether (domain.md §6). The content stays visible all the
while, and what was alerted stays alerted; the ladder begins again at its first step.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core import audit
from app.core.clock import london_date
from app.core.ids import new_id
from app.core.policy import Policy
from notifications import escalation
from notifications.desk_calls import move_call
from notifications.guarded import changed
from notifications.models import CallSheetLine, EscalationStep, Notification
from notifications.runs import ensure_run
from notifications.states import CallResult, NotificationState, StepKind, StepState
from notifications.timing import Due


class Replanned(StrEnum):
    """What came of it; one that a caller has now is to be asked for again."""

    MOVED = "moved"
    NOT_NEEDED = "not_needed"
    CLAIMED = "claimed"


def replan(
    session: Session, notification_id: UUID, due: Due, *, policy: Policy, reason_code: str,
    now: datetime, actor: str,
) -> Replanned:  # fmt: skip
    """Give an untold notification this deadline and its ladder; return what came of it.

    One that is told, held or closed stays as it is, and so does one that a caller has now: whoever
    asked comes again once the claim is over. A deadline that has passed stays, with its lateness:
    only the ladder begins again.
    """
    notification = session.scalars(
        select(Notification)
        .where(Notification.id == notification_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if notification.state is not NotificationState.READY or notification.told_at is not None:
        return Replanned.NOT_NEEDED
    if not _stand_down(session, notification, now):
        return Replanned.CLAIMED
    before = notification.due_at
    if before > now:
        run = ensure_run(session, force=notification.force, on=london_date(due.due_at), now=now)
        notification.run_id, notification.due_at = run.id, due.due_at
    notification.return_on, notification.replanned_at = due.return_on, now
    _plan_again(session, notification, due, policy, now)
    move_call(session, notification, now=now)
    audit.record(
        session, event=audit.Event.LADDER_REPLANNED, actor=actor, force=notification.force,
        subject=f"notification:{notification.id}", now=now, reason_code=reason_code,
        detail={"due_before": before.isoformat(), "due_at": notification.due_at.isoformat()},
    )  # fmt: skip
    session.flush()
    return Replanned.MOVED


def _stand_down(session: Session, notification: Notification, now: datetime) -> bool:
    """Take the school off the call sheet; return False while a caller has it.

    A claim that ran out holds nothing up: its caller may be gone for good.
    """
    line = CallSheetLine.notification_id == notification.id
    claimed = session.scalars(
        select(CallSheetLine)
        .where(line, CallSheetLine.closed_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if claimed is not None and claimed.claimed_until is not None and claimed.claimed_until > now:
        return False
    changed(
        session,
        update(CallSheetLine)
        .where(line, CallSheetLine.closed_at.is_(None))
        .values(
            closed_at=now, result=CallResult.STOOD_DOWN, claimed_by=None, claimed_until=None
        ),
    )  # fmt: skip
    return True


def _plan_again(
    session: Session, notification: Notification, due: Due, policy: Policy, now: datetime
) -> None:
    """Replace the steps; what was taken before stays on the trail, which is never changed.

    What is late already is not marked late once more.
    """
    session.execute(delete(EscalationStep).where(EscalationStep.notification_id == notification.id))
    steps = escalation.plan(
        due, placed_at=now, ladder=policy.ladder, first_alert=policy.timing.first_alert
    )
    session.add_all(
        EscalationStep(
            id=new_id(), force=notification.force, urn=notification.urn,
            council=notification.council, notification_id=notification.id, kind=step.kind,
            planned_at=step.planned_at, state=StepState.PLANNED,
        )
        for step in steps
        if step.kind is not StepKind.LATE or notification.late_at is None
    )  # fmt: skip
    session.flush()
