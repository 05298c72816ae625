"""Pursues every child whose school is not settled: begins its ladder, takes its steps, ends it.

A child in review, one that waits for its details, and one that matching has not moved for ten
minutes: each has a deadline, and people by name who are asked until somebody settled it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, union
from sqlalchemy.orm import Session

from app.access.models import Force
from app.casework.connections import declared
from app.casework.released import end_where_gone, not_released, to_look_at
from app.casework.restricted import only_for
from app.core import audit, keys
from app.core.cipher import CannotOpen, Cipher, Erased
from app.core.ids import new_id
from app.core.policies import current_policy
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.opening import open_children
from app.intake.outcomes import SENT, IncidentState, Outcome
from app.jobs.runner import StepReport, Tick
from notifications.lateness import HANDED_OVER
from notifications.models import Notification, Occurrence, UnsettledChild
from notifications.receipt_rows import refused_by
from notifications.review_steps import Unsettled, take_review_steps
from notifications.states import NOBODY
from notifications.timing import due_when_unknown
from notifications.unsettled import due_unsettled, open_review_ladder, stop_review_ladder
from schools.matching import review as reviews
from schools.matching.decided import decided_now
from schools.matching.details import Band
from schools.matching.models import DecidedBy, Match, Review, ReviewState
from schools.matching.rules import RULES_VERSION
from schools.queries import council_known, establishment

ACTOR = "job:chase_reviews"
BLOCK = 1000
# Matching takes seconds: what it has not moved by then is stuck.
STUCK = timedelta(minutes=10)


def chase_reviews(tick: Tick) -> StepReport:
    """End the ladders of settled children, begin those of new ones, take the steps that are due.

    First of all a protected child whose one person is gone waits for another to be named.
    """
    cipher, now = tick.wiring.cipher, tick.now
    with tick.wiring.database.read(PLATFORM) as session:
        released = to_look_at(session, force=tick.force, limit=BLOCK)
    report = tick.each(
        released, lambda session, key: end_where_gone(session, cipher, key, now=now, actor=ACTOR)
    )
    with tick.wiring.database.read(PLATFORM) as session:
        settled = _settled(session, tick.force)
        new = _without_ladder(session, tick.force, now)
    ended = tick.each(
        settled,
        lambda session, child: stop_review_ladder(
            session, child, code="settled", now=now, actor=ACTOR
        ),
    )
    begun = tick.each(new, lambda session, child: begin(session, child, now=now))
    with tick.wiring.database.read(PLATFORM) as session:
        due = due_unsettled(session, now=now, limit=BLOCK, force=tick.force)
    taken = tick.each(
        due, lambda session, unsettled: take(session, cipher, unsettled, now=now)
    )  # fmt: skip
    for more in (ended, begun, taken):
        report.done += more.done
        report.failed += more.failed
    return report


def begin(session: Session, child_id: UUID, *, now: datetime) -> None:
    """Begin the ladder of one child; one without a deadline gets the scheme's."""
    child = session.get_one(InvolvedChild, child_id)
    incident = session.get_one(Incident, child.incident_id)
    _, policy = current_policy(session, child.force, at=now)
    if child.due_at is None:
        child.due_at = due_when_unknown(
            child.received_at, incident.occurred_from, policy.timing
        ).due_at
    open_review_ladder(
        session, force=child.force, involved_child_id=child.id, due_at=child.due_at, policy=policy,
        now=now, protected=child.protected,
    )  # fmt: skip


def take(session: Session, cipher: Cipher, unsettled_id: UUID, *, now: datetime) -> None:
    """Take the steps of one ladder that are due; a child settled meanwhile has none."""
    row = session.get_one(UnsettledChild, unsettled_id)
    child = session.get_one(InvolvedChild, row.involved_child_id)
    if (
        session.scalars(
            select(InvolvedChild.id).where(InvolvedChild.id == child.id, _waits())
        ).first()
        is None
    ):
        stop_review_ladder(session, child.id, code="settled", now=now, actor=ACTOR)
        return
    take_review_steps(
        session, cipher, unsettled_id, child=_facts(session, cipher, child, now=now), now=now,
        actor=ACTOR,
    )  # fmt: skip


def _facts(session: Session, cipher: Cipher, child: InvolvedChild, *, now: datetime) -> Unsettled:
    incident = session.get_one(Incident, child.incident_id)
    review = session.scalars(
        select(Review)
        .where(Review.involved_child_id == child.id)
        .order_by(Review.opened_at.desc())
        .limit(1)
    ).first()
    until = review.claimed_until if review and review.state is ReviewState.OPEN else None
    claimed = until is not None and until > now
    council = _council(session, cipher, child, incident)
    return Unsettled(
        incident_id=incident.id,
        council=council,
        named=child.outcome is not Outcome.DETAILS_AWAITED,
        protected=child.protected,
        restricted=incident.restricted_access,
        claimed=claimed,
        settled=child.outcome in SENT,
        hand_over=lambda council: hand_over(session, child, council, now=now),
        declared=declared(session, {incident.id}),
        only=only_for(session, {incident.id}, now=now),
        refused=council is not None and refused_by(session, child.id, f"council:{council}"),
    )


