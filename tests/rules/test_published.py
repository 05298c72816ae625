"""Published figures: no number of one to four can be read or worked out."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports.counts import Tally, added, share
from app.reports.published import (
    published_causes,
    published_lines,
    published_overlaps,
    published_times,
)
from app.reports.stages import Stage, StageTime, ranked
from app.reports.suppression import SMALL


def tally(in_time: int, late: int, never: int, nine: int = 0, acknowledged: int = 0) -> Tally:
    return Tally(
        due=in_time + late + never, told_in_time=in_time, told_late=late, not_told=never,
        told_before_nine=nine, acknowledged_in_time=acknowledged,
    )  # fmt: skip


COUNT = st.integers(0, 30)
TALLIES = st.lists(st.builds(tally, COUNT, COUNT, COUNT), min_size=1, max_size=6)


@pytest.mark.feature("RP6")
@given(TALLIES)
def test_no_small_number_stands_in_a_published_table_nor_alone_in_its_line(
    tallies: list[Tally],
) -> None:
    lines = published_lines([(str(n), one) for n, one in enumerate(tallies)])
    for line, one in zip(lines, tallies, strict=True):
        cells = [line.told_in_time, line.told_late, line.not_told]
        assert all(cell is None or cell == 0 or cell >= SMALL for cell in [line.due, *cells])
        assert line.due in {None, one.due}
        if line.due is not None:
            assert cells.count(None) != 1
        else:
            assert cells == [None, None, None]
    if len(lines) > 1:
        for column in ("due", "told_in_time", "told_late", "not_told"):
            assert [getattr(line, column) for line in lines].count(None) != 1


@given(COUNT, COUNT, COUNT, st.data())
def test_figures_beside_the_table_differ_from_it_by_nothing_or_by_many(
    in_time: int, late: int, never: int, data: st.DataObject
) -> None:
    told = in_time + late
    one = tally(in_time, late, never, data.draw(st.integers(0, told)),
                data.draw(st.integers(0, in_time)))  # fmt: skip
    beside = published_overlaps(one)
    (line,) = published_lines([("All", one)])
    shown = [line.due, line.told_in_time, line.told_late, line.not_told]
    own = [beside.told_before_nine, beside.acknowledged_in_time]
    if None in shown:
        assert own == [None, None]
        return
    stand = [count for count in own if count is not None]
    for count in stand:
        assert count == 0 or count >= SMALL
    for count, other in [*((c, o) for c in stand for o in (*shown, told)), *combinations(stand, 2)]:
        assert other is not None
        assert count == other or abs(count - other) >= SMALL


def test_causes_are_hidden_where_their_sum_is() -> None:
    causes = {"not_opened": 6, "service_late": 2, "settled_late": 9}
    (open_line,) = published_lines([("All", tally(50, 12, 5))])
    (shut,) = published_lines([("All", tally(50, 2, 6))])
    shown = published_causes(causes, open_line)
    assert shown == {"not_opened": None, "service_late": None, "settled_late": 9}
    assert published_causes(causes, shut) == {}


def test_no_time_stands_for_fewer_than_five_messages_beyond_it() -> None:
    whole = StageTime(Stage.TOLD, 100, 10, 20, 30)
    many, some, few = published_times(
        [whole, replace(whole, messages=99), replace(whole, messages=9)]
    )
    assert many == whole
    assert (some.median, some.ninetieth, some.ninety_fifth) == (10, 20, None)
    assert (few.messages, few.median, few.ninety_fifth) == (0, None, None)


@pytest.mark.parametrize(("percentile", "value"), [(50, 5), (90, 9), (95, 10), (1, 1), (100, 10)])
def test_a_centile_is_the_value_of_the_nearest_rank(percentile: int, value: int) -> None:
    each_once = [(value, 1) for value in range(1, 11)]
    assert ranked(each_once, 10, percentile) == value
    assert ranked([(7, 10)], 10, percentile) == 7
    assert ranked([], 0, percentile) is None


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(0, 0, None), (0, 7, 0), (7, 7, 100), (999, 1000, 99), (1, 1000, 1), (1, 3, 33)],
)
def test_a_share_is_only_whole_where_all_are_and_only_nothing_where_none_is(
    part: int, whole: int, percent: int | None
) -> None:
    assert share(part, whole) == percent


@given(TALLIES)
def test_tallies_add_up_figure_by_figure(tallies: list[Tally]) -> None:
    whole = added(tallies)
    assert whole.due == sum(one.due for one in tallies)
    assert whole.told_in_time + whole.late == whole.due
    assert added([]) == Tally()
