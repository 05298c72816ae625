"""Signing in: a password and an authenticator code, the same work and answer for everybody.

In three steps, so that the slow hash runs while no transaction is open: `look_up` reads, the edge
calls `passwords.matches`, `conclude` writes.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.access import accounts, authenticator, enrolment
from app.access.models import Account, SignInFailure
from app.core import audit
from app.core.cipher import Cipher
from app.core.errors import TooMany
from app.core.ids import new_id

WINDOW = timedelta(minutes=15)
# Per person and address first: a stranger's tries must not shut a key adult out at 8am.
PAIR_LIMIT, PERSON_LIMIT, ADDRESS_LIMIT = 5, 20, 100

_NO_SECRET = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"  # noqa: S105 (stands in for nobody's secret)
# The one answer to every sign-in that is not right, whatever was wrong.
REFUSAL = "The email address, password or code is not right. Check all three and try again"
_LOCKED = "Too many attempts. Wait 15 minutes, or ask the desk to ring you"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a sign-in has to be checked against; all of it is `None` for a stranger."""

    keys: tuple[bytes, bytes, bytes]
    account_id: UUID | None = None
    password_hash: str | None = field(default=None, repr=False)


def look_up(
    session: Session, cipher: Cipher, *, email: str, address: str, now: datetime
) -> Attempt:
    """Find the account of an address; raise `TooMany` after too many failures in 15 minutes.

    Failures are counted for whatever was typed, so an unknown address locks like a known one.
    """
    keys = _keys(cipher, email=email, address=address)
    for key, limit in zip(keys, (PAIR_LIMIT, PERSON_LIMIT, ADDRESS_LIMIT), strict=True):
        if _failures(session, key, now=now) >= limit:
            raise TooMany(_LOCKED)
    account = accounts.find(session, cipher, email)
    if account is None or account.disabled_at is not None:
        return Attempt(keys)
    return Attempt(keys, account.id, account.password_hash)


def conclude(
    session: Session, cipher: Cipher, attempt: Attempt, *, matched: bool, code: str, now: datetime
) -> UUID | None:
    """Return the account that is now signed in, or `None` after recording the refusal.

    `matched` says whether the password was right. A code works once: the time step only moves
    forward, by a conditional update, so two browsers with one code cannot both come in.
    """
    account = session.get(Account, attempt.account_id) if attempt.account_id else None
    secret = (enrolment.secret_of(cipher, account) if account else None) or _NO_SECRET
    step = authenticator.step_of(secret, code, now=now)
    if account is not None and matched and step is not None and _use(session, account, step):
        session.execute(delete(SignInFailure).where(SignInFailure.key_digest == attempt.keys[0]))
        _record(session, audit.Event.SIGNED_IN, account, now=now)
        return account.id
    _count(session, attempt.keys, now=now)
    _record(session, audit.Event.SIGN_IN_REFUSED, account, now=now)
    return None


def _use(session: Session, account: Account, step: int) -> bool:
    used = session.execute(
        update(Account)
        .where(
            Account.id == account.id,
            Account.disabled_at.is_(None),
            or_(Account.totp_step.is_(None), Account.totp_step < step),
        )
        .values(totp_step=step)
        .returning(Account.id)
    ).first()
    return used is not None


def _keys(cipher: Cipher, *, email: str, address: str) -> tuple[bytes, bytes, bytes]:
    person = email.strip().casefold()
    return (
        cipher.digest("sign-in-pair", f"{person}|{address}"),
        cipher.digest("sign-in-person", person),
        cipher.digest("sign-in-address", address),
    )


def _failures(session: Session, key: bytes, *, now: datetime) -> int:
    counted = session.scalar(
        select(func.count())
        .select_from(SignInFailure)
        .where(SignInFailure.key_digest == key, SignInFailure.at > now - WINDOW)
    )
    return counted or 0


def _count(session: Session, keys: tuple[bytes, ...], *, now: datetime) -> None:
    session.execute(
        delete(SignInFailure).where(
            SignInFailure.key_digest.in_(keys), SignInFailure.at <= now - WINDOW
        )
    )
    session.add_all(SignInFailure(id=new_id(), key_digest=key, at=now) for key in keys)
    session.flush()


def _record(
    session: Session, event: audit.Event, account: Account | None, *, now: datetime
) -> None:
    subject = f"account:{account.id}" if account else "account:unknown"
    actor = subject if event is audit.Event.SIGNED_IN else "visitor"
    audit.record(session, event=event, actor=actor, force=None, subject=subject, now=now)
