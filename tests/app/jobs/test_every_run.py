"""One run for every calendar date, whenever and however often the scheduler starts."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from app.access.models import Force
from app.core.clock import london_date
from app.core.database import Database
from app.core.scope import PLATFORM
from app.jobs.morning_check import EVENING, open_runs
from notifications.models import Run
from tests.rules.every_date import FIRST, every_date, instant

# Before the first alert, as alerts go, after a failure of the morning, at noon, in the evening.
STARTS = (time(0, 5), time(6, 30), time(7, 20), time(12, 0), time(18, 0))
DAY = timedelta(days=1)


def opened(
    database: Database, force: str, instants: Iterable[datetime]
) -> list[tuple[date, date]]:  # fmt: skip
    """Open runs at each of these instants; return each run's date and the date it was made on."""
    with database.write(PLATFORM) as session:
        session.add(Force(code=force, name="A force", added_at=instant(FIRST, time(0))))
        session.flush()
        for now in instants:
            open_runs(session, force, now=now)
            session.expunge_all()
    with database.read(PLATFORM) as session:
        runs = session.execute(select(Run.on_date, Run.made_at).where(Run.force == force)).all()
    return sorted((on, london_date(made_at)) for on, made_at in runs)


def some_dates(start: time) -> list[date]:
    """Every fifth date, as all starts together take each; and whatever is odd about a year."""
    odd = [
        on for on in every_date()
        if (on.day, on.month) in {(29, 2), (31, 12)} or instant(on, time(0)).hour != (
            instant(on + DAY, time(0)).hour
        )
    ]  # fmt: skip
    return sorted({*list(every_date())[STARTS.index(start) :: len(STARTS)], *odd})


@pytest.mark.feature("CA7")
@pytest.mark.feature("CA8")
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_a_service_that_starts_but_once_a_day_makes_that_days_run_whenever_it_starts(
    database: Database, start: time
) -> None:
    on_sqlite = database.engine.dialect.name == "sqlite"
    # PostgreSQL takes longer, and nothing here depends on which of the two it is.
    dates = list(every_date()) if on_sqlite else some_dates(start)
    # No start on the evening before: it would have made this day's run already.
    turns = [dates] if start < EVENING else [dates[::2], dates[1::2]]
    for force, turn in zip(("98", "99"), turns, strict=False):
        expected: dict[date, date] = {}
        for on in turn:
            expected.setdefault(on, on)
            if start >= EVENING:
                expected.setdefault(on + DAY, on)
        made = opened(database, force, (instant(on, start) for on in turn))
        assert made == sorted(expected.items())


@pytest.mark.feature("CA7")
@pytest.mark.feature("CA8")
def test_every_date_of_a_leap_year_has_one_run_however_often_it_starts(database: Database) -> None:
    dates = [on for on in every_date() if on.year == 2028]
    made = opened(database, "99", (instant(on, start) for on in dates for start in STARTS))
    # All but the first were made the evening before, the last for a date of the next year.
    assert made == [(dates[0], dates[0]), *((on + DAY, on) for on in dates)]
