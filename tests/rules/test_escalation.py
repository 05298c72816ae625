"""The ladder: counted back from the deadline, spread when time is short."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import london_date, london_time
from app.core.policy import Ladder
from notifications.escalation import plan
from notifications.states import StepKind
from notifications.timing import LEAD, Due

LADDER = Ladder()
FIRST_ALERT = time(6, 30)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def morning(due_at: datetime) -> Due:
    return Due(due_at, due_at - LEAD, False, False, london_date(due_at))


def at_once(due_at: datetime, accepted_at: datetime) -> Due:
    return Due(due_at, accepted_at, False, False, london_date(due_at), at_once=True)


def steps(due: Due, placed: str) -> dict[str, str]:
    found = plan(due, placed_at=instant(placed), ladder=LADDER, first_alert=FIRST_ALERT)
    return {step.kind.value: f"{step.planned_at:%d %H:%M}" for step in found}


@pytest.mark.feature("ES1")
@pytest.mark.feature("ES2")
def test_the_whole_ladder_is_counted_back_from_the_deadline() -> None:
    assert steps(morning(instant("2026-11-20 08:55")), "2026-11-20 01:20") == {
        "key_adult": "20 06:55",
        "second_key_adult": "20 07:40",
        "call_sheet": "20 07:55",
        "all_key_adults": "20 08:10",
        "duty_officer": "20 08:45",
        "late": "20 08:55",
        "duty_officer_again": "20 09:10",
        "leads": "20 09:40",
    }


@pytest.mark.feature("ES2")
@pytest.mark.parametrize(
    ("name", "due_at", "placed", "before"),
    [
        ("two hours: as planned", "08:30", "06:30", ["06:30", "07:15", "07:30", "07:45", "08:20"]),
        ("105 minutes, the floor of 06:30", "08:15", "01:00",
         ["06:30", "07:10", "07:23", "07:36", "08:05"]),
        ("one hour", "08:30", "07:30", ["07:30", "07:48", "07:58", "08:08", "08:20"]),
        ("settled at 07:50", "08:30", "07:50", ["07:50", "07:50", "08:00", "08:10", "08:20"]),
        ("half an hour: three start together", "08:30", "08:00",
         ["08:00", "08:00", "08:00", "08:10", "08:20"]),
        ("settled at 08:10", "08:30", "08:10", ["08:10", "08:10", "08:10", "08:10", "08:20"]),
        ("nine minutes: all at once", "08:30", "08:21",
         ["08:21", "08:21", "08:21", "08:21", "08:21"]),
    ],
)  # fmt: skip
def test_with_less_time_left_the_steps_are_spread_over_it(
    name: str, due_at: str, placed: str, before: list[str]
) -> None:
    found = steps(morning(instant(f"2026-11-20 {due_at}")), f"2026-11-20 {placed}")
    assert list(found.values())[:5] == [f"20 {clock}" for clock in before], name
    assert found["late"] == f"20 {due_at}"


@pytest.mark.feature("ES2")
def test_in_hours_the_first_step_is_now_and_the_rest_fit_into_the_hour() -> None:
    due = Due(
        instant("2026-11-20 14:00"), instant("2026-11-20 13:00"), True, False,
        instant("2026-11-20 13:00").date(), at_once=True,
    )  # fmt: skip
    assert list(steps(due, "2026-11-20 13:01").values()) == [
        "20 13:01", "20 13:18", "20 13:28", "20 13:38", "20 13:50", "20 14:00", "20 14:15",
        "20 14:45",
    ]  # fmt: skip


def test_in_the_last_hour_of_school_one_alert_goes_now_and_the_rest_next_morning() -> None:
    due = at_once(instant("2026-11-20 08:30"), instant("2026-11-19 15:00"))
    found = steps(due, "2026-11-19 15:00")
    assert (found["key_adult"], found["second_key_adult"]) == ("19 15:00", "20 07:15")
    assert found["late"] == "20 08:30"


def test_what_is_settled_in_the_night_waits_for_half_past_six() -> None:
    due = at_once(instant("2026-11-20 08:30"), instant("2026-11-19 15:00"))
    assert steps(due, "2026-11-19 23:40")["key_adult"] == "20 06:30"


def test_what_is_placed_after_its_deadline_starts_all_at_once() -> None:
    found = steps(morning(instant("2026-11-20 08:30")), "2026-11-20 11:00")
    assert set(found.values()) == {"20 11:00"}


@pytest.mark.feature("ES2")
def test_a_force_that_rings_before_the_second_key_adult_gets_its_own_order() -> None:
    ladder = Ladder(call_sheet=-90)
    found = plan(
        morning(instant("2026-11-20 08:30")), placed_at=instant("2026-11-20 01:00"),
        ladder=ladder, first_alert=FIRST_ALERT,
    )  # fmt: skip
    assert [step.kind for step in found][:3] == [
        StepKind.KEY_ADULT, StepKind.CALL_SHEET, StepKind.SECOND_KEY_ADULT,
    ]  # fmt: skip


dues = st.builds(
    lambda day, minutes: instant("2026-09-01 00:00") + timedelta(days=day, minutes=minutes),
    st.integers(0, 400),
    st.integers(6 * 60, 9 * 60),
)


@pytest.mark.feature("CA6")
@pytest.mark.feature("ES2")
@given(due_at=dues, earlier=st.timedeltas(timedelta(hours=-4), timedelta(hours=30)))
def test_steps_are_in_order_and_spread_ones_stand_apart(
    due_at: datetime, earlier: timedelta
) -> None:
    placed_at = due_at - earlier
    found = plan(morning(due_at), placed_at=placed_at, ladder=LADDER, first_alert=FIRST_ALERT)
    times = [step.planned_at for step in found]
    assert sorted(step.kind for step in found) == sorted(StepKind)
    assert found[0].kind is StepKind.KEY_ADULT
    assert times == sorted(times)
    assert times[0] >= placed_at
    assert london_time(times[0]) >= FIRST_ALERT
    assert all(at.utcoffset() == timedelta(0) for at in times)
    before = [*times[:5], due_at] if times[0] < due_at else []
    for one, next_one in pairwise(before):
        assert (
            next_one == one
            or next_one - one >= timedelta(minutes=LADDER.spread_gap)
            or (one == times[0] and next_one == due_at)
        )
