"""Adds up the figures of each force and day, for the page of all forces: hourly and each night.

Of the last weeks every hour; the whole past by the first tick of a London day, for what was changed
long after: a message taken back, a deadline that moved.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import forces
from app.core.clock import london_date
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from app.reports.national import RECENT, add_up, add_up_everything
from app.reports.periods import Period
from notifications.summary_models import TimelinessDay

_EVERY = timedelta(hours=1)


def add_up_days(tick: Tick) -> StepReport:
    """Make the days of every force anew whose figures are older than an hour."""
    return tick.each(_old(tick), lambda session, one: _add_up(session, *one, now=tick.now))


def _add_up(session: Session, force: str, whole: bool, *, now: datetime) -> None:  # noqa: FBT001 (the key of an item)
    today = london_date(now)
    if whole:
        add_up_everything(session, force, now=now)
    else:
        add_up(session, force, period=Period(today - RECENT, today), now=now)


def _old(tick: Tick) -> list[tuple[str, bool]]:
    """Return the forces to add up, each with whether all of its past is: today has no row yet."""
    today = london_date(tick.now)
    with tick.wiring.database.read(PLATFORM) as session:
        rows = session.execute(
            select(TimelinessDay.force, TimelinessDay.made_at).where(TimelinessDay.on_date == today)
        )
        made = {row.force: row.made_at for row in rows}
        codes = forces.codes(session)
    return [
        (one, one not in made)
        for one in codes
        if tick.force in {None, one} and (one not in made or made[one] <= tick.now - _EVERY)
    ]
