"""Coming in and going out: signing in, enrolling by a one-time link, signing out."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.access import accounts, enrolment, sessions, sign_in
from app.access.models import Account, SignInSession
from app.core.cipher import Cipher


def sign_in_person(
    session: Session,
    cipher: Cipher,
    attempt: sign_in.Attempt,
    *,
    matched: bool,
    code: str,
    now: datetime,
) -> str | None:
    """Return the token of a new session, or `None` where the sign-in was refused and recorded."""
    account_id = sign_in.conclude(session, cipher, attempt, matched=matched, code=code, now=now)
    return sessions.create(session, account_id=account_id, now=now) if account_id else None


def invitation(
    session: Session, cipher: Cipher, token: str, *, now: datetime
) -> tuple[enrolment.Offer, accounts.AccountDetails]:
    """Return what an enrolment link offers, and to whom; raise `NotFound` for a dead link."""
    offered = enrolment.read(session, cipher, token, now=now)
    account = session.get_one(Account, offered.account_id)
    return offered, accounts.details_of(cipher, account)


def enrol(
    session: Session, cipher: Cipher, token: str, *, password_hash: str, code: str, now: datetime
) -> str:
    """Enrol and sign in at once; return the session's token.

    Raises `Invalid` for a wrong code and `NotFound` for a link that is no good any more.
    """
    account = enrolment.complete(
        session, cipher, token, password_hash=password_hash, code=code, now=now
    )
    return sessions.create(session, account_id=account.id, now=now)


def sign_out(session: Session, row: SignInSession, *, now: datetime) -> None:
    """End this session; the cookie is worth nothing from here on."""
    sessions.end(session, row, now=now)
