"""Postcodes that never decide a match: refuges, hostels, homes; kept as keyed block keys alone.

No list of them can be read from the database: a mark is only ever compared with a key that is
looked for anyway.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.errors import Refused
from schools.matching.blocks import postcode_value
from schools.roll_models import MarkedPostcode, MarkedReason


def mark(
    session: Session, cipher: Cipher, postcode: str, *, reason: MarkedReason, by: str,
    now: datetime,
) -> None:  # fmt: skip
    """Mark a postcode; marking it again changes the reason. Raises `Refused` for no postcode."""
    block = _block(cipher, postcode)
    session.merge(MarkedPostcode(block=block, reason=reason, marked_at=now, marked_by=by))
    session.flush()


def unmark(session: Session, cipher: Cipher, postcode: str) -> None:
    """Take a mark away; raise `Refused` where there is none."""
    gone = delete(MarkedPostcode).where(MarkedPostcode.block == _block(cipher, postcode))
    if not session.scalars(gone.returning(MarkedPostcode.block)).all():
        raise Refused("This postcode is not marked: nothing was changed.")


def marked(session: Session, blocks: Collection[int]) -> frozenset[int]:
    """Return which of these block keys are of marked postcodes."""
    found = select(MarkedPostcode.block).where(MarkedPostcode.block.in_(blocks))
    return frozenset(session.scalars(found)) if blocks else frozenset()


def _block(cipher: Cipher, postcode: str) -> int:
    value = postcode_value(postcode)
    if value is None:
        raise Refused("That is not a whole UK postcode: write it like ZZ99 1AA.")
    return cipher.block_key(value)
