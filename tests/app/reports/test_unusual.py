"""Whose week stands out, by the written definitions: at each border, and one before it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.reports.unusual import (
    LOOKS_AT_ONE_CHILD,
    MANY_CHILDREN,
    OUT_OF_HOURS_LOOKS,
    REFUSED_ACTS,
    TAKEN_AWAY,
    Did,
    Kind,
    Sign,
    Week,
    alerted_day_begins,
    colleagues_usual,
    out_of_hours,
    own_usual,
    signs,
    week_of,
)

TUESDAY = datetime(2026, 11, 17, 10, tzinfo=UTC)


def weekdays(on: date) -> bool:
    return on.weekday() < 5


def looks(children: Iterable[str], at: datetime = TUESDAY) -> list[Did]:
    return [Did(at, Kind.LOOK, child) for child in children]


def test_a_week_counts_children_once_and_looks_each_time() -> None:
    done = [
        *looks(["a", "b", "a", "a"]),
        *looks(["c"], TUESDAY + timedelta(hours=10)),
        Did(TUESDAY, Kind.REFUSED), Did(TUESDAY, Kind.TAKEN, "a"), Did(TUESDAY, Kind.TAKEN, "b"),
    ]  # fmt: skip
    assert week_of(done, weekdays) == Week(
        children=3, looks=5, out_of_hours=1, same_child=3, refused=1, taken=2
    )
    assert week_of([], weekdays) == Week()


@pytest.mark.parametrize(
    ("at", "is_out"),
    [
        (datetime(2026, 11, 17, 6, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 17, 7, tzinfo=UTC), False),
        (datetime(2026, 11, 17, 17, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 17, 18, tzinfo=UTC), True),
        # In summer London is an hour ahead.
        (datetime(2026, 6, 16, 6, tzinfo=UTC), False),
        (datetime(2026, 6, 16, 17, tzinfo=UTC), True),
        # Just after a London midnight it is Saturday, whatever UTC has; and Saturdays are closed.
        (datetime(2026, 11, 21, 10, tzinfo=UTC), True),
        (datetime(2026, 6, 19, 23, 30, tzinfo=UTC), True),
    ],
)
def test_hours_are_londons_and_end_at_six(at: datetime, *, is_out: bool) -> None:
    assert out_of_hours(at, weekdays) is is_out


@pytest.mark.parametrize(
    ("minute", "is_out"), [(29, True), (30, False), (41, False)]
)  # fmt: skip
def test_the_day_of_who_is_alerted_begins_with_the_first_alert(
    minute: int, *, is_out: bool
) -> None:
    begins = alerted_day_begins(time(6, 30))
    at = datetime(2026, 11, 17, 6, minute, tzinfo=UTC)
    assert out_of_hours(at, weekdays, begins) is is_out
    assert out_of_hours(at, weekdays)
    assert week_of(looks(["a", "b"], at), weekdays, begins).out_of_hours == 2 * is_out
    # The other end of the day, closed days and summer time are as for everybody.
    assert out_of_hours(datetime(2026, 11, 17, 18, tzinfo=UTC), weekdays, begins)
    assert out_of_hours(datetime(2026, 11, 21, 10, tzinfo=UTC), weekdays, begins)
    assert not out_of_hours(datetime(2026, 6, 16, 5, 30, tzinfo=UTC), weekdays, begins)


def test_a_first_alert_after_seven_makes_nobodys_day_shorter() -> None:
    assert alerted_day_begins(time(7, 45)) == time(7)


def test_a_closed_day_has_no_hours() -> None:
    assert out_of_hours(TUESDAY, lambda on: on != TUESDAY.date())
    assert not out_of_hours(TUESDAY, weekdays)


@pytest.mark.parametrize(
    ("earlier", "usual"),
    [([], None), ([0, 0, 0, 0], None), ([4, 0, 2, 0], 3.0), ([5, 5, 5, 5], 5.0)],
)
def test_weeks_without_a_look_say_nothing_of_what_is_usual(
    earlier: list[int], usual: float | None
) -> None:
    assert own_usual(earlier) == usual


@pytest.mark.parametrize(
    ("colleagues", "usual"), [([], None), ([9], None), ([1, 9], 5), ([1, 2, 90], 2)]
)
def test_one_colleague_alone_is_no_measure(colleagues: list[int], usual: float | None) -> None:
    assert colleagues_usual(colleagues) == usual


@pytest.mark.parametrize(
    ("children", "own", "colleagues", "found"),
    [
        (MANY_CHILDREN, 3.0, None, (Sign.MORE_THAN_OWN,)),
        (MANY_CHILDREN, 3.4, None, ()),
        (MANY_CHILDREN - 1, 1.0, 1.0, ()),
        (MANY_CHILDREN, None, 3.0, (Sign.MORE_THAN_COLLEAGUES,)),
        (MANY_CHILDREN, None, None, ()),
        (30, 10.0, 10.0, (Sign.MORE_THAN_OWN, Sign.MORE_THAN_COLLEAGUES)),
        (29, 10.0, 10.0, ()),
    ],
)
def test_many_is_ten_children_and_three_times_the_usual(
    children: int, own: float | None, colleagues: float | None, found: tuple[Sign, ...]
) -> None:
    assert signs(Week(children=children), own=own, colleagues=colleagues) == found


@pytest.mark.parametrize(
    ("week", "sign"),
    [
        (Week(out_of_hours=OUT_OF_HOURS_LOOKS), Sign.OUT_OF_HOURS),
        (Week(same_child=LOOKS_AT_ONE_CHILD), Sign.SAME_CHILD),
        (Week(refused=REFUSED_ACTS), Sign.REFUSED),
        (Week(taken=TAKEN_AWAY), Sign.TAKEN_AWAY),
    ],
)
def test_each_other_sign_begins_at_its_number(week: Week, sign: Sign) -> None:
    assert signs(week, own=None, colleagues=None) == (sign,)
    almost = Week(
        out_of_hours=OUT_OF_HOURS_LOOKS - 1, same_child=LOOKS_AT_ONE_CHILD - 1,
        refused=REFUSED_ACTS - 1, taken=TAKEN_AWAY - 1,
    )  # fmt: skip
    assert signs(almost, own=None, colleagues=None) == ()
