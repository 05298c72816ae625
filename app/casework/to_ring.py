"""Whom a reviewer can ring about a child: the force's desk, and who looks up at the council."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.casework.acting import Acting
from app.core.clock import london_date
from app.core.policies import current_policy
from app.intake.models import Incident, InvolvedChild
from schools.officers import Duty, OfficerContact, officers_of


@dataclass(frozen=True, slots=True)
class ToRing:
    """The desk's number, empty where the policy names none, and the look-up contacts in order."""

    desk: str
    desk_telephone: str
    lookups: tuple[OfficerContact, ...]


def to_ring(session: Session, acting: Acting, child: InvolvedChild) -> ToRing:
    """Return whom to ring about a child; no look-up contact where its council is not known."""
    _, policy = current_policy(session, child.force, at=acting.now)
    lookups: list[OfficerContact] = []
    if child.authority is not None:
        lookups = officers_of(
            session, acting.cipher, f"council:{child.authority}", Duty.COUNCIL_LOOKUP,
            on=london_date(acting.now),
        )  # fmt: skip
    named = tuple(one for one in lookups if one.name)
    incident = session.get_one(Incident, child.incident_id)
    desk = policy.desk_for(restricted=incident.restricted_access)
    return ToRing(desk.name, desk.telephone, named)
