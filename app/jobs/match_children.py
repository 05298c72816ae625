"""Finds the school of every child that was received, one incident in each transaction.

What the register and the rolls know of some dozen incidents is looked up at once, before; each
decision still rests on what its own transaction sees of the incident and of people's answers.

A clear match waits for composing; anything else goes to review with a deadline of its own. An
unclear sibling never delays a clear one. A child whom intake put before a person is looked up too,
so that the reviewer sees candidates, but is never sent by the rules.
"""

from dataclasses import replace
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.casework.facts import matching_facts
from app.casework.remembering import earlier_answers
from app.core import audit, keys, logs
from app.core.cipher import Cipher
from app.core.clock import london_date
from app.core.policies import current_policy
from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.intake import eligibility
from app.intake.details import ChildDetails
from app.intake.models import Incident, InvolvedChild
from app.intake.moves import move_child
from app.intake.opening import open_children, open_incident
from app.intake.outcomes import IncidentState, Outcome, OutcomeReason
from app.jobs.clocks import began_at
from app.jobs.looking_ahead import Ahead, children_of, look_ahead
from app.jobs.runner import StepReport, Tick
from app.jobs.undecided import hold, undecided_children, waiting_incidents
from notifications.timing import due_for_council, due_for_school, due_when_unknown
from schools.calendars import calendar_of, council_calendar
from schools.matching.details import Band, Decision
from schools.matching.match import match_children as decide_children
from schools.matching.review import Basis, open_review, record_decision
from schools.matching.stamps import register_stamp, roll_stamp
from schools.queries import council_known

log = logs.get(__name__)

ACTOR = "job:match_children"
BLOCK = 500
# Incidents that are looked up at once: what is held open of rolls stays small.
TOGETHER = 50
_AT_NO_SCHOOL = frozenset({OutcomeReason.HOME_EDUCATED, OutcomeReason.NOT_IN_EDUCATION})


def match_children(tick: Tick) -> StepReport:
    """End the holds whose time is over, then match what waits, oldest first."""
    released = tick.each(
        _held_too_long(tick),
        lambda s, key: release(s, tick.wiring.cipher, key, now=tick.now),
    )
    with tick.wiring.database.read(PLATFORM) as session:
        waiting = iter(waiting_incidents(session, tick.force, limit=BLOCK))
    report = StepReport(tick.step, failed=released.failed)
    while not tick.out_of_time and (some := list(islice(waiting, TOGETHER))):
        # Alone, where one of them may have ended the process: together nobody would know which.
        ahead = {} if tick.in_hand.writes else _ahead(tick, some)
        part = tick.each(
            some,
            lambda session, key, ahead=ahead: match_incident(  # type: ignore[misc]
                session, tick.wiring.cipher, key, now=tick.now, ahead=ahead.get(key)
            ),
        )
        report.done, report.failed = report.done + part.done, report.failed + part.failed
    return report


def _ahead(tick: Tick, incident_ids: list[UUID]) -> dict[UUID, Ahead]:
    """Look some incidents up at once; where one of them breaks that, each is looked up alone."""
    try:
        with tick.wiring.database.read(PLATFORM) as session:
            return look_ahead(session, tick.wiring.cipher, incident_ids)
    except Exception as error:  # noqa: BLE001 (one bad record must not stop the night)
        log.error("not looked up at once", job=tick.step, error=logs.error_kind(error))
        return {}


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


