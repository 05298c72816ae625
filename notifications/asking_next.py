"""A key adult is not there any more: whoever is next in order is asked now."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from notifications.guarded import changed
from notifications.hastening import hasten
from notifications.models import Alert, AlertCover, Notification
from notifications.states import AlertState, NotificationState


def ask_next(session: Session, *, key_adult_id: UUID, urn: int, now: datetime) -> int:
    """Bring the next contact forward for all that only this key adult was alerted about.

    Returns how many messages that concerns. Source: features.md RE9.
    """
    asked = exists().where(
        AlertCover.notification_id == Notification.id,
        Alert.id == AlertCover.alert_id,
        Alert.key_adult_id == key_adult_id,
    )
    others = exists().where(
        AlertCover.notification_id == Notification.id,
        Alert.id == AlertCover.alert_id,
        Alert.key_adult_id != key_adult_id,
    )
    rows = session.scalars(
        select(Notification)
        .where(
            Notification.urn == urn,
            Notification.state == NotificationState.READY,
            Notification.told_at.is_(None),
            asked,
            ~others,
        )
        .order_by(Notification.due_at, Notification.id)
    ).all()
    for notification in rows:
        hasten(session, notification, now=now)
    return len(rows)


def stop_asking(session: Session, *, key_adult_id: UUID, now: datetime) -> int:
    """Send nothing more to somebody who left; return how many alerts were not sent yet."""
    return changed(
        session,
        update(Alert)
        .where(
            Alert.key_adult_id == key_adult_id,
            Alert.state.in_((AlertState.PLANNED, AlertState.UNKNOWN)),
        )
        .values(state=AlertState.NOT_NEEDED, settled_at=now),
    )
