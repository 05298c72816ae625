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


def opened(database: Database, instants: Iterable[datetime]) -> list[tuple[date, date]]:
    """Open runs at each of these instants; return each run's date and the date it was made on."""
    with database.write(PLATFORM) as session:
        session.add(Force(code="99", name="Exampleshire Police", added_at=instant(FIRST, time(0))))
        session.flush()
        for now in instants:
            open_runs(session, "99", now=now)
            session.expunge_all()
    with database.read(PLATFORM) as session:
        runs = session.execute(select(Run.on_date, Run.made_at)).all()
    return sorted((on, london_date(made_at)) for on, made_at in runs)


def dates_of(start: time) -> list[date]:
    """Every fifth date, as all starts together take each; and whatever is odd about a year."""
    place = STARTS.index(start)
    odd = [
        on for on in every_date()
        if (on.day, on.month) in {(29, 2), (31, 12)} or instant(on, time(0)).hour != (
            instant(on + DAY, time(0)).hour
        )
    ]  # fmt: skip
    return sorted({*list(every_date())[place :: len(STARTS)], *odd})


@pytest.mark.feature("CA7")
@pytest.mark.feature("CA8")
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_a_service_that_starts_but_once_a_day_makes_that_days_run_whenever_it_starts(
    database: Database, start: time
) -> None:
    expected: dict[date, date] = {}
    for on in dates_of(start):
        expected.setdefault(on, on)
        # The evening makes the run of the day after, too.
        if start >= EVENING:
            expected.setdefault(on + DAY, on)
    made = opened(database, (instant(on, start) for on in dates_of(start)))
    assert made == sorted(expected.items())


@pytest.mark.feature("CA7")
@pytest.mark.feature("CA8")
def test_every_date_of_a_leap_year_has_one_run_however_often_it_starts(database: Database) -> None:
    dates = [on for on in every_date() if on.year == 2028]
    made = opened(database, (instant(on, start) for on in dates for start in STARTS))
    # All but the first were made the evening before, the last for a date of the next year.
    assert made == [(dates[0], dates[0]), *((on + DAY, on) for on in dates)]
