"""What the watchdog can find wrong: a closed list of neutral codes. Pure.

A code says nothing that a stranger who reads the alarm would understand of whom it concerns.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Code(StrEnum):
    """One kind of fault each; what to do about it is in docs/reliability.md."""

    # The deadline itself.
    UNTOLD_UNHELD = "untold_unheld"
    CALL_NOT_BEGUN = "call_not_begun"
    REVIEW_NOT_BEGUN = "review_not_begun"
    # Evidence against outcome (app.reports.balance).
    BALANCE_NO_ROWS = "balance_no_rows"
    BALANCE_RECEIVED_TOO_LONG = "balance_received_too_long"
    BALANCE_REVIEW_MISSING = "balance_review_missing"
    BALANCE_HELD_TOO_LONG = "balance_held_too_long"
    BALANCE_STEP_OVERDUE = "balance_step_overdue"
    BALANCE_SCHOOL_MISSING = "balance_school_missing"
    BALANCE_NOBODY_ALERTED = "balance_nobody_alerted"
    BALANCE_REASON_MISSING = "balance_reason_missing"
    BALANCE_STILL_VISIBLE = "balance_still_visible"
    BALANCE_COUNCIL_MISSING = "balance_council_missing"
    BALANCE_NOBODY_PURSUES = "balance_nobody_pursues"
    BALANCE_REVIEW_STEP_OVERDUE = "balance_review_step_overdue"
    # Alerts.
    NO_STATUS = "no_status"
    STILL_SENDING = "still_sending"
    UNKNOWN_OLD = "unknown_old"
    SET_ASIDE = "set_aside"
    DELIVERY_FAILING = "delivery_failing"
    NOBODY_OPENS = "nobody_opens"
    PROVIDER_STOPPED = "provider_stopped"
    # The feed.
    FEED_SILENT = "feed_silent"
    FEED_UNEQUAL = "feed_unequal"
    PUSHES_REFUSED = "pushes_refused"
    # The machinery.
    TICKS_STOPPED = "ticks_stopped"
    STEP_STUCK = "step_stuck"
    STEP_FAILING = "step_failing"
    RUN_MISSING = "run_missing"
    EVENING_CHECK_MISSING = "evening_check_missing"
    CALL_SHEET_OLD = "call_sheet_old"
    CALL_SHEET_NOT_PUSHED = "call_sheet_not_pushed"
    COVER_MISSING = "cover_missing"
    CALENDAR_ENDS = "calendar_ends"
    TRAIL_SILENT = "trail_silent"
    TRAIL_BROKEN = "trail_broken"
    TRAIL_WENT_BACK = "trail_went_back"
    TRAIL_NOT_CHECKPOINTED = "trail_not_checkpointed"
    SCHEMA_OTHER = "schema_other"
    CLOCK_OFFSET = "clock_offset"
    CLOCK_JUMPED = "clock_jumped"
    CLOCK_AHEAD = "clock_ahead"
    DISK_LOW = "disk_low"
    WEB_NOT_READY = "web_not_ready"
    # The watchdog's own.
    DATABASE_SILENT = "database_silent"
    ROLE_MAY_WRITE = "role_may_write"
    CHECK_FAILED = "check_failed"
    HEARTBEAT_REFUSED = "heartbeat_refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong now: how often, and since when as far as the rows say (UTC)."""

    code: Code
    count: int = 1
    oldest: datetime | None = None
