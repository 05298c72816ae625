"""Challenges for passkeys: each good once, for five minutes, in the browser it was made for."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.access.browsers import Place
from app.access.ceremonies import Ceremony
from app.access.models import PasskeyChallenge
from app.core.errors import TooMany
from app.core.ids import new_secret

VALID_FOR = timedelta(minutes=5)
# A council's schools may share one address, and each sign-in asks for one.
ADDRESS_LIMIT = 300


def make(
    session: Session, ceremony: Ceremony, place: Place, *, account_id: UUID | None, now: datetime
) -> bytes:
    """Return a fresh challenge; raise `TooMany` where one address holds hundreds unanswered."""
    held = session.scalar(
        select(func.count())
        .select_from(PasskeyChallenge)
        .where(
            PasskeyChallenge.address_digest == place.address_digest,
            PasskeyChallenge.expires_at > now,
        )
    )
    if (held or 0) >= ADDRESS_LIMIT:
        raise TooMany("Too many attempts. Wait five minutes, or ask the desk to ring you")
    challenge = new_secret().encode()
    session.add(
        PasskeyChallenge(
            challenge_digest=_digest(challenge), ceremony=ceremony, account_id=account_id,
            browser_digest=place.browser_digest, address_digest=place.address_digest,
            expires_at=now + VALID_FOR,
        )
    )  # fmt: skip
    session.flush()
    return challenge


def take(
    session: Session,
    challenge: bytes,
    ceremony: Ceremony,
    place: Place,
    *,
    account_id: UUID | None,
    now: datetime,
) -> bool:
    """Use a challenge up; False for one that was never made, is used, too old, or not for this."""
    taken = session.execute(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge_digest == _digest(challenge),
            PasskeyChallenge.ceremony == ceremony,
            PasskeyChallenge.browser_digest == place.browser_digest,
            PasskeyChallenge.account_id == account_id,
            PasskeyChallenge.expires_at > now,
        )
        .returning(PasskeyChallenge.challenge_digest)
    ).first()
    return taken is not None


def forget_unanswered(session: Session, *, now: datetime) -> None:
    """Forget the challenges that nobody can answer any more."""
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))


def _digest(challenge: bytes) -> bytes:
    # The challenge is 32 random bytes, so a plain hash cannot be guessed back.
    return sha256(challenge).digest()
