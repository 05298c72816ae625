"""What is known of notifications: the rungs reached with their times, and what schools did."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import FollowUp, Receipt
from notifications.states import ReceiptKind


def codes_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Return what was recorded as done, in codes and in the order of time."""
    rows = session.execute(
        select(FollowUp.notification_id, FollowUp.code)
        .where(FollowUp.notification_id.in_(list(ids)))
        .order_by(FollowUp.recorded_at, FollowUp.code)
    )
    found: dict[UUID, tuple[str, ...]] = defaultdict(tuple)
    for notification_id, code in rows:
        found[notification_id] = (*found[notification_id], code.value)
    return found


def rungs_of(
    session: Session, notification_ids: Iterable[UUID]
) -> dict[UUID, dict[ReceiptKind, datetime]]:
    """Return the first time of each kind of evidence; later ones repeat it."""
    rows = session.execute(
        select(Receipt.notification_id, Receipt.kind, Receipt.at)
        .where(Receipt.notification_id.in_(list(notification_ids)))
        .order_by(Receipt.at)
    )
    found: dict[UUID, dict[ReceiptKind, datetime]] = defaultdict(dict)
    for notification_id, kind, at in rows:
        found[notification_id].setdefault(kind, at)
    return found
