"""All forces at once, from the figures of each force and day, and how those are made.

Made anew from the messages of the day, never kept up by triggers; what a page of all forces says is
as old as `made_at`. A force's own page never reads these rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, delete, func, insert, null, select
from sqlalchemy.orm import Session

from app.core.clock import london_date
from app.reports.counts import Tally, added
from app.reports.periods import LONGEST_DAYS, Period
from app.reports.timeliness import Kind, Whose, of_days
from notifications.models import Notification
from notifications.summary_models import TimelinessDay

# Later than this hardly anything of a message changes; the whole past is made anew each night.
RECENT = timedelta(days=35)
_SUMS = tuple(func.sum(getattr(TimelinessDay, one.name)) for one in fields(Tally))
_INSIDE = TimelinessDay.on_date.between(bindparam("first"), bindparam("last"))
_ON, _FORCE, _OLDEST = TimelinessDay.on_date, TimelinessDay.force, func.min(TimelinessDay.made_at)
# A row is of a day or of a force: PostgreSQL adds both up in one reading.
_BY_EITHER = (
    select(_ON, _FORCE, _OLDEST, *_SUMS).where(_INSIDE).group_by(func.grouping_sets(_ON, _FORCE))
)
_BY_DAY = select(_ON, null(), _OLDEST, *_SUMS).where(_INSIDE).group_by(_ON)
_BY_FORCE = select(null(), _FORCE, _OLDEST, *_SUMS).where(_INSIDE).group_by(_FORCE)


@dataclass(frozen=True, slots=True)
class National:
    """The figures of all forces; `made_at` is when the oldest of them were added up."""

    period: Period
    made_at: datetime | None
    total: Tally
    days: dict[date, Tally]
    forces: dict[str, Tally]


def national(session: Session, *, period: Period) -> National:
    """Return the figures of every force in scope over London dates."""
    days: dict[date, Tally] = {}
    forces: dict[str, Tally] = {}
    oldest: datetime | None = None
    at_once = session.get_bind().dialect.name == "postgresql"
    for statement in (_BY_EITHER,) if at_once else (_BY_DAY, _BY_FORCE):
        rows = session.execute(statement, {"first": period.first, "last": period.last})
        for on, code, made_at, *counts in rows:
            if code is None:
                days[on] = Tally.of(counts)
                oldest = min(oldest or made_at, made_at)
            else:
                forces[code] = Tally.of(counts)
    return National(period, oldest, added(days.values()), days, forces)


def add_up(session: Session, force: str, *, period: Period, now: datetime) -> int:
    """Make the rows of one force's days anew as they stand at `now`; return how many there are.

    Today has a row of its own also where nothing was due: it says that this was done.
    """
    found = of_days(session, Whose(Kind.FORCE, force), period=period, now=now)
    today = london_date(now)
    if period.first <= today <= period.last:
        found.setdefault(today, Tally())
    session.execute(
        delete(TimelinessDay)
        .where(
            TimelinessDay.force == force, TimelinessDay.on_date >= period.first,
            TimelinessDay.on_date <= period.last,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    rows = [
        {"force": force, "on_date": on, "made_at": now}
        | {one.name: getattr(tally, one.name) for one in fields(Tally)}
        for on, tally in found.items()
    ]
    if rows:
        session.execute(insert(TimelinessDay), rows)
    return len(rows)


def add_up_everything(session: Session, force: str, *, now: datetime) -> int:
    """Make the rows of all of a force's days anew."""
    today = london_date(now)
    first_due = session.scalar(
        select(func.min(Notification.due_at)).where(Notification.force == force)
    )
    first = min(today, london_date(first_due)) if first_due else today
    return sum(add_up(session, force, period=one, now=now) for one in _years(Period(first, today)))


def _years(period: Period) -> Iterable[Period]:
    """Yield a long period in parts that one report may have."""
    first = period.first
    while first <= period.last:
        last = min(period.last, first + timedelta(days=LONGEST_DAYS - 1))
        yield Period(first, last)
        first = last + timedelta(days=1)
