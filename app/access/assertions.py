"""A statement that a police system signed with its own key to get a token (`private_key_jwt`).

Source: RFC 7523 §3. Nothing secret of the force is ever here; each statement is taken once.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access.credentials import key_of
from app.access.models import ClientCredential, UsedAssertion
from app.core.cipher import Cipher
from app.core.errors import NotSignedIn

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# How far a force's clock may be from ours, and how long a statement may be good for.
CLOCK_DIFFERENCE = timedelta(seconds=30)
LONGEST_LIFE = timedelta(minutes=5)
_LONGEST_JTI = 128


class _Algorithms(JWSRegistry):
    """ES256, and Ed25519 under both of its names: many systems still write `EdDSA` (RFC 8037)."""

    def get_alg(self, name: str) -> Any:
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


_ALGORITHMS = _Algorithms(algorithms=["ES256", "Ed25519"])


@dataclass(frozen=True, slots=True)
class Stated:
    """A signed statement that was found good; it still has to be taken, which happens once."""

    credential_id: UUID
    jti: str
    expires_at: datetime


def claimed_client(assertion: str) -> str:
    """Return the client id that a statement names, or '': nothing is verified yet."""
    try:
        _, payload, _ = assertion.split(".")
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        named = claims["sub"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return named if isinstance(named, str) else ""


def by_assertion(
    credentials: Sequence[ClientCredential],
    assertion: str,
    *,
    client_id: UUID | None,
    audiences: Sequence[str],
    now: datetime,
) -> Stated:
    """Return what a system stated with one of its keys (RFC 7523 §3); raise `NotSignedIn`.

    Nothing of it is believed, not even its times, before a key of this very system verified it.
    """
    for one in credentials:
        claims = _verified(one, assertion)
        if claims is not None:
            return _stated(one, claims, client_id=client_id, audiences=audiences, now=now)
    raise NotSignedIn("The client assertion is not right.")


def _verified(credential: ClientCredential, assertion: str) -> dict[str, Any] | None:
    if credential.public_key is None:
        return None
    try:
        found = jwt.decode(assertion, key_of(credential.public_key), registry=_ALGORITHMS)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        return None
    # A header that names another key than the one which fits is a mistake somewhere.
    named = found.header.get("kid")
    return found.claims if named in {None, credential.key_id} else None


def _stated(
    credential: ClientCredential,
    claims: dict[str, Any],
    *,
    client_id: UUID | None,
    audiences: Sequence[str],
    now: datetime,
) -> Stated:
    jti = claims.get("jti")
    if not claims.get("iss") == str(client_id) == claims.get("sub"):
        raise NotSignedIn("In a client assertion iss and sub are both your client id.")
    told = claims.get("aud")
    if (told if isinstance(told, list) else [told]) not in [[one] for one in audiences]:
        raise NotSignedIn("The audience of a client assertion is the address of this call.")
    if not isinstance(jti, str) or not 1 <= len(jti) <= _LONGEST_JTI:
        raise NotSignedIn(f"A client assertion needs a jti of 1 to {_LONGEST_JTI} characters.")
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    if expires - issued > LONGEST_LIFE:
        raise NotSignedIn("Let a client assertion end five minutes after it begins at the latest.")
    if not issued - CLOCK_DIFFERENCE <= now < expires + CLOCK_DIFFERENCE:
        raise NotSignedIn(
            "The client assertion is not good at this time. Here it is "
            f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}; clocks may differ by 30 seconds: set yours "
            "by a time server."
        )
    return Stated(credential.id, jti, expires)


def _instant(claims: dict[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**33:
        return datetime.fromtimestamp(value, UTC)
    raise NotSignedIn(f"A client assertion needs {name}, in seconds since 1970.")


def take(session: Session, cipher: Cipher, stated: Stated, *, client_id: UUID) -> None:
    """Take a statement; raise `NotSignedIn` where it was taken before.

    It is remembered until nobody could send it again, and a minute more.
    """
    digest = cipher.digest("client_assertion", f"{client_id}:{stated.jti}")
    until = stated.expires_at + CLOCK_DIFFERENCE + timedelta(minutes=1)
    try:
        with session.begin_nested():
            session.add(UsedAssertion(client_id=client_id, jti_digest=digest, keep_until=until))
    except IntegrityError:
        raise NotSignedIn(
            "This client assertion was used before: sign one for each call."
        ) from None


def forget_used(session: Session, *, now: datetime) -> None:
    """Forget the statements that nobody could send again."""
    session.execute(delete(UsedAssertion).where(UsedAssertion.keep_until < now))
