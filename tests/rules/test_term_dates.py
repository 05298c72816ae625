"""School days: terms, INSET days, closures, bank holidays, and dates that nobody planned."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import at_london, london_date, london_time
from schools.term_dates import (
    DayKind,
    SchoolCalendar,
    in_holiday,
    is_school_day,
    is_working_day,
    next_school_day,
    next_working_day,
)

TERMS = (
    (date(2026, 9, 2), date(2026, 10, 23)),
    (date(2026, 11, 2), date(2026, 12, 18)),
    (date(2027, 1, 4), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 21)),
)
DAYS = {
    date(2026, 11, 27): DayKind.INSET,
    date(2026, 12, 25): DayKind.BANK_HOLIDAY,
    date(2027, 3, 26): DayKind.BANK_HOLIDAY,
    date(2027, 5, 3): DayKind.BANK_HOLIDAY,
    date(2027, 2, 3): DayKind.CLOSED,
    date(2026, 11, 28): DayKind.OPEN,
}
SCHOOL = SchoolCalendar(terms=TERMS, days=DAYS)
UNPLANNED = SchoolCalendar(days=DAYS)

dates = st.dates(date(2025, 1, 1), date(2028, 12, 31))


@pytest.mark.feature("CA2")
@pytest.mark.parametrize(
    ("on", "school", "working", "holiday"),
    [
        (date(2026, 11, 20), True, True, False),  # a Friday in term
        (date(2026, 11, 21), False, False, False),  # a Saturday in term
        (date(2026, 11, 27), False, True, False),  # INSET: staff are in, pupils are not
        (date(2026, 11, 28), True, True, False),  # a Saturday that the school opens
        (date(2026, 10, 28), False, True, True),  # half-term
        (date(2026, 10, 31), False, False, True),  # a Saturday of half-term
        (date(2026, 12, 22), False, True, True),  # Christmas holidays
        (date(2026, 12, 25), False, False, True),  # a bank holiday in them
        (date(2027, 5, 3), False, False, False),  # a bank holiday in term
        (date(2027, 2, 3), False, True, False),  # snow
        (date(2027, 8, 10), False, True, True),  # summer, the next year not planned yet
        (date(2026, 8, 20), False, True, True),  # summer, before the first term known
        (date(2026, 9, 1), False, True, True),  # the day before the first term
        (date(2027, 9, 14), True, True, False),  # a year that nobody planned: a weekday
        (date(2027, 9, 18), False, False, False),  # its Saturday
    ],
)
def test_a_planned_school_year_says_who_is_in(
    on: date, school: bool, working: bool, holiday: bool
) -> None:
    assert is_school_day(SCHOOL, on) is school
    assert is_working_day(SCHOOL, on) is working
    assert in_holiday(SCHOOL, on) is holiday


@pytest.mark.feature("CA2")
@given(dates)
def test_without_terms_every_weekday_is_a_school_day_unless_it_is_marked(on: date) -> None:
    expected = DAYS.get(on) is DayKind.OPEN or (on.weekday() < 5 and on not in DAYS)
    assert is_school_day(UNPLANNED, on) is expected
    assert not in_holiday(UNPLANNED, on)


@pytest.mark.feature("CA2")
def test_a_missing_term_in_the_middle_does_not_silence_a_school_for_months() -> None:
    gap = SchoolCalendar(terms=(TERMS[0], TERMS[-1]))
    assert not is_school_day(gap, date(2026, 10, 28))
    assert is_school_day(gap, date(2027, 2, 3))


@pytest.mark.feature("CA1")
@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (date(2026, 11, 19), date(2026, 11, 20)),
        (date(2026, 11, 20), date(2026, 11, 23)),  # Friday to Monday
        (date(2026, 11, 26), date(2026, 11, 28)),  # over INSET to the opened Saturday
        (date(2026, 10, 23), date(2026, 11, 2)),  # over half-term
        (date(2026, 12, 18), date(2027, 1, 4)),
        (date(2027, 4, 30), date(2027, 5, 4)),  # over a bank-holiday Monday
        (date(2027, 7, 21), date(2027, 9, 1)),  # the next year is unplanned
    ],
)
def test_the_next_school_day_is_strictly_after(after: date, expected: date) -> None:
    assert next_school_day(SCHOOL, after) == expected


def test_the_next_working_day_counts_inset_days_and_holidays_of_pupils() -> None:
    assert next_working_day(SCHOOL, date(2026, 11, 26)) == date(2026, 11, 27)
    assert next_working_day(SCHOOL, date(2026, 12, 24)) == date(2026, 12, 28)


@given(dates)
def test_no_day_between_is_a_school_day(after: date) -> None:
    found = next_school_day(SCHOOL, after)
    assert found > after
    assert is_school_day(SCHOOL, found)
    between = ((after + timedelta(days=n)) for n in range(1, (found - after).days))
    assert not any(is_school_day(SCHOOL, on) for on in between)


def test_a_calendar_that_never_opens_falls_back_to_the_next_weekday() -> None:
    first = date(2026, 11, 20)
    never = {first + timedelta(days=n): DayKind.CLOSED for n in range(500)}
    assert next_school_day(SchoolCalendar(days=never), first) == date(2026, 11, 23)


@pytest.mark.feature("CA5")
@pytest.mark.parametrize("on", [date(2026, 3, 30), date(2026, 10, 26), date(2028, 3, 27)])
def test_the_monday_after_the_clocks_change_is_a_school_day_at_the_same_wall_clock(
    on: date,
) -> None:
    assert next_school_day(UNPLANNED, on - timedelta(days=3)) == on
    for day in (on - timedelta(days=3), on):
        doors = at_london(day, time(8, 45))
        assert (london_date(doors), london_time(doors)) == (day, time(8, 45))
