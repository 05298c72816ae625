"""What the outbox hands to delivery for one try, and what delivery hands back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.cipher import Cipher

# Returns what the text of an alert about this id needs, such as a code or the path of a one-time
# link; None where it is no longer needed. Always the same for one id, so that a repeat is the same
# bytes: derive it from the id (`alerts.neutral_token`), never draw it.
Resolver = Callable[[Session, Cipher, UUID], Mapping[str, str] | None]


@dataclass(frozen=True, slots=True)
class ClaimedAlert:
    """All that sending one alert needs; `fence` says whose claim this was."""

    alert_id: UUID
    fence: int
    address: str = field(repr=False)
    template: str
    welsh: bool
    planned_at: datetime
    # What the template asks for beside the sign-in page.
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)


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
