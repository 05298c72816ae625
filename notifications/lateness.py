"""A deadline that passed untold: marked once, with its cause; the child is pursued all the same."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import audit
from notifications.guarded import changed
from notifications.models import Alert, AlertCover, EscalationStep, Notification
from notifications.states import AlertState, LateCause, StepKind
from schools.matching.models import DecidedBy, Match

# Nobody settled the school by 15:00: the council's officer was told instead.
HANDED_OVER = "handed_to_council"
_TRIED_AND_FAILED = frozenset({AlertState.FAILED, AlertState.BOUNCED, AlertState.SET_ASIDE})


def mark_late(session: Session, notification: Notification, *, now: datetime, actor: str) -> bool:
    """Mark a notification late with its cause; return False where that was done before.

    Only once its deadline has passed. The force's own lag (`record_received_late`) stays apart
    from the service's.
    """
    if now < notification.due_at or notification.late_at is not None:
        return False
    cause = late_cause(session, notification)
    marked = changed(
        session,
        update(Notification)
        .where(Notification.id == notification.id, Notification.late_at.is_(None))
        .values(late_at=now, late_cause=cause),
    )
    if marked:
        audit.record(
            session, event=audit.Event.NOTIFICATION_LATE, actor=actor, force=notification.force,
            subject=f"notification:{notification.id}", now=now, reason_code=cause.value,
        )  # fmt: skip
        session.refresh(notification)
    return bool(marked)


def late_cause(session: Session, notification: Notification) -> LateCause:
    """Return why nobody was told by the deadline, from the facts of its record and its alerts."""
    if notification.late_record:
        return LateCause.RECORD_RECEIVED_LATE
    due_at = notification.due_at
    if notification.ready_at is None or notification.ready_at >= due_at:
        settled = _settled_by_person(session, notification)
        return LateCause.SETTLED_LATE if settled else LateCause.SERVICE_LATE
    alerts = session.scalars(
        select(Alert)
        .join(AlertCover, AlertCover.alert_id == Alert.id)
        .where(AlertCover.notification_id == notification.id)
    ).all()
    if any(alert.handed_over_at and alert.handed_over_at < due_at for alert in alerts):
        return LateCause.NOT_OPENED
    first_step = session.scalars(
        select(EscalationStep).where(
            EscalationStep.notification_id == notification.id,
            EscalationStep.kind == StepKind.KEY_ADULT,
        )
    ).one()
    if first_step.settled_at is None or first_step.settled_at >= due_at:
        return LateCause.SERVICE_LATE
    if not alerts:
        return LateCause.NO_KEY_ADULT
    tried = any(alert.attempts or alert.state in _TRIED_AND_FAILED for alert in alerts)
    return LateCause.DELIVERY_FAILED if tried else LateCause.SERVICE_LATE


def _settled_by_person(session: Session, notification: Notification) -> bool:
    newest = session.execute(
        select(Match.decided_by, Match.reason_code)
        .where(Match.involved_child_id == notification.involved_child_id)
        .order_by(Match.decided_at.desc())
        .limit(1)
    ).first()
    return newest is not None and (
        newest.decided_by is DecidedBy.PERSON or newest.reason_code == HANDED_OVER
    )
