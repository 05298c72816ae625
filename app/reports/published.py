"""Figures for outside: small numbers hidden, with a second wherever a total would give one away.

Each table splits what was due into told in time, told late and not told. A figure that overlaps
these (before 9am, acknowledged) is shown only where no difference from another is small. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from app.reports.counts import Tally
from app.reports.stages import StageTime
from app.reports.suppression import SMALL, SMALLEST_BASE, percent, suppressed

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class PublishedLine:
    """One line; `None` is fewer than five, or hidden so that fewer than five stay hidden."""

    name: str
    due: int | None
    told_in_time: int | None
    told_late: int | None
    not_told: int | None

    @property
    def percent_in_time(self) -> int | None:
        return percent(self.told_in_time, self.due)


@dataclass(frozen=True, slots=True)
class Overlapping:
    """Figures of the whole that overlap the table's; `None` where hidden."""

    told_before_nine: int | None
    acknowledged_in_time: int | None


def published_lines(lines: Sequence[tuple[str, Tally]]) -> tuple[PublishedLine, ...]:
    """Return lines whose sum is known to everybody, with small numbers hidden."""
    dues = [line[0] for line in suppressed([[tally.due] for _, tally in lines])]
    small = [row for row, due in enumerate(dues) if due is None]
    cells = suppressed(
        [[tally.told_in_time, tally.told_late, tally.not_told] for _, tally in lines],
        hidden_rows=small,
    )
    return tuple(
        PublishedLine(name, due, *line)
        for (name, _), due, line in zip(lines, dues, cells, strict=True)
    )


def published_overlaps(total: Tally) -> Overlapping:
    """Return what may stand beside the whole: nothing that differs by a few from what stands."""
    whole = published_lines([("", total)])[0]
    shown = [one for one in (whole.due, whole.told_in_time, whole.told_late, whole.not_told)
             if one is not None]  # fmt: skip
    if len(shown) < 4:
        return Overlapping(None, None)
    shown.append(total.told_in_time + total.told_late)
    nine = total.told_before_nine if _stands_beside(total.told_before_nine, shown) else None
    shown += [] if nine is None else [nine]
    acknowledged = total.acknowledged_in_time
    return Overlapping(nine, acknowledged if _stands_beside(acknowledged, shown) else None)


def published_causes(causes: Mapping[_Key, int], whole: PublishedLine) -> dict[_Key, int | None]:
    """Return the causes of lateness; none at all where their sum is hidden."""
    if whole.told_late is None or whole.not_told is None:
        return {}
    (shown,) = suppressed([list(causes.values())]) if causes else ([],)
    return dict(zip(causes, shown, strict=True))


def published_times(times: Sequence[StageTime]) -> tuple[StageTime, ...]:
    """Return the stages without any time that stands for fewer than five messages beyond it."""

    def shown(one: StageTime) -> StageTime:
        if one.messages < SMALLEST_BASE:
            return replace(one, messages=0, median=None, ninetieth=None, ninety_fifth=None)
        return replace(
            one,
            ninetieth=one.ninetieth if one.messages >= 10 * SMALL else None,
            ninety_fifth=one.ninety_fifth if one.messages >= 20 * SMALL else None,
        )

    return tuple(shown(one) for one in times)


def _stands_beside(count: int, shown: Sequence[int]) -> bool:
    """Return whether a count and its difference from each other one is nothing, or not small."""
    return all(one == 0 or one >= SMALL for one in (count, *(abs(count - o) for o in shown)))
