"""London is decided in one place, in winter and in summer, and instants are UTC."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.core.clock import (
    HandClock,
    as_utc,
    at_london,
    london_date,
    london_time,
    show_moment,
    show_time,
)
from app.core.errors import Refused
from app.core.settings import Settings
from app.wiring import build

pytestmark = pytest.mark.feature("CA5")


@pytest.mark.parametrize(
    ("on", "clock_time", "expected"),
    [
        (date(2026, 11, 20), time(8, 30), datetime(2026, 11, 20, 8, 30, tzinfo=UTC)),
        (date(2026, 7, 1), time(8, 30), datetime(2026, 7, 1, 7, 30, tzinfo=UTC)),
        # the clocks go back: half past one comes twice, the first is meant
        (date(2026, 10, 25), time(1, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(9, 0), datetime(2026, 10, 25, 9, 0, tzinfo=UTC)),
        # the clocks go forward: half past one does not come
        (date(2027, 3, 28), time(1, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        (date(2027, 3, 28), time(9, 0), datetime(2027, 3, 28, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_london_time_is_one_utc_instant(on: date, clock_time: time, expected: datetime) -> None:
    assert at_london(on, clock_time) == expected
    assert at_london(on, clock_time).tzinfo is UTC


@given(st.dates(date(2024, 1, 1), date(2036, 12, 31)))
def test_nine_in_the_morning_comes_once_on_every_date(on: date) -> None:
    nine = at_london(on, time(9, 0))
    assert (london_date(nine), london_time(nine)) == (on, time(9, 0))


def test_the_date_in_london_changes_at_london_midnight() -> None:
    assert london_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == date(2026, 7, 2)
    assert london_date(datetime(2026, 12, 1, 23, 30, tzinfo=UTC)) == date(2026, 12, 1)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        as_utc(datetime(2026, 7, 1, 9, 0))  # noqa: DTZ001 (that is the point)


@pytest.mark.parametrize("wrong", ["Etc/UTC", "Europe/Paris", "Etc/GMT-1", "America/New_York"])
def test_a_process_does_not_start_where_london_is_not_what_it_is(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, wrong: str
) -> None:
    build(settings).database.engine.dispose()
    monkeypatch.setattr(clock, "LONDON", ZoneInfo(wrong))
    with pytest.raises(Refused, match="tzdata"):
        build(settings)


def test_instants_in_another_zone_become_utc() -> None:
    paris = timezone(timedelta(hours=2))
    assert as_utc(datetime(2026, 7, 1, 9, 0, tzinfo=paris)) == datetime(2026, 7, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "shown"),
    [(0, 0, "midnight"), (12, 0, "midday"), (8, 30, "8:30am"), (15, 5, "3:05pm"), (9, 0, "9am")],
)
def test_times_are_shown_the_way_people_say_them(hour: int, minute: int, shown: str) -> None:
    assert show_time(datetime(2026, 11, 20, hour, minute, tzinfo=UTC)) == shown


def test_a_moment_is_shown_with_its_day_in_london() -> None:
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert show_moment(at) == "Thursday 2 July 2026 at 12:30am"


def test_a_hand_clock_moves_only_by_hand() -> None:
    clock = HandClock(datetime(2026, 11, 20, 1, 0, tzinfo=UTC))
    assert clock.now() == clock.now()
    assert clock.advance(timedelta(hours=1)).hour == 2
    assert clock.move_to(datetime(2026, 11, 20, 0, 0, tzinfo=UTC)) == clock.now()
