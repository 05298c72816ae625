"""The desks of the forces, for people who cannot get in: what may stand on an open page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Force
from app.core.policies import current_policy


@dataclass(frozen=True, slots=True)
class Desk:
    """Whom to ring."""

    force: str
    name: str
    telephone: str


def desks(session: Session, *, now: datetime) -> list[Desk]:
    """Return the desks that have a number, by the name of their force."""
    found = []
    for force in session.scalars(select(Force).order_by(Force.name)):
        _, policy = current_policy(session, force.code, at=now)
        if policy.desk.telephone:
            found.append(Desk(force.name, policy.desk.name, policy.desk.telephone))
    return found
