"""Match decisions for whoever evaluates them: references, bands, scores and URNs, no child."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState
from schools.matching.details import Band
from schools.matching.models import DecidedBy, Match


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision; `child` is the force's own reference of the child in the incident.

    A protected child's has no `urns`.
    """

    id: UUID
    force: str
    reference: str
    child: str
    band: Band
    score: float
    margin: float
    urns: tuple[int, ...]
    reason_code: str | None
    rules_version: str
    decided_by: DecidedBy
    decided_at: datetime


def decisions(
    session: Session, *, force: str | None = None, since: datetime | None = None
) -> list[DecisionRow]:
    """Return the newest decision for every child of a newest incident, oldest decision first."""
    wanted = (
        select(Match, InvolvedChild, Incident.reference)
        .join(InvolvedChild, InvolvedChild.id == Match.involved_child_id)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(Incident.state == IncidentState.NEWEST, Match.undone_at.is_(None))
        .order_by(Match.decided_at, Incident.reference, InvolvedChild.position)
    )
    if force is not None:
        wanted = wanted.where(Match.force == force)
    if since is not None:
        wanted = wanted.where(Match.decided_at >= since)
    newest = {
        match.involved_child_id: (match, child, reference)
        for match, child, reference in session.execute(wanted)
    }
    rows = sorted(newest.values(), key=lambda one: one[0].decided_at)
    return [_row(match, child, reference) for match, child, reference in rows]


def _row(match: Match, child: InvolvedChild, reference: str) -> DecisionRow:
    return DecisionRow(
        id=match.id, force=match.force, reference=reference, child=child.ref,
        # To the council's officers: no school was matched.
        band=Band.NONE if match.council is not None else match.band,
        score=match.score, margin=match.margin, urns=() if child.protected else tuple(match.urns),
        reason_code=match.reason_code, rules_version=match.rules_version,
        decided_by=match.decided_by, decided_at=match.decided_at,
    )  # fmt: skip
