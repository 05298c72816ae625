"""What the figures of timeliness count, each defined once: for totals, lists and definitions.

A message counts on the London day of its deadline, once that has passed. One that was taken back
or replaced does not count. A record that came after its morning counts as due and never as met.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, Self

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    String,
    TableValuedAlias,
    and_,
    bindparam,
    column,
    func,
    or_,
    true,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.core.clock import at_london
from app.core.types import Utc
from app.reports.periods import Period
from notifications.models import Notification
from notifications.states import ENDED, ToldHow

_DAY, _NINE = timedelta(days=1), time(9)
# Instants as SQLite keeps them are what PostgreSQL reads as well.
_TEXT = sqlite.dialect()


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


BEFORE_NINE = frozenset(
    {Figure.TOLD_BEFORE_NINE, Figure.OPENED_BEFORE_NINE, Figure.ACKNOWLEDGED_BEFORE_NINE}
)


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
    def of(cls, counts: Iterable[int]) -> Self:
        """Return the tally of counts in the order of `Figure`."""
        return cls(*map(int, counts))


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


class _DueDay(FunctionElement[Any]):
    """The London day of a deadline: `on_date` and its 9am, as a table to join; docs/decisions/0137.

    Days and their instants come as one text of JSON and are worked out here, not by a database:
    SQLite knows no time zones.
    """

    inherit_cache = True


class _IsDueDay(FunctionElement[bool]):
    """Whether a row of that table is the deadline's own."""

    type = Boolean()
    inherit_cache = True


@compiles(_DueDay, "postgresql")
def _day_on_postgresql(element: _DueDay, compiler: SQLCompiler, **kw: Any) -> str:
    # Found among the beginnings of days: a join would leave it to PostgreSQL to guess how many
    # rows a day has, and computing with instants takes twice as long as looking them up.
    due, days = (compiler.process(one, **kw) for one in element.clauses)

    def listed(name: str, kind: str) -> str:
        each = f"json_array_elements(CAST({days} AS json)) AS one_day"
        return f"(ARRAY(SELECT CAST(one_day ->> '{name}' AS {kind}) FROM {each}))"  # noqa: S608  # nosec B608 (our own names)

    bucket = f"SELECT width_bucket({due}, {listed('starts_at', 'timestamptz')}) AS at"
    columns = (
        f"{listed('on_date', 'date')}[at] AS on_date, "
        f"{listed('nine_at', 'timestamptz')}[at] AS nine_at"
    )
    return f"LATERAL (SELECT {columns} FROM ({bucket}) AS bucket)"  # noqa: S608  # nosec B608 (our own names)


@compiles(_DueDay, "sqlite")
def _day_on_sqlite(element: _DueDay, compiler: SQLCompiler, **kw: Any) -> str:
    _, days = element.clauses
    names = ("on_date", "nine_at", "starts_at", "ends_at")
    columns = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in names)
    return f"(SELECT {columns} FROM json_each({compiler.process(days, **kw)}))"  # noqa: S608  # nosec B608 (our own names)


@compiles(_IsDueDay, "postgresql")
def _its_own_on_postgresql(_element: _IsDueDay, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "true"


@compiles(_IsDueDay, "sqlite")
def _its_own_on_sqlite(element: _IsDueDay, compiler: SQLCompiler, **kw: Any) -> str:
    due, day = (compiler.process(one, **kw) for one in element.clauses)
    table = day.rpartition(".")[0]
    return f"{due} >= {table}.starts_at AND {due} < {table}.ends_at"


def due_day(period: Period) -> TableValuedAlias:
    """Return the days of a period as a table: `on_date` and `nine_at` of a notification's deadline.

    To join by `is_due_day` to notifications whose deadlines lie in that period, and to no others.
    """
    days = bindparam("days", _as_json(period), String, unique=True)
    columns = column("on_date", Date()), column("nine_at", Utc())
    return _DueDay(Notification.due_at, days).table_valued(*columns, name="due_day")


def is_due_day(day: TableValuedAlias) -> ColumnElement[bool]:
    """Return whether a day is the one on which a notification was due."""
    return _IsDueDay(Notification.due_at, day.c.on_date)


@lru_cache(maxsize=64)
def _as_json(period: Period) -> str:
    return json.dumps([_as_row(on) for on in period.days])


def _as_row(on: date) -> dict[str, str]:
    instants = {
        "starts_at": at_london(on, time()), "ends_at": at_london(on + _DAY, time()),
        "nine_at": at_london(on, _NINE),
    }  # fmt: skip
    stored = {name: Utc().process_bind_param(at, _TEXT) for name, at in instants.items()}
    return {"on_date": on.isoformat(), **stored}


def counted(period: Period, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what a notification must be to count in a period, as it stands at `now`."""
    return (
        Notification.due_at >= period.starts_at,
        Notification.due_at < period.ends_at,
        Notification.due_at <= now,
        Notification.state.not_in(sorted(ENDED)),
    )


def conditions(day: TableValuedAlias) -> Mapping[Figure, ColumnElement[bool]]:
    """Return what each figure counts, as SQL over one notification and the day it was due.

    Only those of `BEFORE_NINE` look at the day.
    """
    row = Notification
    on_time = row.late_record.is_(False)
    in_time = and_(on_time, row.told_at <= row.due_at)
    before_nine = and_(on_time, row.told_at < day.c.nine_at)
    opened = row.told_how == ToldHow.OPENED
    return {
        Figure.DUE: true(),
        Figure.TOLD_IN_TIME: in_time,
        Figure.OPENED_IN_TIME: and_(in_time, opened),
        Figure.ACKNOWLEDGED_IN_TIME: and_(on_time, row.acknowledged_at <= row.due_at),
        Figure.TOLD_BEFORE_NINE: before_nine,
        Figure.OPENED_BEFORE_NINE: and_(before_nine, opened),
        Figure.ACKNOWLEDGED_BEFORE_NINE: and_(on_time, row.acknowledged_at < day.c.nine_at),
        Figure.TOLD_LATE: and_(
            row.told_at.is_not(None), or_(row.late_record.is_(True), row.told_at > row.due_at)
        ),
        Figure.NOT_TOLD: row.told_at.is_(None),
        Figure.LATE_RECORD: row.late_record.is_(True),
    }


def sums(day: TableValuedAlias) -> list[ColumnElement[Any]]:
    """Return one column for each figure, in the order of `Figure`."""
    wanted = conditions(day)
    return [
        func.count() if figure is Figure.DUE else func.count().filter(wanted[figure])
        for figure in Figure
    ]
