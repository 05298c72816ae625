"""What a lead looks at each morning after the deadlines: what is still open, exceptions first.

Only counts, each of which opens down to its messages; read behind a sign-in. The alert that leads
here says no more than: sign in.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from app.reports.counts import Tally
from app.reports.periods import Period
from app.reports.timeliness import Kind, Whose, of_days
from notifications.models import Notification
from notifications.states import STILL_WAITING

# How far back an untold message is looked for: longer than any school is shut.
_BACK = timedelta(days=60)
_UNSETTLED = (Outcome.RECEIVED, Outcome.DETAILS_AWAITED, Outcome.IN_REVIEW)


class Open(StrEnum):
    """What may be still open, the gravest first."""

    NOT_TOLD = "not_told"
    UNSETTLED = "unsettled"
    HELD = "held"
    LATE_TODAY = "late_today"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    FOLLOW_UP_OVERDUE = "follow_up_overdue"


@dataclass(frozen=True, slots=True)
class Digest:
    """One day's exceptions in the order of `Open`, nothing that is not there; and the day itself.

    `looked_back` are the days in which an untold message was looked for.
    """

    whose: Whose
    on: date
    now: datetime
    open: dict[Open, int]
    day: Tally
    looked_back: Period


def digest(session: Session, whose: Whose, *, on: date, now: datetime) -> Digest:
    """Return what is open of one force or council, seen from a London date, as it stands now."""
    back = Period(on - _BACK, on)
    days = of_days(session, whose, period=back, now=now)
    day = days.get(on, Tally())
    found = {
        Open.NOT_TOLD: sum(one.not_told for one in days.values()),
        Open.LATE_TODAY: day.told_late,
        Open.NOT_ACKNOWLEDGED: _unacknowledged(session, whose, back, now),
        Open.FOLLOW_UP_OVERDUE: _overdue(session, whose, back, on),
    }
    if whose.kind is Kind.FORCE:
        found |= _of_children(session, whose.code)
    return Digest(whose, on, now, {one: found[one] for one in Open if found.get(one)}, day, back)


def anything_for(session: Session, whose: Whose, *, on: date, now: datetime) -> bool:
    """Return whether a lead has a reason to look: something was due that day, or is still open."""
    today = Period(on, on)
    due = select(Notification.id).where(
        whose.mine, Notification.due_at >= today.starts_at, Notification.due_at < today.ends_at
    )
    if session.scalars(due.limit(1)).first() is not None:
        return True
    untold = select(Notification.id).where(
        whose.mine, Notification.due_at >= Period(on - _BACK, on).starts_at,
        Notification.due_at <= now, Notification.told_at.is_(None),
        Notification.state.in_(STILL_WAITING),
    )  # fmt: skip
    if session.scalars(untold.limit(1)).first() is not None:
        return True
    return whose.kind is Kind.FORCE and bool(_of_children(session, whose.code))


def _unacknowledged(session: Session, whose: Whose, back: Period, now: datetime) -> int:
    """Count what was told by opening and never acknowledged, a day and more ago."""
    rows = (
        select(func.count())
        .select_from(Notification)
        .where(
            whose.mine, Notification.due_at >= back.starts_at,
            Notification.due_at <= now - timedelta(days=1),
            Notification.told_at.is_not(None), Notification.acknowledged_at.is_(None),
            Notification.told_how == "opened", Notification.state == "opened",
        )
    )  # fmt: skip
    return session.scalar(rows) or 0


def _overdue(session: Session, whose: Whose, back: Period, on: date) -> int:
    rows = (
        select(func.count())
        .select_from(Notification)
        .where(
            whose.mine, Notification.due_at >= back.starts_at,
            Notification.follow_up_due_on < on, Notification.followed_up_at.is_(None),
            Notification.state == "acknowledged",
        )
    )  # fmt: skip
    return session.scalar(rows) or 0


def _of_children(session: Session, force: str) -> dict[Open, int]:
    """Count the children of whom no school is told yet: nobody settled them, or they are held."""
    rows = session.execute(
        select(InvolvedChild.outcome, func.count())
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(
            InvolvedChild.force == force,
            InvolvedChild.outcome.in_([*_UNSETTLED, Outcome.HELD]),
            Incident.state == IncidentState.NEWEST,
        )
        .group_by(InvolvedChild.outcome)
    )
    found: dict[Open, int] = {}
    for outcome, count in rows:
        kind = Open.HELD if outcome is Outcome.HELD else Open.UNSETTLED
        found[kind] = found.get(kind, 0) + count
    return found
