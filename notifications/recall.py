"""Recall: what must not be read any more disappears in the transaction that says so."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.core import audit
from notifications.amending import settle_amendments
from notifications.desk_calls import end_unneeded
from notifications.guarded import changed
from notifications.models import Notification, Occurrence, Receipt
from notifications.passing_over import keep_what_was_said, told_of
from notifications.recall_cases import open_recall
from notifications.receipt_steps import stop_asking
from notifications.states import ENDED, NotificationState, ReceiptKind
from notifications.stopping import stop_ladder


@dataclass(frozen=True, slots=True)
class RecallCounts:
    """How many notifications were recalled, people who had seen them, alerts taken back."""

    recalled: int
    opened_by: int
    alerts_stopped: int


def recall_incident(
    session: Session, *, incident_ids: Collection[UUID], reason_code: str, actor: str, now: datetime
) -> RecallCounts:
    """Recall everything these incidents sent; a notification that also tells of another stays.

    Such a one goes on with the other incident alone: what this one told is no longer shown. A
    repeat recalls nothing more. Who had seen these incidents is counted for those that stay, too.
    """
    notifications = _telling_of(session, incident_ids)
    going, staying = [], []
    for notification in notifications:
        if not _go_on_without(session, notification, incident_ids, now=now):
            going.append(notification.id)
            continue
        staying.append(notification.id)
        _record_occurrence(session, notification, reason_code=reason_code, actor=actor, now=now)
    counts = recall_notifications(session, going, reason_code=reason_code, actor=actor, now=now)
    # A message is joined only while unread: whoever read one that stays read these incidents.
    return replace(counts, opened_by=_seen_by(session, [*going, *staying]))


def recall_child(
    session: Session, *, involved_child_id: UUID, incident_id: UUID, reason_code: str, actor: str,
    now: datetime, which: Callable[[Notification], bool] = lambda _: True,
) -> RecallCounts:  # fmt: skip
    """Recall what was sent of one child of one incident; its brothers and sisters stay told.

    A message that also tells of another incident of the child goes on with that one alone. `which`
    chooses among its messages, as they stand once they are locked.
    """
    of_child = set(
        session.scalars(
            select(Occurrence.notification_id).where(
                Occurrence.involved_child_id == involved_child_id,
                Occurrence.incident_id == incident_id,
            )
        )
    )
    going = []
    for one in _telling_of(session, [incident_id]):
        if one.id not in of_child or not which(one):
            continue
        if not _go_on_without(session, one, [incident_id], now=now):
            going.append(one.id)
            continue
        _record_occurrence(session, one, reason_code=reason_code, actor=actor, now=now)
    return recall_notifications(session, going, reason_code=reason_code, actor=actor, now=now)


def recall_notifications(
    session: Session, notification_ids: Sequence[UUID], *, reason_code: str, actor: str,
    now: datetime,
) -> RecallCounts:  # fmt: skip
    """Hide these notifications, stop their ladders, and count who had seen them."""
    recalled, alerts = [], 0
    for notification_id in notification_ids:
        notification = session.get_one(Notification, notification_id)
        moved = changed(
            session,
            update(Notification)
            .where(Notification.id == notification_id, Notification.state.not_in(ENDED))
            .values(state=NotificationState.RECALLED),
        )
        session.refresh(notification)
        if not moved:
            continue
        recalled.append(notification_id)
        stop_asking(session, notification, reason_code="recalled", now=now)
        settle_amendments(session, notification, how="recalled", now=now, actor=actor)
        open_recall(session, notification, reason_code=reason_code, actor=actor, now=now)
        alerts += stop_ladder(session, notification, reason_code="recalled", now=now, actor=actor)
        audit.record(
            session, event=audit.Event.NOTIFICATION_RECALLED, actor=actor,
            force=notification.force, subject=f"notification:{notification_id}", now=now,
            reason_code=reason_code,
        )  # fmt: skip
    return RecallCounts(len(recalled), _seen_by(session, recalled), alerts)


def _record_occurrence(
    session: Session, notification: Notification, *, reason_code: str, actor: str, now: datetime
) -> None:
    """Put on the trail that a message goes on without one of its incidents.

    Who had read it had read that one, too: the desk answers for it as for a whole message.
    """
    open_recall(session, notification, reason_code=reason_code, actor=actor, now=now)
    end_unneeded(session, notification, now=now)
    audit.record(
        session, event=audit.Event.NOTIFICATION_RECALLED, actor=actor, force=notification.force,
        subject=f"notification:{notification.id}", now=now, reason_code=reason_code,
        detail={"occurrence_only": True},
    )  # fmt: skip


def _telling_of(session: Session, incident_ids: Collection[UUID]) -> list[Notification]:
    """Return what tells of these incidents, locked: nothing joins it until this is stored."""
    told = select(Occurrence.notification_id).where(Occurrence.incident_id.in_(incident_ids))
    return list(
        session.scalars(
            select(Notification)
            .where(Notification.id.in_(told), Notification.state.not_in(ENDED))
            .order_by(Notification.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )


def _go_on_without(
    session: Session, notification: Notification, incident_ids: Collection[UUID], *, now: datetime
) -> bool:
    """Leave these incidents out of a notification; return False where nothing would be left."""
    other = session.scalars(
        select(Occurrence)
        .where(
            Occurrence.notification_id == notification.id,
            Occurrence.incident_id.not_in(incident_ids),
        )
        .order_by(Occurrence.joined_at)
        .limit(1)
    ).first()
    if other is None:
        return False
    leaving = told_of(session, [notification.id])[notification.id].incidents & set(incident_ids)
    keep_what_was_said(session, notification, leaving, now=now)
    session.execute(
        delete(Occurrence).where(
            Occurrence.notification_id == notification.id,
            Occurrence.incident_id.in_(incident_ids),
        )
    )
    if notification.incident_id in incident_ids:
        notification.incident_id = other.incident_id
        notification.involved_child_id = other.involved_child_id
    session.flush()
    return True


def _seen_by(session: Session, notification_ids: Sequence[UUID]) -> int:
    """Return how many people were shown the content or told of it by phone."""
    seen = session.scalar(
        select(func.count(func.distinct(Receipt.actor))).where(
            Receipt.notification_id.in_(notification_ids),
            Receipt.kind.in_((ReceiptKind.OPENED, ReceiptKind.TOLD_BY_PHONE)),
        )
    )
    return seen or 0
