"""Looks up what the register and the rolls know of the children of many incidents at once.

Most of a look-up is asking: of fifty incidents together each costs a fraction. It decides nothing:
the step decides on it in a transaction of its own for each incident, where all is still the same.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.casework.facts import matching_facts
from app.core import keys
from app.core.cipher import CannotOpen, Cipher, Erased
from app.core.clock import london_date
from app.intake.models import Incident, InvolvedChild
from app.intake.opening import open_children
from app.intake.outcomes import Outcome
from app.jobs.clocks import began_at
from schools.matching.details import ChildFacts, Leads
from schools.matching.search import find_leads
from schools.matching.stamps import register_stamp, roll_stamp

Stamps = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ahead:
    """The leads of one incident's children, and what they were found for and on."""

    children: tuple[ChildFacts, ...]
    on: date
    stamps: Stamps
    leads: tuple[Leads, ...]

    def leads_for(
        self, children: tuple[ChildFacts, ...], on: date, stamps: Stamps
    ) -> tuple[Leads, ...] | None:
        """Return the leads where nothing has changed since; None where they must be found anew."""
        return (
            self.leads if (self.children, self.on, self.stamps) == (children, on, stamps) else None
        )


def look_ahead(
    session: Session, cipher: Cipher, incident_ids: Collection[UUID]
) -> dict[UUID, Ahead]:
    """Return what was found for each incident; one that cannot be opened is left to its own try."""
    stamps = register_stamp(session), roll_stamp(session)
    asked: dict[date, list[tuple[UUID, tuple[ChildFacts, ...]]]] = defaultdict(list)
    for incident, children in _incidents(session, incident_ids):
        try:
            key = keys.open_key(session, cipher, incident.content_key_id)
            details = open_children(cipher, children, key)
        except (Erased, CannotOpen):
            continue
        on = london_date(max(began_at(incident, one) for one in children))
        asked[on].append((incident.id, tuple(matching_facts(one) for one in details)))
    found: dict[UUID, Ahead] = {}
    for on, some in asked.items():
        together = [child for _, facts in some for child in facts]
        leads = iter(find_leads(session, cipher, together, on=on))
        for incident_id, facts in some:
            found[incident_id] = Ahead(facts, on, stamps, tuple(islice(leads, len(facts))))
    return found


def children_of(incident_ids: Collection[UUID]) -> Select[InvolvedChild]:
    """Return the children who are decided as a set: those whose details are there."""
    return (
        select(InvolvedChild)
        .where(
            InvolvedChild.incident_id.in_(incident_ids),
            InvolvedChild.outcome != Outcome.DETAILS_AWAITED,
        )
        .order_by(InvolvedChild.incident_id, InvolvedChild.position)
    )


def _incidents(
    session: Session, incident_ids: Collection[UUID]
) -> list[tuple[Incident, Sequence[InvolvedChild]]]:
    by_incident: dict[UUID, list[InvolvedChild]] = defaultdict(list)
    for child in session.scalars(children_of(incident_ids)):
        by_incident[child.incident_id].append(child)
    wanted = session.scalars(select(Incident).where(Incident.id.in_(incident_ids)))
    return [(one, by_incident[one.id]) for one in wanted if one.id in by_incident]
