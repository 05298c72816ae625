"""One run for every calendar date, whenever and however often the scheduler starts."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from app.access.models import Force
from app.core.clock import london_date
from app.core.database import Database
from app.core.scope import PLATFORM
from app.jobs.morning_check import open_runs
from notifications.models import Run
from tests.rules.every_date import FIRST, LAST, every_date, instant

# Before the first alert, as alerts go, after a failure of the morning, and in the evening.
STARTS = (time(0, 5), time(6, 30), time(7, 20), time(18, 0))


@pytest.mark.feature("CA7")
@pytest.mark.feature("CA8")
@pytest.mark.parametrize("year", range(FIRST.year, LAST.year + 1))
def test_every_date_of_a_year_has_exactly_one_run_whenever_it_starts(
    database: Database, year: int
) -> None:
    dates = [on for on in every_date() if on.year == year]
    with database.write(PLATFORM) as session:
        session.add(Force(code="99", name="Exampleshire Police", added_at=instant(FIRST, time(0))))
        session.flush()
        for on in dates:
            for start in STARTS:
                open_runs(session, "99", now=instant(on, start))
            session.expunge_all()
    with database.read(PLATFORM) as session:
        runs = session.scalars(select(Run)).all()
    # The last evening opens the run of the day after.
    expected = [*dates, dates[-1] + timedelta(days=1)]
    assert sorted(run.on_date for run in runs) == expected
    made_early = {run.on_date - london_date(run.made_at) for run in runs}
    assert made_early == {timedelta(0), timedelta(days=1)}
