"""How long each stage took: incident, received, matched, alerted, told, acknowledged.

Whole minutes, by nearest rank, over the messages that went through a stage. How long the force took
to send its record stands apart from what followed.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Integer,
    ScalarSelect,
    case,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.core.database import by_hashing
from app.intake.models import Incident
from app.reports.counts import counted
from app.reports.periods import Period
from app.reports.timeliness import Kind, Whose
from notifications.models import Notification, Receipt
from notifications.states import ReceiptKind
from schools.matching.models import Match

# An alert may seem that much older than the record it is about, where clocks differ.
_CLOCKS_DIFFER = timedelta(days=1)


class Seconds(FunctionElement[int]):
    """An instant as whole seconds since 1970, in the same way on both databases."""

    type = Integer()
    inherit_cache = True


@compiles(Seconds, "postgresql")
def _on_postgresql(element: Seconds, compiler: SQLCompiler, **kw: Any) -> str:
    # EXTRACT would compute in decimal digits.
    at = compiler.process(element.clauses, **kw)
    return f"CAST(FLOOR(DATE_PART('epoch', {at})) AS BIGINT)"


@compiles(Seconds, "sqlite")
def _on_sqlite(element: Seconds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **kw)}) AS INTEGER)"


class Stage(StrEnum):
    """From one instant to the next; the first is the force's own."""

    RECEIVED = "incident_to_received"
    MATCHED = "received_to_matched"
    ALERTED = "matched_to_alerted"
    TOLD = "alerted_to_told"
    ACKNOWLEDGED = "told_to_acknowledged"
    # The service's whole part.
    RECEIVED_TO_TOLD = "received_to_told"
    # A council does not read when an incident was, nor how it was matched.
    RECEIVED_TO_ALERTED = "received_to_alerted"


_OF_FORCE = (
    Stage.RECEIVED, Stage.MATCHED, Stage.ALERTED, Stage.TOLD, Stage.ACKNOWLEDGED,
    Stage.RECEIVED_TO_TOLD,
)  # fmt: skip
_OF_COUNCIL = (
    Stage.RECEIVED_TO_ALERTED, Stage.TOLD, Stage.ACKNOWLEDGED, Stage.RECEIVED_TO_TOLD,
)  # fmt: skip


_BETWEEN = {
    Stage.RECEIVED: ("occurred", "received"),
    Stage.MATCHED: ("received", "matched"),
    Stage.ALERTED: ("matched", "alerted"),
    Stage.TOLD: ("alerted", "told"),
    Stage.ACKNOWLEDGED: ("told", "acknowledged"),
    Stage.RECEIVED_TO_TOLD: ("received", "told"),
    Stage.RECEIVED_TO_ALERTED: ("received", "alerted"),
}


@dataclass(frozen=True, slots=True)
class StageTime:
    """One stage in minutes; without a message that went through it the times are empty."""

    stage: Stage
    messages: int
    median: int | None
    ninetieth: int | None
    ninety_fifth: int | None


def stage_times(
    session: Session, whose: Whose, *, period: Period, now: datetime
) -> tuple[StageTime, ...]:
    """Return the times of each stage of the messages due in a period, as they stand at `now`."""
    stages = _OF_FORCE if whose.kind is Kind.FORCE else _OF_COUNCIL
    first = session.scalar(
        select(func.min(Notification.accepted_at)).where(whose.mine, *counted(period, now))
    )
    taken: dict[Stage, list[tuple[int, int]]] = {stage: [] for stage in stages}
    if first is not None:
        instants = _instants(whose, period, now, since=first - _CLOCKS_DIFFER)
        with by_hashing(session) if whose.kind is Kind.FORCE else nullcontext():
            found = session.execute(_histogram(stages, instants)).all()
        for stage, minutes, messages in found:
            taken[Stage(stage)].append((minutes, messages))
    return tuple(_time(stage, sorted(taken[stage])) for stage in stages)


