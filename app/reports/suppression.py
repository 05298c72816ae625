"""Small numbers hidden, so that nobody is recognised in a figure: one rule for every report. Pure.

A count of one to four is hidden, and wherever a total would give it away, a second one with it; no
percentage stands on fewer than ten (domain.md §8).
"""

from collections.abc import Collection, Iterator, Sequence

SMALL = 5
SMALLEST_BASE = 10

Cells = Sequence[Sequence[int]]
Place = tuple[int, int]


def suppressed(cells: Cells, *, hidden_rows: Collection[int] = ()) -> list[list[int | None]]:
    """Return a table with small numbers as `None`; rows and columns are taken to have totals.

    Every row and column with one hidden cell gets a second, the smallest that holds anything.
    `hidden_rows` are hidden whole, because their own total is.
    """
    hidden = {
        (row, column)
        for row, line in enumerate(cells)
        for column, count in enumerate(line)
        if 0 < count < SMALL or row in hidden_rows
    }
    while (more := _second(cells, hidden)) is not None:
        hidden.add(more)
    return [
        [None if (row, column) in hidden else count for column, count in enumerate(line)]
        for row, line in enumerate(cells)
    ]


def percent(part: int | None, base: int | None) -> int | None:
    """Return a whole percentage, or `None` where the part is hidden or the base is too small."""
    if part is None or base is None or base < SMALLEST_BASE:
        return None
    return round(100 * part / base)


def _second(cells: Cells, hidden: set[Place]) -> Place | None:
    """Return the cell to hide so that a lone hidden one cannot be worked out from its total."""
    for line in _lines(cells):
        alone = [place for place in line if place in hidden]
        others = [place for place in line if place not in hidden]
        if len(alone) == 1 and others:
            return min(others, key=lambda place: _worth(cells, hidden, place, alone[0]))
    return None


def _lines(cells: Cells) -> Iterator[list[Place]]:
    width = len(cells[0]) if cells else 0
    for row in range(len(cells)):
        yield [(row, column) for column in range(width)]
    for column in range(width):
        yield [(row, column) for row in range(len(cells))]


def _worth(cells: Cells, hidden: set[Place], place: Place, alone: Place) -> tuple[bool, bool, int]:
    """Rank a cell to hide: one that holds something, that helps another line too, that is small."""
    row, column = place
    count = cells[row][column]
    if row == alone[0]:
        crossing = [(other, column) for other in range(len(cells))]
    else:
        crossing = [(row, other) for other in range(len(cells[row]))]
    helps = sum(one in hidden for one in crossing) == 1
    return count == 0, not helps, count
