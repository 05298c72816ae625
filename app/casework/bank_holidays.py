"""Bank holidays at the command line: one that was announced since, or one taken back."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from app.casework.importing import Importing
from app.core import audit
from schools import calendar_editing
from schools.term_dates import Nation


def add_bank_holiday(
    session: Session, importing: Importing, on: date, *, title: str, nations: Sequence[Nation]
) -> Sequence[str]:
    """Add a bank holiday; return the nations whose calendar changed. Deadlines follow."""
    changed = calendar_editing.add_bank_holiday(session, on, title=title, nations=nations)
    _note(session, importing, changed, "bank_holiday_added", on)
    return changed


def remove_bank_holiday(
    session: Session, importing: Importing, on: date, *, nations: Sequence[Nation]
) -> Sequence[str]:
    """Take a bank holiday back, for good; return the nations whose calendar changed."""
    changed = calendar_editing.remove_bank_holiday(
        session, on, title="No bank holiday", nations=nations
    )
    _note(session, importing, changed, "bank_holiday_removed", on)
    return changed


def _note(
    session: Session, importing: Importing, owners: Sequence[str], reason_code: str, on: date
) -> None:
    for owner in owners:
        calendar_editing.note_change(session, owner, now=importing.now, actor=importing.actor)
        audit.record(
            session, event=audit.Event.CALENDAR_CHANGED, actor=importing.actor, force=None,
            subject=f"calendar:{owner}", now=importing.now, reason_code=reason_code,
            detail={"on": on.isoformat()},
        )  # fmt: skip
