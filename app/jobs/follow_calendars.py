"""Moves the deadlines of what nobody has opened, when a calendar changed after it was placed.

Source: domain.md §6: the calendar decides deadline and ladder, never whether. A closure entered at
07:00 for today reaches the next tick, before the next step of any ladder is taken. One taken back
after today's deadline makes what it kept quiet late, and alerted now. What stays as it is costs a
reading and no transaction, so that a council's new terms in August are soon followed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, update
from sqlalchemy.orm import Session

from app.core.clock import at_london, london_date
from app.core.policies import current_policy
from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome
from app.jobs.clocks import began_at
from app.jobs.runner import StepReport, Tick
from notifications.models import Notification, Occurrence
from notifications.replanning import Replanned, replan
from notifications.states import NotificationState
from notifications.timing import Due, due_for_school, returns_at
from schools.calendars import calendar_of, calendars_of
from schools.matching.details import Band
from schools.matching.models import Match
from schools.queries import establishments
from schools.register_models import CalendarChange
from schools.term_dates import SchoolCalendar, in_holiday, is_school_day, next_school_day

ACTOR = "job:follow_calendars"
REASON = "calendar_changed"
BLOCK = 500
_RETURNING = (Outcome.SENT_TO_SCHOOL, Outcome.SENT_TO_COUNCIL, Outcome.HELD)


def follow_calendars(tick: Tick) -> StepReport:
    """Follow the changes that came; those whose messages could not all be moved come again.

    So it is with a message that a caller has claimed: it moves once the claim is over.
    """
    report = StepReport(tick.step)
    if tick.force is not None:
        return report  # a calendar belongs to no force: the step is taken for all or not at all
    with tick.wiring.database.read(PLATFORM) as session:
        changes = session.execute(
            select(CalendarChange.id, CalendarChange.owner)
            .where(CalendarChange.followed_at.is_(None))
            .order_by(CalendarChange.changed_at)
            .limit(BLOCK)
        ).all()
        if not changes:
            return report
        owners = {owner for _, owner in changes}
        messages = _to_move(session, owners, tick.now)
        children = _to_date(session, owners, tick.now)
    claimed: set[UUID] = set()

    def move(session: Session, key: UUID) -> None:
        claimed.discard(key)
        if follow(session, key, now=tick.now) is Replanned.CLAIMED:
            claimed.add(key)

    moved = tick.each(messages, move)
    dated = tick.each(children, lambda session, key: follow_return(session, key, now=tick.now))
    report.done, report.failed = moved.done + dated.done, moved.failed + dated.failed
    if report.done == len(messages) + len(children) and not claimed:
        with tick.wiring.database.write(PLATFORM) as session:
            session.execute(
                update(CalendarChange)
                .where(CalendarChange.id.in_([change for change, _ in changes]))
                .values(followed_at=tick.now)
            )
    return report


def follow(session: Session, notification_id: UUID, *, now: datetime) -> Replanned:
    """Decide the deadline of one notification again; return what came of it."""
    notification = session.get_one(Notification, notification_id)
    if notification.urn is None:
        return Replanned.NOT_NEEDED
    child = session.get_one(InvolvedChild, notification.involved_child_id)
    incident = session.get_one(Incident, notification.incident_id)
    _, policy = current_policy(session, notification.force, at=now)
    calendar = calendar_of(session, notification.urn)
    due = _other_due(notification, child, incident, calendar, policy=policy, now=now)
    if due is None:
        return Replanned.NOT_NEEDED
    moved = replan(
        session, notification_id, due, policy=policy, reason_code=REASON, now=now, actor=ACTOR
    )
    if moved is Replanned.MOVED:
        _date_children(session, notification_id)
    return moved


def follow_return(session: Session, child_id: UUID, *, now: datetime) -> None:
    """Decide again when a child dealt with in a holiday is matched again, or let go."""
    child = session.get_one(InvolvedChild, child_id)
    calendars = calendars_of(session, _decided(session, [child_id]).get(child_id, ()))
    if child.again_on is not None:
        child.again_on = _later_morning(list(calendars.values()), now) or child.again_on
        return
    child.return_on = _first_morning(list(calendars.values()), now) or child.return_on
    if child.outcome is Outcome.HELD and child.return_on is not None:
        child.due_at = returns_at(child.return_on)


def _to_move(session: Session, owners: Collection[str], now: datetime) -> list[UUID]:
    """Return what waits unopened, deadline ahead, and gets another one by these calendars."""
    rows = session.execute(
        select(Notification, InvolvedChild, Incident)
        .join(InvolvedChild, InvolvedChild.id == Notification.involved_child_id)
        .join(Incident, Incident.id == Notification.incident_id)
        .where(
            Notification.state == NotificationState.READY,
            Notification.told_at.is_(None),
            Notification.due_at > now,
            Notification.urn.is_not(None),
            _of(owners),
        )
        .order_by(Notification.due_at)
    ).all()
    calendars = calendars_of(session, {row.urn for row, _, _ in rows if row.urn is not None})
    policies = {
        force: current_policy(session, force, at=now)[1]
        for force in {row.force for row, _, _ in rows}
    }
    return [
        row.id
        for row, child, incident in rows
        if row.urn is not None
        and _other_due(
            row, child, incident, calendars[row.urn], policy=policies[row.force], now=now
        )
    ]


def _to_date(session: Session, owners: Collection[str], now: datetime) -> list[UUID]:
    """Return the children whose first pupil morning is another one by these calendars."""
    returning = (
        or_(
            and_(InvolvedChild.return_on.is_not(None), InvolvedChild.rematched_at.is_(None)),
            InvolvedChild.again_on.is_not(None),
        ),
        InvolvedChild.outcome.in_(_RETURNING),
    )
    rows = session.execute(
        select(InvolvedChild.id, InvolvedChild.return_on, InvolvedChild.again_on).where(*returning)
    ).all()
    waiting = {row.id: row.again_on or row.return_on for row in rows}
    again = {row.id for row in rows if row.again_on is not None}
    decided = _decided(session, select(InvolvedChild.id).where(*returning))
    urns = {urn for some in decided.values() for urn in some}
    touched = _touched(session, owners, urns)
    calendars = calendars_of(session, urns)
    return [
        child
        for child, some in decided.items()
        if child in waiting
        and touched & set(some)
        and (_later_morning if child in again else _first_morning)(
            [calendars[urn] for urn in some], now
        )
        not in {None, waiting[child]}
    ]


def _other_due(
    notification: Notification, child: InvolvedChild, incident: Incident,
    calendar: SchoolCalendar, *, policy: Policy, now: datetime,
) -> Due | None:  # fmt: skip
    """Return the deadline by this calendar where it is another one than what is still ahead.

    By it that may have passed, as where a closure is taken back. What would be silent today then
    comes earlier only: to today's, and is late, while pupils are there; else to that of a record
    which comes now.
    """

    def due_from(accepted_at: datetime) -> Due:
        return due_for_school(
            calendar, accepted_at=accepted_at, incident_at=began_at(incident, child),
            timing=policy.timing,
        )  # fmt: skip

    due = due_from(notification.accepted_at)
    if due.due_at > now:
        same = (due.due_at, due.return_on) == (notification.due_at, notification.return_on)
        return None if same else due
    if london_date(notification.due_at) == london_date(now):
        return None  # its ladder is under way
    due = due_from(now)
    if due.at_once:
        # Pupils are there and this morning is over: another hour would count it as met.
        midnight = at_london(london_date(now), time.min)
        due = due_from(max(notification.accepted_at, midnight))
    return due if due.due_at < notification.due_at else None


def _first_morning(calendars: Sequence[SchoolCalendar], now: datetime) -> date | None:
    """Return the first day from today on which pupils are in one of these schools."""
    today = london_date(now)
    mornings = [
        today if is_school_day(calendar, today) else next_school_day(calendar, today)
        for calendar in calendars
    ]
    return min(mornings, default=None)


def _later_morning(calendars: Sequence[SchoolCalendar], now: datetime) -> date | None:
    """Return the first pupil morning of those of these schools that are still on holiday."""
    today = london_date(now)
    away = [calendar for calendar in calendars if in_holiday(calendar, today)]
    return _first_morning(away or calendars, now)


def _decided(session: Session, children: Sequence[UUID] | Select[UUID]) -> Mapping[UUID, list[int]]:
    """Return the schools of the newest decision about each child."""
    rows = session.execute(
        select(Match.involved_child_id, Match.urns)
        .where(Match.involved_child_id.in_(children), Match.band == Band.MATCHED)
        .order_by(Match.decided_at)
    )
    return {child: list(urns) for child, urns in rows}


def _touched(session: Session, owners: Collection[str], urns: Collection[int]) -> set[int]:
    if any(owner.startswith("nation:") for owner in owners):
        return set(urns)
    places = establishments(session, urns)
    return {
        urn
        for urn, place in places.items()
        if f"urn:{urn}" in owners or f"council:{place.la_code}" in owners
    }


def _of(owners: Collection[str]) -> ColumnElement[bool]:
    if any(owner.startswith("nation:") for owner in owners):
        return true()
    parts = [owner.partition(":") for owner in owners]
    return or_(
        Notification.urn.in_([int(code) for kind, _, code in parts if kind == "urn"]),
        Notification.council.in_([code for kind, _, code in parts if kind == "council"]),
    )


def _date_children(session: Session, notification_id: UUID) -> None:
    """Give each child told of the earliest deadline of the schools that are told of it."""
    children = session.scalars(
        select(InvolvedChild)
        .join(Occurrence, Occurrence.involved_child_id == InvolvedChild.id)
        .where(
            Occurrence.notification_id == notification_id,
            InvolvedChild.outcome == Outcome.SENT_TO_SCHOOL,
        )
    ).all()
    for child in children:
        own = (
            select(func.min(Notification.due_at), func.min(Notification.return_on))
            .join(Occurrence, Occurrence.notification_id == Notification.id)
            .where(
                Occurrence.involved_child_id == child.id,
                Notification.state == NotificationState.READY,
            )
        )
        child.due_at, child.return_on = session.execute(own).one()
