"""Charts: what is drawn is what was counted, on scales that people can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports import charts
from app.reports.charts import Column

SIZES = st.lists(
    st.tuples(*[st.integers(0, 100_000)] * 3), min_size=1, max_size=62
)  # fmt: skip


@given(SIZES)
def test_every_bar_is_as_high_as_its_number_and_inside_the_drawing(
    data: list[tuple[int, int, int]],
) -> None:
    drawn = charts.columns([Column(str(n), sizes) for n, sizes in enumerate(data)])
    top = float(drawn.scale[-1].text.replace(",", ""))
    per_unit = (drawn.base - drawn.scale[-1].at) / top
    sizes = [size for column in data for size in column if size]
    assert len(drawn.rects) == len(sizes)
    for rect, size in zip(drawn.rects, sizes, strict=True):
        assert rect.height == pytest.approx(size * per_unit, abs=0.11)
        assert rect.y >= 0 and rect.x + rect.width <= drawn.width  # noqa: PT018 (one place)
    assert top >= max(sum(column) for column in data)
    assert 2 <= len(drawn.scale) <= 7
    assert len(drawn.labels) <= 7


def test_a_chart_of_nothing_is_drawn_without_dividing_by_it() -> None:
    assert charts.columns([]).rects == ()
    assert charts.bars([("None", 0, "0")]).bars[0].width == 0
    assert charts.spans([("Stage", (0, 0, 0), "")]).spans[0].median == 10


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(0, "0 min"), (45, "45 min"), (120, "2 h"), (125, "2 h 5 min"), (1440, "1 d"),
     (1560, "1 d 2 h")],
)  # fmt: skip
def test_minutes_stand_on_a_scale_in_the_greatest_unit(minutes: int, shown: str) -> None:
    assert charts.short_minutes(minutes) == shown
