"""Deadlines: domain.md §6 as tables over winter and summer time, and as properties."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import at_london, london_date, london_time
from app.core.policy import HolidayPolicy, Timing
from notifications.timing import (
    Due,
    due_for_council,
    due_for_school,
    due_when_unknown,
    school_due_time,
)
from schools.term_dates import DayKind, SchoolCalendar, is_school_day

LONDON = ZoneInfo("Europe/London")
TIMING = Timing()

# A year of one fictional school: autumn, spring and summer halves, doors at 08:45 or unknown.
TERMS = (
    (date(2026, 9, 2), date(2026, 10, 23)),
    (date(2026, 11, 2), date(2026, 12, 18)),
    (date(2027, 1, 5), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 21)),
)
DAYS = {
    date(2026, 11, 30): DayKind.INSET,
    date(2027, 1, 1): DayKind.BANK_HOLIDAY,
    date(2027, 3, 26): DayKind.BANK_HOLIDAY,
    date(2027, 3, 29): DayKind.BANK_HOLIDAY,
    date(2027, 5, 3): DayKind.BANK_HOLIDAY,
    date(2026, 12, 9): DayKind.CLOSED,  # snow
}


def school(*, doors_open: time | None = None, pupils_leave: time | None = None) -> SchoolCalendar:
    return SchoolCalendar(terms=TERMS, days=DAYS, doors_open=doors_open, pupils_leave=pupils_leave)


def at(text: str) -> datetime:
    """A London wall-clock time as an instant: `2026-11-20 22:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def due(
    accepted: str, incident: str, calendar: SchoolCalendar | None = None, timing: Timing = TIMING
) -> Due:
    return due_for_school(
        calendar or school(),
        accepted_at=at(accepted),
        incident_at=at(incident),
        timing=timing,
    )


def shown(instant: datetime) -> str:
    return f"{instant.astimezone(LONDON):%Y-%m-%d %H:%M}"


CASES: list[tuple[str, str, str, dict[str, time], str, str, str]] = [
    # Flags: h in hours, l late record, o at once.
    ("an ordinary winter night", "2026-11-20 01:10", "2026-11-19 22:40", {},
     "2026-11-20 08:30", "2026-11-20 06:30", ""),
    ("an ordinary summer night", "2027-06-11 01:10", "2027-06-10 22:40", {},
     "2027-06-11 08:30", "2027-06-11 06:30", ""),
    ("doors open at 08:45", "2026-11-20 01:10", "2026-11-19 22:40", {"doors_open": time(8, 45)},
     "2026-11-20 08:30", "2026-11-20 06:30", ""),
    ("doors open at 09:10", "2026-11-20 01:10", "2026-11-19 22:40", {"doors_open": time(9, 10)},
     "2026-11-20 08:55", "2026-11-20 06:55", ""),
    ("doors open at 09:40, still by nine", "2026-11-20 01:10", "2026-11-19 22:40",
     {"doors_open": time(9, 40)}, "2026-11-20 09:00", "2026-11-20 07:00", ""),
    ("doors open at 08:10, alerts not before 06:30", "2027-06-11 01:10", "2027-06-10 22:40",
     {"doors_open": time(8, 10)}, "2027-06-11 07:55", "2027-06-11 06:30", ""),
    ("friday 22:00", "2026-11-20 22:00", "2026-11-20 21:00", {},
     "2026-11-23 08:30", "2026-11-23 06:30", ""),
    ("friday 22:00 in summer time", "2027-06-11 22:00", "2027-06-11 21:00", {},
     "2027-06-14 08:30", "2027-06-14 06:30", ""),
    ("saturday and sunday wait for monday", "2026-11-22 11:00", "2026-11-21 23:00", {},
     "2026-11-23 08:30", "2026-11-23 06:30", ""),
    ("bank-holiday monday", "2027-05-02 23:00", "2027-05-02 22:00", {},
     "2027-05-04 08:30", "2027-05-04 06:30", ""),
    ("on the bank holiday itself", "2027-05-03 09:00", "2027-05-03 01:00", {},
     "2027-05-04 08:30", "2027-05-04 06:30", ""),
    ("INSET in term: pupils are away, so the next day", "2026-11-29 23:00", "2026-11-29 21:00", {},
     "2026-12-01 08:30", "2026-12-01 06:30", ""),
    ("snow day", "2026-12-08 23:00", "2026-12-08 22:00", {},
     "2026-12-10 08:30", "2026-12-10 06:30", ""),
    ("summer: the next working morning, to the holiday contact", "2027-08-03 23:00",
     "2027-08-03 22:00", {}, "2027-08-04 08:30", "2027-08-04 06:30", ""),
    ("summer, in the day: no pupils, so not in hours", "2027-08-03 11:00", "2027-08-03 10:00", {},
     "2027-08-04 08:30", "2027-08-04 06:30", ""),
    ("half term, friday night: monday of the holiday", "2026-10-23 22:00", "2026-10-23 21:00", {},
     "2026-10-26 08:30", "2026-10-26 06:30", ""),
    ("easter: good friday and monday are no working days", "2027-03-25 22:00",
     "2027-03-25 21:00", {}, "2027-03-30 08:30", "2027-03-30 06:30", ""),
    ("record at 09:20 for 08:55", "2026-11-20 09:20", "2026-11-19 23:10",
     {"doors_open": time(9, 10)}, "2026-11-20 10:20", "2026-11-20 09:20", "hlo"),
    ("incident at 08:55, record at 09:20", "2026-11-20 09:20", "2026-11-20 08:55", {},
     "2026-11-20 10:20", "2026-11-20 09:20", "ho"),
    ("incident at 08:58", "2026-11-20 08:58", "2026-11-20 08:58", {},
     "2026-11-20 09:58", "2026-11-20 08:58", "ho"),
    ("record of the night at 08:10, before it is due", "2026-11-20 08:10", "2026-11-20 00:30", {},
     "2026-11-20 09:10", "2026-11-20 08:10", "ho"),
    ("record of the night at 07:59", "2026-11-20 07:59", "2026-11-20 00:30", {},
     "2026-11-20 08:30", "2026-11-20 07:59", ""),
    ("record at 07:20 where it was due at 07:15", "2026-11-20 07:20", "2026-11-20 00:30",
     {"doors_open": time(7, 30)}, "2026-11-20 08:20", "2026-11-20 07:20", "hlo"),
    ("incident at 13:00, pupils leave 15:15", "2026-11-20 13:00", "2026-11-20 13:00", {},
     "2026-11-20 14:00", "2026-11-20 13:00", "ho"),
    ("incident at 13:00 in summer time", "2027-06-11 13:00", "2027-06-11 13:00", {},
     "2027-06-11 14:00", "2027-06-11 13:00", "ho"),
    ("exactly an hour before pupils leave", "2026-11-20 14:15", "2026-11-20 13:50", {},
     "2026-11-20 15:15", "2026-11-20 14:15", "ho"),
    ("in the last hour of school: alert now, due next morning", "2026-11-19 15:00",
     "2026-11-19 14:50", {}, "2026-11-20 08:30", "2026-11-19 15:00", "o"),
    ("in the last hour of a friday", "2026-11-20 15:00", "2026-11-20 14:50", {},
     "2026-11-23 08:30", "2026-11-20 15:00", "o"),
    ("when pupils have left", "2026-11-19 15:15", "2026-11-19 14:50", {},
     "2026-11-20 08:30", "2026-11-20 06:30", ""),
    ("pupils leave at 12:30 and the record comes at noon", "2026-11-19 12:00", "2026-11-19 11:50",
     {"pupils_leave": time(12, 30)}, "2026-11-20 08:30", "2026-11-19 12:00", "o"),
    ("record at 23:30", "2026-11-19 23:30", "2026-11-19 22:00", {},
     "2026-11-20 08:30", "2026-11-20 06:30", ""),
    ("a record a day late", "2026-11-20 20:00", "2026-11-18 23:00", {},
     "2026-11-23 08:30", "2026-11-23 06:30", "l"),
    ("a record at 07:00 for the night before last", "2026-11-20 07:00", "2026-11-18 23:00", {},
     "2026-11-20 08:30", "2026-11-20 07:00", "l"),
    ("yesterday's afternoon, pushed this morning in time", "2026-11-20 07:00",
     "2026-11-19 13:00", {}, "2026-11-20 08:30", "2026-11-20 07:00", ""),
    ("an incident dated after its record", "2026-11-20 01:00", "2026-11-20 03:00", {},
     "2026-11-20 08:30", "2026-11-20 06:30", ""),
    ("the sunday the clocks go forward", "2027-03-28 00:30", "2027-03-27 23:00", {},
     "2027-03-30 08:30", "2027-03-30 06:30", ""),
]  # fmt: skip


@pytest.mark.feature("CA1")
@pytest.mark.feature("CA6")
@pytest.mark.parametrize("case", [pytest.param(case[1:], id=case[0]) for case in CASES])
def test_a_deadline_is_the_schools_own(
    case: tuple[str, str, dict[str, time], str, str, str],
) -> None:
    accepted, incident, hours, expected, alerts_from, flags = case
    found = due(accepted, incident, school(**hours))
    assert (shown(found.due_at), shown(found.alerts_from)) == (expected, alerts_from)
    assert found.told_day == date.fromisoformat(expected[:10])
    shown_flags = zip("hlo", (found.in_hours, found.late_record, found.at_once), strict=True)
    assert "".join(letter for letter, is_set in shown_flags if is_set) == flags


@pytest.mark.feature("CA5")
@pytest.mark.parametrize("minute", ["00:30", "01:30"])
@pytest.mark.parametrize("fold", [0, 1])
def test_at_half_past_one_on_the_night_the_clocks_go_back_the_deadline_is_the_same(
    minute: str, fold: int
) -> None:
    """Sunday 25 October 2026 has 01:30 twice; it is half term, so Monday morning is due."""
    local = datetime.fromisoformat(f"2026-10-25 {minute}").replace(tzinfo=LONDON, fold=fold)
    found = due_for_school(
        school(), accepted_at=local.astimezone(UTC), incident_at=local.astimezone(UTC),
        timing=TIMING,
    )  # fmt: skip
    assert found.due_at == datetime(2026, 10, 26, 8, 30, tzinfo=UTC)


@pytest.mark.feature("CA5")
def test_the_same_wall_clock_is_another_instant_in_summer() -> None:
    winter_night, summer_night = "2026-11-20 01:00", "2027-06-11 01:00"
    winter, summer = due(winter_night, winter_night), due(summer_night, summer_night)
    assert winter.due_at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert summer.due_at == datetime(2027, 6, 11, 7, 30, tzinfo=UTC)


def test_a_force_that_holds_in_holidays_waits_for_the_first_pupil_morning() -> None:
    hold = TIMING.model_copy(update={"holiday": HolidayPolicy.HOLD})
    found = due("2027-02-15 23:00", "2027-02-15 22:00", timing=hold)
    assert shown(found.due_at) == "2027-02-22 08:30"


def test_a_child_without_a_settled_school_is_due_at_half_past_eight_on_a_weekday() -> None:
    found = due_when_unknown(at("2026-11-20 23:00"), at("2026-11-20 22:00"), TIMING)
    assert shown(found.due_at) == "2026-11-23 08:30"


def test_the_likeliest_school_decides_for_a_child_in_review() -> None:
    found = due_when_unknown(
        at("2026-11-20 01:00"), at("2026-11-20 00:10"), TIMING, school(doors_open=time(9, 10))
    )
    assert shown(found.due_at) == "2026-11-20 08:55"


@pytest.mark.parametrize(
    ("accepted", "expected", "in_hours"),
    [
        ("2026-11-20 01:00", "2026-11-20 09:30", False),
        ("2026-11-20 11:00", "2026-11-20 12:00", True),
        ("2026-11-20 22:00", "2026-11-23 09:30", False),
        ("2027-05-02 22:00", "2027-05-04 09:30", False),
        ("2027-08-03 22:00", "2027-08-04 09:30", False),
    ],
)
def test_a_council_is_due_on_its_own_working_calendar(
    accepted: str, expected: str, in_hours: bool
) -> None:
    council = SchoolCalendar(days={date(2027, 5, 3): DayKind.BANK_HOLIDAY})
    found = due_for_council(
        council, accepted_at=at(accepted), incident_at=at(accepted), timing=TIMING
    )
    assert (shown(found.due_at), found.in_hours) == (expected, in_hours)


def test_a_calendar_without_any_day_of_school_counts_weekdays() -> None:
    start = date(2026, 11, 1)
    never = {start + timedelta(days=number): DayKind.CLOSED for number in range(500)}
    found = due_for_school(
        SchoolCalendar(days=never), accepted_at=at("2026-11-20 22:00"),
        incident_at=at("2026-11-20 21:00"), timing=TIMING,
    )  # fmt: skip
    assert shown(found.due_at) == "2026-11-23 08:30"


def test_doors_just_after_midnight_do_not_turn_into_the_evening_before() -> None:
    assert school_due_time(SchoolCalendar(doors_open=time(0, 5)), TIMING) <= TIMING.latest_due


clock_times = st.times(min_value=time(7, 0), max_value=time(10, 30)).map(
    lambda t: t.replace(second=0, microsecond=0)
)
leaving_times = st.times(min_value=time(12, 0), max_value=time(17, 0)).map(
    lambda t: t.replace(second=0, microsecond=0)
)
instants = st.integers(0, 364 * 24 * 60).map(
    lambda minutes: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
calendars = st.builds(
    lambda doors, leave, terms: SchoolCalendar(
        terms=TERMS if terms else (), days=DAYS, doors_open=doors, pupils_leave=leave
    ),
    st.none() | clock_times,
    st.none() | leaving_times,
    st.booleans(),
)
held = TIMING.model_copy(update={"holiday": HolidayPolicy.HOLD})
ago = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=5))


@pytest.mark.feature("CA1")
@pytest.mark.feature("CA5")
@given(calendar=calendars, accepted=instants, before=ago)
def test_a_morning_deadline_is_by_nine_and_in_hours_ones_are_within_the_hour(
    calendar: SchoolCalendar, accepted: datetime, before: timedelta
) -> None:
    found = _due(calendar, accepted, before)
    assert found.due_at > accepted
    assert found.due_at.utcoffset() == timedelta(0)
    assert found.alerts_from.utcoffset() == timedelta(0)
    assert found.alerts_from >= accepted
    assert found.told_day == london_date(found.due_at)
    if found.in_hours:
        assert found.due_at == accepted + timedelta(minutes=60)
    else:
        assert london_time(found.due_at) <= time(9, 0)
        morning = at_london(found.told_day, TIMING.first_alert)
        assert found.at_once or found.alerts_from >= morning


@pytest.mark.feature("CA2")
@given(calendar=calendars, accepted=instants, before=ago)
def test_a_deadline_is_always_on_a_school_day_where_holidays_are_held(
    calendar: SchoolCalendar, accepted: datetime, before: timedelta
) -> None:
    found = _due(calendar, accepted, before, timing=held)
    assert is_school_day(calendar, found.told_day)


@pytest.mark.feature("CA1")
@given(calendar=calendars, accepted=instants, later=st.timedeltas(timedelta(0), timedelta(days=2)))
def test_a_record_that_comes_later_is_never_due_earlier_unless_school_hours_begin(
    calendar: SchoolCalendar, accepted: datetime, later: timedelta
) -> None:
    first = _due(calendar, accepted, timedelta(0))
    second = _due(calendar, accepted + later, timedelta(0))
    if not (first.in_hours or second.in_hours):
        assert second.due_at >= first.due_at


@pytest.mark.feature("CA1")
@given(calendar=calendars, accepted=instants)
def test_a_record_is_only_late_when_its_own_morning_has_passed(
    calendar: SchoolCalendar, accepted: datetime
) -> None:
    assert not _due(calendar, accepted, timedelta(0)).late_record
    assert _due(calendar, accepted, timedelta(days=60)).late_record


def _due(
    calendar: SchoolCalendar, accepted: datetime, before: timedelta, timing: Timing = TIMING
) -> Due:
    return due_for_school(
        calendar, accepted_at=accepted, incident_at=accepted - before, timing=timing
    )
