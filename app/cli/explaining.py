"""One match decision, with its evidence, and whether it is reached again bit for bit."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.casework.facts import matching_facts
from app.casework.remembering import earlier_answers
from app.core import keys
from app.core.cipher import Cipher, Erased
from app.core.clock import london_date
from app.core.errors import NotFound
from app.core.policies import current_policy, policy_of_version
from app.intake import eligibility
from app.intake.models import Incident, InvolvedChild
from app.intake.opening import open_children, open_incident
from app.intake.outcomes import Outcome, OutcomeReason
from app.jobs.match_children import for_a_person
from schools.matching.details import Band, Decision
from schools.matching.match import match_children
from schools.matching.models import DecidedBy, Match
from schools.matching.rules import RULES_VERSION
from schools.matching.stamps import register_stamp, roll_stamp

# What of the answer differs, and what changed since.
Comparison = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The stored decision, and what deciding again gives.

    `differs` names the parts of the answer that came out otherwise; `changed_since` what stands
    behind that: `rules_version`, `register`, `rolls`, `policy`, or `erased` content. A person's
    decision is followed by the rules' one that they were shown. Of a `protected` child no school is
    named: the fields, weights and scores explain the decision without it.
    """

    id: UUID
    force: str
    reference: str
    child: str
    band: Band
    score: float
    margin: float
    urns: tuple[int, ...]
    council: str | None
    reason_code: str | None
    known_by: str | None
    rules_version: str
    policy_version: int | None
    input_digest: str
    register_stamp: str | None
    roll_stamp: str | None
    decided_by: DecidedBy
    decided_at: datetime
    undone_at: datetime | None
    evidence: tuple[dict[str, Any], ...]
    considered: tuple[tuple[int, float], ...]
    protected: bool
    reproduced: bool
    differs: tuple[str, ...]
    changed_since: tuple[str, ...]


def explain(session: Session, cipher: Cipher, match_id: UUID, *, now: datetime) -> Explanation:
    """Return a decision with its evidence; raise `NotFound` for an id that is none."""
    match = session.get(Match, match_id)
    if match is None:
        raise NotFound("There is no such decision: `encompass match export --json` lists them.")
    child = session.get_one(InvolvedChild, match.involved_child_id)
    incident = session.get_one(Incident, child.incident_id)
    rules = _by_rules(session, match)
    nothing: Comparison = (("no_rules_decision",), ())
    differs, changed = (
        nothing if rules is None else _again(session, cipher, rules, incident, now=now)
    )
    return Explanation(
        id=match.id, force=match.force, reference=incident.reference, child=child.ref,
        band=match.band, score=match.score, margin=match.margin,
        urns=() if child.protected else tuple(match.urns),
        council=match.council, reason_code=match.reason_code, known_by=match.reason,
        rules_version=match.rules_version, policy_version=match.policy_version,
        input_digest=match.input_digest.hex(), register_stamp=match.register_stamp,
        roll_stamp=match.roll_stamp, decided_by=match.decided_by, decided_at=match.decided_at,
        undone_at=match.undone_at, evidence=_evidence(match, hidden=child.protected),
        considered=() if child.protected else tuple((u, s) for u, s in match.considered or ()),
        protected=child.protected, reproduced=not differs, differs=differs, changed_since=changed,
    )  # fmt: skip


def _evidence(match: Match, *, hidden: bool) -> tuple[dict[str, Any], ...]:
    """Return the evidence for each candidate, without its URN where the child is protected."""
    return tuple({**one, "urn": None} if hidden else one for one in match.evidence)


def _by_rules(session: Session, match: Match) -> Match | None:
    """Return the decision of the rules that this one is, or that its person was shown."""
    if match.decided_by is DecidedBy.RULES:
        return match
    return session.scalars(
        select(Match)
        .where(
            Match.involved_child_id == match.involved_child_id,
            Match.decided_by == DecidedBy.RULES, Match.decided_at <= match.decided_at,
        )
        .order_by(Match.decided_at.desc())
        .limit(1)
    ).first()  # fmt: skip


def _again(
    session: Session, cipher: Cipher, match: Match, incident: Incident, *, now: datetime
) -> Comparison:
    """Decide again as on the day, on today's register and rolls; return what differs, and why."""
    changed = list(_changed_since(session, match, now=now))
    policy = policy_of_version(session, match.force, match.policy_version or 0)
    try:
        key = keys.open_key(session, cipher, incident.content_key_id)
    except Erased:
        return ("input_digest",), ("erased", *changed)
    if policy is None:
        return ("input_digest",), tuple(changed)
    children = _set_of(session, match)
    details = open_children(cipher, children, key)
    on = match.matched_on or london_date(incident.occurred_from)
    decisions = match_children(
        session, cipher, [matching_facts(one) for one in details], on=on, policy=policy,
        judged=[
            earlier_answers(session, cipher, child, facts, on=on, at=match.decided_at)
            for child, facts in zip(children, details, strict=True)
        ],
    )  # fmt: skip
    place = [child.id for child in children].index(match.involved_child_id)
    outcome, doubt = eligibility.decide(
        details[place], open_incident(cipher, incident, key), policy=policy
    )
    again = decisions[place]
    if outcome is Outcome.IN_REVIEW and match.reason_code in {doubt, OutcomeReason.PROTECTED}:
        again = for_a_person(again, doubt or OutcomeReason.TOO_UNCERTAIN)
    return _differences(match, again), tuple(changed)


def _set_of(session: Session, match: Match) -> list[InvolvedChild]:
    """Return the children who were decided as one set, in their order."""
    ids = [UUID(one) for one in match.decided_with or [str(match.involved_child_id)]]
    rows = session.scalars(select(InvolvedChild).where(InvolvedChild.id.in_(ids)))
    found = {row.id: row for row in rows}
    return [found[one] for one in ids]


def _changed_since(session: Session, match: Match, *, now: datetime) -> list[str]:
    version, _ = current_policy(session, match.force, at=now)
    then_and_now = {
        "rules_version": (match.rules_version, RULES_VERSION),
        "register": (match.register_stamp, register_stamp(session)),
        "rolls": (match.roll_stamp, roll_stamp(session)),
        "policy": (match.policy_version, version),
    }
    return [name for name, (then, today) in then_and_now.items() if then != today]


def _differences(match: Match, again: Decision) -> tuple[str, ...]:
    """Compare every part of a stored answer with the new one, exactly."""
    band = Band.MATCHED if match.council is not None else again.band
    pairs = {
        "input_digest": (match.input_digest, again.input_digest),
        "band": (match.band, band),
        "score": (match.score, again.score),
        "margin": (match.margin, again.margin),
        "urns": (list(match.urns), list(again.urns)),
        "reason_code": (match.reason_code, again.reason_code),
        "evidence": (match.evidence, [asdict(one) for one in again.evidence]),
        "considered": (match.considered, [list(one) for one in again.considered]),
        "given_urns": (match.given_urns, list(again.given_urns)),
    }
    return tuple(name for name, (then, today) in pairs.items() if then != today)
