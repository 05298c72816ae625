"""Whether children of one area are matched and told as well as those of another; live, by area.

The area is the council of the residence, else of the likeliest school. Nothing about a child's name
is looked at: by the origin of names the matcher is measured on synthetic nights alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Subquery, select
from sqlalchemy.orm import Session

from app.core.clock import at_london
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState
from app.reports.suppression import percent, suppressed
from notifications.models import Notification, Occurrence
from notifications.states import VISIBLE
from schools.matching.details import Band
from schools.matching.models import DecidedBy, Match, Review
from schools.models import Establishment

NOT_KNOWN = ""


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One council's children; `None` is a number too small to show, or a base too small.

    `late` is of those whose school's deadline has come.
    """

    area: str
    name: str
    children: int | None
    matched_by_rules: int | None
    reviewed: int | None
    undecided: int | None
    in_time: int | None
    late: int | None
    percent_by_rules: int | None
    percent_reviewed: int | None
    percent_late: int | None


@dataclass(frozen=True, slots=True)
class Fairness:
    """One force's areas over the days up to and with `on`."""

    force: str
    on: date
    days: int
    rows: tuple[AreaRow, ...]
    # The whole force, small numbers hidden; None where there was no child.
    total: AreaRow | None = None


class _Decided(NamedTuple):
    """What the rules said of a child: how sure they were, and of which school."""

    band: Band
    urn: int | None


@dataclass(slots=True)
class _Tally:
    rules: int = 0
    reviewed: int = 0
    undecided: int = 0
    in_time: int = 0
    late: int = 0

    @property
    def children(self) -> int:
        return self.rules + self.reviewed + self.undecided


def by_area(session: Session, *, force: str, on: date, now: datetime, days: int = 30) -> Fairness:
    """Return one force's counts by area, with small numbers hidden."""
    wanted = _wanted(force, on=on, days=days)
    children = session.execute(select(wanted)).all()
    matches, reviewed = _matches(session, wanted), _reviewed(session, wanted)
    late = _late(session, wanted, now=now)
    councils = _councils(session, {one.urn for one in matches.values()} - {None})
    tallies: dict[str, _Tally] = {}
    for child in children:
        match = matches.get(child.id)
        area = child.authority or (councils.get(match.urn) if match else None) or NOT_KNOWN
        tally = tallies.setdefault(area, _Tally())
        if child.id in reviewed:
            tally.reviewed += 1
        elif match is not None and match.band is Band.MATCHED:
            tally.rules += 1
        else:
            tally.undecided += 1
        if child.id in late:
            tally.late += late[child.id]
            tally.in_time += not late[child.id]
    rows = _rows(tallies, _names(session, tallies))
    return Fairness(force, on, days, rows, _whole(tallies.values()))


def _whole(tallies: Collection[_Tally]) -> AreaRow | None:
    """Return the totals: what is hidden of an area is hidden so that these do not give it away."""
    if not tallies:
        return None
    whole = _Tally(
        rules=sum(one.rules for one in tallies), reviewed=sum(one.reviewed for one in tallies),
        undecided=sum(one.undecided for one in tallies),
        in_time=sum(one.in_time for one in tallies), late=sum(one.late for one in tallies),
    )  # fmt: skip
    return _rows({NOT_KNOWN: whole}, {NOT_KNOWN: "The whole force"})[0]


def _rows(tallies: dict[str, _Tally], names: dict[str, str]) -> tuple[AreaRow, ...]:
    areas = sorted(tallies)
    own = [tallies[area] for area in areas]
    totals = [line[0] for line in suppressed([[one.children] for one in own])]
    small = [row for row, total in enumerate(totals) if total is None]
    found = suppressed([[t.rules, t.reviewed, t.undecided] for t in own], hidden_rows=small)
    told = suppressed([[t.in_time, t.late] for t in own], hidden_rows=small)
    return tuple(
        AreaRow(
            area=area, name=names.get(area, "Not known"), children=total,
            matched_by_rules=rules, reviewed=reviewed, undecided=undecided,
            in_time=in_time, late=late,
            percent_by_rules=percent(rules, total), percent_reviewed=percent(reviewed, total),
            percent_late=percent(late, None if late is None or in_time is None else late + in_time),
        )
        for area, total, (rules, reviewed, undecided), (in_time, late) in zip(
            areas, totals, found, told, strict=True
        )
    )  # fmt: skip


def _wanted(force: str, *, on: date, days: int) -> Subquery:
    """The children of what a force sent on these days, in the version that counts."""
    return (
        select(InvolvedChild.id, InvolvedChild.authority)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(
            Incident.force == force, InvolvedChild.force == force,
            Incident.received_at >= at_london(on - timedelta(days=days - 1), time()),
            Incident.received_at < at_london(on + timedelta(days=1), time()),
            Incident.state == IncidentState.NEWEST,
        )
        .subquery("wanted")
    )  # fmt: skip


def _matches(session: Session, wanted: Subquery) -> dict[UUID, _Decided]:
    """Return the newest decision of the rules about each child, with its likeliest school."""
    rows = session.execute(
        select(
            Match.involved_child_id, Match.band, Match.urns[0].as_integer(),
            Match.evidence[0]["urn"].as_integer(),
        )
        .join(wanted, wanted.c.id == Match.involved_child_id)
        .where(Match.decided_by == DecidedBy.RULES)
        .order_by(Match.decided_at)
    )  # fmt: skip
    return {child: _Decided(band, urn or likeliest) for child, band, urn, likeliest in rows}


def _reviewed(session: Session, wanted: Subquery) -> set[UUID]:
    rows = select(Review.involved_child_id).join(wanted, wanted.c.id == Review.involved_child_id)
    return set(session.scalars(rows))


def _late(session: Session, wanted: Subquery, *, now: datetime) -> dict[UUID, bool]:
    """Return whether any school was told late, or not at all, of the children whose time came."""
    rows = session.execute(
        select(Occurrence.involved_child_id, Notification.told_at, Notification.due_at)
        .join(wanted, wanted.c.id == Occurrence.involved_child_id)
        .join(Notification, Notification.id == Occurrence.notification_id)
        .where(Notification.state.in_(VISIBLE), Notification.due_at <= now)
    )
    found: dict[UUID, bool] = {}
    for child_id, told_at, due_at in rows:
        late = told_at is None or told_at > due_at
        found[child_id] = found.get(child_id, False) or late
    return found


def _councils(session: Session, urns: Collection[int | None]) -> dict[int | None, str]:
    rows = session.execute(
        select(Establishment.urn, Establishment.la_code).where(Establishment.urn.in_(urns))
    )
    return {row.urn: row.la_code for row in rows}


def _names(session: Session, areas: dict[str, _Tally]) -> dict[str, str]:
    rows = session.execute(
        select(Establishment.la_code, Establishment.la_name)
        .where(Establishment.la_code.in_(list(areas)))
        .distinct()
    )
    return {row.la_code: row.la_name for row in rows}
