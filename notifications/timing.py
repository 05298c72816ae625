"""When a school must have been told: domain.md §6 as a function of calendar and clock. Pure.

London decides, UTC is returned: every instant that comes out is aware UTC, and two London wall
clocks are never compared with each other.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from app.core.clock import as_utc, at_london, london_date
from app.core.policy import HolidayPolicy, Timing
from schools.term_dates import (
    SchoolCalendar,
    in_holiday,
    is_school_day,
    is_working_day,
    next_school_day,
)

LEAD = timedelta(minutes=120)
# Longer than any summer; a calendar without a day in it is wrong and counts weekdays instead.
_SEARCH_DAYS = 400
# On the first pupil morning the school is looked for again before the first alert of the day; not
# earlier, because rolls of a new year are still coming in the evening before.
RETURN_FROM = time(5, 0)

TellingDay = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Due:
    """When somebody must have been told, and from when alerts may go; instants are UTC.

    `at_once`: alerts go as soon as it is placed, however far off the deadline is. `late_record`:
    the force's record came after the incident's own morning, so the deadline met is never counted
    as met. `told_day` is the London date of `due_at`.

    `return_on` is the first pupil morning where it was accepted in a holiday, else None: the second
    clock, at which the child is matched again (domain.md §6). Where the force holds, nothing is
    told before it and `told_day` is that morning.
    """

    due_at: datetime
    alerts_from: datetime
    in_hours: bool
    late_record: bool
    told_day: date
    at_once: bool = False
    return_on: date | None = None


def due_for_school(
    calendar: SchoolCalendar, *, accepted_at: datetime, incident_at: datetime, timing: Timing
) -> Due:
    """Return a school's deadline for a record accepted and an incident begun at these instants.

    In a holiday the working mornings count (INSET days too), unless the force holds until pupils
    are back. An incident dated after its acceptance counts as begun when it was accepted.
    """
    due = _school_due(calendar, as_utc(accepted_at), as_utc(incident_at), timing)
    if timing.holiday is HolidayPolicy.HOLD:
        delivering = timing.model_copy(update={"holiday": HolidayPolicy.DELIVER})
        told = _school_due(calendar, as_utc(accepted_at), as_utc(incident_at), delivering).told_day
        return due if told == due.told_day else replace(due, return_on=due.told_day)
    if is_school_day(calendar, due.told_day):
        return due
    return replace(due, return_on=next_school_day(calendar, due.told_day))


def returns_at(return_on: date) -> datetime:
    """Return the instant of a first pupil morning at which its children are matched again."""
    return at_london(return_on, RETURN_FROM)


def _school_due(
    calendar: SchoolCalendar, accepted_at: datetime, incident_at: datetime, timing: Timing
) -> Due:
    return _due(
        accepted_at=accepted_at,
        incident_at=incident_at,
        timing=timing,
        telling_day=lambda on: _school_telling_day(calendar, on, timing),
        in_session=lambda on: is_school_day(calendar, on),
        clock_time=school_due_time(calendar, timing),
        leave=calendar.pupils_leave or timing.pupils_leave_when_unknown,
    )


def due_for_council(
    calendar: SchoolCalendar, *, accepted_at: datetime, incident_at: datetime, timing: Timing
) -> Due:
    """Return a council's deadline: 09:30 on its next working morning, or within its hours."""

    def working(on: date) -> bool:
        return is_working_day(calendar, on)

    return _due(
        accepted_at=as_utc(accepted_at),
        incident_at=as_utc(incident_at),
        timing=timing,
        telling_day=working,
        in_session=working,
        clock_time=timing.council_due,
        leave=timing.pupils_leave_when_unknown,
    )


def due_when_unknown(
    accepted_at: datetime,
    incident_at: datetime,
    timing: Timing,
    calendar: SchoolCalendar | None = None,
) -> Due:
    """Return the deadline of a child whose school is not settled: the likeliest school's.

    Without a likely one: 08:30 on weekdays; a nation's calendar adds its bank holidays.
    """
    return due_for_school(
        calendar or SchoolCalendar(),
        accepted_at=accepted_at,
        incident_at=incident_at,
        timing=timing,
    )


def school_due_time(calendar: SchoolCalendar, timing: Timing) -> time:
    """Return the London time of a morning deadline: before doors open, never after 09:00."""
    if calendar.doors_open is None:
        return min(timing.due_when_doors_unknown, timing.latest_due)
    # Any date will do for taking minutes from a wall clock.
    doors = datetime.combine(date(2026, 1, 1), calendar.doors_open)
    early = doors - timedelta(minutes=timing.minutes_before_doors)
    return min(early.time(), timing.latest_due)


def _due(
    *,
    accepted_at: datetime,
    incident_at: datetime,
    timing: Timing,
    telling_day: TellingDay,
    in_session: TellingDay,
    clock_time: time,
    leave: time,
) -> Due:
    today = london_date(accepted_at)
    own_morning = _morning_of(min(incident_at, accepted_at), telling_day, clock_time, timing)
    late_record = accepted_at >= at_london(own_morning, clock_time)
    within = timedelta(minutes=timing.in_hours_minutes)
    pupils_leave = at_london(today, leave)
    morning = _morning_of(accepted_at, telling_day, clock_time, timing)
    if morning != today and in_session(today) and accepted_at < pupils_leave:
        if accepted_at + within <= pupils_leave:
            return Due(
                accepted_at + within, accepted_at, in_hours=True, late_record=late_record,
                told_day=today, at_once=True,
            )  # fmt: skip
        # The last hour of school: too late to promise today, too early to say nothing.
        due_at = at_london(morning, clock_time)
        return Due(
            due_at, accepted_at, in_hours=False, late_record=late_record, told_day=morning,
            at_once=True,
        )  # fmt: skip
    due_at = at_london(morning, clock_time)
    earliest = max(due_at - LEAD, at_london(morning, timing.first_alert), accepted_at)
    return Due(due_at, earliest, in_hours=False, late_record=late_record, told_day=morning)


def _morning_of(at: datetime, telling_day: TellingDay, clock_time: time, timing: Timing) -> date:
    """Return the day whose morning deadline serves what happened at `at`.

    Today while it is before 08:00 and before today's deadline, else the next telling day.
    """
    today = london_date(at)
    until = min(at_london(today, timing.today_until), at_london(today, clock_time))
    if telling_day(today) and at < until:
        return today
    for days in range(1, _SEARCH_DAYS + 1):
        on = today + timedelta(days=days)
        if telling_day(on):
            return on
    return _next_weekday(today)


def _school_telling_day(calendar: SchoolCalendar, on: date, timing: Timing) -> bool:
    if is_school_day(calendar, on):
        return True
    if timing.holiday is HolidayPolicy.HOLD:
        return False
    return in_holiday(calendar, on) and is_working_day(calendar, on)


def _next_weekday(after: date) -> date:
    on = after + timedelta(days=1)
    while on.weekday() >= 5:
        on += timedelta(days=1)
    return on
