"""Taking a message to the school's own record, or to paper: each time on the trail."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action
from app.casework.acting import Acting
from app.casework.waiting import Seen, notification_for, require_seen
from app.core import audit
from app.core.errors import NotFound
from app.core.policies import current_policy
from app.core.scope import acting_for
from notifications.compose import Content
from notifications.errors import NoLongerShown
from notifications.models import Notification
from notifications.queries import content_of
from notifications.receipt_rows import add_receipt
from notifications.states import VISIBLE, ReceiptKind

_EVENTS = {
    ReceiptKind.EXPORTED: audit.Event.NOTIFICATION_EXPORTED,
    ReceiptKind.PRINTED: audit.Event.NOTIFICATION_PRINTED,
}


def may_print(session: Session, notification: Notification, acting: Acting) -> bool:
    """Return whether the force lets its messages be printed: by policy, off by default."""
    return current_policy(session, notification.force, at=acting.now)[1].receipts.printing


def take_away(
    session: Session, acting: Acting, *, notification_id: UUID, how: ReceiptKind
) -> tuple[Notification, Content]:
    """Return what the school copies to its own file (`exported`) or paper (`printed`).

    Raises `NotFound` for what is not this person's and for paper where the force does not want it,
    `Conflict` for what they have not opened.
    """
    notification = notification_for(
        session, acting, notification_id, action=Action.EXPORT_NOTIFICATION
    )
    require_seen(session, notification, actor=acting.actor.id, least=Seen.CONTENT)
    if how is ReceiptKind.PRINTED and not may_print(session, notification, acting):
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    with acting_for(session, notification.force):
        session.refresh(notification, with_for_update={"key_share": True})
        if notification.state not in VISIBLE:
            raise NoLongerShown("This message is no longer shown: ring the desk.")
        content = content_of(session, acting.cipher, notification)
        add_receipt(
            session, notification, how, actor=acting.actor.id, now=acting.now, source="page",
            again=True,
        )  # fmt: skip
        audit.record(
            session, event=_EVENTS[how], actor=acting.actor.id, force=notification.force,
            subject=f"notification:{notification.id}", now=acting.now,
        )  # fmt: skip
    return notification, content
