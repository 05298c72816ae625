"""Who could not receive tomorrow, for the lead of a force or a council."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.forces import force_name
from app.access.permissions import Action, Relation, Role, may_at_all
from app.casework.acting import Acting, require
from app.casework.school_reach import policy_at
from app.core import audit
from app.core.clock import london_date
from app.core.errors import NotFound
from app.core.policies import current_policy
from app.reports.readiness import Readiness, council_readiness, force_readiness
from schools.queries import council_name
from schools.readiness_models import ReadinessCheck


@dataclass(frozen=True, slots=True)
class Part:
    """One force or council of this person's, with what the last evening found (forces only)."""

    title: str
    readiness: Readiness
    last_check: ReadinessCheck | None


def tomorrow(session: Session, acting: Acting) -> list[Part]:
    """Return the readiness for tomorrow's London date of each of this lead's forces and councils.

    As it stands now; reading it is recorded. Raises `NotFound` for somebody who leads nothing.
    """
    if not may_at_all(acting.actor, Action.SEE_READINESS):
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    on = london_date(acting.now) + timedelta(days=1)
    parts = [
        _of_force(session, acting, force, on) for force in sorted(acting.actor.forces(Role.LEAD))
    ]
    parts += [
        _of_council(session, acting, code, on)
        for code in sorted(acting.actor.councils(Role.LEAD))
    ]  # fmt: skip
    return parts


def _of_force(session: Session, acting: Acting, force: str, on: date) -> Part:
    require(acting, Action.SEE_READINESS, Relation(force=force))
    _, policy = current_policy(session, force, at=acting.now)
    found = force_readiness(session, acting.cipher, force=force, on=on, policy=policy)
    audit.record(
        session, event=audit.Event.READINESS_VIEWED, actor=acting.actor.id, force=force,
        subject=f"readiness:{on.isoformat()}", now=acting.now,
    )  # fmt: skip
    newest = select(ReadinessCheck).where(ReadinessCheck.force == force)
    check = session.scalars(newest.order_by(ReadinessCheck.on_date.desc()).limit(1)).first()
    return Part(force_name(session, force), found, check)


def _of_council(session: Session, acting: Acting, council: str, on: date) -> Part:
    require(acting, Action.SEE_READINESS, Relation(council=council))
    policy = policy_at(session, council, at=acting.now)
    found = council_readiness(session, acting.cipher, council=council, on=on, policy=policy)
    return Part(council_name(session, council), found, None)
