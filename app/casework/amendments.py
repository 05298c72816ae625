"""Reading what changed: by somebody who had opened the message before it did."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action
from app.casework.acting import Acting
from app.casework.waiting import Seen, notification_for, require_seen
from app.core import audit
from app.core.scope import acting_for
from notifications import receipts
from notifications.amending import unread_amendments
from notifications.models import Notification


def changes_left(session: Session, notification: Notification) -> tuple[str, ...]:
    """Return the codes of what changed after somebody was told and nobody read since."""
    rows = unread_amendments(session, notification.id)
    return tuple(code for one in rows for code in one.changed)


def read_changes(session: Session, acting: Acting, *, notification_id: UUID) -> None:
    """Record that this person read what changed; once more changes nothing.

    Raises `NotFound` for what is not theirs, `Conflict` for what they have not opened.
    """
    notification = notification_for(
        session, acting, notification_id, action=Action.OPEN_NOTIFICATION
    )
    require_seen(session, notification, actor=acting.actor.id, least=Seen.CONTENT)
    with acting_for(session, notification.force):
        if receipts.amendment_read(
            session, notification, actor=acting.actor.id, now=acting.now, source="page"
        ):
            audit.record(
                session, event=audit.Event.AMENDMENT_READ, actor=acting.actor.id,
                force=notification.force, subject=f"notification:{notification.id}",
                now=acting.now,
            )  # fmt: skip
