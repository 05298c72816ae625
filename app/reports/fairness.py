"""Whether children of one area are matched and told as well as those of another; live, by area.

The area is the council of the residence, else of the likeliest school. Nothing about a child's name
is looked at: by the origin of names the matcher is measured on synthetic nights alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.core.clock import at_london
from app.core.database import planned_anew
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
    """What the rules said of a child: how sure they were, and for which school."""

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
    with planned_anew(session):
        children = session.execute(_wanted(force, on=on, days=days)).all()
        ids = [child.id for child in children]
        matches, reviewed = _matches(session, ids), _reviewed(session, ids)
        late = _late(session, ids, now=now)
    councils = _by_school(session, matches, [one.id for one in children if not one.authority])
    tallies: dict[str, _Tally] = {}
    for child in children:
        match = matches.get(child.id)
        area = child.authority or councils.get(child.id) or NOT_KNOWN
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


def _wanted(force: str, *, on: date, days: int) -> Select[UUID, str | None]:
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
    )  # fmt: skip


def _matches(session: Session, ids: Collection[UUID]) -> dict[UUID, _Decided]:
    """Return the newest decision of the rules about each child, and the school it is for."""
    rows = session.execute(
        select(Match.involved_child_id, Match.band, Match.urns[0].as_integer())
        .where(Match.involved_child_id.in_(ids), Match.decided_by == DecidedBy.RULES)
        .order_by(Match.decided_at)
    )
    return {child: _Decided(band, urn) for child, band, urn in rows}


def _reviewed(session: Session, ids: Collection[UUID]) -> set[UUID]:
    rows = select(Review.involved_child_id).where(Review.involved_child_id.in_(ids))
    return set(session.scalars(rows))


def _late(session: Session, ids: Collection[UUID], *, now: datetime) -> dict[UUID, bool]:
    """Return whether any school was told late, or not at all, of the children whose time came."""
    was_late = or_(Notification.told_at.is_(None), Notification.told_at > Notification.due_at)
    rows = session.execute(
        select(Occurrence.involved_child_id, was_late)
        .join(Notification, Notification.id == Occurrence.notification_id)
        .where(
            Occurrence.involved_child_id.in_(ids), Notification.state.in_(VISIBLE),
            Notification.due_at <= now,
        )
    )  # fmt: skip
    found: dict[UUID, bool] = {}
    for child_id, late in rows:
        found[child_id] = found.get(child_id, False) or bool(late)
    return found


def _by_school(
    session: Session, matches: Mapping[UUID, _Decided], ids: Collection[UUID]
) -> dict[UUID, str]:
    """Return the councils of these children's schools: of the decision, else of the likeliest."""
    urns = {one: matches[one].urn for one in ids if one in matches}
    evidence = session.execute(
        select(Match.involved_child_id, Match.evidence[0]["urn"].as_integer())
        .where(
            Match.involved_child_id.in_([one for one, urn in urns.items() if urn is None]),
            Match.decided_by == DecidedBy.RULES,
        )
        .order_by(Match.decided_at)
    )  # fmt: skip
    urns |= {row.involved_child_id: row[1] for row in evidence}
    rows = session.execute(
        select(Establishment.urn, Establishment.la_code).where(
            Establishment.urn.in_(set(urns.values()) - {None})
        )
    )
    councils = {row.urn: row.la_code for row in rows}
    return {child: councils[urn] for child, urn in urns.items() if urn in councils}


def _names(session: Session, areas: dict[str, _Tally]) -> dict[str, str]:
    rows = session.execute(
        select(Establishment.la_code, Establishment.la_name)
        .where(Establishment.la_code.in_(list(areas)))
        .distinct()
    )
    return {row.la_code: row.la_name for row in rows}
