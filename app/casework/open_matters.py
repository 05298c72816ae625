"""What is still open after telling, for the desk and the lead of a force."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.connections import Tie, desk_ties
from app.core import audit
from app.core.clock import london_date
from app.core.errors import NotFound
from app.core.policies import current_policy
from app.reports.open_matters import Matter, OpenMatters, open_matters
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
    return _without_own_family(session, acting, force).count


def _of_force(session: Session, acting: Acting, force: str) -> ForceMatters:
    require(acting, Action.SEE_BOARD, Relation(force=force))
    audit.record(
        session, event=audit.Event.OPEN_MATTERS_VIEWED, actor=acting.actor.id, force=force,
        subject=f"force:{force}", now=acting.now,
    )  # fmt: skip
    found = _without_own_family(session, acting, force)
    return ForceMatters(found, _rung(session, acting, force))


def _without_own_family(session: Session, acting: Acting, force: str) -> OpenMatters:
    """Return what is open, without what does not exist for the acting person."""
    found = open_matters(session, force=force, now=acting.now)
    tied = desk_ties(session, acting, dict.fromkeys(found.notification_ids, force))
    out = {ident for ident, tie in tied.items() if tie is Tie.OUT}

    def mine(matters: tuple[Matter, ...]) -> tuple[Matter, ...]:
        return tuple(one for one in matters if one.notification_id not in out)

    return replace(
        found, unmade_calls=mine(found.unmade_calls), absent=mine(found.absent),
        unanswered=mine(found.unanswered),
        unread_changes=mine(found.unread_changes), not_acknowledged=mine(found.not_acknowledged),
        not_followed_up=mine(found.not_followed_up),
        recalls=tuple(one for one in found.recalls if one.matter.notification_id not in out),
    )  # fmt: skip


def _rung(session: Session, acting: Acting, force: str) -> str:
    """Return the desk's officers by name, else whom the policy names."""
    officers = officers_of(
        session, acting.cipher, f"force:{force}", Duty.DUTY_OFFICER, on=london_date(acting.now)
    )
    names = ", ".join(one.name for one in officers if one.name)
    return names or current_policy(session, force, at=acting.now)[1].desk.duty_officer
