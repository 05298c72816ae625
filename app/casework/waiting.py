"""Finding the notification an act is about, as far as this person may, and what they saw of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import Tie, tie_to_notification
from app.casework.found_connected import note_found
from app.core.clock import london_date
from app.core.errors import Conflict, NotFound, NotFoundAndNoted
from notifications.holiday_desk import council_answers
from notifications.models import Notification, Receipt
from notifications.states import NotificationState, ReceiptKind
from schools import queries

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."
_WITHHELD = (
    "You said that you know this family, so a colleague reads this message. If that was a mistake, "
    "ring the desk."
)


class Seen(StrEnum):
    """How far one person has gone with one notification, from the least to the most."""

    # Knows the family outside school: from then on it opens to colleagues alone.
    WITHHELD = "withheld"
    NOTHING = "nothing"
    FIRST_STEP = "first_step"
    CONTENT = "content"


def notification_for(
    session: Session, acting: Acting, notification_id: UUID, *, action: Action
) -> Notification:
    """Return a notification the person may act on; raise `NotFound` for any other.

    For somebody who is connected with the incident it does not exist, and that is noted.
    """
    found = reached_by(session, acting, notification_id, action=action)
    if tie_to_notification(session, acting, found) is Tie.OUT:
        note_found(session, acting, found)
        raise NotFoundAndNoted(_NOTHING_HERE)
    return found


def reached_by(
    session: Session, acting: Acting, notification_id: UUID, *, action: Action
) -> Notification:
    """Return a notification of this person's school or council; raise `NotFound` for any other.

    A school's notification is reached by its school alone: its council counts it, and opens it
    only where its officers were asked because the school is on holiday. Who is connected with the
    incident is not asked here, and nothing is written.
    """
    found = session.get(Notification, notification_id)
    if found is None or found.state is NotificationState.DRAFT:
        raise NotFound(_NOTHING_HERE)
    asked = council_answers(session, found, on=london_date(acting.now))
    council = found.council if found.urn is None or asked else None
    require(acting, action, Relation(urn=found.urn, council=council))
    # A protected child is released to one person: for colleagues there is nothing.
    if found.shown_only_to not in {None, acting.actor.id}:
        raise NotFound(_NOTHING_HERE)
    return found


def seen_by(session: Session, notification: Notification, *, actor: str) -> Seen:
    """Return how far this person has gone; a colleague's opening is not theirs.

    Who said that they know the family stays withheld, whatever they did before or answer later.
    """
    kinds = set(
        session.scalars(
            select(Receipt.kind).where(
                Receipt.notification_id == notification.id, Receipt.actor == actor
            )
        )
    )
    if ReceiptKind.WITHHELD in kinds:
        return Seen.WITHHELD
    if ReceiptKind.OPENED in kinds:
        return Seen.CONTENT
    return Seen.FIRST_STEP if ReceiptKind.FIRST_STEP in kinds else Seen.NOTHING


def require_seen(session: Session, notification: Notification, *, actor: str, least: Seen) -> None:
    """Raise `Conflict` where a step was left out, as a script that posts ahead would.

    So it is raised for every step of a person from whom the content is withheld.
    """
    order, seen = list(Seen), seen_by(session, notification, actor=actor)
    if seen is Seen.WITHHELD:
        raise Conflict(_WITHHELD)
    if order.index(seen) < order.index(least):
        raise Conflict("Open the message first: go back to your messages and start there.")


def last_receipt(
    session: Session, notification: Notification, *, kind: ReceiptKind
) -> datetime | None:
    """Return when evidence of this kind was last added."""
    return session.scalars(
        select(Receipt.at)
        .where(Receipt.notification_id == notification.id, Receipt.kind == kind)
        .order_by(Receipt.at.desc())
        .limit(1)
    ).first()


def recipient_name(session: Session, notification: Notification) -> str:
    """Return the name of the school or council a notification is for."""
    if notification.urn is None:
        return queries.council_name(session, notification.council or "")
    place = queries.establishment(session, notification.urn)
    return place.name if place else f"School {notification.urn}"
