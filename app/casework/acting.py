"""What every act is handed, and how it asks whether the actor may."""

from dataclasses import dataclass
from datetime import datetime

from app.access.permissions import Action, Actor, Relation, Role, may
from app.core.cipher import Cipher
from app.core.errors import NotFound
from app.core.scope import Scope


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, at what instant (aware UTC), and with which keys."""

    now: datetime
    actor: Actor
    cipher: Cipher


class Denied(NotFound):
    """What is the matter of others: answered as not there, and noted with the act it was."""

    def __init__(self, action: Action, relation: Relation) -> None:
        super().__init__("There is nothing here for you: check the address or sign in as another.")
        self.action, self.relation = action, relation


def require(acting: Acting, action: Action, relation: Relation) -> None:
    """Return quietly where the actor may; raise `Denied`, as if the thing did not exist."""
    if not may(acting.actor, action, relation):
        raise Denied(action, relation)


def reach_of(actor: Actor) -> Scope:
    """Return the rows a person's roles reach; a key adult's are the own schools' alone."""
    return Scope(
        forces=actor.forces(Role.FORCE_DESK, Role.REVIEWER, Role.LEAD, Role.AUDITOR),
        urns=actor.urns(Role.KEY_ADULT),
        councils=actor.councils(Role.COUNCIL_OFFICER),
    )
