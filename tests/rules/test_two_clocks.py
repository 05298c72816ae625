"""The two clocks of a holiday, and every night on which clocks change: tables and properties."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import at_london, london_date, london_time
from app.core.policy import HolidayPolicy, Ladder, Timing
from notifications.escalation import plan
from notifications.states import StepKind
from notifications.timing import Due, due_for_council, due_for_school, returns_at, school_due_time
from schools.term_dates import DayKind, SchoolCalendar, is_school_day, is_working_day, school_year

LONDON = ZoneInfo("Europe/London")
TIMING = Timing()
HOLD = TIMING.model_copy(update={"holiday": HolidayPolicy.HOLD})
COUNCIL = TIMING.model_copy(update={"holiday": HolidayPolicy.COUNCIL})

TERMS = (
    (date(2026, 9, 2), date(2026, 10, 23)),
    (date(2026, 11, 2), date(2026, 12, 18)),
    (date(2027, 1, 5), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 21)),
    (date(2027, 9, 3), date(2027, 10, 22)),
)
DAYS = {
    date(2026, 11, 30): DayKind.INSET,
    date(2026, 12, 9): DayKind.CLOSED,  # snow
    date(2026, 12, 25): DayKind.BANK_HOLIDAY,
    date(2026, 12, 28): DayKind.BANK_HOLIDAY,
    date(2027, 1, 1): DayKind.BANK_HOLIDAY,
    date(2027, 1, 4): DayKind.INSET,
    date(2027, 3, 26): DayKind.BANK_HOLIDAY,
    date(2027, 3, 29): DayKind.BANK_HOLIDAY,
    date(2027, 5, 3): DayKind.BANK_HOLIDAY,
    date(2027, 5, 31): DayKind.BANK_HOLIDAY,
    date(2027, 9, 1): DayKind.INSET,
    date(2027, 9, 2): DayKind.INSET,
}
SCHOOL = SchoolCalendar(terms=TERMS, days=DAYS)
UNPLANNED = SchoolCalendar(days=DAYS)
# Back a week earlier than the other, and closed when the other is open.
NEIGHBOUR = SchoolCalendar(terms=((date(2026, 9, 2), date(2026, 10, 16)),
                                  (date(2026, 10, 26), date(2026, 12, 18))), days={})  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def due(accepted: str, timing: Timing = TIMING, calendar: SchoolCalendar = SCHOOL) -> Due:
    return due_for_school(calendar, accepted_at=at(accepted), incident_at=at(accepted),
                          timing=timing)  # fmt: skip


def shown(instant: datetime) -> str:
    return f"{instant.astimezone(LONDON):%Y-%m-%d %H:%M}"


@pytest.mark.feature("CA1")
@pytest.mark.feature("CA4")
@pytest.mark.parametrize(
    ("name", "accepted", "tell_by", "return_on"),
    [
        ("friday 22:00 in term", "2026-11-20 22:00", "2026-11-23 08:30", None),
        ("friday 22:00 before half term", "2026-10-23 22:00", "2026-10-26 08:30", "2026-11-02"),
        ("friday 22:00 at the end of half term", "2026-10-30 22:00", "2026-11-02 08:30", None),
        ("bank-holiday monday in term", "2027-05-02 23:00", "2027-05-04 08:30", None),
        ("bank-holiday monday of half term", "2027-05-30 23:00", "2027-06-01 08:30", "2027-06-07"),
        ("INSET in term", "2026-11-29 23:00", "2026-12-01 08:30", None),
        ("INSET at the end of a holiday counts", "2027-01-03 23:00", "2027-01-04 08:30",
         "2027-01-05"),
        ("christmas eve, over two bank holidays", "2026-12-24 20:00", "2026-12-29 08:30",
         "2027-01-05"),
        ("new year's eve", "2026-12-31 23:30", "2027-01-04 08:30", "2027-01-05"),
        ("snow day", "2026-12-08 23:00", "2026-12-10 08:30", None),
        ("easter", "2027-03-25 22:00", "2027-03-30 08:30", "2027-04-12"),
        ("summer", "2027-08-03 23:00", "2027-08-04 08:30", "2027-09-03"),
        ("summer, in the day", "2027-08-03 11:00", "2027-08-04 08:30", "2027-09-03"),
        ("the last INSET day of the summer", "2027-09-01 23:00", "2027-09-02 08:30", "2027-09-03"),
        ("the night before school begins", "2027-09-02 23:00", "2027-09-03 08:30", None),
        ("the night the clocks go back, in half term", "2026-10-25 00:30", "2026-10-26 08:30",
         "2026-11-02"),
        ("the night the clocks go forward, in the easter holiday", "2027-03-28 00:30",
         "2027-03-30 08:30", "2027-04-12"),
    ],
)  # fmt: skip
def test_a_holiday_has_two_clocks(
    name: str, accepted: str, tell_by: str, return_on: str | None
) -> None:
    found = due(accepted)
    assert (shown(found.due_at), str(found.return_on)) == (tell_by, str(return_on)), name
    # telling the council does not change the school's own clocks
    assert due(accepted, COUNCIL) == found


@pytest.mark.feature("CA4")
@pytest.mark.parametrize(
    ("accepted", "tell_by", "held"),
    [
        ("2026-11-20 22:00", "2026-11-23 08:30", False),
        ("2026-10-23 22:00", "2026-11-02 08:30", True),
        ("2027-08-03 23:00", "2027-09-03 08:30", True),
        ("2026-12-08 23:00", "2026-12-10 08:30", False),  # a snow day is no holiday
        ("2027-09-02 23:00", "2027-09-03 08:30", False),
    ],
)
def test_who_holds_tells_nobody_before_the_first_pupil_morning(
    accepted: str, tell_by: str, held: bool
) -> None:
    found = due(accepted, HOLD)
    assert shown(found.due_at) == tell_by
    assert (found.return_on == found.told_day) is held
    assert held or found.return_on is None
    assert not found.late_record


@pytest.mark.feature("CA2")
def test_siblings_at_two_schools_with_different_terms_have_each_their_own_morning() -> None:
    night = "2026-10-19 23:00"
    one, other = due(night), due(night, calendar=NEIGHBOUR)
    assert (shown(one.due_at), one.return_on) == ("2026-10-20 08:30", None)
    assert (shown(other.due_at), other.return_on) == ("2026-10-20 08:30", date(2026, 10, 26))
    night = "2026-10-26 23:00"
    one, other = due(night), due(night, calendar=NEIGHBOUR)
    assert (one.return_on, other.return_on) == (date(2026, 11, 2), None)


def test_children_are_matched_again_before_the_first_alert_of_the_day() -> None:
    for on in (date(2027, 1, 5), date(2027, 9, 3)):
        assert london_time(returns_at(on)) < TIMING.first_alert
        assert london_date(returns_at(on)) == on


def test_a_school_year_begins_on_the_first_of_september() -> None:
    assert [school_year(on) for on in (date(2026, 8, 31), date(2026, 9, 1), date(2027, 7, 1))] == [
        2025, 2026, 2026
    ]  # fmt: skip


def _transitions() -> list[datetime]:
    """Every change of the clocks from 2020 to 2037, as the UTC instant at which it happens."""
    found, hour = [], timedelta(hours=1)
    instant = datetime(2020, 1, 1, tzinfo=UTC)
    while instant.year < 2038:
        day_after = instant + timedelta(days=1)
        before, after = (one.astimezone(LONDON).utcoffset() for one in (instant, day_after))
        if before != after:
            found += [
                instant + number * hour
                for number in range(24)
                if (instant + number * hour).astimezone(LONDON).utcoffset()
                != (instant + (number - 1) * hour).astimezone(LONDON).utcoffset()
            ]
        instant = day_after
    return found


TRANSITIONS = _transitions()
transitions = st.sampled_from(TRANSITIONS)
beside = st.integers(-36 * 60, 60 * 60).map(lambda minutes: timedelta(minutes=minutes))
doors = st.none() | st.times(time(7, 0), time(10, 30)).map(
    lambda t: t.replace(second=0, microsecond=0)
)
timings = st.sampled_from([TIMING, HOLD, COUNCIL])


@pytest.mark.feature("CA5")
def test_the_clocks_change_twice_a_year_at_one_in_the_morning_utc() -> None:
    assert len(TRANSITIONS) == 36
    assert {one.hour for one in TRANSITIONS} == {1}


@pytest.mark.feature("CA5")
@given(change=transitions, by=beside, doors_open=doors, timing=timings, planned=st.booleans())
def test_over_every_change_of_the_clocks_a_deadline_keeps_its_wall_clock(
    change: datetime, by: timedelta, doors_open: time | None, timing: Timing, planned: bool
) -> None:
    calendar = SchoolCalendar(terms=TERMS if planned else (), days=DAYS, doors_open=doors_open)
    accepted = change + by
    found = due_for_school(calendar, accepted_at=accepted, incident_at=accepted, timing=timing)
    assert found.due_at > accepted
    assert found.due_at.utcoffset() == timedelta(0)
    if found.in_hours:
        assert found.due_at - accepted == timedelta(minutes=timing.in_hours_minutes)
        return
    assert london_time(found.due_at) == school_due_time(calendar, timing)
    assert london_date(found.due_at) == found.told_day
    assert is_school_day(calendar, found.told_day) or is_working_day(calendar, found.told_day)
    if found.return_on is not None:
        assert found.return_on >= found.told_day
        assert is_school_day(calendar, found.return_on)


@pytest.mark.feature("CA5")
@given(change=transitions, by=beside, doors_open=doors)
def test_over_every_change_of_the_clocks_the_ladder_keeps_its_minutes_and_wakes_nobody(
    change: datetime, by: timedelta, doors_open: time | None
) -> None:
    accepted, ladder = change + by, Ladder()
    calendar = SchoolCalendar(doors_open=doors_open)
    found = due_for_school(calendar, accepted_at=accepted, incident_at=accepted, timing=TIMING)
    steps = plan(found, placed_at=accepted, ladder=ladder, first_alert=TIMING.first_alert)
    instants = [step.planned_at for step in steps]
    assert instants == sorted(instants)
    assert min(instants) >= accepted
    by_kind = {step.kind: step.planned_at for step in steps}
    assert by_kind[StepKind.LATE] == found.due_at
    assert by_kind[StepKind.LEADS] - found.due_at == timedelta(minutes=ladder.leads)
    if not (found.at_once or found.in_hours):
        first = by_kind[StepKind.KEY_ADULT]
        assert first >= at_london(london_date(first), TIMING.first_alert)


@pytest.mark.feature("CA5")
@given(change=transitions, hour=st.sampled_from([0, 1, 2, 22]), fold=st.sampled_from([0, 1]))
def test_a_wall_clock_that_comes_twice_or_never_gives_one_deadline(
    change: datetime, hour: int, fold: int
) -> None:
    """01:30 happens twice in autumn and never in spring: the morning due is the same."""
    on = london_date(change)
    local = datetime.combine(on, time(hour, 30), LONDON).replace(fold=fold)
    accepted = local.astimezone(UTC)
    found = due_for_school(UNPLANNED, accepted_at=accepted, incident_at=accepted, timing=TIMING)
    midnight = at_london(on, time(0, 0))
    same = due_for_school(UNPLANNED, accepted_at=midnight, incident_at=midnight, timing=TIMING)
    assert found.due_at == same.due_at
    assert found.told_day > on  # clocks change on a Sunday


@pytest.mark.feature("CA5")
@given(change=transitions, by=beside)
def test_a_council_is_due_at_half_past_nine_by_the_wall_clock_on_either_side(
    change: datetime, by: timedelta
) -> None:
    accepted = change + by
    found = due_for_council(UNPLANNED, accepted_at=accepted, incident_at=accepted, timing=TIMING)
    assert found.in_hours or london_time(found.due_at) == TIMING.council_due
    assert found.return_on is None
