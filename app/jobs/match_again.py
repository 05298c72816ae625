"""On the first pupil morning, looks again for the school of every child dealt with in a holiday.

The second clock of domain.md §6: a child told of in August may be at another school in September,
which then gets a notification of its own; what a force held until pupils are back is let go. The
child goes back to the matching step of the same tick, so that no rule exists twice.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select
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
from app.intake.outcomes import IncidentState, Outcome
from app.jobs.holidays import later_morning
from app.jobs.runner import StepReport, Tick
from notifications.errors import ClaimedByAnother
from notifications.models import Notification, Occurrence
from notifications.replanning import Replanned, replan
from notifications.states import VISIBLE, NotificationState
from notifications.timing import due_for_school, due_when_unknown, returns_at
from schools.calendars import calendar_of
from schools.matching.models import DecidedBy, Match
from schools.matching.review import open_review
from schools.queries import open_among
from schools.term_dates import school_year

ACTOR = "job:match_again"
BLOCK = 1000
_WAITING = (Outcome.SENT_TO_SCHOOL, Outcome.SENT_TO_COUNCIL, Outcome.HELD)


def match_again(tick: Tick) -> StepReport:
    """Send back to matching whose first pupil morning has come."""
    return tick.each(
        _waiting(tick), lambda session, key: back(session, tick.wiring.cipher, key, now=tick.now)
    )


def back(session: Session, cipher: Cipher, child_id: UUID, *, now: datetime) -> None:
    """Let one child's school be looked for again: once, or once for each of two schools.

    What a person settled in the same school year stands, unless the school said otherwise since or
    has closed; its school is asked again where nobody has been told yet.
    """
    child = session.get_one(InvolvedChild, child_id)
    incident = session.get_one(Incident, child.incident_id)
    child.rematched_at, child.again_on = now, None
    if incident.state is not IncidentState.NEWEST:
        return
    _, policy = current_policy(session, child.force, at=now)
    settled = _settled_this_year(session, child, now)
    if settled is None:
        _look_again(session, cipher, child, incident, policy=policy, now=now)
    elif child.outcome is Outcome.SENT_TO_SCHOOL:
        _ask_again(session, child, policy=policy, now=now)
    else:
        settled.composed_at = None
        _receive(session, child, now)
    audit.record(
        session, event=audit.Event.CHILD_RETURNED, actor=ACTOR, force=child.force,
        subject=f"involved_child:{child.id}", now=now,
        reason_code="first_pupil_morning" if settled is None else "settled_this_year",
    )  # fmt: skip


def _look_again(
    session: Session, cipher: Cipher, child: InvolvedChild, incident: Incident, *,
    policy: Policy, now: datetime,
) -> None:  # fmt: skip
    """Put the child before the rules, or before a person where intake has its doubts still."""
    key = keys.open_key(session, cipher, incident.content_key_id)
    (details,) = open_children(cipher, [child], key)
    # What the force held was let go, or ends on this morning: the doubts of intake outlive it.
    facts = replace(open_incident(cipher, incident, key), hold=None)
    outcome, reason = eligibility.decide(details, facts, policy=policy)
    if outcome is not Outcome.IN_REVIEW or reason is None:
        _receive(session, child, now)
        return
    due_at = due_when_unknown(now, now, policy.timing).due_at
    move_child(session, child, to=Outcome.IN_REVIEW, reason=reason, due_at=due_at, now=now)
    child.received_at = now
    newest = _newest_match(session, child.id)
    open_review(
        session, force=child.force, involved_child_id=child.id,
        match_id=newest.id if newest else None, reason_code=reason.value, due_at=due_at, now=now,
    )  # fmt: skip


def _receive(session: Session, child: InvolvedChild, now: datetime) -> None:
    """Start the child's clock anew, as for a record that came this morning."""
    move_child(session, child, to=Outcome.RECEIVED, now=now)
    child.received_at = now


def _ask_again(session: Session, child: InvolvedChild, *, policy: Policy, now: datetime) -> None:
    """Begin the ladder again at a school that nobody could be told at in the holiday.

    Raises `ClaimedByAnother` while a caller has that school: the step comes again.
    """
    live = session.scalars(
        select(Notification)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(Occurrence.involved_child_id == child.id, Notification.state.in_(VISIBLE))
    ).all()
    dues = {
        one.id: due_for_school(
            calendar_of(session, one.urn), accepted_at=now, incident_at=now, timing=policy.timing
        )
        for one in live
        if one.urn is not None
    }
    child.again_on = later_morning(dues.values())
    for notification in live:
        due = dues.get(notification.id)
        unread = notification.state is NotificationState.READY and notification.told_at is None
        if due is None or not unread:
            continue
        begun = replan(
            session, notification.id, due, policy=policy, reason_code="first_pupil_morning",
            now=now, actor=ACTOR,
        )  # fmt: skip
        if begun is Replanned.CLAIMED:
            raise ClaimedByAnother("A caller has this school now: its ladder begins after.")


def _settled_this_year(session: Session, child: InvolvedChild, now: datetime) -> Match | None:
    newest = _newest_match(session, child.id)
    if newest is None or newest.decided_by is not DecidedBy.PERSON:
        return None
    same = school_year(london_date(newest.decided_at)) == school_year(london_date(now))
    # The pupils of a school that has closed since are at another one, which was told nothing.
    stands = same and open_among(session, newest.urns) == set(newest.urns)
    return newest if stands else None


def _newest_match(session: Session, child_id: UUID) -> Match | None:
    return session.scalars(
        select(Match)
        .where(Match.involved_child_id == child_id, Match.undone_at.is_(None))
        .order_by(Match.decided_at.desc())
        .limit(1)
    ).first()


def _waiting(tick: Tick) -> list[UUID]:
    on = _returned_by(tick.now)
    first = and_(InvolvedChild.return_on <= on, InvolvedChild.rematched_at.is_(None))
    # Two statements, as each has an index of its own.
    with tick.wiring.database.read(PLATFORM) as session:
        return [
            child
            for due in (first, InvolvedChild.again_on <= on)
            for child in session.scalars(_children(due, tick.force))
        ]


def _children(due: ColumnElement[bool], force: str | None) -> Select[UUID]:
    statement = (
        select(InvolvedChild.id)
        .where(due, InvolvedChild.outcome.in_(_WAITING))
        .order_by(InvolvedChild.return_on, InvolvedChild.id)
        .limit(BLOCK)
    )
    return statement if force is None else statement.where(InvolvedChild.force == force)


def _returned_by(now: datetime) -> date:
    today = london_date(now)
    return today if now >= returns_at(today) else today - timedelta(days=1)
