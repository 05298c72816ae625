"""What is kept of a long report's file: its bytes and what was seen in them, sealed together."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.casework.acting import Acting
from app.casework.connections import ties_to_notifications
from app.casework.timeliness import HIDDEN_FROM_YOU
from app.core.cipher import Cipher
from app.core.scope import scope_of
from app.reports.messages import MessageRow
from app.reports.rows import NOT_SHOWN
from notifications.models import Notification

_BLOCK = 500
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was open to who asked: in which forces something was not, and which messages it shows.

    `opened` are restricted incidents that were let through, `shown` the messages whose place is
    named, `hidden` the others.
    """

    closed: list[str]
    opened: list[UUID]
    shown: list[UUID]
    hidden: list[UUID]


@dataclass(frozen=True, slots=True)
class Made:
    """A file with what was seen in it, before it is sealed."""

    content: bytes
    seen: Seen

    @property
    def rows(self) -> int:
        return len(self.seen.shown) + len(self.seen.hidden)


_SEEN = TypeAdapter(Seen)


def seen_in(session: Session, rows: Sequence[MessageRow]) -> Seen:
    """Return what is seen in these rows, in the scope in which they were read."""
    held = scope_of(session)
    named = [row.place not in {NOT_SHOWN, HIDDEN_FROM_YOU} for row in rows]
    return Seen(
        closed=sorted(held.closed), opened=sorted(held.opened),
        shown=[row.id for row, is_named in zip(rows, named, strict=True) if is_named],
        hidden=[row.id for row, is_named in zip(rows, named, strict=True) if not is_named],
    )  # fmt: skip


def still_seen(session: Session, acting: Acting, seen: Seen) -> bool:
    """Return whether all that a file shows would be shown to this person now."""
    held = scope_of(session)
    if held.closed - set(seen.closed) or (held.closed and set(seen.opened) - held.opened):
        return False
    for ids in _blocks(seen.shown):
        rows = session.execute(
            select(Notification.id, Notification.force).where(
                Notification.id.in_(ids), Notification.shown_only_to.is_(None)
            )
        )
        found = {row.id: row.force for row in rows}
        if len(found) < len(ids) or ties_to_notifications(session, acting, found):
            return False
    return all(_count(session, ids) == len(ids) for ids in _blocks(seen.hidden))


def sealed(cipher: Cipher, export_id: UUID, made: Made) -> bytes:
    """Return a file packed and sealed for its row."""
    seen = _SEEN.dump_json(made.seen)
    plain = zlib.compress(_LENGTH.pack(len(seen)) + seen + made.content)
    return cipher.seal_row(plain, place=f"report_export|{export_id}", key=cipher.register_key())


def opened(cipher: Cipher, export_id: UUID, kept: bytes) -> Made:
    """Return the file that was sealed for this row; raise `CannotOpen` otherwise."""
    place = f"report_export|{export_id}"
    plain = zlib.decompress(cipher.open_row(kept, place=place, key=cipher.register_key()))
    (length,) = _LENGTH.unpack_from(plain)
    end = _LENGTH.size + length
    return Made(plain[end:], _SEEN.validate_json(plain[_LENGTH.size : end]))


def _count(session: Session, ids: Sequence[UUID]) -> int:
    found = select(func.count(Notification.id)).where(Notification.id.in_(ids))
    return session.scalar(found) or 0


def _blocks(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + _BLOCK] for start in range(0, len(ids), _BLOCK))
