"""What police systems are answered, as plain values, and the cursors of their lists."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.clock import as_utc
from app.core.errors import FieldError, Invalid
from app.intake.models import NightClose
from app.intake.outcomes import IncidentState, Outcome
from app.reports.told import Told
from notifications.states import NotificationState, ReceiptKind
from schools.matching.details import Band

_NOT_A_CURSOR = FieldError("query.cursor", "not_a_cursor", "Use the `next` of the page before")


@dataclass(frozen=True, slots=True)
class NotificationStatus:
    """One recipient's receipt ladder, as times."""

    state: NotificationState
    due_at: datetime
    ready_at: datetime | None
    told_at: datetime | None
    told_how: str | None
    late_at: datetime | None
    late_cause: str | None
    rungs: dict[ReceiptKind, datetime]
    # What the school did, as codes: only where force and schools agreed on it, else None.
    follow_up: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ChildStatus:
    """What became of one child; `schools` (URN, name) only where this force gave them."""

    ref: str
    outcome: Outcome
    outcome_reason: str | None
    outcome_at: datetime
    told: Told
    warnings: tuple[str, ...]
    band: Band | None
    rules_version: str | None
    school_found: bool
    schools: tuple[tuple[int, str], ...]
    notifications: tuple[NotificationStatus, ...]


@dataclass(frozen=True, slots=True)
class IncidentStatus:
    """One incident with its children."""

    id: UUID
    reference: str
    version: int
    state: IncidentState
    occurred_from: datetime
    received_at: datetime
    withdrawn_at: datetime | None
    children: tuple[ChildStatus, ...]
    # A test system pushed it: nobody is told of it.
    trial: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What was taken back: children, notifications, people who had seen it, alerts stopped."""

    reference: str
    version: int
    withdrawn_at: datetime
    children: int
    recalled: int
    opened_by: int
    alerts_stopped: int


@dataclass(frozen=True, slots=True)
class ClosedNight:
    """A night with its totals; of a test system's, `trial`, nothing is kept."""

    night: NightClose
    trial: bool = False


def write_cursor(at: tuple[datetime, UUID]) -> str:
    """Return the cursor of the page after an arrival."""
    received_at, incident_id = at
    text = f"{received_at.isoformat()}|{incident_id.hex}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the arrival that a page begins after; raise `Invalid`."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        received_at, _, incident_id = text.partition("|")
        return as_utc(datetime.fromisoformat(received_at)), UUID(hex=incident_id)
    except (ValueError, binascii.Error):
        raise Invalid("This cursor is not one of ours.", [_NOT_A_CURSOR]) from None