def match_incident(
    session: Session, cipher: Cipher, incident_id: UUID, *, now: datetime,
    ahead: Ahead | None = None,
) -> None:  # fmt: skip
    """Decide about the children of one incident as a set, in one transaction.

    Those already decided or excluded stand beside them: a twin who was matched before is still
    whom a pupil on the roll may be.
    """
    incident = session.get_one(Incident, incident_id)
    undecided = session.scalars(
        undecided_children().where(InvolvedChild.incident_id == incident_id)
    ).all()
    if incident.state is not IncidentState.NEWEST or not undecided:
        return
    children = session.scalars(children_of([incident_id])).all()
    version, policy = current_policy(session, incident.force, at=now)
    key = keys.open_key(session, cipher, incident.content_key_id)
    details = open_children(cipher, children, key)
    on = london_date(max(began_at(incident, one) for one in undecided))
    facts_of_all = tuple(matching_facts(one) for one in details)
    stamps = register_stamp(session), roll_stamp(session)
    decisions = decide_children(
        session,
        cipher,
        facts_of_all,
        on=on,
        found=ahead.leads_for(facts_of_all, on, stamps) if ahead is not None else None,
        policy=policy,
        judged=[
            earlier_answers(session, cipher, child, facts, on=on)
            for child, facts in zip(children, details, strict=True)
        ],
    )
    basis = Basis(tuple(child.id for child in children), on, version, *stamps)
    waiting = {child.id for child in undecided}
    hold(session, incident, waiting)
    for child, facts, decision in zip(children, details, decisions, strict=True):
        if child.id not in waiting:
            continue
        council = _council(session, child, facts, decision)
        _apply(
            session, incident, child, decision, council=council, basis=basis, policy=policy,
            now=now,
        )  # fmt: skip


def _apply(
    session: Session,
    incident: Incident,
    child: InvolvedChild,
    decision: Decision,
    *,
    council: str | None,
    basis: Basis,
    policy: Policy,
    now: datetime,
) -> None:
    if child.outcome is Outcome.IN_REVIEW:
        decision = for_a_person(decision, child.outcome_reason or OutcomeReason.TOO_UNCERTAIN)
    if council is not None:
        decision = replace(decision, band=Band.MATCHED)
    match = record_decision(
        session, force=child.force, involved_child_id=child.id, decision=decision,
        council=council, basis=basis, actor=ACTOR, now=now,
    )  # fmt: skip
    due_at = _due_at(session, incident, child, decision, council=council, policy=policy)
    matched = decision.band is Band.MATCHED
    if matched:
        child.due_at = due_at
    else:
        reason = OutcomeReason(decision.reason_code or OutcomeReason.TOO_UNCERTAIN)
        if child.outcome is Outcome.IN_REVIEW:
            child.due_at, child.outcome_reason = due_at, reason
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


def _council(
    session: Session, child: InvolvedChild, details: ChildDetails, decision: Decision
) -> str | None:
    """Return the residence council whose officers are told of a child who is at no school.

    Only where the force said so and nothing speaks against it: a child nobody finds a school for
    goes to a person first, never to the council by itself (domain.md §2).
    """
    at_no_school = decision.reason_code in _AT_NO_SCHOOL and decision.band is Band.NONE
    if not at_no_school or child.outcome is Outcome.IN_REVIEW:
        return None
    homes = [home for home in details.residences if home.authority]
    main = next((home for home in homes if home.kind == "main"), homes[0] if homes else None)
    if main is None or main.authority is None or not council_known(session, main.authority):
        return None
    return main.authority


def for_a_person(decision: Decision, doubt: OutcomeReason) -> Decision:
    """Return a decision that names candidates and sends nothing, for the reason intake gave.

    That a child is protected comes before any other reason.
    """
    band = Band.POSSIBLE if decision.band is Band.MATCHED else decision.band
    protected = decision.reason_code == OutcomeReason.PROTECTED
    return replace(
        decision, band=band, reason_code=decision.reason_code if protected else doubt.value
    )


def _due_at(
    session: Session, incident: Incident, child: InvolvedChild, decision: Decision, *,
    council: str | None, policy: Policy,
) -> datetime:  # fmt: skip
    """Return the deadline of the likeliest school, or the earlier one of a child at two.

    The council's own for a child at no school, the scheme's where no school is likely.
    """
    began = began_at(incident, child)
    if council is not None:
        return due_for_council(
            council_calendar(session, council), accepted_at=child.received_at, incident_at=began,
            timing=policy.timing,
        ).due_at  # fmt: skip
    likeliest = decision.urns if decision.band is Band.MATCHED else ()
    likeliest = likeliest or tuple(one.urn for one in decision.evidence[:1])
    if not likeliest:
        return due_when_unknown(child.received_at, began, policy.timing).due_at
    return min(
        due_for_school(
            calendar_of(session, urn), accepted_at=child.received_at, incident_at=began,
            timing=policy.timing,
        ).due_at
        for urn in likeliest
    )  # fmt: skip
