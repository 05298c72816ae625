"""What the matching would make of a force's own records before it is live: counted, none kept.

Each record goes through intake and matching as a real one would, in a transaction that is rolled
back: nothing of it is stored, on the trail or told to anybody.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.access.clients import add_system
from app.access.models import ClientKind
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import NEEDS_SERVICE, IncidentState, Outcome
from app.intake.payload import IncidentMessage
from app.intake.receive import Submission, receive
from app.jobs.match_children import match_incident
from app.reports.going_live import MatchingTrial
from app.wiring import Wiring
from schools.matching.details import Band
from schools.matching.models import Match

# Records of one transaction: on SQLite nobody else writes while it lasts.
_TOGETHER = 25
_ACTOR = "job:matching_trial"


def try_matching(wiring: Wiring, force: str, messages: Sequence[IncidentMessage]) -> MatchingTrial:
    """Return what the matching makes of records of a force; of each reference the newest counts."""
    newest: dict[str, IncidentMessage] = {}
    for message in sorted(messages, key=lambda one: one.version):
        newest[message.reference] = message
    found: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    waiting = iter(newest.values())
    while some := list(islice(waiting, _TOGETHER)):
        with wiring.database.read(PLATFORM) as session:
            for outcome, reason in _tried(session, wiring, force, some):
                found[outcome] += 1
                if reason:
                    reasons[reason] += 1
    return MatchingTrial(
        incidents=len(newest), needing=found["found"] + found["person"], found=found["found"],
        reasons=dict(reasons.most_common()),
    )  # fmt: skip


def _tried(
    session: Session, wiring: Wiring, force: str, messages: Sequence[IncidentMessage]
) -> Iterator[tuple[str, str | None]]:
    """Yield what each child came to: "found", "person" with why, or "nobody" is to be told."""
    now = wiring.clock.now()
    system = add_system(
        session, force=force, name="trial", now=now, actor=_ACTOR, kind=ClientKind.TEST
    )
    submissions = [Submission(force, system.id, message) for message in messages]
    results = receive(session, wiring.cipher, submissions, now=now)
    incidents = [one.id for one in results]
    for incident in incidents:
        match_incident(session, wiring.cipher, incident, now=now)
    session.flush()
    matched = _matched(session, incidents)
    for child in session.scalars(_children(incidents)):
        if child.outcome is Outcome.RECEIVED and child.id in matched:
            yield "found", None
        elif child.outcome in {Outcome.RECEIVED, Outcome.IN_REVIEW, Outcome.DETAILS_AWAITED}:
            yield "person", child.outcome_reason or "too_uncertain"
        elif child.outcome is Outcome.NOT_NOTIFIED and child.outcome_reason in NEEDS_SERVICE:
            yield "person", child.outcome_reason
        else:
            yield "nobody", None


def _matched(session: Session, incidents: Sequence[UUID]) -> set[UUID]:
    return set(
        session.scalars(
            select(Match.involved_child_id)
            .join(InvolvedChild, InvolvedChild.id == Match.involved_child_id)
            .where(InvolvedChild.incident_id.in_(incidents), Match.band == Band.MATCHED)
        )
    )


def _children(incidents: Sequence[UUID]) -> Select[InvolvedChild]:
    """Return the children of the newest versions: what the service stored before counts no more."""
    return (
        select(InvolvedChild)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(Incident.id.in_(incidents), Incident.state == IncidentState.NEWEST)
    )
