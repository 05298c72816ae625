"""The morning report as CSV: every cell quoted, and none that a spreadsheet would run."""

import csv
import io
from datetime import datetime

from app.core.clock import LONDON
from app.reports.rows import Board, ChildRow

COLUMNS = (
    "reference", "child", "told", "outcome", "reason", "held_by", "schools", "due", "told_at",
    "told_how", "told_in_time", "acknowledged_at", "late_cause", "received_late",
)  # fmt: skip

# A cell that starts with one of these is a formula to a spreadsheet (OWASP ASVS 5.0.0, 1.2.10).
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\0")


def safe_cell(text: str) -> str:
    """Return the text with an apostrophe before anything a spreadsheet would take as a formula."""
    return f"'{text}" if text.startswith(_RUNS) else text


def morning_csv(board: Board) -> str:
    """Return the board as CSV with a header; times are London's, ISO 8601 with their offset."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in board.rows:
        writer.writerow([safe_cell(cell) for cell in _cells(row)])
    return out.getvalue()


def _cells(row: ChildRow) -> tuple[str, ...]:
    return (
        row.reference,
        row.child_ref,
        row.told.value,
        row.outcome.value,
        row.outcome_reason.value if row.outcome_reason else "",
        row.held_by,
        "; ".join(row.schools),
        _moment(row.due_at),
        _moment(row.told_at),
        row.told_how.value if row.told_how else "",
        "yes" if row.told_in_time else "no",
        _moment(row.acknowledged_at),
        row.late_cause.value if row.late_cause else "",
        "yes" if row.late_record else "no",
    )


def _moment(at: datetime | None) -> str:
    return at.astimezone(LONDON).isoformat(timespec="minutes") if at else ""
