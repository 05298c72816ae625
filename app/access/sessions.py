"""Sign-in sessions on the server: the browser holds a random token, the row only its digest."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.access.models import Account, SignInSession
from app.access.permissions import Actor
from app.access.roles import roles_of
from app.core import audit
from app.core.clock import london_date
from app.core.errors import NotSignedIn
from app.core.ids import new_id, new_secret

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=10)


def create(session: Session, *, account_id: UUID, now: datetime) -> str:
    """Start a session and return its token, which from now on only the browser's cookie holds."""
    token = new_secret()
    session.add(
        SignInSession(
            id=new_id(), token_digest=_digest(token), account_id=account_id,
            form_token=new_secret(), started_at=now, last_seen_at=now, expires_at=now + ABSOLUTE,
        )
    )  # fmt: skip
    session.flush()
    return token


def actor_of(session: Session, token: str | None, *, now: datetime) -> tuple[Actor, SignInSession]:
    """Return who a cookie stands for, with the roles of this very request, and mark it as seen.

    Raises `NotSignedIn` for no token, an unknown or ended one, 15 minutes without a request, ten
    hours since signing in, and for an account that was shut out meanwhile.
    """
    row = _alive(session, token, now=now)
    if row is None:
        raise NotSignedIn("Sign in to go on.")
    row.last_seen_at = now
    grants = roles_of(session, row.account_id, on=london_date(now))
    return Actor(f"account:{row.account_id}", account_id=row.account_id, grants=grants), row


def peek(session: Session, token: str | None, *, now: datetime) -> Actor:
    """Return who a cookie stands for without marking it as seen: a page that asks by itself.

    An unattended screen must not keep itself signed in. Raises as `actor_of` does.
    """
    row = _alive(session, token, now=now)
    if row is None:
        raise NotSignedIn("Sign in to go on.")
    grants = roles_of(session, row.account_id, on=london_date(now))
    return Actor(f"account:{row.account_id}", account_id=row.account_id, grants=grants)


def is_alive(session: Session, token: str | None, *, now: datetime) -> bool:
    """Return whether a cookie stands for somebody, without marking it as seen."""
    return _alive(session, token, now=now) is not None


def end(session: Session, row: SignInSession, *, now: datetime) -> None:
    """End one session: signing out."""
    row.ended_at = now
    audit.record(
        session, event=audit.Event.SIGNED_OUT, actor=f"account:{row.account_id}", force=None,
        subject=f"account:{row.account_id}", now=now,
    )  # fmt: skip


def end_all(session: Session, account_id: UUID, *, now: datetime) -> None:
    """End every session of an account."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.account_id == account_id, SignInSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def _alive(session: Session, token: str | None, *, now: datetime) -> SignInSession | None:
    if not token:
        return None
    return session.scalars(
        select(SignInSession)
        .join(Account, Account.id == SignInSession.account_id)
        .where(
            SignInSession.token_digest == _digest(token),
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > now,
            SignInSession.last_seen_at > now - IDLE,
            Account.disabled_at.is_(None),
        )
    ).one_or_none()


def _digest(token: str) -> bytes:
    # The token is 32 random bytes, so a plain hash cannot be guessed back.
    return sha256(token.encode()).digest()
