"""Whether anything on somebody's board has changed: one small look, again and again."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.core.audit import Event
from app.core.errors import NotFound
from app.core.models import AuditEntry

# What an act of these areas leaves behind is on the board, unless it was only a look.
_AREAS = frozenset(
    {"intake", "matching", "review", "notification", "escalation", "alert", "call_sheet"}
)
_LOOKS = frozenset({"viewed", "read", "listed", "shown", "exported", "printed"})
_CHANGING = tuple(
    str(event)
    for event in Event
    if event.split(":")[0] in _AREAS and event.split(":")[-1] not in _LOOKS
)


def marker(session: Session, acting: Acting) -> str:
    """Return what is another text as soon as an act changed what a person's board shows.

    The trail is what every act leaves, so no act can be forgotten here. The text tells nothing of
    how many there were. Raises `NotFound` for who has no board.
    """
    forces = sorted(acting.actor.forces(Role.FORCE_DESK, Role.LEAD))
    if not forces:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    found = []
    for force in forces:
        require(acting, Action.SEE_BOARD, Relation(force=force))
        last = session.scalars(
            select(AuditEntry.seq)
            .where(AuditEntry.chain == force, AuditEntry.event.in_(_CHANGING))
            .order_by(AuditEntry.seq.desc())
            .limit(1)
        ).first()
        found.append(f"{force}:{last}")
    return acting.cipher.digest("board", " ".join(found)).hex()[:16]
