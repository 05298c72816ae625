"""How long each stage took: incident, received, matched, alerted, told, acknowledged.

Whole minutes, by nearest rank, over the messages that went through a stage. How long the force took
to send its record stands apart from what followed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, func, literal_column, select
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
    rows = session.execute(_minutes(whose, period, now, stages)).all()
    taken: list[Sequence[int | None]] = [
        [row[place] for row in rows] for place in range(len(stages))
    ]
    return tuple(_time(stage, one) for stage, one in zip(stages, taken, strict=True))


def _minutes(whose: Whose, period: Period, now: datetime, stages: Sequence[Stage]) -> Select[Any]:
    received, told = Notification.accepted_at, Notification.told_at
    alerted = (
        select(func.min(Receipt.at))
        .where(Receipt.notification_id == Notification.id, Receipt.kind == ReceiptKind.HANDED_OVER)
        .correlate(Notification)
        .scalar_subquery()
    )
    # The decision that made it visible: a later look at the same child is not its own.
    matched = (
        select(func.max(Match.decided_at))
        .where(
            Match.involved_child_id == Notification.involved_child_id,
            Match.decided_at <= Notification.ready_at,
        )
        .correlate(Notification)
        .scalar_subquery()
    )
    between = {
        Stage.RECEIVED: (Incident.occurred_from, received),
        Stage.MATCHED: (received, matched),
        Stage.ALERTED: (matched, alerted),
        Stage.TOLD: (alerted, told),
        Stage.ACKNOWLEDGED: (told, Notification.acknowledged_at),
        Stage.RECEIVED_TO_TOLD: (received, told),
        Stage.RECEIVED_TO_ALERTED: (received, alerted),
    }
    lasted: list[ColumnElement[Any]] = [_minutes_between(*between[stage]) for stage in stages]
    asked: Any = select(*lasted).select_from(Notification)
    if whose.kind is Kind.FORCE:
        asked = asked.join(Incident, Incident.id == Notification.incident_id)
    wanted: Select[Any] = asked.where(whose.mine, *counted(period, now))
    return wanted


def _minutes_between(start: Any, end: Any) -> ColumnElement[int]:
    return (Seconds(end) - Seconds(start)) // literal_column("60", Integer)


def _time(stage: Stage, taken: Sequence[int | None]) -> StageTime:
    """Return a stage's times; one that ended before it began (told before any alert) took none."""
    known = sorted(max(0, one) for one in taken if one is not None)
    return StageTime(stage, len(known), ranked(known, 50), ranked(known, 90), ranked(known, 95))


def ranked(ordered: Sequence[int], percentile: int) -> int | None:
    """Return the value of the nearest rank: the smallest that so many per cent do not exceed."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percentile // 100) - 1)]
