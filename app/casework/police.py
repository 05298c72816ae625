"""What the acts of police systems are handed, and how they ask whether the caller may."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.access.clients import Caller, ClientScope, require_scope, still_active
from app.core.cipher import Cipher
from app.core.errors import NotSignedIn


@dataclass(frozen=True, slots=True)
class PoliceActing:
    """Which police system acts, at what instant (aware UTC), and with which keys."""

    now: datetime
    caller: Caller
    cipher: Cipher

    @property
    def force(self) -> str:
        return self.caller.force

    @property
    def actor(self) -> str:
        return self.caller.actor.id


def require(session: Session, acting: PoliceActing, scope: ClientScope) -> None:
    """Return quietly where the caller may; raise `NotAllowed`, or `NotSignedIn` once revoked."""
    require_scope(acting.caller, scope)
    if not still_active(session, [acting.caller.client_id]):
        raise revoked()


def revoked() -> NotSignedIn:
    """Return the error of a client that was revoked after its token was issued."""
    return NotSignedIn("This police system was revoked: ask the operator.")
