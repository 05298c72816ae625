"""School days: which dates pupils are in school, and when doors open and pupils leave. Pure.

The calendar decides a deadline, never whether a school is told, so a date that nobody has planned
counts as an ordinary weekday: a needless alert is the lesser harm (domain.md §6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum

_SEARCH_DAYS = 400
# Holidays between two known terms: the summer is about six weeks, with INSET days about seven.
_LONGEST_HOLIDAY = timedelta(days=70)
# Beside the first or the last term known, only as much as Christmas or Easter takes.
_SHORT_HOLIDAY = timedelta(days=21)
_SUMMER_FROM, _SUMMER_TO = (7, 16), (8, 31)
_YEAR_BEGINS = 9


class Nation(StrEnum):
    """Bank holidays and languages differ."""

    ENGLAND = "england"
    WALES = "wales"


class DayKind(StrEnum):
    """What is particular about a day in somebody's calendar."""

    BANK_HOLIDAY = "bank_holiday"
    CLOSED = "closed"
    INSET = "inset"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """One establishment's or council's calendar, its layers merged: the nearest owner wins.

    `terms` are (first, last) pupil days in order, empty where unknown; clock times are
    Europe/London and None where unknown.
    """

    terms: tuple[tuple[date, date], ...] = ()
    days: Mapping[date, DayKind] = field(default_factory=dict)
    nation: Nation = Nation.ENGLAND
    doors_open: time | None = None
    register_close: time | None = None
    pupils_leave: time | None = None


def is_school_day(calendar: SchoolCalendar, on: date) -> bool:
    """Return whether pupils are in school."""
    particular = calendar.days.get(on)
    if particular is not None:
        return particular is DayKind.OPEN
    return _is_weekday(on) and not _between_terms(calendar, on)


def is_working_day(calendar: SchoolCalendar, on: date) -> bool:
    """Return whether staff or officers work: a weekday, no bank holiday; INSET days count."""
    particular = calendar.days.get(on)
    if particular is DayKind.OPEN:
        return True
    return _is_weekday(on) and particular is not DayKind.BANK_HOLIDAY


def in_holiday(calendar: SchoolCalendar, on: date) -> bool:
    """Return whether the date lies between two terms; weekends inside a term do not."""
    return calendar.days.get(on) is not DayKind.OPEN and _between_terms(calendar, on)


def school_year(on: date) -> int:
    """Return the calendar year in which the school year of this date began: on 1 September."""
    return on.year if on.month >= _YEAR_BEGINS else on.year - 1


def next_school_day(calendar: SchoolCalendar, after: date) -> date:
    """Return the first date strictly after `after` on which pupils are in school.

    A calendar without any within 400 days is wrong, so the next weekday is taken instead.
    """
    for days in range(1, _SEARCH_DAYS + 1):
        on = after + timedelta(days=days)
        if is_school_day(calendar, on):
            return on
    return _next_weekday(after)


def next_working_day(calendar: SchoolCalendar, after: date) -> date:
    """Return the first working day strictly after `after`, as `is_working_day` counts."""
    for days in range(1, _SEARCH_DAYS + 1):
        on = after + timedelta(days=days)
        if is_working_day(calendar, on):
            return on
    return _next_weekday(after)


def _between_terms(calendar: SchoolCalendar, on: date) -> bool:
    """Return whether `on` is known to be holiday; outside what was planned nothing is known."""
    if any(first <= on <= last for first, last in calendar.terms):
        return False
    ended = max((last for _, last in calendar.terms if last < on), default=None)
    begins = min((first for first, _ in calendar.terms if first > on), default=None)
    if ended and begins and begins - ended <= _LONGEST_HOLIDAY:
        return True
    near_end = ended is not None and on - ended <= _SHORT_HOLIDAY
    near_begin = begins is not None and begins - on <= _SHORT_HOLIDAY
    return near_end or near_begin or (_in_summer(on) and _year_planned(ended, begins, on))


def _in_summer(on: date) -> bool:
    return _SUMMER_FROM <= (on.month, on.day) <= _SUMMER_TO


def _year_planned(ended: date | None, begins: date | None, on: date) -> bool:
    """Return whether a known term lies within a holiday's length of this summer's date."""
    return (ended is not None and on - ended <= _LONGEST_HOLIDAY) or (
        begins is not None and begins - on <= _LONGEST_HOLIDAY
    )


def _is_weekday(on: date) -> bool:
    return on.weekday() < 5


def _next_weekday(after: date) -> date:
    on = after + timedelta(days=1)
    while not _is_weekday(on):
        on += timedelta(days=1)
    return on
