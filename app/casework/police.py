"""What the acts of police systems are handed, and how they ask whether the caller may."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.access import limits
from app.access.clients import (
    Caller,
    ClientScope,
    may_call_from,
    out_of_scope,
    require_scope,
    scopes_of,
    still_active,
    wrong_address,
)
from app.access.models import Door, PoliceClient
from app.core.cipher import Cipher
from app.core.errors import NotSignedIn


@dataclass(frozen=True, slots=True)
class PoliceActing:
    """Which police system acts, at what instant (aware UTC), with which keys, from where."""

    now: datetime
    caller: Caller
    cipher: Cipher
    address: str | None = None

    @property
    def force(self) -> str:
        return self.caller.force

    @property
    def actor(self) -> str:
        return self.caller.actor.id


def require(session: Session, acting: PoliceActing, scope: ClientScope) -> PoliceClient:
    """Return the calling system; raise `NotAllowed`, or `NotSignedIn` once revoked.

    What it pushes, withdraws and closes has no limit here: a withdrawal that waits is somebody
    told by mistake. Pushes are counted where they are stored.
    """
    require_scope(acting.caller, scope)
    client = require_active(session, acting)
    if scope not in scopes_of(client):
        raise out_of_scope(scope)
    return client


def require_read(session: Session, acting: PoliceActing) -> PoliceClient:
    """Return the calling system where it may read; raise `TooMany` besides, and count the call."""
    client = require(session, acting, ClientScope.READ)
    limits.take(session, client, Door.READ, now=acting.now)
    return client


def require_active(session: Session, acting: PoliceActing) -> PoliceClient:
    """Return the calling system where it is not revoked and calls from where it may."""
    client = still_active(session, [acting.caller.client_id]).get(acting.caller.client_id)
    if client is None:
        raise revoked()
    if not may_call_from(client, acting.address):
        raise wrong_address()
    return client


def revoked() -> NotSignedIn:
    """Return the error of a client that was revoked after its token was issued."""
    return NotSignedIn("This police system was revoked: ask the operator.")
