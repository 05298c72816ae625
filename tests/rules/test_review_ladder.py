"""The ladder of a child whose school is not settled: in order, and shared out when it is short."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import at_london
from app.core.policy import ReviewLadder
from notifications.review_ladder import HANDED_OVER_AT, next_hourly, plan_review
from notifications.states import ReviewStepKind as Kind

DUE = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
BEFORE = (Kind.REVIEWER, Kind.REVIEWER_AGAIN, Kind.SECOND_REVIEWER, Kind.DUTY_OFFICER)


def minutes_of(opened_at: datetime, due_at: datetime = DUE) -> dict[Kind, int]:
    steps = plan_review(due_at=due_at, opened_at=opened_at, ladder=ReviewLadder(), gap=10)
    return {one.kind: int((one.planned_at - due_at) / timedelta(minutes=1)) for one in steps}


@pytest.mark.feature("MA11")
def test_with_time_enough_every_rung_is_where_the_scheme_has_it() -> None:
    at = minutes_of(DUE - timedelta(hours=7))
    assert at == {
        Kind.REVIEWER: -420, Kind.REVIEWER_AGAIN: -150, Kind.SECOND_REVIEWER: -105,
        Kind.COUNCIL_LOOKUP: -105, Kind.DUTY_OFFICER: -60, Kind.LATE: 0, Kind.HOURLY: 60,
        Kind.COUNCIL_OFFICER: 390,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("left", "rungs"),
    [
        (150, (-150, -150, -105, -60)),
        (75, (-75, -75, -52, -30)),
        (40, (-40, -40, -28, -16)),
        (15, (-15, -15, -15, -15)),
        (0, (0, 0, 0, 0)),
    ],
)
def test_little_time_is_shared_out_and_what_does_not_fit_starts_with_the_first(
    left: int, rungs: tuple[int, ...]
) -> None:
    at = minutes_of(DUE - timedelta(minutes=left))
    assert tuple(at[kind] for kind in BEFORE) == rungs


def test_what_is_opened_late_starts_all_at_once_and_is_late_at_once() -> None:
    at = minutes_of(DUE + timedelta(minutes=20))
    assert {at[kind] for kind in (*BEFORE, Kind.LATE)} == {20}
    assert at[Kind.HOURLY] == 80


@pytest.mark.parametrize("on", [date(2026, 1, 9), date(2026, 7, 3), date(2026, 10, 25)])
def test_three_in_the_afternoon_is_londons_in_winter_and_in_summer(on: date) -> None:
    due_at = at_london(on, time(8, 30))
    steps = plan_review(
        due_at=due_at, opened_at=due_at - timedelta(hours=6), ladder=ReviewLadder(), gap=10
    )
    (handed,) = [one.planned_at for one in steps if one.kind is Kind.COUNCIL_OFFICER]
    assert handed == at_london(on, HANDED_OVER_AT)


def test_what_is_due_after_three_is_handed_over_when_it_is_late() -> None:
    due_at = at_london(date(2026, 11, 20), time(15, 40))
    at = minutes_of(due_at - timedelta(minutes=60), due_at)
    assert at[Kind.COUNCIL_OFFICER] == 0


@pytest.mark.parametrize(
    ("due", "opened", "handed"),
    [
        # Reopened a day later: the reviewers have the whole morning of that day.
        ((23, "08:30"), (24, "09:10"), (24, "15:00")),
        # An undo in the afternoon: the day after.
        ((23, "08:30"), (23, "15:20"), (24, "15:00")),
        ((23, "08:30"), (23, "13:00"), (24, "15:00")),
        ((23, "08:30"), (23, "12:30"), (23, "15:00")),
        # A school that is to be told at once has no time for rungs either.
        ((23, "15:40"), (23, "15:35"), (24, "15:00")),
    ],
)
def test_nobody_hands_over_to_the_council_before_the_reviewers_had_a_whole_ladder(
    due: tuple[int, str], opened: tuple[int, str], handed: tuple[int, str]
) -> None:
    def instant(one: tuple[int, str]) -> datetime:
        return at_london(date(2026, 11, one[0]), time.fromisoformat(one[1]))

    steps = plan_review(
        due_at=instant(due), opened_at=instant(opened), ladder=ReviewLadder(), gap=10
    )
    (at,) = [one.planned_at for one in steps if one.kind is Kind.COUNCIL_OFFICER]
    assert at == instant(handed)


@given(left=st.integers(min_value=-600, max_value=3000), gap=st.integers(min_value=1, max_value=60))
def test_no_step_comes_before_its_opening_and_rungs_keep_their_order_and_their_gap(
    left: int, gap: int
) -> None:
    opened_at = DUE - timedelta(minutes=left)
    steps = plan_review(due_at=DUE, opened_at=opened_at, ladder=ReviewLadder(), gap=gap)
    at = {one.kind: one.planned_at for one in steps}
    assert set(at) == set(Kind) - {Kind.FORCE_LEAD}
    assert min(at.values()) == opened_at
    rungs = [at[kind] for kind in BEFORE]
    assert rungs == sorted(rungs)
    apart = [later - earlier for earlier, later in pairwise(rungs)]
    short = left < -ReviewLadder().second_look
    assert all(one == timedelta() or one >= timedelta(minutes=gap) for one in apart if short)
    assert at[Kind.LATE] == max(DUE, opened_at)


@given(missed=st.integers(min_value=0, max_value=100_000))
def test_the_hourly_reminder_stays_on_its_hour_and_never_catches_up(missed: int) -> None:
    now = DUE + timedelta(seconds=missed)
    following = next_hourly(DUE, now)
    assert now < following <= now + timedelta(hours=1)
    assert (following - DUE) % timedelta(hours=1) == timedelta()


def test_a_protected_childs_lead_is_asked_at_once() -> None:
    steps = plan_review(
        due_at=DUE, opened_at=DUE - timedelta(hours=7), ladder=ReviewLadder(), gap=10,
        protected=True,
    )  # fmt: skip
    (asked,) = [one.planned_at for one in steps if one.kind is Kind.FORCE_LEAD]
    assert asked == DUE - timedelta(hours=7)
