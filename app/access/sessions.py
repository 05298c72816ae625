"""Sign-in sessions on the server: the browser holds a random token, the row only its digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.access.browsers import Place
from app.access.models import Account, SignInSession
from app.access.permissions import Actor
from app.access.roles import roles_of
from app.core import audit
from app.core.clock import london_date
from app.core.errors import NotSignedIn
from app.core.ids import new_id, new_secret

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=10)
# The desk at work and at home, a laptop, a telephone, and one to spare.
MOST_AT_ONCE = 5
# How long it counts that somebody showed who they are; a form that is open then may still be sent.
PROOF_HOLDS, FORM_HOLDS = timedelta(minutes=10), timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """`may_stay` where a request makes it longer: not in the last minutes of the ten hours."""

    seconds: int
    may_stay: bool


def create(session: Session, *, account_id: UUID, now: datetime, place: Place | None = None) -> str:
    """Start a session and return its token, which from now on only the browser's cookie holds.

    A session that is still open in that browser ends with it, whoever's it was (ASVS 7.2.4): its
    token may be known to somebody else. Of an account's other sessions those used last stay, so
    that there are `MOST_AT_ONCE`: nobody is kept out by what they forgot to close.
    """
    token, actor = new_secret(), f"account:{account_id}"
    if place is not None and place.session_token:
        here = SignInSession.token_digest == _digest(place.session_token)
        _end(session, here, *_alive_at(now), actor=actor, now=now)
    too_many = own_sessions(session, account_id, now=now)[MOST_AT_ONCE - 1 :]
    if too_many:
        which = SignInSession.id.in_([one.id for one in too_many])
        _end(session, which, actor=actor, now=now)
    session.add(
        SignInSession(
            id=new_id(), token_digest=_digest(token), account_id=account_id,
            form_token=new_secret(), browser=place.browser if place else None, started_at=now,
            last_seen_at=now, expires_at=now + ABSOLUTE,
        )
    )  # fmt: skip
    session.flush()
    return token


def actor_of(
    session: Session, token: str | None, *, now: datetime, by_itself: bool = False
) -> tuple[Actor, SignInSession]:
    """Return who a cookie stands for, with the roles of this very request, and mark it as seen.

    A page that renews itself does not mark it: an unattended screen must not stay signed in.

    Raises `NotSignedIn` for no token, an unknown or ended one, 15 minutes without a request, ten
    hours since signing in, and for an account that was shut out meanwhile.
    """
    row = _alive(session, token, now=now)
    if row is None:
        raise NotSignedIn("Sign in to go on.")
    if not by_itself:
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


def time_left(row: SignInSession, *, now: datetime) -> TimeLeft:
    """Return how long a session lasts if nothing more is done in it."""
    end_of_it = min(row.last_seen_at + IDLE, row.expires_at)
    return TimeLeft(int((end_of_it - now).total_seconds()), end_of_it < row.expires_at)


def time_left_of(session: Session, token: str | None, *, now: datetime) -> TimeLeft:
    """Return how long a cookie stands for somebody, without marking it as seen."""
    row = _alive(session, token, now=now)
    return time_left(row, now=now) if row is not None else TimeLeft(0, may_stay=False)


def proved(row: SignInSession, *, now: datetime, within: timedelta = PROOF_HOLDS) -> bool:
    """Return whether the person showed who they are lately: at signing in, or since."""
    return max(row.started_at, row.proved_at or row.started_at) > now - within


def prove(session: Session, row: SignInSession, *, now: datetime) -> str:
    """Note that the person showed it again, and return the session's new token.

    Whoever held the old one has nothing; a form that is open keeps its own token and still counts.
    """
    token = new_secret()
    row.token_digest, row.proved_at = _digest(token), now
    session.flush()
    audit.record(
        session, event=audit.Event.PROVED_AGAIN, actor=f"account:{row.account_id}", force=None,
        subject=f"account:{row.account_id}", now=now,
    )  # fmt: skip
    return token


def own_sessions(session: Session, account_id: UUID, *, now: datetime) -> Sequence[SignInSession]:
    """Return where somebody is signed in, the one used last first."""
    return session.scalars(
        select(SignInSession)
        .where(SignInSession.account_id == account_id, *_alive_at(now))
        .order_by(SignInSession.last_seen_at.desc(), SignInSession.id)
    ).all()


def end_others(
    session: Session, row: SignInSession, *, now: datetime, only: UUID | None = None
) -> int:
    """End one's sessions in other browsers, or `only` one of them; return how many ended."""
    return _end(
        session,
        SignInSession.account_id == row.account_id,
        SignInSession.id != row.id,
        SignInSession.ended_at.is_(None),
        *([SignInSession.id == only] if only else []),
        actor=f"account:{row.account_id}",
        now=now,
    )


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


def end_open(session: Session, account_id: UUID | None, *, actor: str, now: datetime) -> int:
    """End every session of an account, or of `None` of everybody, each with a row on the trail.

    Idle ones too: this host's clock may differ from the one that asks next. Returns how many.
    """
    whose = [] if account_id is None else [SignInSession.account_id == account_id]
    return _end(session, *whose, SignInSession.ended_at.is_(None), actor=actor, now=now)


def _end(session: Session, *which: ColumnElement[bool], actor: str, now: datetime) -> int:
    """End these sessions, each with a row on the trail; return how many ended."""
    ended = session.scalars(
        update(SignInSession).where(*which).values(ended_at=now).returning(SignInSession.id)
    ).all()
    for ident in ended:
        audit.record(
            session, event=audit.Event.SESSION_ENDED, actor=actor, force=None,
            subject=f"sign_in_session:{ident}", now=now,
        )  # fmt: skip
    return len(ended)


def _alive(session: Session, token: str | None, *, now: datetime) -> SignInSession | None:
    if not token:
        return None
    return session.scalars(
        select(SignInSession)
        .join(Account, Account.id == SignInSession.account_id)
        .where(
            SignInSession.token_digest == _digest(token),
            *_alive_at(now),
            Account.disabled_at.is_(None),
        )
    ).one_or_none()


def _alive_at(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > now,
        SignInSession.last_seen_at > now - IDLE,
    )


def _digest(token: str) -> bytes:
    # The token is 32 random bytes, so a plain hash cannot be guessed back.
    return sha256(token.encode()).digest()
