"""Bringing the next contact forward, because the one before it will not read the message."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import EscalationStep, Notification
from notifications.states import StepKind, StepState

_NEXT_CONTACTS = (StepKind.SECOND_KEY_ADULT, StepKind.CALL_SHEET)


def hasten(session: Session, notification: Notification, *, now: datetime) -> None:
    """Bring the next contact forward: the second key adult, else a call.

    An address failed, or a person may not be shown the content. Before the ladder has begun
    nothing moves: its first step will ask somebody else, and nobody is woken for it.
    Source: reliability.md F23.
    """
    planned = session.scalars(
        select(EscalationStep)
        .where(
            EscalationStep.notification_id == notification.id,
            EscalationStep.state == StepState.PLANNED,
            EscalationStep.planned_at > now,
        )
        .order_by(EscalationStep.planned_at)
    ).all()
    if any(step.kind is StepKind.KEY_ADULT for step in planned):
        return
    following = [step for step in planned if step.kind in _NEXT_CONTACTS]
    if following:
        following[0].planned_at = now
        session.flush()
