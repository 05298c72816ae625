"""How long each stage took: incident, received, matched, alerted, told, acknowledged.

Whole minutes, by nearest rank, over the messages that went through a stage. How long the force took
to send its record stands apart from what followed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from app.intake.models import Incident
from app.reports.counts import Seconds, counted
from app.reports.periods import Period
from app.reports.timeliness import Kind, Whose
from notifications.models import Notification, Receipt
from notifications.states import ReceiptKind
from schools.matching.models import Match


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
    rows = session.execute(_instants(whose, period, now)).all()
    places = {at: place for place, at in enumerate(rows[0]._fields)} if rows else {}
    taken = {
        stage: _minutes(rows, places[start], places[end]) if rows else []
        for stage, (start, end) in _BETWEEN.items()
        if stage in stages
    }
    return tuple(_time(stage, taken[stage]) for stage in stages)


def _instants(whose: Whose, period: Period, now: datetime) -> Select[Any]:
    """Return each message's instants in seconds, each looked up once."""
    alerted = (
        select(func.min(Receipt.at))
        .where(Receipt.notification_id == Notification.id, Receipt.kind == ReceiptKind.HANDED_OVER)
        .correlate(Notification)
        .scalar_subquery()
    )
    instants: dict[str, Any] = {
        "received": Notification.accepted_at, "alerted": alerted, "told": Notification.told_at,
        "acknowledged": Notification.acknowledged_at,
    }  # fmt: skip
    if whose.kind is Kind.FORCE:
        # The decision that made it visible: a later look at the same child is not its own.
        instants["matched"] = (
            select(func.max(Match.decided_at))
            .where(
                Match.involved_child_id == Notification.involved_child_id,
                Match.decided_at <= Notification.ready_at,
            )
            .correlate(Notification)
            .scalar_subquery()
        )
        instants["occurred"] = Incident.occurred_from
    asked: Any = select(*(Seconds(at).label(name) for name, at in instants.items()))
    asked = asked.select_from(Notification)
    if whose.kind is Kind.FORCE:
        asked = asked.join(Incident, Incident.id == Notification.incident_id)
    wanted: Select[Any] = asked.where(whose.mine, *counted(period, now))
    return wanted


def _minutes(rows: Sequence[Row[Any]], start: int, end: int) -> list[int]:
    """Return the whole minutes between two instants, of those messages that have both.

    One that ended before it began (told before any alert) took none.
    """
    return [
        max(0, row[end] - row[start]) // 60
        for row in rows
        if row[start] is not None and row[end] is not None
    ]


def _time(stage: Stage, taken: Sequence[int]) -> StageTime:
    known = sorted(taken)
    return StageTime(stage, len(known), ranked(known, 50), ranked(known, 90), ranked(known, 95))


def ranked(ordered: Sequence[int], percentile: int) -> int | None:
    """Return the value of the nearest rank: the smallest that so many per cent do not exceed."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percentile // 100) - 1)]
