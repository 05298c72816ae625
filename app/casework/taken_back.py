"""What a reader still has to answer: messages that were taken back after they had read them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.permissions import Role
from app.casework.acting import Acting
from app.casework.connections import Tie, ties_to_notifications
from app.casework.waiting import recipient_name
from notifications.models import Notification
from notifications.recall_cases import unsaid
from notifications.receipt_models import Recall
from notifications.states import ENDED


@dataclass(frozen=True, slots=True)
class TakenBack:
    """One message that is gone, or goes on without one of its incidents; nothing of the child."""

    notification_id: UUID
    recipient: str
    recalled_at: datetime
    wholly: bool


def waiting(session: Session, acting: Acting) -> list[TakenBack]:
    """Return what this person read, that was taken back and that they have not answered yet."""
    actor = acting.actor
    if not (actor.urns(Role.KEY_ADULT) or actor.councils(Role.COUNCIL_OFFICER)):
        return []
    rows = session.execute(
        select(Notification, Recall.recalled_at)
        .join(Recall, Recall.notification_id == Notification.id)
        .where(unsaid(actor.id))
        .order_by(Recall.recalled_at)
    ).all()
    tied = ties_to_notifications(session, acting, {row.id: row.force for row, _ in rows})
    # One line for each message, however often some of it was taken back.
    newest = {row.id: (row, at) for row, at in rows}
    return [
        TakenBack(row.id, recipient_name(session, row), at, row.state in ENDED)
        for row, at in newest.values()
        if tied.get(row.id) is not Tie.OUT
    ]
