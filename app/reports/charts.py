"""The geometry of charts drawn as SVG on the server: numbers in, places and sizes out. Pure.

A template draws them (`chart_parts.html`), with a title, a description and a table beside each;
what a bar means is told by its pattern and in words, never by its colour alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# In units of the drawing, which scales with the page: narrow, so that a phone shows its text.
WIDTH = 480.0
_LEFT, _TOP, _BOTTOM = 38.0, 12.0, 34.0
_HEIGHT = 200.0
# A row has its label above it, and what it says at its end.
_ROW, _VALUES = 46.0, 110.0
_MOST_LABELS = 6


@dataclass(frozen=True, slots=True)
class Column:
    """One day or week: its label, and the sizes of what is stacked, the lowest first."""

    label: str
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rect:
    """One piece of a bar; `kind` is its place in the stack, and so its pattern."""

    x: float
    y: float
    width: float
    height: float
    kind: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale, or a label below: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart of stacked columns."""

    width: float
    height: float
    left: float
    base: float
    rects: tuple[Rect, ...]
    scale: tuple[Mark, ...]
    labels: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: its label, what it says at its end, and how long it is."""

    y: float
    width: float
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of rows, the label above and the value to the right of each."""

    width: float
    height: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One row of times: a dot at the median, a line to the 90th and a stroke at the 95th."""

    y: float
    median: float
    ninetieth: float
    ninety_fifth: float
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Spans:
    """A chart of times on one scale."""

    width: float
    height: float
    base: float
    spans: tuple[Span, ...]
    scale: tuple[Mark, ...]


def columns(data: Sequence[Column]) -> Columns:
    """Return stacked columns on a scale of round numbers; at most so many labels as are legible."""
    most = max((sum(one.sizes) for one in data), default=0)
    step = round_step(most)
    top = max(step, -(-most // step) * step)
    base = _HEIGHT - _BOTTOM
    per_unit = (base - _TOP) / top
    pitch = (WIDTH - _LEFT) / max(1, len(data))
    rects: list[Rect] = []
    for place, one in enumerate(data):
        y = base
        for kind, size in enumerate(one.sizes):
            y -= size * per_unit
            if size:
                x = _LEFT + place * pitch + pitch * 0.12
                rects.append(Rect(_r(x), _r(y), _r(pitch * 0.76), _r(size * per_unit), kind))
    every = -(-len(data) // _MOST_LABELS) or 1
    labels = tuple(
        Mark(_r(_LEFT + (place + 0.5) * pitch), one.label)
        for place, one in enumerate(data)
        if place % every == 0
    )
    scale = tuple(Mark(_r(base - n * per_unit), f"{n:,}") for n in range(0, top + 1, step))
    return Columns(WIDTH, _HEIGHT, _LEFT, base, tuple(rects), scale, labels)


def bars(data: Sequence[tuple[str, int, str]]) -> Bars:
    """Return rows of (label, size, what to say of it), on a common scale from nothing."""
    most = max((size for _, size, _ in data), default=0) or 1
    room = WIDTH - _VALUES
    rows = tuple(
        Bar(_TOP + place * _ROW, _r(room * size / most), label, value)
        for place, (label, size, value) in enumerate(data)
    )
    return Bars(WIDTH, _TOP + len(data) * _ROW, rows)


def spans(data: Sequence[tuple[str, tuple[int, int, int], str]]) -> Spans:
    """Return rows of (label, (median, 90th, 95th) in minutes, what to say of them)."""
    most = max((times[2] for _, times, _ in data), default=0)
    step = minutes_step(most)
    top = max(step, -(-most // step) * step)
    per_minute = (WIDTH - 24) / top
    base = _TOP + len(data) * _ROW

    def x(minutes: int) -> float:
        return _r(10 + minutes * per_minute)

    rows = tuple(
        Span(_r(_TOP + place * _ROW), x(times[0]), x(times[1]), x(times[2]), label,
             value)
        for place, (label, times, value) in enumerate(data)
    )  # fmt: skip
    scale = tuple(Mark(x(n), short_minutes(n)) for n in range(0, top + 1, step))
    return Spans(WIDTH, base + _BOTTOM, base, rows, scale)


def round_step(most: int) -> int:
    """Return the distance of lines on a scale: 1, 2 or 5 with noughts, at most five of them."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if step * size * 5 >= most:
                return step * size
        size *= 10


def minutes_step(most: int) -> int:
    """Return the distance of lines on a scale of minutes: whole hours or days where long."""
    steps = (1, 5, 10, 30, 60, 120, 360, 720, 1440, 2880, 7 * 1440)
    return next((step for step in steps if step * 6 >= most), -(-most // (6 * 1440)) * 1440)


def short_minutes(minutes: int) -> str:
    """Return minutes as on a scale: `45 min`, `2 h`, `2 h 5 min`, `3 d`, `1 d 2 h`."""
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {left} min" if left else f"{hours} h"
    return f"{left} min"


def _r(number: float) -> float:
    return round(number, 1)
