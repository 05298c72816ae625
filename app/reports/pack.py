"""The monthly pack: the figures of one calendar month, for inside or with small numbers hidden."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome, OutcomeReason
from app.reports.counts import Tally
from app.reports.definitions import DEFINITIONS, Definition
from app.reports.messages import causes
from app.reports.periods import Period
from app.reports.published import (
    Overlapping,
    PublishedLine,
    published_causes,
    published_lines,
    published_overlaps,
    published_times,
)
from app.reports.stages import StageTime, stage_times
from app.reports.suppression import suppressed
from app.reports.timeliness import PROTECTED, Kind, Line, Part, Whose, timeliness
from notifications.states import LateCause

# An outcome that is not a message, with its reason where it has one.
Decided = tuple[Outcome, OutcomeReason | None]


@dataclass(frozen=True, slots=True)
class Pack:
    """One month. `published` says that small numbers are hidden, and then days and schools are out.

    `decided` is what became of children of whom no school was told; empty for a council.
    """

    whose: Whose
    month: Period
    made_at: datetime
    published: bool
    whole: PublishedLine
    overlapping: Overlapping
    parts: tuple[Part, ...]
    councils: tuple[PublishedLine, ...]
    phases: tuple[PublishedLine, ...]
    schools: tuple[Line, ...]
    causes: Mapping[LateCause | None, int | None]
    times: tuple[StageTime, ...]
    decided: Mapping[Decided, int | None]
    definitions: tuple[Definition, ...]


def pack(session: Session, whose: Whose, *, month: Period, now: datetime, published: bool) -> Pack:
    """Return the pack of a month as it stands at `now`."""
    found = timeliness(session, whose, period=month, now=now)
    late = causes(session, whose, period=month, now=now)
    times = stage_times(session, whose, period=month, now=now)
    decided = _decided(session, whose.code, month) if whose.kind is Kind.FORCE else {}
    lines = published_lines if published else _as_they_are
    (whole,) = lines([("All", found.total)])
    shown = (
        published_overlaps(found.total)
        if published
        else Overlapping(found.total.told_before_nine, found.total.acknowledged_in_time)
    )
    return Pack(
        whose=whose, month=month, made_at=now, published=published, whole=whole,
        overlapping=shown, parts=() if published else found.parts,
        councils=lines([(_name(one, published=published), one.tally) for one in found.councils]),
        phases=lines([(_name(one, published=published), one.tally) for one in found.phases]),
        schools=() if published else tuple(one for one in found.schools if one.tally.late),
        causes=published_causes(late, whole) if published else late,
        times=published_times(times) if published else times,
        decided=_hidden(decided) if published else decided,
        definitions=tuple(DEFINITIONS.values()),
    )  # fmt: skip


def _name(line: Line, *, published: bool) -> str:
    """Return what a line is called; that some children are protected is nobody's outside."""
    return "Place not shown" if published and line.at == PROTECTED else line.name


def _as_they_are(lines: list[tuple[str, Tally]]) -> tuple[PublishedLine, ...]:
    return tuple(
        PublishedLine(name, one.due, one.told_in_time, one.told_late, one.not_told)
        for name, one in lines
    )


def _decided(session: Session, force: str, month: Period) -> dict[Decided, int]:
    """Count the children received in a month by what was decided instead of telling a school."""
    rows = session.execute(
        select(InvolvedChild.outcome, InvolvedChild.outcome_reason, func.count())
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(
            InvolvedChild.force == force,
            InvolvedChild.received_at >= month.starts_at,
            InvolvedChild.received_at < month.ends_at,
            Incident.state != IncidentState.SUPERSEDED,
            InvolvedChild.outcome.in_([Outcome.NOT_NOTIFIED, Outcome.HELD, Outcome.WITHDRAWN]),
        )
        .group_by(InvolvedChild.outcome, InvolvedChild.outcome_reason)
        .order_by(InvolvedChild.outcome, InvolvedChild.outcome_reason)
    )
    return {(outcome, reason): count for outcome, reason, count in rows}


def _hidden(decided: Mapping[Decided, int]) -> dict[Decided, int | None]:
    shown = suppressed([[count] for count in decided.values()])
    return dict(zip(decided, (line[0] for line in shown), strict=True))
