"""Enrolment: a one-time link with which an invited person sets a password and an authenticator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.access import authenticator, browsers, identities, passkeys, passwords, sessions
from app.access.models import Account, Enrolment
from app.core import audit
from app.core.cipher import Cipher
from app.core.derived import invitation_token
from app.core.errors import FieldError, Invalid, NotFound
from app.core.ids import new_id, new_secret

VALID_FOR = timedelta(days=7)
# One that travels by e-mail is used soon or not at all.
INVITATION_VALID_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """The authenticator secret, sealed in the rows of the enrolment and then of the account."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the enrolment page shows; `secret` is what the authenticator is given."""

    enrolment_id: UUID
    account_id: UUID
    secret: str = field(repr=False)


def offer(session: Session, cipher: Cipher, *, account_id: UUID, now: datetime) -> str:
    """Make a one-time link's token; links offered earlier to the same account die."""
    withdraw(session, account_id, now=now)
    token = new_secret()
    _new(session, cipher, new_id(), account_id, token, now=now, until=now + VALID_FOR)
    return token


def invite(session: Session, cipher: Cipher, *, account_id: UUID, now: datetime) -> Enrolment:
    """Make a one-time link for an e-mail; links offered earlier to the same account die.

    Its token is derived from the row's id (`app.core.derived`), so that nothing secret waits in the
    outbox and a message that is sent twice is the same bytes.
    """
    withdraw(session, account_id, now=now)
    ident = new_id()
    token = invitation_token(cipher, ident)
    return _new(
        session, cipher, ident, account_id, token, now=now, until=now + INVITATION_VALID_FOR
    )


def newest(session: Session, account_id: UUID) -> Enrolment | None:
    """Return the last link that was made for an account, used up or not."""
    return session.scalars(
        select(Enrolment)
        .where(Enrolment.account_id == account_id)
        .order_by(Enrolment.made_at.desc())
        .limit(1)
    ).first()


def read(session: Session, cipher: Cipher, token: str, *, now: datetime) -> Offer:
    """Return what a link offers; looking uses nothing up.

    Raises `NotFound` for a link that is unknown, used, withdrawn or out of date: all look the same.
    """
    row = session.scalars(
        select(Enrolment).where(Enrolment.token_digest == _digest(token))
    ).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise NotFound("This link has been used or is out of date. Ask for a new one.")
    account = session.get_one(Account, row.account_id)
    if account.disabled_at is not None:
        raise NotFound("This link has been used or is out of date. Ask for a new one.")
    secret = _open(cipher, row.sealed_totp, table="enrolment", row=row.id)
    return Offer(row.id, row.account_id, secret)


def complete(
    session: Session, cipher: Cipher, token: str, *, password_hash: str, code: str, now: datetime
) -> Account:
    """Enrol the account with a hashed password once the code proves the authenticator.

    What let anybody in before no longer does: sessions, passkeys, browsers, a linked identity.

    Raises `Invalid` for a wrong code, and `NotFound` for a link somebody used a moment before.
    """
    offered = read(session, cipher, token, now=now)
    step = authenticator.step_of(offered.secret, code, now=now)
    if step is None:
        problem = "Enter the 6 figures your authenticator app shows now"
        raise Invalid(problem, [FieldError("code", "code_wrong", problem)])
    _use(session, offered.enrolment_id, now=now)
    account = session.get_one(Account, offered.account_id)
    account.password_hash = password_hash
    account.sealed_totp = _seal(cipher, offered.secret, table="account_totp", row=account.id)
    account.totp_step = step
    account.enrolled_at = now
    sessions.end_all(session, account.id, now=now)
    passkeys.revoke_all(session, account.id, now=now)
    browsers.forget_all(session, account.id, now=now)
    identities.unlink_all(session, account.id, now=now)
    session.flush()
    audit.record(
        session, event=audit.Event.ACCOUNT_ENROLLED, actor=f"account:{account.id}", force=None,
        subject=f"account:{account.id}", now=now,
    )  # fmt: skip
    return account


def withdraw(session: Session, account_id: UUID, *, now: datetime) -> None:
    """Make every unused link of an account useless."""
    session.execute(
        update(Enrolment)
        .where(Enrolment.account_id == account_id, Enrolment.used_at.is_(None))
        .values(used_at=now)
    )


def secret_of(cipher: Cipher, account: Account) -> str | None:
    """Return the authenticator secret of an enrolled account."""
    if account.sealed_totp is None:
        return None
    return _open(cipher, account.sealed_totp, table="account_totp", row=account.id)


def password_faults(
    password: str, repeated: str, *, email: str, breached: Path | None = None
) -> list[FieldError]:
    """Return what is wrong with a new password and its repetition."""
    found = passwords.faults(password, email=email, breached=breached)
    if not found and password != repeated:
        found = [FieldError("repeated", "not_the_same", "Type the same password again")]
    return found


def link_of(session: Session, cipher: Cipher, enrolment_id: UUID) -> Mapping[str, str] | None:
    """Return the path of an invitation's link, as its message is filled in; None once used up."""
    row = session.get(Enrolment, enrolment_id)
    if row is None or row.used_at is not None:
        return None
    return {"path": f"/enrol/{invitation_token(cipher, enrolment_id)}"}


def _new(
    session: Session, cipher: Cipher, ident: UUID, account_id: UUID, token: str, *,
    now: datetime, until: datetime,
) -> Enrolment:  # fmt: skip
    sealed = _seal(cipher, authenticator.new_secret(), table="enrolment", row=ident)
    row = Enrolment(
        id=ident, account_id=account_id, token_digest=_digest(token), sealed_totp=sealed,
        made_at=now, expires_at=until,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _use(session: Session, enrolment_id: UUID, *, now: datetime) -> None:
    """Use the link up; the condition lets one of two simultaneous presses through."""
    done = session.execute(
        update(Enrolment)
        .where(Enrolment.id == enrolment_id, Enrolment.used_at.is_(None))
        .values(used_at=now)
        .returning(Enrolment.id)
    ).first()
    if done is None:
        raise NotFound("This link has been used or is out of date. Ask for a new one.")


def _digest(token: str) -> bytes:
    # The token is 32 random bytes, so a plain hash cannot be guessed back.
    return sha256(token.encode()).digest()


def _seal(cipher: Cipher, secret: str, *, table: str, row: UUID) -> bytes:
    return cipher.seal(
        TotpSecret(secret), table=table, row=row, force=None, key=cipher.register_key()
    )


def _open(cipher: Cipher, sealed: bytes, *, table: str, row: UUID) -> str:
    return cipher.open(
        TotpSecret, sealed, table=table, row=row, force=None, key=cipher.register_key()
    ).secret
