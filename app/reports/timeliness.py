"""How soon schools were told: by day, council, phase and school, of one force or one council.

From the notifications themselves, so that it is true at the instant it is asked; a covering index
on PostgreSQL makes that quick (docs/decisions/0122). The school of a protected child is named in
no line: beside a date, it would say where the child is.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.reports.counts import Tally, added, counted, date_of, due_day, sums
from app.reports.periods import Period
from app.reports.rows import NOT_SHOWN
from notifications.models import Notification
from schools.models import Establishment

PROTECTED, NO_SCHOOL = "protected", "no_school"
NOT_A_SCHOOL = "Council, no school"
PHASE_UNKNOWN = "Phase not known"
_Key = TypeVar("_Key", bound=Hashable)
# PostgreSQL and SQLite both take so many values in one list.
_AT_ONCE = 5000


class Kind(StrEnum):
    """Whose report it is."""

    FORCE = "force"
    COUNCIL = "council"


@dataclass(frozen=True, slots=True)
class Whose:
    """One force, or one council with the messages of every force about its schools."""

    kind: Kind
    code: str

    @property
    def mine(self) -> ColumnElement[bool]:
        """Return whether a notification is in this report."""
        if self.kind is Kind.FORCE:
            return Notification.force == self.code
        return Notification.council == self.code


@dataclass(frozen=True, slots=True)
class Part:
    """One line by time: a day, or a week of a long period."""

    period: Period
    tally: Tally


@dataclass(frozen=True, slots=True)
class Line:
    """One line by place; `at` finds its messages again (`app.reports.messages.Wanted`)."""

    at: str
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Timeliness:
    """The figures of a period as they stood at `now`, and the same by time and by place."""

    whose: Whose
    period: Period
    now: datetime
    total: Tally
    parts: tuple[Part, ...]
    councils: tuple[Line, ...]
    phases: tuple[Line, ...]
    schools: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one group of messages went; `urn` is empty for a council and for a protected child."""

    urn: int | None
    council: str | None
    protected: bool
    tally: Tally


@dataclass(frozen=True, slots=True)
class _School:
    name: str
    phase: str


def timeliness(session: Session, whose: Whose, *, period: Period, now: datetime) -> Timeliness:
    """Return the report of a force or council over London dates, as it stands at `now`."""
    by_day = of_days(session, whose, period=period, now=now)
    places = [
        _Place(None if protected else urn, council, bool(protected), Tally.of(counts))
        for urn, council, protected, *counts in session.execute(_by_place(whose, period, now))
    ]
    schools = _schools(session, (one.urn for one in places if one.urn is not None))
    names = _councils(session, {one.council for one in places if one.council})
    return Timeliness(
        whose, period, now, added(by_day.values()), _parts(period, by_day),
        _lines(places, lambda one: _council_of(one, names)),
        _lines(places, lambda one: _phase_of(one, schools)),
        _lines(places, lambda one: _school_of(one, schools)),
    )  # fmt: skip


def of_days(session: Session, whose: Whose, *, period: Period, now: datetime) -> dict[date, Tally]:
    """Return the figures of every day on which something was due."""
    rows = session.execute(_by_day(whose, period, now))
    return {date_of(number): Tally.of(counts) for number, *counts in rows}


def _by_day(whose: Whose, period: Period, now: datetime) -> Select[Any]:
    day = due_day(period)
    return (
        select(day.number, *sums(day)).where(whose.mine, *counted(period, now)).group_by(day.number)
    )


def _by_place(whose: Whose, period: Period, now: datetime) -> Select[Any]:
    row = Notification
    protected = row.shown_only_to.is_not(None)
    return (
        select(row.urn, row.council, protected, *sums(due_day(period)))
        .where(whose.mine, *counted(period, now))
        .group_by(row.urn, row.council, protected)
    )


def _parts(period: Period, by_day: dict[date, Tally]) -> tuple[Part, ...]:
    found: dict[Period, list[Tally]] = {}
    for on in period.days:
        found.setdefault(period.part_of(on), []).append(by_day.get(on, Tally()))
    return tuple(Part(part, added(tallies)) for part, tallies in found.items())


def _lines(places: Iterable[_Place], of: Callable[[_Place], tuple[str, str]]) -> tuple[Line, ...]:
    """Return the lines in which most was late first, then by name."""
    found: dict[tuple[str, str], list[Tally]] = {}
    for place in places:
        found.setdefault(of(place), []).append(place.tally)
    lines = [Line(at, name, added(tallies)) for (at, name), tallies in found.items()]
    return tuple(sorted(lines, key=lambda line: (-line.tally.late, line.name, line.at)))


def _council_of(place: _Place, names: dict[str, str]) -> tuple[str, str]:
    if place.protected:
        return PROTECTED, NOT_SHOWN
    code = place.council or ""
    known = names.get(code, f"Council {code}" if code else "Council not known")
    return f"council:{code}", known


def _phase_of(place: _Place, schools: dict[int, _School]) -> tuple[str, str]:
    if place.protected:
        return PROTECTED, NOT_SHOWN
    if place.urn is None:
        return NO_SCHOOL, NOT_A_SCHOOL
    return f"phase:{schools[place.urn].phase}", schools[place.urn].phase


def _school_of(place: _Place, schools: dict[int, _School]) -> tuple[str, str]:
    if place.protected:
        return PROTECTED, NOT_SHOWN
    if place.urn is None:
        return NO_SCHOOL, NOT_A_SCHOOL
    return f"school:{place.urn}", schools[place.urn].name


def _schools(session: Session, urns: Iterable[int]) -> dict[int, _School]:
    found: dict[int, _School] = {}
    for some in _chunks(sorted(set(urns))):
        rows = session.execute(
            select(Establishment.urn, Establishment.name, Establishment.phase).where(
                Establishment.urn.in_(some)
            )
        )
        found |= {urn: _School(name, phase or PHASE_UNKNOWN) for urn, name, phase in rows}
    return found


def _councils(session: Session, codes: set[str]) -> dict[str, str]:
    rows = session.execute(
        select(Establishment.la_code, Establishment.la_name)
        .where(Establishment.la_code.in_(codes))
        .distinct()
    )
    return {row.la_code: row.la_name for row in rows}


def _chunks(items: Sequence[_Key]) -> Iterable[Sequence[_Key]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
