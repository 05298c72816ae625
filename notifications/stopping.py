"""Stopping a ladder in the transaction that tells or recalls: nobody is chased for nothing."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit
from notifications.alerting import still_wanted
from notifications.desk_calls import stand_down
from notifications.models import Alert, AlertCover, EscalationStep, Notification
from notifications.states import AlertState, StepState

_NOT_YET_SENT = (AlertState.PLANNED, AlertState.UNKNOWN)


def stop_ladder(
    session: Session, notification: Notification, *, reason_code: str, now: datetime, actor: str
) -> int:
    """Skip what is still planned, close the call-sheet line, and return the alerts stopped.

    A school that must be rung all the same, about going home, stays on the call sheet.
    Alerts first and steps after them, in the order in which the outbox locks them.
    """
    alerts = _stop_alerts(session, notification, now)
    planned = session.scalars(
        select(EscalationStep).where(
            EscalationStep.notification_id == notification.id,
            EscalationStep.state == StepState.PLANNED,
        )
    ).all()
    for step in planned:
        step.state, step.reason_code, step.settled_at = StepState.SKIPPED, reason_code, now
    stand_down(session, notification, now=now)
    if planned or alerts:
        audit.record(
            session, event=audit.Event.STEP_SKIPPED, actor=actor, force=notification.force,
            subject=f"notification:{notification.id}", now=now, reason_code=reason_code,
            detail={"steps": sorted(step.kind.value for step in planned), "alerts": alerts},
        )  # fmt: skip
    session.flush()
    return alerts


def _stop_alerts(session: Session, notification: Notification, now: datetime) -> int:
    """Take back alerts that are not sent yet and stand for nothing else that waits."""
    alerts = session.scalars(
        select(Alert)
        .where(
            Alert.id.in_(
                select(AlertCover.alert_id).where(AlertCover.notification_id == notification.id)
            ),
            Alert.state.in_(_NOT_YET_SENT),
        )
        .order_by(Alert.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    wanted = still_wanted(session, [alert.id for alert in alerts])
    stopped = [alert for alert in alerts if alert.id not in wanted]
    for alert in stopped:
        alert.state, alert.settled_at = AlertState.NOT_NEEDED, now
    session.flush()
    return len(stopped)
