"""Reading notifications: what waits, what happened, and the content of one that may be shown."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher, SealingKey
from app.core.keys import open_keys
from app.core.models import ContentKey
from notifications.compose import Content
from notifications.errors import NoLongerShown
from notifications.models import (
    Alert,
    AlertCover,
    EscalationStep,
    Notification,
    NotificationContent,
    Occurrence,
    Receipt,
)
from notifications.states import ENDED, VISIBLE, NotificationState


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One notification in a list; nothing of the child."""

    id: UUID
    recipient: str
    state: NotificationState
    ready_at: datetime | None
    due_at: datetime
    told_at: datetime | None
    acknowledged_at: datetime | None
    follow_up_due_on: date | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a notification's story: `what` is a coded step, alert or receipt."""

    at: datetime
    kind: str
    what: str
    actor: str | None = None
    source: str | None = None
    reason_code: str | None = None


def inbox(
    session: Session, *, urns: Collection[int], councils: Collection[str], now: datetime
) -> list[InboxRow]:
    """Return what these schools, and these councils as recipients, may see; untold ones first."""
    recipients = [f"urn:{urn}" for urn in urns] + [f"council:{code}" for code in councils]
    rows = session.scalars(
        select(Notification)
        .where(Notification.recipient.in_(recipients), Notification.state.in_(VISIBLE))
        .order_by(Notification.told_at.is_not(None), Notification.due_at, Notification.id)
    )
    return [
        InboxRow(
            row.id, row.recipient, row.state, row.ready_at, row.due_at, row.told_at,
            row.acknowledged_at, row.follow_up_due_on,
            overdue=row.told_at is None and row.due_at < now,
        )
        for row in rows
    ]  # fmt: skip


def timeline(session: Session, notification_id: UUID) -> list[Happening]:
    """Return what was planned, sent, skipped and seen, in order of time."""
    steps = session.scalars(
        select(EscalationStep).where(EscalationStep.notification_id == notification_id)
    )
    alerts = session.scalars(
        select(Alert)
        .join(AlertCover, AlertCover.alert_id == Alert.id)
        .where(AlertCover.notification_id == notification_id)
    )
    receipts = session.scalars(select(Receipt).where(Receipt.notification_id == notification_id))
    story = [
        Happening(
            step.settled_at or step.planned_at, f"step_{step.state.value}", step.kind.value,
            reason_code=step.reason_code,
        )
        for step in steps
    ]  # fmt: skip
    story += [
        Happening(
            alert.settled_at or alert.planned_at, "alert", alert.state.value,
            source=alert.channel.value, reason_code=alert.last_code,
        )
        for alert in alerts
    ]  # fmt: skip
    story += [
        Happening(one.at, "receipt", one.kind.value, actor=one.actor, source=one.source)
        for one in receipts
    ]
    return sorted(story, key=lambda one: one.at)


def content_of(session: Session, cipher: Cipher, notification: Notification) -> Content:
    """Open what a notification shows: its newest incident, earlier ones in `further`.

    Needs the force's scope, for its content keys. Raises `Erased` where a key was destroyed and
    `NoLongerShown` where nothing is left to show.
    """
    opened = list(contents_of(session, cipher, notification).values())
    return replace(opened[-1], further=tuple(reversed(opened[:-1])))


def contents_of(
    session: Session, cipher: Cipher, notification: Notification
) -> dict[UUID, Content]:
    """Open what a notification shows of each of its incidents, the newest version last.

    Needs and raises what `content_of` does.
    """
    newest = _newest_versions(session, notification)
    if not newest:
        raise NoLongerShown("This message is no longer shown: ring the desk.")
    keys = open_keys(session, cipher, [row.content_key_id for _, row in newest])
    return {
        incident_id: cipher.open(
            Content, row.sealed, table="notification_content",
            row=f"{row.notification_id}:{row.version}", force=row.force,
            key=keys[row.content_key_id],
        )
        for incident_id, row in newest
    }  # fmt: skip


def content_and_key(
    session: Session, cipher: Cipher, row: NotificationContent
) -> tuple[Content, SealingKey]:
    """Open one version as it was stored, with its key; needs the force's scope.

    Raises `Erased` where the key was destroyed and `CannotOpen` where the row was changed.
    """
    key = open_keys(session, cipher, [row.content_key_id])[row.content_key_id]
    place = f"{row.notification_id}:{row.version}"
    content = cipher.open(
        Content, row.sealed, table="notification_content", row=place, force=row.force, key=key
    )
    return content, key


def _newest_versions(
    session: Session, notification: Notification
) -> list[tuple[UUID, NotificationContent]]:
    """Return the newest version of each incident that this notification still tells of.

    Each incident's content lies under its own key, so the key says whose it is.
    """
    rows = session.execute(
        select(NotificationContent, ContentKey.incident_id)
        .join(ContentKey, ContentKey.id == NotificationContent.content_key_id)
        .join(
            Occurrence,
            (Occurrence.notification_id == NotificationContent.notification_id)
            & (Occurrence.incident_id == ContentKey.incident_id),
        )
        .where(NotificationContent.notification_id == notification.id)
        .order_by(NotificationContent.version)
    )
    newest = {incident_id: row for row, incident_id in rows}
    return sorted(newest.items(), key=lambda pair: pair[1].version)


def unsettled_schools(session: Session) -> set[int]:
    """Return the schools with a message that is not followed up yet, of every force in scope."""
    settled = (*ENDED, NotificationState.FOLLOWED_UP)
    rows = session.scalars(
        select(Notification.urn)
        .where(Notification.urn.is_not(None), Notification.state.not_in(settled))
        .distinct()
    )
    return {urn for urn in rows if urn is not None}
