"""The days a report is about: London dates from the first to the last, both counted. Pure."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.core.clock import at_london

LONGEST_DAYS = 366
# Nothing is known of earlier days, and nobody asks of later ones.
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
# Longer periods are shown by weeks: a year has as many bars as fit on a page.
_BY_DAY_UP_TO = 62
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """London dates, the first and the last counted; never longer than `LONGEST_DAYS`."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(
            self.first + _DAY * number for number in range((self.last - self.first).days + 1)
        )

    @property
    def starts_at(self) -> datetime:
        """The UTC instant at which London's first day begins."""
        return at_london(self.first, time())

    @property
    def ends_at(self) -> datetime:
        """The UTC instant at which the day after the last begins."""
        return at_london(self.last + _DAY, time())

    @property
    def by_week(self) -> bool:
        return len(self.days) > _BY_DAY_UP_TO

    def part_of(self, on: date) -> "Period":
        """Return the day, or in a long period what of its week (from Monday) lies inside."""
        if not self.by_week:
            return Period(on, on)
        monday = on - _DAY * on.weekday()
        return Period(max(monday, self.first), min(monday + 6 * _DAY, self.last))


def can_be_shown(on: date) -> bool:
    """Return whether a report may begin or end on this day."""
    return _FIRST_YEAR <= on.year <= _LAST_YEAR


def newest(today: date, days: int = 30) -> Period:
    """Return so many days up to today."""
    return Period(today - _DAY * (days - 1), today)


def month_of(on: date) -> Period:
    """Return the whole calendar month in which a date lies."""
    return Period(on.replace(day=1), on.replace(day=monthrange(on.year, on.month)[1]))


def month_before(on: date) -> Period:
    """Return the whole calendar month before the one in which a date lies."""
    return month_of(on.replace(day=1) - _DAY)