def hand_over(session: Session, child: InvolvedChild, council: str, *, now: datetime) -> None:
    """Put a child nobody settled before the officers of its council, who are told by name.

    Source: domain.md §3, at 15:00. Its school can still be found: by them, and told then.
    """
    before = session.scalars(
        select(Match)
        .where(Match.involved_child_id == child.id)
        .order_by(Match.decided_at.desc())
        .limit(1)
    ).first()
    match = Match(
        id=new_id(), force=child.force, involved_child_id=child.id, band=Band.MATCHED, score=0.0,
        margin=0.0, urns=[], council=council, evidence=before.evidence if before else [],
        reason_code=HANDED_OVER, rules_version=RULES_VERSION,
        input_digest=before.input_digest if before else bytes(32), decided_by=DecidedBy.RULES,
        actor=ACTOR, decided_at=decided_now(session, child.id, now),
        shown_only_to=NOBODY if child.protected else None,
    )  # fmt: skip
    session.add(match)
    session.flush()
    reviews.close(session, child.id, now)
    audit.record(
        session, event=audit.Event.CHILD_HANDED_OVER, actor=ACTOR, force=child.force,
        subject=f"involved_child:{child.id}", now=now, reason_code=HANDED_OVER,
        detail={"match": str(match.id), "council": council},
    )  # fmt: skip


def _council(
    session: Session, cipher: Cipher, child: InvolvedChild, incident: Incident
) -> str | None:
    """Return the council where the child lives, else where its likeliest school lies.

    A record that does not open is what people are rung about: it stops none of them.
    """
    try:
        key = keys.open_key(session, cipher, incident.content_key_id)
        (details,) = open_children(cipher, [child], key)
    except (Erased, CannotOpen):
        return None
    homes = sorted(details.residences, key=lambda home: home.kind != "main")
    named = next((home.authority for home in homes if home.authority), None)
    if named is not None and council_known(session, named):
        return named
    newest = session.scalars(
        select(Match)
        .where(Match.involved_child_id == child.id)
        .order_by(Match.decided_at.desc())
        .limit(1)
    ).first()
    urn = newest.evidence[0]["urn"] if newest and newest.evidence else None
    place = establishment(session, urn) if urn is not None else None
    return place.la_code if place else None


def _waits() -> ColumnElement[bool]:
    """A child whose school nobody has settled, or whose release nobody has confirmed."""
    return or_(_unsettled(), and_(InvolvedChild.outcome.in_(SENT), _to_be_released()))


def _unsettled() -> ColumnElement[bool]:
    # A protected child's school is chosen, and somebody has still to be named who is told.
    decided = exists().where(
        Match.involved_child_id == InvolvedChild.id,
        Match.band == Band.MATCHED,
        Match.composed_at.is_(None),
        Match.shown_only_to.is_(None),
    )
    return or_(
        InvolvedChild.outcome.in_((Outcome.RECEIVED, Outcome.DETAILS_AWAITED)),
        and_(InvolvedChild.outcome == Outcome.IN_REVIEW, ~decided),
    )


def _to_be_released() -> ColumnElement[bool]:
    """One school of a child at two may be released while nobody at the other is named."""
    return exists().where(
        Occurrence.involved_child_id == InvolvedChild.id,
        Notification.id == Occurrence.notification_id,
        not_released(),
    )


def _settled(session: Session, force: str | None) -> list[UUID]:
    statement = (
        select(UnsettledChild.involved_child_id)
        .join(InvolvedChild, InvolvedChild.id == UnsettledChild.involved_child_id)
        .where(UnsettledChild.closed_at.is_(None), ~_waits())
        .limit(BLOCK)
    )
    if force is not None:
        statement = statement.where(UnsettledChild.force == force)
    return list(session.scalars(statement))


def _without_ladder(session: Session, force: str | None, now: datetime) -> list[UUID]:
    """Return who waits and is pursued by nobody, found by what is open and not among all."""
    forces = select(Force.code) if force is None else select(Force.code).where(Force.code == force)
    unsettled = select(InvolvedChild.id).where(InvolvedChild.force.in_(forces), _unsettled())
    to_release = (
        select(InvolvedChild.id)
        .select_from(Notification)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .join(InvolvedChild, InvolvedChild.id == Occurrence.involved_child_id)
        .where(Notification.force.in_(forces), InvolvedChild.outcome.in_(SENT), not_released())
    )
    runs = exists().where(
        UnsettledChild.involved_child_id == InvolvedChild.id, UnsettledChild.closed_at.is_(None)
    )
    moving = and_(InvolvedChild.outcome == Outcome.RECEIVED, InvolvedChild.outcome_at > now - STUCK)
    statement = (
        select(InvolvedChild.id)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(
            InvolvedChild.id.in_(union(unsettled, to_release)),
            Incident.state == IncidentState.NEWEST, ~moving, ~runs,
        )
        .order_by(InvolvedChild.due_at)
        .limit(BLOCK)
    )  # fmt: skip
    return list(session.scalars(statement))
