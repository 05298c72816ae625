"""Whether anything on somebody's board has changed: one small look, again and again."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.auditing import shown_to
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
    if (event.split(":")[0] in _AREAS and event.split(":")[-1] not in _LOOKS)
    # Then there is more on the board of everybody who had no part in it.
    or event is Event.RESTRICTION_LIFTED
)


_AT_ONCE = 10


def newest_act(session: Session, acting: Acting) -> str:
    """Return what is another text as soon as any act is stored that could change the board.

    Quick, and for this process alone: it moves with what does not exist for this person, too.
    Raises `NotFound` for who has no board.
    """
    return " ".join(f"{force}:{_newest(session, force)}" for force in _forces(acting))


def marker(session: Session, acting: Acting) -> str:
    """Return what is another text as soon as an act changed what a person's board shows.

    The trail is what every act leaves, so no act can be forgotten here; acts about what does not
    exist for this person leave it as it was, else it would say that there is something. The text
    tells nothing of how many there were. Raises `NotFound` for who has no board.
    """
    last = [f"{force}:{_newest_shown(session, acting, force)}" for force in _forces(acting)]
    return acting.cipher.digest("board", " ".join(last)).hex()[:16]


def _forces(acting: Acting) -> list[str]:
    forces = sorted(acting.actor.forces(Role.FORCE_DESK, Role.LEAD))
    if not forces:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    for force in forces:
        require(acting, Action.SEE_BOARD, Relation(force=force))
    return forces


def _acts(force: str, before: int | None = None) -> Select[AuditEntry]:
    found = select(AuditEntry).where(AuditEntry.chain == force, AuditEntry.event.in_(_CHANGING))
    if before is not None:
        found = found.where(AuditEntry.seq < before)
    return found.order_by(AuditEntry.seq.desc())


def _newest(session: Session, force: str) -> int | None:
    return session.scalars(_acts(force).with_only_columns(AuditEntry.seq).limit(1)).first()


def _newest_shown(session: Session, acting: Acting, force: str) -> int | None:
    before = None
    while rows := session.scalars(_acts(force, before).limit(_AT_ONCE)).all():
        for row in shown_to(session, acting, force, rows):
            return row.seq
        before = rows[-1].seq
    return None