def _histogram(stages: Sequence[Stage], instants: CTE) -> CompoundSelect[Any]:
    """Return how many messages took so many minutes, of those that have both ends of a stage.

    One that ended before it began (told before any alert) took none.
    """
    parts = []
    for stage in stages:
        start, end = (instants.c[name] for name in _BETWEEN[stage])
        minutes = case((end > start, (end - start) // 60), else_=0).label("minutes")
        parts.append(
            select(literal(stage.value), minutes, func.count())
            .where(start.is_not(None), end.is_not(None))
            .group_by("minutes")
        )
    return union_all(*parts)


def _instants(whose: Whose, period: Period, now: datetime, *, since: datetime) -> CTE:
    """Return each message's instants in seconds.

    Of a force each table is read once, by an index from `since` on. What is older, as of a child
    that was held over a holiday, is looked up one by one, and so are the few of a council.
    """
    row, of_force = Notification, whose.kind is Kind.FORCE
    asked = [row.id, row.accepted_at, row.told_at, row.acknowledged_at]
    if of_force:
        asked += [row.ready_at, row.involved_child_id, row.incident_id]
    message = (
        select(*asked)
        .where(whose.mine, *counted(period, now))
        .cte("message")
    )  # fmt: skip
    alerted = _alerted(message, whose.code if of_force else None, since)
    instants: dict[str, Any] = {
        "received": message.c.accepted_at, "alerted": alerted.c.at, "told": message.c.told_at,
        "acknowledged": message.c.acknowledged_at,
    }  # fmt: skip
    joined: Any = message.outerjoin(alerted, alerted.c.id == message.c.id)
    if of_force:
        matched, sent = _matched(message, whose.code, since), _sent(whose.code, since)
        instants |= {
            "matched": func.coalesce(matched.c.at, _matched_before(message)),
            "occurred": func.coalesce(sent.c.occurred_from, _sent_before(message)),
        }
        joined = joined.outerjoin(matched, matched.c.id == message.c.id).outerjoin(
            sent, sent.c.id == message.c.incident_id
        )
    seconds = (Seconds(at).label(name) for name, at in instants.items())
    return select(*seconds).select_from(joined).cte("instants")


def _alerted(message: CTE, force: str | None, since: datetime) -> CTE:
    """Return when the first alert of each message was handed over."""
    of_force = () if force is None else (Receipt.force == force, Receipt.at >= since)
    return (
        select(Receipt.notification_id.label("id"), func.min(Receipt.at).label("at"))
        .join(message, message.c.id == Receipt.notification_id)
        .where(Receipt.kind == ReceiptKind.HANDED_OVER, *of_force)
        .group_by(Receipt.notification_id)
        .cte("alerted")
    )


def _matched(message: CTE, force: str, since: datetime) -> CTE:
    """Return the decision that made each visible: a later look at its child is not its own."""
    return (
        select(message.c.id, func.max(Match.decided_at).label("at"))
        .join(Match, Match.involved_child_id == message.c.involved_child_id)
        .where(
            Match.force == force, Match.decided_at >= since,
            Match.decided_at <= message.c.ready_at,
        )
        .group_by(message.c.id)
        .cte("matched")
    )  # fmt: skip


def _matched_before(message: CTE) -> ScalarSelect[datetime]:
    """Return the same of a decision that is older: what was decided may stand for a second time."""
    return (
        select(func.max(Match.decided_at))
        .where(
            Match.involved_child_id == message.c.involved_child_id,
            Match.decided_at <= message.c.ready_at,
        )
        .correlate(message)
        .scalar_subquery()
    )


def _sent(force: str, since: datetime) -> CTE:
    """Return when the incidents were that a force sent."""
    return (
        select(Incident.id, Incident.occurred_from)
        .where(Incident.force == force, Incident.received_at >= since)
        .cte("sent")
    )


def _sent_before(message: CTE) -> ScalarSelect[datetime]:
    return (
        select(Incident.occurred_from)
        .where(Incident.id == message.c.incident_id)
        .correlate(message)
        .scalar_subquery()
    )


def _time(stage: Stage, taken: Sequence[tuple[int, int]]) -> StageTime:
    messages = sum(count for _, count in taken)
    ranks = (ranked(taken, messages, percentile) for percentile in (50, 90, 95))
    return StageTime(stage, messages, *ranks)


def ranked(taken: Sequence[tuple[int, int]], messages: int, percentile: int) -> int | None:
    """Return the value of the nearest rank: the smallest that so many per cent do not exceed.

    `taken` are values in order, each with how many messages took it.
    """
    rank = max(1, -(-messages * percentile // 100))
    for value, count in taken:
        rank -= count
        if rank <= 0:
            return value
    return None
