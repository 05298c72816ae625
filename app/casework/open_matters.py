"""What is still open after telling, for the desk and the lead of a force."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.connections import Tie, desk_ties
from app.core import audit
from app.core.clock import london_date
from app.core.errors import NotFound
from app.core.policies import current_policy
from app.reports.open_matters import OpenIds, OpenMatters, open_ids, open_matters
from schools.officers import Duty, officers_of


@dataclass(frozen=True, slots=True)
class ForceMatters:
    """One force's open matters, and who by name is rung about a child who is absent."""

    matters: OpenMatters
    rung: str


def of_forces(session: Session, acting: Acting) -> list[ForceMatters]:
    """Return what is open of each of this person's forces; raise `NotFound` without one."""
    forces = sorted(acting.actor.forces(Role.FORCE_DESK, Role.LEAD))
    if not forces:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    return [_of_force(session, acting, force) for force in forces]


def counted(session: Session, acting: Acting, *, force: str) -> int:
    """Return how many matters of a force are open, for the board: of these, what its list shows."""
    require(acting, Action.SEE_BOARD, Relation(force=force))
    return sum(len(ids) for ids in _without_own_family(session, acting, force).values())


def _of_force(session: Session, acting: Acting, force: str) -> ForceMatters:
    require(acting, Action.SEE_BOARD, Relation(force=force))
    audit.record(
        session, event=audit.Event.OPEN_MATTERS_VIEWED, actor=acting.actor.id, force=force,
        subject=f"force:{force}", now=acting.now,
    )  # fmt: skip
    mine = _without_own_family(session, acting, force)
    found = open_matters(session, force=force, now=acting.now, of=mine)
    return ForceMatters(found, _rung(session, acting, force))


def _without_own_family(session: Session, acting: Acting, force: str) -> OpenIds:
    """Return what is open, without what does not exist for the acting person."""
    found = open_ids(session, force=force, now=acting.now)
    every = {ident for ids in found.values() for ident in ids}
    tied = desk_ties(session, acting, dict.fromkeys(every, force))
    return {
        kind: [ident for ident in ids if tied.get(ident) is not Tie.OUT]
        for kind, ids in found.items()
    }


def _rung(session: Session, acting: Acting, force: str) -> str:
    """Return the desk's officers by name, else whom the policy names."""
    officers = officers_of(
        session, acting.cipher, f"force:{force}", Duty.DUTY_OFFICER, on=london_date(acting.now)
    )
    names = ", ".join(one.name for one in officers if one.name)
    return names or current_policy(session, force, at=acting.now)[1].desk.duty_officer
