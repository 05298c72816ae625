"""Acknowledging: the person who opened a notification says that the school has it in hand."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action
from app.casework.acting import Acting
from app.casework.waiting import Seen, notification_for, require_seen
from app.core import audit
from app.core.scope import acting_for
from notifications import receipts


def acknowledge(session: Session, acting: Acting, *, notification_id: UUID) -> None:
    """Record the acknowledgement; once more changes nothing, and the content stays readable.

    Raises `NotFound` for what is not this person's, `Conflict` for what they have not opened.
    """
    notification = notification_for(session, acting, notification_id, action=Action.ACKNOWLEDGE)
    require_seen(session, notification, actor=acting.actor.id, least=Seen.CONTENT)
    with acting_for(session, notification.force):
        receipts.acknowledged(
            session, notification, actor=acting.actor.id, now=acting.now, source="page"
        )
        audit.record(
            session, event=audit.Event.NOTIFICATION_ACKNOWLEDGED, actor=acting.actor.id,
            force=notification.force, subject=f"notification:{notification.id}", now=acting.now,
        )  # fmt: skip
