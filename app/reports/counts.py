"""What the figures of timeliness count, each defined once: for totals, lists and definitions.

A message counts on the London day of its deadline, once that has passed. One that was taken back
or replaced does not count. A record that came after its morning counts as due and never as met.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, Self

from sqlalchemy import ColumnElement, Integer, and_, case, func, literal_column, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.core.clock import LONDON, at_london
from app.reports.periods import Period
from notifications.models import Notification
from notifications.states import ENDED, ToldHow

# Until which second an offset holds; the last holds for the rest.
Offsets = tuple[tuple[int, int], ...]
_DAY, _NINE, _EPOCH = 24 * 3600, 9 * 3600, date(1970, 1, 1)


class Figure(StrEnum):
    """Every number that can be opened down to its messages."""

    DUE = "due"
    TOLD_IN_TIME = "told_in_time"
    OPENED_IN_TIME = "opened_in_time"
    ACKNOWLEDGED_IN_TIME = "acknowledged_in_time"
    TOLD_BEFORE_NINE = "told_before_nine"
    OPENED_BEFORE_NINE = "opened_before_nine"
    ACKNOWLEDGED_BEFORE_NINE = "acknowledged_before_nine"
    TOLD_LATE = "told_late"
    NOT_TOLD = "not_told"
    LATE_RECORD = "late_record"


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of one day, place or period; `due` is in time, late and not told together."""

    due: int = 0
    told_in_time: int = 0
    opened_in_time: int = 0
    acknowledged_in_time: int = 0
    told_before_nine: int = 0
    opened_before_nine: int = 0
    acknowledged_before_nine: int = 0
    told_late: int = 0
    not_told: int = 0
    late_record: int = 0

    @property
    def late(self) -> int:
        """Told after the deadline, or not at all."""
        return self.told_late + self.not_told

    @classmethod
    def of(cls, counts: Iterable[int | None]) -> Self:
        """Return the tally of counts in the order of `Figure`; no rows at all count nothing."""
        return cls(*(int(count or 0) for count in counts))


# A page adds up hundreds of them.
_COUNTS = attrgetter(*(one.name for one in fields(Tally)))


def added(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    return Tally.of(map(sum, zip(*map(_COUNTS, tallies), strict=True)))


def share(part: int, whole: int) -> int | None:
    """Return whole per cent, or `None` of nothing; only 100 where it is all, only 0 where none."""
    if not whole:
        return None
    exact = 100 * part / whole
    return min(99, max(1, round(exact))) if 0 < part < whole else round(exact)


class Seconds(FunctionElement[int]):
    """An instant as whole seconds since 1970, in the same way on both databases."""

    type = Integer()
    inherit_cache = True


@compiles(Seconds)
def _on_postgresql(element: Seconds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)})) AS BIGINT)"


@compiles(Seconds, "sqlite")
def _on_sqlite(element: Seconds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **kw)}) AS INTEGER)"


@dataclass(frozen=True, slots=True)
class DueDay:
    """The London day of a notification's deadline as SQL: days since 1970, and its 9am in seconds.

    London's offsets are worked out here and not by a database: SQLite knows no time zones. They
    stand in the statement as plain numbers, so that it can group by what it selects.
    """

    number: ColumnElement[int]
    nine: ColumnElement[int]


def due_day(period: Period) -> DueDay:
    """Return the day of deadlines that lie in a period."""
    due = Seconds(Notification.due_at)
    by_instant, by_day = _offsets(period)
    number = (due + _chosen(due, by_instant)) // _plain(_DAY)
    nine = number * _plain(_DAY) + _plain(_NINE) - _chosen(due, by_day)
    return DueDay(number, nine)


def date_of(number: int) -> date:
    """Return the date of a day's number."""
    return _EPOCH + timedelta(days=number)


@lru_cache(maxsize=256)
def _offsets(period: Period) -> tuple[Offsets, Offsets]:
    """Return London's offsets in seconds, each with the instant, and the midnight, it ends at.

    The clocks change in the night, so that 9am of such a day has the offset that follows.
    """
    by_instant: list[tuple[int, int]] = []
    by_day: list[tuple[int, int]] = []
    for on in period.days:
        midnight = int(at_london(on, time()).timestamp())
        before, after = _offset(midnight), _offset(int(at_london(on, time(9)).timestamp()))
        if before != after:
            hours = range(midnight, midnight + _DAY, 3600)
            by_instant.append((next(one for one in hours if _offset(one) == after), before))
            by_day.append((midnight, before))
    last = _offset(int(period.ends_at.timestamp()) - 1)
    return (*by_instant, (0, last)), (*by_day, (0, last))


def _offset(second: int) -> int:
    """Return how far London's clocks are ahead of UTC."""
    shown = datetime.fromtimestamp(second, LONDON).utcoffset()
    return int(shown.total_seconds()) if shown else 0


def _chosen(due: ColumnElement[int], offsets: Offsets) -> ColumnElement[int]:
    *until, (_, last) = offsets
    if not until:
        return _plain(last)
    return case(*((due < _plain(end), _plain(offset)) for end, offset in until), else_=_plain(last))


def _plain(number: int) -> ColumnElement[int]:
    return literal_column(str(number), Integer)


def counted(period: Period, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what a notification must be to count in a period, as it stands at `now`."""
    return (
        Notification.due_at >= period.starts_at,
        Notification.due_at < period.ends_at,
        Notification.due_at <= now,
        Notification.state.not_in(sorted(ENDED)),
    )


def conditions(day: DueDay) -> Mapping[Figure, ColumnElement[bool]]:
    """Return what each figure counts, as SQL over one notification and the day it was due."""
    row = Notification
    on_time = row.late_record.is_(False)
    in_time = and_(on_time, row.told_at <= row.due_at)
    before_nine = and_(on_time, Seconds(row.told_at) < day.nine)
    opened = row.told_how == ToldHow.OPENED
    return {
        Figure.DUE: true(),
        Figure.TOLD_IN_TIME: in_time,
        Figure.OPENED_IN_TIME: and_(in_time, opened),
        Figure.ACKNOWLEDGED_IN_TIME: and_(on_time, row.acknowledged_at <= row.due_at),
        Figure.TOLD_BEFORE_NINE: before_nine,
        Figure.OPENED_BEFORE_NINE: and_(before_nine, opened),
        Figure.ACKNOWLEDGED_BEFORE_NINE: and_(on_time, Seconds(row.acknowledged_at) < day.nine),
        Figure.TOLD_LATE: and_(
            row.told_at.is_not(None), or_(row.late_record.is_(True), row.told_at > row.due_at)
        ),
        Figure.NOT_TOLD: row.told_at.is_(None),
        Figure.LATE_RECORD: row.late_record.is_(True),
    }


def sums(day: DueDay) -> list[ColumnElement[Any]]:
    """Return one column for each figure, in the order of `Figure`."""
    wanted = conditions(day)
    return [
        func.count() if figure is Figure.DUE else func.sum(case((wanted[figure], 1), else_=0))
        for figure in Figure
    ]
