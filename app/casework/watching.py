"""Whether an open page may still show what it shows: asked by the page itself, every few seconds.

Source: domain.md §7. What was recalled, held or changed leaves the screen within a minute.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import Tie, desk_tie, require_untied, tie_to_notification
from app.casework.waiting import Seen, notification_for, reached_by, seen_by
from app.core.errors import NotFound, NotFoundAndNoted
from notifications.models import CallSheetLine, Notification, Occurrence
from notifications.states import VISIBLE

_GONE = "This is no longer shown."


@dataclass(frozen=True, slots=True)
class OnScreen:
    """What an open page shows: a version, and how many incidents of the child.

    A newer version or another incident has a new number; an incident that is recalled, while the
    message goes on with the others, leaves the number as it was and one incident fewer.
    """

    version: int
    incidents: int


def still_shown(
    session: Session, acting: Acting, *, notification_id: UUID, on_screen: OnScreen
) -> None:
    """Return quietly while this person may go on reading what they see; raise `NotFound`.

    Writes nothing. `NotFoundAndNoted` for who is connected with the incident since: whoever asks
    has that noted by `note_connected`, in a session that is stored.
    """
    found = reached_by(session, acting, notification_id, action=Action.OPEN_NOTIFICATION)
    if tie_to_notification(session, acting, found) is Tie.OUT:
        raise NotFoundAndNoted(_GONE)
    seen = seen_by(session, found, actor=acting.actor.id)
    if seen is not Seen.CONTENT or not _stands(session, found, on_screen):
        raise NotFound(_GONE)


def note_connected(session: Session, acting: Acting, *, notification_id: UUID) -> None:
    """Note that this reader was found connected while they read; raises `NotFoundAndNoted`."""
    notification_for(session, acting, notification_id, action=Action.OPEN_NOTIFICATION)


def still_read_out(session: Session, acting: Acting, *, line_id: UUID, on_screen: OnScreen) -> None:
    """Return quietly while a caller may go on reading out what they see; raise `NotFound`."""
    line = session.get(CallSheetLine, line_id)
    if line is None:
        raise NotFound(_GONE)
    require(acting, Action.RECORD_CALL, Relation(force=line.force))
    found = session.get_one(Notification, line.notification_id)
    require_untied(desk_tie(session, acting, found))
    mine = line.claimed_by is not None and line.claimed_by == acting.actor.account_id
    if not mine or not _stands(session, found, on_screen):
        raise NotFound(_GONE)


def _stands(session: Session, found: Notification, on_screen: OnScreen) -> bool:
    told_of = session.scalar(select(func.count()).where(Occurrence.notification_id == found.id))
    stands = OnScreen(found.content_version, told_of or 0)
    return found.state in VISIBLE and stands == on_screen
