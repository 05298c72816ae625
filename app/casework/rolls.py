"""What becomes of rolls and addresses once they are here: erased, or marked; each audited.

The trail keeps how many pupils there were, never which, and never a postcode.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Event
from app.core.cipher import Cipher
from schools import roll, roll_marks
from schools.roll_models import MarkedReason


@dataclass(frozen=True, slots=True)
class Keeping:
    """Who keeps the rolls in order, when, with which keys."""

    now: datetime
    actor: str
    cipher: Cipher


def erase_roll(session: Session, keeping: Keeping, *, owner: str) -> int:
    """Erase a supplier's roll, as when an agreement ends; return how many pupils it held."""
    erased = roll.erase_roll(session, owner)
    _record(session, keeping, Event.ROLL_ERASED, f"roll:{owner}", "withdrawn", pupils=erased)
    return erased


def erase_last_years_rolls(session: Session, keeping: Keeping) -> int:
    """Erase what was supplied before the last 31 August; return how many pupils that held."""
    erased = roll.erase_last_years_rolls(session, now=keeping.now)
    if erased:
        _record(session, keeping, Event.ROLL_ERASED, "roll:all", "school_year_over", pupils=erased)
    return erased


def erase_abandoned_rolls(session: Session, keeping: Keeping) -> int:
    """Erase some of what imports that never ended left behind; return how many pupils."""
    erased = roll.erase_abandoned(session, now=keeping.now)
    if erased:
        _record(session, keeping, Event.ROLL_ERASED, "roll:all", "abandoned", pupils=erased)
    return erased


def mark_postcode(
    session: Session, keeping: Keeping, *, postcode: str, reason: MarkedReason
) -> None:
    """Let a postcode never decide a match; raise `Refused` for what is not one."""
    roll_marks.mark(
        session, keeping.cipher, postcode, reason=reason, by=keeping.actor, now=keeping.now
    )
    _record(session, keeping, Event.POSTCODE_MARKED, "postcode", reason.value)


def unmark_postcode(session: Session, keeping: Keeping, *, postcode: str) -> None:
    """Let a postcode count again; raise `Refused` where it was not marked."""
    roll_marks.unmark(session, keeping.cipher, postcode)
    _record(session, keeping, Event.POSTCODE_UNMARKED, "postcode", None)


def _record(
    session: Session, keeping: Keeping, event: Event, subject: str, reason: str | None,
    **counts: int,
) -> None:  # fmt: skip
    audit.record(
        session, event=event, actor=keeping.actor, force=None, subject=subject, now=keeping.now,
        reason_code=reason, detail=counts or None,
    )  # fmt: skip
