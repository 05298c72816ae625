"""Moves the deadlines of what nobody has opened, when a calendar changed after it was placed.

Source: domain.md §6: the calendar decides deadline and ladder, never whether. A closure entered at
07:00 for today reaches the next tick, before the next step of any ladder is taken.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true, update
from sqlalchemy.orm import Session

from app.core.clock import london_date
from app.core.policies import current_policy
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome
from app.jobs.clocks import began_at
from app.jobs.runner import StepReport, Tick
from notifications.models import Notification, Occurrence
from notifications.replanning import replan
from notifications.states import NotificationState
from notifications.timing import due_for_school, returns_at
from schools.calendars import calendar_of, calendars_of
from schools.matching.details import Band
from schools.matching.models import Match
from schools.queries import establishments
from schools.register_models import CalendarChange
from schools.term_dates import is_school_day, next_school_day

ACTOR = "job:follow_calendars"
REASON = "calendar_changed"
BLOCK = 200


def follow_calendars(tick: Tick) -> StepReport:
    """Follow every change once; one whose messages could not all be moved is tried again."""
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
        waiting = {change: _reached(session, owner, tick.now) for change, owner in changes}
        to_return = {change: _to_return(session, owner) for change, owner in changes}
    for change, notifications in waiting.items():
        moved = tick.each(notifications, lambda session, key: follow(session, key, now=tick.now))
        back = tick.each(
            to_return[change], lambda session, key: follow_return(session, key, now=tick.now)
        )
        report.done += moved.done + back.done
        report.failed += moved.failed + back.failed
        if (moved.done, back.done) == (len(notifications), len(to_return[change])):
            with tick.wiring.database.write(PLATFORM) as session:
                session.execute(
                    update(CalendarChange)
                    .where(CalendarChange.id == change)
                    .values(followed_at=tick.now)
                )
    return report


def follow(session: Session, notification_id: UUID, *, now: datetime) -> bool:
    """Decide the deadline of one notification again; return whether it moved."""
    notification = session.get_one(Notification, notification_id)
    if notification.urn is None:
        return False
    child = session.get_one(InvolvedChild, notification.involved_child_id)
    incident = session.get_one(Incident, notification.incident_id)
    _, policy = current_policy(session, notification.force, at=now)
    due = due_for_school(
        calendar_of(session, notification.urn), accepted_at=notification.accepted_at,
        incident_at=began_at(incident, child), timing=policy.timing,
    )  # fmt: skip
    same = (due.due_at, due.return_on) == (notification.due_at, notification.return_on)
    if same or due.due_at <= now:
        return False
    moved = replan(
        session, notification_id, due, policy=policy, reason_code=REASON, now=now, actor=ACTOR
    )
    if moved:
        _date_children(session, notification_id)
    return moved


def follow_return(session: Session, child_id: UUID, *, now: datetime) -> None:
    """Decide again when a child dealt with in a holiday is matched again, or let go."""
    child = session.get_one(InvolvedChild, child_id)
    today = london_date(now)
    calendars = calendars_of(session, _urns_of(session, child_id)).values()
    mornings = [
        today if is_school_day(calendar, today) else next_school_day(calendar, today)
        for calendar in calendars
    ]
    if not mornings:
        return
    child.return_on = min(mornings)
    if child.outcome is Outcome.HELD:
        child.due_at = returns_at(child.return_on)


def _to_return(session: Session, owner: str) -> list[UUID]:
    """Return the children who wait for a first pupil morning of this calendar."""
    waiting = session.scalars(
        select(InvolvedChild.id).where(
            InvolvedChild.return_on.is_not(None),
            InvolvedChild.rematched_at.is_(None),
            InvolvedChild.outcome.in_(
                (Outcome.SENT_TO_SCHOOL, Outcome.SENT_TO_COUNCIL, Outcome.HELD)
            ),
        )
    ).all()
    kind, _, code = owner.partition(":")
    if kind == "nation":
        return list(waiting)
    places = {child: _urns_of(session, child) for child in waiting}
    wanted = {int(code)} if kind == "urn" else _schools_of(session, code, places.values())
    return [child for child, urns in places.items() if wanted & set(urns)]


def _urns_of(session: Session, child_id: UUID) -> list[int]:
    """Return the schools of the newest decision about a child."""
    urns = session.scalars(
        select(Match.urns)
        .where(Match.involved_child_id == child_id, Match.band == Band.MATCHED)
        .order_by(Match.decided_at.desc())
        .limit(1)
    ).first()
    return list(urns or ())


def _schools_of(session: Session, council: str, some: Iterable[list[int]]) -> set[int]:
    found = establishments(session, {urn for urns in some for urn in urns})
    return {urn for urn, place in found.items() if place.la_code == council}


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


def _reached(session: Session, owner: str, now: datetime) -> list[UUID]:
    """Return what waits unopened, with its deadline ahead, at the schools of this calendar."""
    return list(
        session.scalars(
            select(Notification.id)
            .where(
                Notification.state == NotificationState.READY,
                Notification.told_at.is_(None),
                Notification.due_at > now,
                Notification.urn.is_not(None),
                _of(owner),
            )
            .order_by(Notification.due_at)
        )
    )


def _of(owner: str) -> ColumnElement[bool]:
    kind, _, code = owner.partition(":")
    if kind == "urn":
        return Notification.urn == int(code)
    return Notification.council == code if kind == "council" else true()
