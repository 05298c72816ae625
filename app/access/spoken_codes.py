"""Spoken codes: two words by which a recipient and whoever rings them know each other.

The caller says the first word, the person answers with the second: neither has shown theirs to
somebody who is not the other. Source: domain.md §6 (call sheet).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Account
from app.core import audit
from app.core.cipher import CannotOpen, Cipher
from app.core.ids import choose

# Short, plain, unlike each other by ear, about nothing that hurts, and nobody's first name.
WORDS = tuple((Path(__file__).parent / "spoken_words.txt").read_text(encoding="ascii").split())


@dataclass(frozen=True, slots=True)
class SpokenCode:
    """What the caller says, and what the person who is rung answers; sealed in the account."""

    caller: str = field(repr=False)
    answer: str = field(repr=False)


def agree(session: Session, cipher: Cipher, account_id: UUID, *, now: datetime) -> SpokenCode:
    """Make a new code for an account and return it; one before it holds no longer."""
    account = session.get_one(Account, account_id)
    caller = choose(WORDS)
    code = SpokenCode(caller, choose([word for word in WORDS if word != caller]))
    account.sealed_spoken_code = cipher.seal(
        code, table="account_spoken_code", row=account_id, force=None, key=cipher.register_key()
    )
    audit.record(
        session, event=audit.Event.SPOKEN_CODE_AGREED, actor=f"account:{account_id}", force=None,
        subject=f"account:{account_id}", now=now,
    )  # fmt: skip
    return code


def spoken_codes(
    session: Session, cipher: Cipher, account_ids: Iterable[UUID]
) -> dict[UUID, SpokenCode]:
    """Return the codes of those accounts that have one; one that does not open is left out."""
    rows = session.execute(
        select(Account.id, Account.sealed_spoken_code).where(
            Account.id.in_(set(account_ids)),
            Account.disabled_at.is_(None),
            Account.sealed_spoken_code.is_not(None),
        )
    )
    found: dict[UUID, SpokenCode] = {}
    for ident, sealed in rows:
        if sealed is None:
            continue
        try:
            found[ident] = cipher.open(
                SpokenCode, sealed, table="account_spoken_code", row=ident, force=None,
                key=cipher.register_key(),
            )  # fmt: skip
        except CannotOpen:
            continue
    return found
