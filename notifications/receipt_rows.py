"""The rows of evidence: added once, read back as the rung they prove.

Used by `notifications.receipts` and by what else puts evidence beside it.
"""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.core.policy import Policy
from notifications.models import Notification, Occurrence, Receipt, Run
from notifications.runs import policy_of
from notifications.states import NotificationState, ReceiptKind
from schools.calendars import calendar_of, council_calendar
from schools.key_adults import how_many_key_adults
from schools.term_dates import next_school_day, next_working_day


def refused_by(session: Session, involved_child_id: UUID, recipient: str) -> bool:
    """Return whether this recipient said "not ours" of a child last, and stayed with it."""
    sent = session.scalars(
        select(Notification.id)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(
            Occurrence.involved_child_id == involved_child_id, Notification.recipient == recipient
        )
    ).all()
    return _last_refusal(session, sent) is not None


def days_after(session: Session, notification: Notification, on: date, days: int) -> date | None:
    """Return the date so many school days on, or working days of a council."""
    if notification.urn is not None:
        calendar, following = calendar_of(session, notification.urn), next_school_day
    elif notification.council is not None:
        calendar, following = council_calendar(session, notification.council), next_working_day
    else:
        return None
    for _ in range(days):
        on = following(calendar, on)
    return on


def run_policy(session: Session, notification: Notification) -> Policy:
    run = session.scalars(select(Run).where(Run.id == notification.run_id)).one()
    return policy_of(run)


def refused_at(session: Session, notification: Notification) -> datetime | None:
    """Return when a school said "not our pupil", where that is why it is held now."""
    if notification.state is not NotificationState.HELD:
        return None
    return _last_refusal(session, [notification.id])


def _last_refusal(session: Session, notification_ids: Collection[UUID]) -> datetime | None:
    newest = session.scalars(
        select(Receipt)
        .where(
            Receipt.notification_id.in_(notification_ids),
            Receipt.kind.in_((ReceiptKind.NOT_OUR_PUPIL, ReceiptKind.NOT_OUR_PUPIL_UNDONE)),
        )
        .order_by(Receipt.at.desc())
        .limit(1)
    ).first()
    return newest.at if newest is not None and newest.kind is ReceiptKind.NOT_OUR_PUPIL else None


def state_before(session: Session, notification: Notification) -> NotificationState:
    """Return the rung that its evidence proves."""
    if notification.acknowledged_at is not None:
        return NotificationState.ACKNOWLEDGED
    if has_receipt(session, notification, ReceiptKind.OPENED):
        return NotificationState.OPENED
    return NotificationState.READY


def has_receipt(
    session: Session, notification: Notification, kind: ReceiptKind, actor: str | None = None
) -> bool:
    wanted = select(Receipt.id).where(
        Receipt.notification_id == notification.id, Receipt.kind == kind
    )
    if actor is not None:
        wanted = wanted.where(Receipt.actor == actor)
    return session.scalars(wanted.limit(1)).first() is not None


def add_receipt(
    session: Session, notification: Notification, kind: ReceiptKind, *, actor: str, now: datetime,
    source: str, again: bool = False, reason_code: str | None = None,
) -> bool:  # fmt: skip
    """Add a receipt, once for each actor unless it may happen again; return whether added."""
    if not again and has_receipt(session, notification, kind, actor):
        return False
    session.add(
        Receipt(
            id=new_id(), force=notification.force, urn=notification.urn,
            council=notification.council, notification_id=notification.id, kind=kind, at=now,
            actor=actor, source=source, content_version=notification.content_version,
            reason_code=reason_code,
        )
    )  # fmt: skip
    session.flush()
    return True


def people_with(
    session: Session, notification: Notification, kinds: Collection[ReceiptKind]
) -> int:
    """Return how many people there is evidence of these kinds of."""
    found = session.scalar(
        select(func.count(func.distinct(Receipt.actor))).where(
            Receipt.notification_id == notification.id, Receipt.kind.in_(list(kinds))
        )
    )
    return found or 0


def acknowledgements_needed(session: Session, notification: Notification) -> int:
    """Return how many people must acknowledge: the force's policy, never more than there are."""
    wanted = run_policy(session, notification).receipts.acknowledgements
    if wanted == 1 or notification.shown_only_to is not None or notification.urn is None:
        return 1
    return max(1, min(wanted, how_many_key_adults(session, notification.urn)))


def shown_to_caller(
    session: Session, notification: Notification, *, actor: str, since: datetime
) -> bool:
    """Return whether this caller had on the screen what is to be told now, since an instant."""
    found = session.scalars(
        select(Receipt.id).where(
            Receipt.notification_id == notification.id, Receipt.actor == actor,
            Receipt.kind == ReceiptKind.SHOWN_TO_CALLER, Receipt.at >= since,
            Receipt.content_version == notification.content_version,
        )
    )  # fmt: skip
    return found.first() is not None
