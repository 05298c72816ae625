"""How soon schools were told: by day, council, phase and school, of one force or one council.

From the notifications themselves, so that it is true at the instant it is asked; a covering index
on PostgreSQL makes that quick (docs/decisions/0122). The school of a protected child is named in
no line: beside a date, it would say where the child is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, select
from sqlalchemy.orm import Session

from app.reports.counts import Tally, added, counted, due_day, is_due_day, sums
from app.reports.periods import Period
from app.reports.rows import NOT_SHOWN
from notifications.models import Notification
from schools.models import Establishment

PROTECTED, NO_SCHOOL = "protected", "no_school"
NOT_A_SCHOOL = "Council, no school"
PHASE_UNKNOWN = "Phase not known"


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
    name: str
    phase: str
    council: str | None
    protected: bool
    tally: Tally


def timeliness(session: Session, whose: Whose, *, period: Period, now: datetime) -> Timeliness:
    """Return the report of a force or council over London dates, as it stands at `now`."""
    by_day = of_days(session, whose, period=period, now=now)
    places = [
        _Place(urn, name or "", phase or PHASE_UNKNOWN, council, bool(protected), Tally.of(counts))
        for urn, name, phase, council, protected, *counts in session.execute(
            _by_place(whose, period, now)
        )
    ]
    names = _councils(session, {one.council for one in places if one.council})
    return Timeliness(
        whose, period, now, added(by_day.values()), _parts(period, by_day),
        _lines(places, lambda one: _council_of(one, names)),
        _lines(places, _phase_of), _lines(places, _school_of),
    )  # fmt: skip


def of_days(session: Session, whose: Whose, *, period: Period, now: datetime) -> dict[date, Tally]:
    """Return the figures of every day on which something was due."""
    rows = session.execute(_by_day(whose, period, now))
    return {on: Tally.of(counts) for on, *counts in rows}


def _by_day(whose: Whose, period: Period, now: datetime) -> Select[Any]:
    day = due_day(period)
    return (
        select(day.c.on_date, *sums(day))
        .select_from(Notification)
        .join(day, is_due_day(day))
        .where(whose.mine, *counted(period, now))
        .group_by(day.c.on_date)
    )


def _by_place(whose: Whose, period: Period, now: datetime) -> Select[Any]:
    """Return the figures of each school and council, those of protected children apart."""
    day, row = due_day(period), Notification
    protected = row.shown_only_to.is_not(None)
    place = (
        select(row.urn, row.council, protected.label("protected"), *sums(day))
        .select_from(row)
        .join(day, is_due_day(day))
        .where(whose.mine, *counted(period, now))
        .group_by(row.urn, row.council, protected)
        .subquery()
    )
    urn = case((place.c.protected.is_(False), place.c.urn))
    name, phase = (
        select(one).where(Establishment.urn == urn).scalar_subquery()
        for one in (Establishment.name, Establishment.phase)
    )
    _, council, apart, *counts = place.c
    return select(urn, name, phase, council, apart, *counts)


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
    lines = [
        # A school has one of them: adding up the figures of hundreds takes longer than the query.
        Line(at, name, tallies[0] if len(tallies) == 1 else added(tallies))
        for (at, name), tallies in found.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.tally.late, line.name, line.at)))


def _council_of(place: _Place, names: dict[str, str]) -> tuple[str, str]:
    if place.protected:
        return PROTECTED, NOT_SHOWN
    code = place.council or ""
    known = names.get(code, f"Council {code}" if code else "Council not known")
    return f"council:{code}", known


def _phase_of(place: _Place) -> tuple[str, str]:
    if place.protected:
        return PROTECTED, NOT_SHOWN
    if place.urn is None:
        return NO_SCHOOL, NOT_A_SCHOOL
    return f"phase:{place.phase}", place.phase


def _school_of(place: _Place) -> tuple[str, str]:
    if place.protected:
        return PROTECTED, NOT_SHOWN
    if place.urn is None:
        return NO_SCHOOL, NOT_A_SCHOOL
    return f"school:{place.urn}", place.name


def _councils(session: Session, codes: set[str]) -> dict[str, str]:
    rows = session.execute(
        select(Establishment.la_code, Establishment.la_name)
        .where(Establishment.la_code.in_(codes))
        .distinct()
    )
    return {row.la_code: row.la_name for row in rows}
