"""What the outbox hands to delivery for one try, and what delivery hands back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.clock import has_come
from notifications.states import UNSETTLED, AlertState, Channel, Medium

# Returns what the text of an alert about this id needs, such as a code or the path of a one-time
# link; None where it is no longer needed. Always the same for one id, so that a repeat is the same
# bytes: derive it from the id (`alerts.neutral_token`), never draw it.
Resolver = Callable[[Session, Cipher, UUID], Mapping[str, str] | None]

LEASE_SECONDS = 60
# Until the second, third, fourth try …; then always the last.
RETRY_SECONDS = (15, 60, 180, 300)
LONGEST_LEASE = timedelta(seconds=LEASE_SECONDS)
# An alert is planned for now, and is never put off by more than this.
LONGEST_GAP = timedelta(seconds=max(RETRY_SECONDS))


class WaitingAlert(NamedTuple):
    """What claiming reads of an alert's row, by the names of its columns, and nothing else.

    A whole row takes several times as long, and mornings have thousands.
    """

    id: UUID
    urn: int | None
    council: str | None
    key_adult_id: UUID | None
    officer_id: UUID | None
    about: str | None
    medium: Medium
    channel: Channel
    state: AlertState
    template: str
    template_version: str | None
    planned_at: datetime
    next_attempt_at: datetime
    lease_until: datetime | None
    fence: int
    attempts: int

    def is_due(self, now: datetime) -> bool:
        """Return whether it is to be tried now: its time came, or its last sender's is over."""
        if self.state is AlertState.ATTEMPTING:
            until = self.lease_until
            return until is not None and has_come(until, now, LONGEST_LEASE)
        return self.state in UNSETTLED and has_come(self.next_attempt_at, now, LONGEST_GAP)


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
    # The provider to hand it to; '' where the caller has only one.
    channel: str = ""
    # An earlier try there may have arrived: ask before anything is sent.
    ask: bool = False
    # Of its words, the same for every try; '' for an alert older than versions.
    version: str = ""


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
    # The provider wants no more from us for a while.
    BUSY = "busy"
    # The provider refuses us.
    REFUSED = "refused"
    # Asked whether an earlier try arrived, the provider did not say: still unknown.
    UNASKED = "unasked"


# Not tries at all: the rest of a block after its provider was found to be down, or its time over.
CHANNEL_DOWN, BLOCK_OVER = "channel_down", "block_over"
NOT_TRIES = frozenset({CHANNEL_DOWN, BLOCK_OVER})
# A refusal of the request as such; our own defects have the names of exceptions.
_REQUEST_REFUSED = "request_"
_LINE_BROKE = ("lost_", "timeout_")


@dataclass(frozen=True, slots=True)
class AlertResult:
    """One try's outcome; `code` is from the channel's closed words."""

    alert_id: UUID
    fence: int
    kind: ResultKind
    channel: str
    code: str | None = None
    reference: str | None = None
    # How long the provider wants to be left alone, where it said so.
    seconds: int | None = None

    @property
    def blames_provider(self) -> bool:
        """Whether this may be the provider's trouble as well as the alert's."""
        code = self.code or ""
        match self.kind:
            case ResultKind.BROKEN:
                return code.startswith(_REQUEST_REFUSED)
            case ResultKind.TEMPORARY:
                return code.startswith(_LINE_BROKE)
            case kind:
                return kind in _PROVIDERS_TROUBLE

    @property
    def ok(self) -> bool:
        return self.kind is ResultKind.HANDED_OVER


_PROVIDERS_TROUBLE = frozenset(
    {
        ResultKind.UNKNOWN, ResultKind.CONNECTION, ResultKind.BUSY, ResultKind.REFUSED,
        ResultKind.UNASKED,
    }
)  # fmt: skip
