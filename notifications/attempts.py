"""What the outbox hands to delivery for one try, and what delivery hands back."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ClaimedAlert:
    """All that sending one alert needs; `fence` says whose claim this was."""

    alert_id: UUID
    fence: int
    address: str = field(repr=False)
    template: str
    welsh: bool
    planned_at: datetime


class ResultKind(StrEnum):
    """What came of one try."""

    HANDED_OVER = "handed_over"
    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    UNKNOWN = "unknown"
    CONNECTION = "connection"
    # The alert itself could not be made or sent: a defect of this row or of ours.
    BROKEN = "broken"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class AlertResult:
    """One try's outcome; `code` is from the channel's closed words."""

    alert_id: UUID
    fence: int
    kind: ResultKind
    channel: str
    code: str | None = None
    reference: str | None = None

    @property
    def ok(self) -> bool:
        return self.kind is ResultKind.HANDED_OVER
