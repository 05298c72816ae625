"""Time: edges hold a `Clock`, everything else is handed `now`; London is decided and shown here.

Instants are aware UTC everywhere. Two aware datetimes that share one `ZoneInfo` compare by wall
clock and ignore `fold`, so London time is only ever an intermediate value inside this module.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from app.core.errors import Refused

LONDON = ZoneInfo("Europe/London")

# Two processes' clocks may differ by so much before what one wrote is taken by the other for the
# time of a clock that was set back since.
_LEEWAY = timedelta(minutes=1)

# Just before and at each change of the clocks, and what London shows then.
_KNOWN = (
    (datetime(2026, 1, 15, 12, tzinfo=UTC), 12),
    (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), 0),
    (datetime(2026, 3, 29, 1, tzinfo=UTC), 2),
    (datetime(2026, 10, 25, 0, 59, tzinfo=UTC), 1),
    (datetime(2026, 10, 25, 1, tzinfo=UTC), 1),
    (datetime(2026, 10, 25, 2, tzinfo=UTC), 2),
)


class Clock(Protocol):
    """Tells the time as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class HandClock:
    """A clock that moves only when told to, for demonstrations, simulations and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = as_utc(start)

    def now(self) -> datetime:
        return self._now

    def move_to(self, at: datetime) -> datetime:
        """Set the time (earlier is allowed: clocks do jump) and return it."""
        self._now = as_utc(at)
        return self._now

    def advance(self, by: timedelta) -> datetime:
        return self.move_to(self._now + by)


def too_far_ahead(now: datetime, longest: timedelta) -> datetime:
    """Return the last instant that something of this kind can wait for, when none waits longer.

    Whatever waits for a later one was told so by a clock that was set back since, or is wrong, and
    would stand still until that time comes.
    """
    return now + longest + _LEEWAY


def has_come(at: datetime, now: datetime, longest: timedelta) -> bool:
    """Return whether what waits for an instant need wait no more: it is over, or too far ahead."""
    return at <= now or at > too_far_ahead(now, longest)


def require_london() -> None:
    """Raise `Refused` where this machine's time zones do not say of London what is known of it."""
    if any(at.astimezone(LONDON).hour != hour for at, hour in _KNOWN):
        raise Refused("Europe/London is wrong here: install the tzdata package again.")


def as_utc(at: datetime) -> datetime:
    """Return the same instant in UTC; raise `ValueError` for a datetime without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be placed: give an offset")
    return at.astimezone(UTC)


def london_date(at: datetime) -> date:
    """Return the calendar date in London at this instant."""
    return as_utc(at).astimezone(LONDON).date()


def london_time(at: datetime) -> time:
    """Return the wall-clock time in London at this instant, without a zone."""
    return as_utc(at).astimezone(LONDON).time()


def at_london(on: date, clock_time: time) -> datetime:
    """Return the UTC instant of a London wall-clock time.

    A time that occurs twice (autumn) means its first occurrence; one that does not occur (spring)
    means the instant the clock would have shown it, an hour after the gap began.
    """
    return datetime.combine(on, clock_time.replace(fold=0), LONDON).astimezone(UTC)


def show_date(on: date) -> str:
    """Return a date for people: `Friday 20 November 2026`."""
    return f"{on:%A} {on.day} {on:%B %Y}"


def show_time(at: datetime) -> str:
    """Return a London time for people in the GOV.UK style: `8:30am`, `midday`, `midnight`."""
    return show_hour(as_utc(at).astimezone(LONDON).time())


def show_hour(local: time) -> str:
    """Return a time of any day for people, as `show_time` does."""
    if (local.hour, local.minute) in {(0, 0), (12, 0)}:
        return "midday" if local.hour else "midnight"
    hour = local.hour % 12 or 12
    minutes = f":{local:%M}" if local.minute else ""
    return f"{hour}{minutes}{'am' if local.hour < 12 else 'pm'}"


def show_moment(at: datetime) -> str:
    """Return a London date and time for people: `Friday 20 November 2026 at 8:30am`."""
    return f"{show_date(london_date(at))} at {show_time(at)}"
