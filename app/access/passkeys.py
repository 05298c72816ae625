"""The passkeys of an account: listed, named and taken away by their owner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.access.models import Account, Passkey, PasskeyChallenge
from app.core.cipher import CannotOpen, Cipher
from app.core.errors import Conflict, FieldError, Invalid, NotFound

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class PasskeyName:
    """What its owner calls a passkey, sealed in its row under the register key."""

    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """One passkey in the list of its owner; `synced` where its maker keeps copies."""

    id: UUID
    name: str
    synced: bool
    added_at: datetime
    last_used_at: datetime | None


def own_passkeys(session: Session, cipher: Cipher, account_id: UUID) -> list[OwnPasskey]:
    """Return the passkeys of an account that count, the oldest first."""
    return [
        OwnPasskey(row.id, _read(cipher, row), row.backed_up, row.added_at, row.last_used_at)
        for row in alive(session, account_id)
    ]


def revoke(session: Session, account_id: UUID, ident: UUID, *, now: datetime) -> None:
    """Take an own passkey away for good; raise `NotFound`.

    Raises `Conflict` for the last way in: without a password it would lock its owner out.
    """
    row = _own(session, account_id, ident)
    account = session.get_one(Account, account_id)
    if account.password_hash is None and len(alive(session, account_id)) == 1:
        raise Conflict("This is your only way to sign in: add another passkey first.")
    row.revoked_at = now
    session.flush()


def revoke_all(session: Session, account_id: UUID, *, now: datetime) -> None:
    """Take every passkey of an account away: its owner begins anew with a one-time link."""
    session.execute(
        update(Passkey)
        .where(Passkey.account_id == account_id, Passkey.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.account_id == account_id))


def alive(session: Session, account_id: UUID) -> Sequence[Passkey]:
    """Return the passkeys of an account that were not taken away, the oldest first."""
    return session.scalars(
        select(Passkey)
        .where(Passkey.account_id == account_id, Passkey.revoked_at.is_(None))
        .order_by(Passkey.added_at, Passkey.id)
    ).all()


def _own(session: Session, account_id: UUID, ident: UUID) -> Passkey:
    row = session.scalars(
        select(Passkey)
        .where(Passkey.id == ident, Passkey.account_id == account_id, Passkey.revoked_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    return row


def fit_name(typed: str) -> str:
    """Return a name without what cannot be seen; raise `Invalid` for none, or one too long."""
    name = " ".join(typed.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        problem = f"Give it a name of up to {LONGEST_NAME} characters, such as My phone"
        raise Invalid(problem, [FieldError("name", "name_unfit", problem)])
    return name


def seal_name(cipher: Cipher, ident: UUID, name: str) -> bytes:
    return cipher.seal(
        PasskeyName(name), table="passkey", row=ident, force=None, key=cipher.register_key()
    )


def _read(cipher: Cipher, row: Passkey) -> str:
    try:
        return cipher.open(
            PasskeyName, row.sealed, table="passkey", row=row.id, force=None,
            key=cipher.register_key(),
        ).name  # fmt: skip
    except CannotOpen:
        return "Passkey"
