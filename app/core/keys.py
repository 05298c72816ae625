"""Content keys: made with an incident, opened for one act, destroyed to erase."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.cipher import Cipher, SealingKey
from app.core.models import ContentKey


def open_key(session: Session, cipher: Cipher, key_id: UUID) -> SealingKey:
    """Return one incident's open content key; raise `Erased` where it was destroyed."""
    return open_keys(session, cipher, [key_id])[key_id]


def open_keys(session: Session, cipher: Cipher, ids: Iterable[UUID]) -> dict[UUID, SealingKey]:
    """Return several open content keys in one query; raise `Erased` where one was destroyed."""
    rows = session.scalars(select(ContentKey).where(ContentKey.id.in_(set(ids))))
    return {row.id: cipher.unwrap(row.id, row.force, row.wrapped_key) for row in rows}


def destroy(session: Session, key_id: UUID, *, now: datetime) -> None:
    """Forget one content key: what it sealed can never be read again, in backups either."""
    session.execute(
        update(ContentKey)
        .where(ContentKey.id == key_id, ContentKey.destroyed_at.is_(None))
        .values(wrapped_key=None, destroyed_at=now)
    )
