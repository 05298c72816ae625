"""Earlier messages about the same child at the same school, for who reads the newest one.

Days and what the school did, never what they said: each is opened by itself, in its own two steps.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.casework.acting import Acting
from app.casework.connections import ties_to_notifications
from app.casework.following_up import recorded
from notifications.models import Notification
from notifications.receipt_rows import has_receipt
from notifications.states import VISIBLE, FollowUpCode, ReceiptKind

# As the count beside it reaches back (domain.md §5), and no longer than a page.
_BACK = timedelta(days=365)
_MOST = 12


@dataclass(frozen=True, slots=True)
class EarlierMessage:
    """One earlier message: when the school was told and had it in hand, and what it did."""

    notification_id: UUID
    told_at: datetime
    acknowledged_at: datetime | None
    done: tuple[FollowUpCode, ...]


def earlier_messages(
    session: Session, acting: Acting, notification: Notification
) -> tuple[EarlierMessage, ...]:
    """Return them, newest first; none of an incident with which this person may be connected."""
    if notification.person_digest is None or notification.urn is None:
        return ()
    rows = session.scalars(
        select(Notification)
        .where(
            Notification.force == notification.force,
            Notification.person_digest == notification.person_digest,
            Notification.recipient == notification.recipient, Notification.id != notification.id,
            Notification.state.in_(VISIBLE), Notification.told_at.is_not(None),
            Notification.told_at < acting.now,
            Notification.told_at > acting.now - _BACK,
            or_(
                Notification.shown_only_to.is_(None),
                Notification.shown_only_to == acting.actor.id,
            ),
        )
        .order_by(Notification.told_at.desc(), Notification.id)
        .limit(_MOST)
    ).all()  # fmt: skip
    tied = ties_to_notifications(session, acting, {row.id: row.force for row in rows})
    return tuple(
        EarlierMessage(
            row.id, row.told_at, row.acknowledged_at,
            tuple(one.code for one in recorded(session, row)),
        )
        for row in rows
        if row.told_at is not None
        and row.id not in tied
        and not has_receipt(session, row, ReceiptKind.WITHHELD, acting.actor.id)
    )  # fmt: skip
