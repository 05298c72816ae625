"""Bringing the next who would be asked forward, because the one before will not do it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import AlertAbout, EscalationStep, Notification, ReviewStep
from notifications.states import ReviewStepKind, StepKind, StepState

_NEXT_CONTACTS = (StepKind.SECOND_KEY_ADULT, StepKind.CALL_SHEET)
_NEXT_OFFICERS = (ReviewStepKind.SECOND_REVIEWER, ReviewStepKind.DUTY_OFFICER)


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


def hasten_reviews(session: Session, alert_id: UUID, *, now: datetime) -> None:
    """Bring the next officer forward for every child that an alert which failed stood for."""
    abouts = session.scalars(select(AlertAbout.about).where(AlertAbout.alert_id == alert_id)).all()
    for kind, _, ident in (about.partition(":") for about in abouts):
        if kind == "review":
            bring_forward(session, UUID(ident), _NEXT_OFFICERS, now=now)


def bring_forward(
    session: Session, unsettled_id: UUID, kinds: Collection[ReviewStepKind], *, now: datetime
) -> bool:
    """Let the first planned step of these kinds be due now; return whether there was one."""
    step = session.scalars(
        select(ReviewStep)
        .where(
            ReviewStep.unsettled_id == unsettled_id,
            ReviewStep.state == StepState.PLANNED,
            ReviewStep.kind.in_(kinds),
            ReviewStep.planned_at > now,
        )
        .order_by(ReviewStep.planned_at)
        .limit(1)
    ).first()
    if step is None:
        return False
    step.planned_at = now
    session.flush()
    return True
