"""Calendars: layers of nation, council and school, and their import."""

from datetime import date, time

import pytest
from sqlalchemy import func, select

from app.core.clock import SystemClock, london_date
from app.core.database import Database
from app.core.scope import PLATFORM
from schools.calendars import (
    calendar_of,
    calendars_of,
    council_calendar,
    import_calendar,
    seed_bank_holidays,
)
from schools.imports import ImportReport
from schools.models import CalendarDay
from schools.term_dates import DayKind, Nation, is_school_day, next_school_day
from tests.factories.schools import NOW, OTHER_COUNCIL, add_school, calendar_file

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


def load(database: Database, *rows: dict[str, object], dry_run: bool = False) -> ImportReport:
    with database.write(PLATFORM) as session:
        return import_calendar(session, calendar_file(*rows), now=NOW, dry_run=dry_run)


@pytest.fixture
def schools(database: Database) -> None:
    with database.write(PLATFORM) as session:
        add_school(session, 990001)
        add_school(session, 990002)
        add_school(session, 990003, la_code=OTHER_COUNCIL, nation=Nation.WALES)
        seed_bank_holidays(session)


@pytest.mark.feature("CA2")
@pytest.mark.usefixtures("schools")
def test_the_nearest_owner_wins(database: Database) -> None:
    report = load(
        database,
        {"Owner": "council:999", "Kind": "term", "From": "02-11-2026", "To": "18-12-2026"},
        {"Owner": "council:999", "Kind": "closed", "From": "20-11-2026"},
        {"Owner": "council:999", "Kind": "inset", "From": "23-11-2026", "Note": "Training"},
        {"Owner": "990002", "Kind": "open", "From": "20-11-2026"},
        {"Owner": "urn:990002", "Kind": "term", "From": "09-11-2026", "To": "18-12-2026"},
        {"Owner": "990002", "Kind": "hours", "DoorsOpen": "08:40", "PupilsLeave": "15:20"},
    )
    assert (report.accepted, report.errors) == (6, [])
    with database.read(PLATFORM) as session:
        found = calendars_of(session, [990001, 990002, 990003, 990099])
        council = council_calendar(session, "999")
    one, two, welsh = found[990001], found[990002], found[990003]
    assert [is_school_day(one, on) for on in (FRIDAY, MONDAY)] == [False, False]
    assert [is_school_day(two, on) for on in (FRIDAY, MONDAY)] == [True, False]
    assert is_school_day(one, date(2026, 11, 4))
    assert not is_school_day(two, date(2026, 11, 4))
    assert (two.doors_open, two.register_close, two.pupils_leave) == (time(8, 40), None,
                                                                      time(15, 20))  # fmt: skip
    assert (welsh.nation, welsh.terms) == (Nation.WALES, ())
    assert is_school_day(welsh, FRIDAY)
    assert council.terms == one.terms
    assert found[990099].terms == ()


@pytest.mark.feature("CA3")
@pytest.mark.usefixtures("schools")
def test_bank_holidays_of_both_nations_are_seeded_once(database: Database) -> None:
    with database.write(PLATFORM) as session:
        assert seed_bank_holidays(session) == 0
        for urn in (990001, 990003):
            calendar = calendar_of(session, urn)
            assert calendar.days[date(2026, 12, 25)] is DayKind.BANK_HOLIDAY
            assert not is_school_day(calendar, date(2027, 5, 3))
            assert next_school_day(calendar, date(2027, 4, 30)) == date(2027, 5, 4)


@pytest.mark.feature("CA3")
@pytest.mark.usefixtures("schools")
def test_the_bank_holidays_that_ship_last_another_year(database: Database) -> None:
    with database.read(PLATFORM) as session:
        last = session.scalar(select(func.max(CalendarDay.on_date)))
    today = london_date(SystemClock().now())
    assert last is not None
    assert (last - today).days > 365, "update govuk-bank-holidays: its data run out within a year"


@pytest.mark.usefixtures("schools")
def test_the_same_file_again_changes_nothing_and_a_dry_run_writes_nothing(
    database: Database,
) -> None:
    rows: list[dict[str, object]] = [
        {"Owner": "990001", "Kind": "term", "From": "02-11-2026", "To": "18-12-2026"},
        {"Owner": "990001", "Kind": "inset", "From": "27-11-2026", "To": "27-11-2026"},
        {"Owner": "990001", "Kind": "hours", "DoorsOpen": "08:40"},
    ]
    dry = load(database, *rows, dry_run=True)
    assert (dry.accepted, dry.dry_run) == (3, True)
    assert load(database, *rows).accepted == 3
    again = load(database, *rows)
    assert (again.accepted, again.unchanged) == (0, 3)
    longer = {**rows[0], "To": "17-12-2026"}
    assert load(database, longer).accepted == 1
    with database.read(PLATFORM) as session:
        assert calendar_of(session, 990001).terms == ((date(2026, 11, 2), date(2026, 12, 17)),)


@pytest.mark.usefixtures("schools")
@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"Owner": "990099", "Kind": "term", "From": "02-11-2026"}, "unknown_owner"),
        ({"Owner": "council:997", "Kind": "term", "From": "02-11-2026"}, "unknown_owner"),
        ({"Owner": "990001", "Kind": "holiday", "From": "02-11-2026"}, "kind"),
        ({"Owner": "990001", "Kind": "term", "From": "", "To": "02-11-2026"}, "missing"),
        ({"Owner": "990001", "Kind": "term", "From": "02-11-2026", "To": "01-11-2026"}, "order"),
        ({"Owner": "990001", "Kind": "term", "From": "02-11-2026", "To": "01-11-2027"}, "order"),
        ({"Owner": "990001", "Kind": "term", "From": "01-12-2026", "To": "20-12-2026"}, "overlaps"),
        ({"Owner": "990001", "Kind": "closed", "From": "yesterday"}, "not_a_date"),
        ({"Owner": "council:999", "Kind": "hours", "DoorsOpen": "08:40"}, "hours_owner"),
        ({"Owner": "990001", "Kind": "hours"}, "missing"),
        ({"Owner": "990001", "Kind": "hours", "DoorsOpen": "15:20", "PupilsLeave": "8:40"},
         "order"),
        ({"Owner": "990001", "Kind": "hours", "DoorsOpen": "early"}, "not_a_time"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_the_good_ones_are_taken(
    database: Database, row: dict[str, object], code: str
) -> None:
    term: dict[str, object] = {
        "Owner": "990001",
        "Kind": "term",
        "From": "16-11-2026",
        "To": "18-12-2026",
    }
    report = load(database, term, row, {"Owner": "990002", "Kind": "closed", "From": "20-11-2026"})
    assert [(error.line, error.code) for error in report.errors] == [(3, code)]
    assert (report.accepted, report.rejected) == (2, 1)
