"""One match decision, with its evidence, and whether the same rules reach it again."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import keys
from app.core.cipher import Cipher, Erased
from app.core.clock import london_date
from app.core.errors import NotFound
from app.core.policies import current_policy
from app.intake.models import Incident, InvolvedChild
from app.intake.opening import open_children
from app.jobs.facts import matching_facts
from schools.matching.details import Band, Decision
from schools.matching.match import match_children
from schools.matching.models import DecidedBy, Match


@dataclass(frozen=True, slots=True)
class Explanation:
    """The stored decision; `reproduced` says what deciding again gives, in a few words."""

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
    evidence: tuple[dict[str, Any], ...]
    reproduced: str


def explain(session: Session, cipher: Cipher, match_id: UUID) -> Explanation:
    """Return a decision with its evidence; raise `NotFound` for an id that is none."""
    match = session.get(Match, match_id)
    if match is None:
        raise NotFound("There is no such decision: `encompass match export --json` lists them.")
    child = session.get_one(InvolvedChild, match.involved_child_id)
    incident = session.get_one(Incident, child.incident_id)
    return Explanation(
        id=match.id, force=match.force, reference=incident.reference, child=child.ref,
        band=match.band, score=match.score, margin=match.margin, urns=tuple(match.urns),
        reason_code=match.reason_code, rules_version=match.rules_version,
        decided_by=match.decided_by, evidence=tuple(match.evidence),
        reproduced=_again(session, cipher, match, child, incident),
    )  # fmt: skip


def _again(
    session: Session, cipher: Cipher, match: Match, child: InvolvedChild, incident: Incident
) -> str:
    """Decide the incident's children again, as a set, and compare."""
    if match.decided_by is DecidedBy.PERSON:
        return "no: a person decided, with the reason on the record"
    children = session.scalars(
        select(InvolvedChild)
        .where(InvolvedChild.incident_id == incident.id)
        .order_by(InvolvedChild.position)
    ).all()
    _, policy = current_policy(session, incident.force, at=match.decided_at)
    try:
        key = keys.open_key(session, cipher, incident.content_key_id)
    except Erased:
        return "no: the content was erased when its time was over"
    facts = [matching_facts(one) for one in open_children(cipher, children, key)]
    on = london_date(incident.occurred_from)
    decisions = match_children(session, cipher, facts, on=on, policy=policy)
    return _compared(match, decisions[children.index(child)])


def _compared(match: Match, again: Decision) -> str:
    if again.rules_version != match.rules_version:
        return f"no: the rules are now {again.rules_version}"
    same = again.band == match.band and again.urns == tuple(match.urns)
    if again.input_digest == match.input_digest:
        return "yes" if same else "NO: the same input and rules gave another answer"
    return "yes, although register or rolls changed" if same else "no: register or rolls changed"
