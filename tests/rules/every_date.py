"""Dates, clock changes and bank holidays by rules of their own, to hold the product's against."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

FIRST, LAST = date(2024, 1, 1), date(2036, 12, 31)
DUE = time(8, 30)


def every_date() -> Iterator[date]:
    """Every calendar date of thirteen years."""
    for days in range((LAST - FIRST).days + 1):
        yield FIRST + timedelta(days=days)


def instant(on: date, wall: time) -> datetime:
    """The UTC instant of a London wall clock: an hour less in summer time, by the law's own rule.

    Summer time runs from the last Sunday of March to that of October, at one o'clock UTC. A wall
    clock that comes twice means the first; one that never comes means the hour after the gap.
    """
    begins = datetime.combine(_last_sunday(on.year, 3), time(1), UTC)
    ends = datetime.combine(_last_sunday(on.year, 10), time(1), UTC)
    as_winter = datetime.combine(on, wall, UTC)
    as_summer = as_winter - timedelta(hours=1)
    if begins <= as_summer < ends:
        return as_summer
    return as_winter


def bank_holidays() -> frozenset[date]:
    """The bank holidays of England and Wales by the usual rules, moved off weekends."""
    found: set[date] = set()
    for year in range(FIRST.year, LAST.year + 2):
        easter = _easter(year)
        found |= {
            easter - timedelta(days=2), easter + timedelta(days=1), _monday_from(year, 5, 1),
            _last_monday(year, 5), _last_monday(year, 8),
        }  # fmt: skip
        found.add(_off_weekends(date(year, 1, 1), found))
        found.add(_off_weekends(date(year, 12, 25), found))
        found.add(_off_weekends(date(year, 12, 26), found))
    return frozenset(found)


def next_school_day(on: date, holidays: frozenset[date], *, today: bool) -> date:
    """The next weekday that is no bank holiday; this one too where `today`."""
    day = on if today else on + timedelta(days=1)
    while day.weekday() >= 5 or day in holidays:
        day += timedelta(days=1)
    return day


def _off_weekends(on: date, taken: set[date]) -> date:
    while on.weekday() >= 5 or on in taken:
        on += timedelta(days=1)
    return on


def _monday_from(year: int, month: int, day: int) -> date:
    on = date(year, month, day)
    return on + timedelta(days=-on.weekday() % 7)


def _last_monday(year: int, month: int) -> date:
    return _monday_from(year, month, 25)


def _last_sunday(year: int, month: int) -> date:
    on = date(year, month, 31)
    return on - timedelta(days=(on.weekday() + 1) % 7)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar: the Sunday after the full moon of spring."""
    golden, century = year % 19, year // 100
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    epact -= (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    moon = epact - weekday
    month = 3 + (moon + 40) // 44
    return date(year, month, moon + 28 - 31 * (month // 4))
