"""Finds the school of every child that was received, one incident at a time.

A clear match waits for composing; anything else goes to review with a deadline of its own. An
unclear sibling never delays a clear one. A child whom intake put before a person is looked up too,
so that the reviewer sees candidates, but is never sent by the rules.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core import audit, keys
from app.core.cipher import Cipher
from app.core.clock import london_date
from app.core.policies import current_policy
from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.intake import eligibility
from app.intake.models import Incident, InvolvedChild
from app.intake.moves import move_child
from app.intake.opening import open_children, open_incident
from app.intake.outcomes import IncidentState, Outcome, OutcomeReason
from app.jobs.clocks import began_at
from app.jobs.facts import matching_facts
from app.jobs.runner import StepReport, Tick
from notifications.timing import due_for_school, due_when_unknown
from schools.calendars import calendar_of
from schools.matching.details import Band, Decision
from schools.matching.match import match_children as decide_children
from schools.matching.models import Match, Review
from schools.matching.review import open_review, record_decision

ACTOR = "job:match_children"
BLOCK = 500


def match_children(tick: Tick) -> StepReport:
    """End the holds whose time is over, then match what waits, oldest first."""
    released = tick.each(
        _held_too_long(tick),
        lambda s, key: release(s, tick.wiring.cipher, key, now=tick.now),
    )
    with tick.wiring.database.read(PLATFORM) as session:
        waiting = _waiting(session, tick.force)
    report = tick.each(
        waiting,
        lambda session, key: match_incident(session, tick.wiring.cipher, key, now=tick.now),
    )
    report.failed += released.failed
    return report


def release(session: Session, cipher: Cipher, child_id: UUID, *, now: datetime) -> None:
    """End a hold: its clock starts now, and the delay counts as the force's, not the service's.

    Source: domain.md §2; a hold lasts until its time and is renewed by another person, or ends.
    """
    child = session.get_one(InvolvedChild, child_id)
    outcome, reason = _without_hold(session, cipher, child, now=now)
    move_child(session, child, to=outcome, reason=reason, now=now)
    child.received_at = now
    audit.record(
        session, event=audit.Event.CHILD_RELEASED, actor=ACTOR, force=child.force,
        subject=f"involved_child:{child.id}", now=now, reason_code="hold_over",
    )  # fmt: skip


def _without_hold(
    session: Session, cipher: Cipher, child: InvolvedChild, *, now: datetime
) -> tuple[Outcome, OutcomeReason | None]:
    """Return what intake would have decided without the hold: its doubts outlive it."""
    incident = session.get_one(Incident, child.incident_id)
    _, policy = current_policy(session, child.force, at=now)
    key = keys.open_key(session, cipher, incident.content_key_id)
    (details,) = open_children(cipher, [child], key)
    facts = replace(open_incident(cipher, incident, key), hold=None)
    return eligibility.decide(details, facts, policy=policy)


def _held_too_long(tick: Tick) -> list[UUID]:
    statement = (
        select(InvolvedChild.id)
        .where(InvolvedChild.outcome == Outcome.HELD, InvolvedChild.due_at <= tick.now)
        .limit(BLOCK)
    )
    if tick.force is not None:
        statement = statement.where(InvolvedChild.force == tick.force)
    with tick.wiring.database.read(PLATFORM) as session:
        return list(session.scalars(statement))


def match_incident(session: Session, cipher: Cipher, incident_id: UUID, *, now: datetime) -> None:
    """Decide about the children of one incident as a set, in one transaction."""
    incident = session.get_one(Incident, incident_id)
    children = session.scalars(_undecided().where(InvolvedChild.incident_id == incident_id)).all()
    if incident.state is not IncidentState.NEWEST or not children:
        return
    _, policy = current_policy(session, incident.force, at=now)
    key = keys.open_key(session, cipher, incident.content_key_id)
    details = open_children(cipher, children, key)
    decisions = decide_children(
        session,
        cipher,
        [matching_facts(one) for one in details],
        on=london_date(max(began_at(incident, one) for one in children)),
        policy=policy,
    )
    for child, decision in zip(children, decisions, strict=True):
        _apply(session, incident, child, decision, policy=policy, now=now)


def _undecided() -> Select[InvolvedChild]:
    decided = exists().where(
        Match.involved_child_id == InvolvedChild.id,
        Match.band == Band.MATCHED,
        Match.composed_at.is_(None),
    )
    looked_up = exists().where(Review.involved_child_id == InvolvedChild.id)
    return (
        select(InvolvedChild)
        .where(
            or_(
                and_(InvolvedChild.outcome == Outcome.RECEIVED, ~decided),
                and_(InvolvedChild.outcome == Outcome.IN_REVIEW, ~looked_up),
            )
        )
        .order_by(InvolvedChild.position)
    )


def _waiting(session: Session, force: str | None) -> list[UUID]:
    statement = (
        _undecided()
        .with_only_columns(InvolvedChild.incident_id)
        .order_by(None)
        .group_by(InvolvedChild.incident_id)
        .order_by(func.min(InvolvedChild.received_at))
        .limit(BLOCK)
    )
    if force is not None:
        statement = statement.where(InvolvedChild.force == force)
    return list(session.scalars(statement))


def _apply(
    session: Session,
    incident: Incident,
    child: InvolvedChild,
    decision: Decision,
    *,
    policy: Policy,
    now: datetime,
) -> None:
    if child.outcome is Outcome.IN_REVIEW:
        decision = _for_a_person(child, decision)
    match = record_decision(
        session, force=child.force, involved_child_id=child.id, decision=decision,
        actor=ACTOR, now=now,
    )  # fmt: skip
    due_at = _due_at(session, incident, child, decision, policy=policy)
    matched = decision.band is Band.MATCHED
    if matched:
        child.due_at = due_at
    else:
        reason = OutcomeReason(decision.reason_code or OutcomeReason.TOO_UNCERTAIN)
        if child.outcome is Outcome.IN_REVIEW:
            child.due_at = due_at
        else:
            move_child(session, child, to=Outcome.IN_REVIEW, reason=reason, due_at=due_at, now=now)
        open_review(
            session, force=child.force, involved_child_id=child.id, match_id=match.id,
            reason_code=reason.value, due_at=due_at, now=now,
        )  # fmt: skip
    audit.record(
        session,
        event=audit.Event.CHILD_MATCHED if matched else audit.Event.CHILD_TO_REVIEW,
        actor=ACTOR,
        force=child.force,
        subject=f"involved_child:{child.id}",
        now=now,
        reason_code=decision.reason_code,
        detail={"match": str(match.id), "rules": decision.rules_version},
    )


def _for_a_person(child: InvolvedChild, decision: Decision) -> Decision:
    """Return a decision that names candidates and sends nothing, for the reason intake gave."""
    band = Band.POSSIBLE if decision.band is Band.MATCHED else decision.band
    reason = child.outcome_reason or OutcomeReason.TOO_UNCERTAIN
    return replace(decision, band=band, reason_code=reason.value)


def _due_at(
    session: Session, incident: Incident, child: InvolvedChild, decision: Decision, *,
    policy: Policy,
) -> datetime:  # fmt: skip
    """Return the likeliest school's deadline, or the scheme's where no school is likely."""
    if decision.evidence:
        calendar = calendar_of(session, decision.evidence[0].urn)
        due = due_for_school(
            calendar, accepted_at=child.received_at, incident_at=began_at(incident, child),
            timing=policy.timing,
        )  # fmt: skip
    else:
        due = due_when_unknown(child.received_at, began_at(incident, child), policy.timing)
    return due.due_at
