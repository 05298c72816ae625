"""What an operator brings into the register: schools, calendars, key adults, rolls; each audited.

The trail keeps who imported how many rows, never a row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from sqlalchemy.orm import Session

from app.access.accounts import tie_key_adults
from app.core import audit
from app.core.audit import Event
from app.core.cipher import Cipher
from app.core.database import Database
from app.core.scope import PLATFORM
from notifications.queries import unsettled_schools
from schools import calendars, key_adults, register, roll
from schools.imports import ImportReport
from schools.register import RegisterReport
from schools.register_upkeep import note_applied

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Importing:
    """Who imports, when, with which keys; `dry_run` reports and stores nothing."""

    now: datetime
    actor: str
    cipher: Cipher
    dry_run: bool = False
    # Told how many rows were done since the last call.
    progress: Progress | None = None


def import_register(
    session: Session, importing: Importing, *, path: Path, links: Path | None,
    accept_closures: bool, accept_changes: bool = False,
) -> RegisterReport:  # fmt: skip
    """Bring the register up to the official file; raise `Refused` for one that cannot be right.

    The report names what happens to each school, those in use here with why they are.
    """
    report = register.import_register(
        session, path, links_path=links, now=importing.now, actor=importing.actor,
        dry_run=importing.dry_run, accept_closures=accept_closures, accept_changes=accept_changes,
        waiting=unsettled_schools(session), progress=importing.progress,
    )  # fmt: skip
    if not importing.dry_run:
        note_applied(session, path, links, report, now=importing.now, actor=importing.actor)
    counts = {
        name: getattr(report, name) for name in ("added", "changed", "closed", "unchanged", "links")
    }
    counts["rejected"] = len(report.rejected)
    _record(session, importing, Event.REGISTER_IMPORTED, "register", counts)
    return report


def import_calendar(session: Session, importing: Importing, *, source: TextIO) -> ImportReport:
    """Add terms, closed and opened days, and hours."""
    report = calendars.import_calendar(
        session, source, now=importing.now, dry_run=importing.dry_run, actor=importing.actor
    )
    return _recorded(session, importing, Event.CALENDAR_IMPORTED, "calendar", report)


def import_key_adults(session: Session, importing: Importing, *, source: TextIO) -> ImportReport:
    """Add and change key adults, with training, contact and absences; tie them to their accounts.

    Whichever came first, the account or the row: who has left by the register is shut out by it. A
    new address is a new person to it, and signs in with an account of that address.
    """
    report = key_adults.import_key_adults(
        session, importing.cipher, source, now=importing.now, dry_run=importing.dry_run
    )
    if not importing.dry_run:
        tie_key_adults(session, importing.cipher)
    return _recorded(session, importing, Event.KEY_ADULTS_IMPORTED, "key_adults", report)


def import_roll(
    session: Session, importing: Importing, *, source: TextIO, owner: str,
    accept_fewer: bool = False,
) -> ImportReport:  # fmt: skip
    """Replace the roll of a supplier, `urn:…` or `council:…`."""
    report = roll.import_roll(
        session, importing.cipher, source, owner=owner, now=importing.now,
        dry_run=importing.dry_run, accept_fewer=accept_fewer, progress=importing.progress,
    )  # fmt: skip
    return _recorded(session, importing, Event.ROLL_IMPORTED, f"roll:{owner}", report)


def stage_roll(
    database: Database, importing: Importing, *, source: TextIO, owner: str,
    accept_fewer: bool = False,
) -> ImportReport:  # fmt: skip
    """Replace the roll of a supplier in many short transactions: others write in between."""
    return roll.stage_roll(
        lambda: database.write(PLATFORM), importing.cipher, source, owner=owner,
        now=importing.now, accept_fewer=accept_fewer, progress=importing.progress,
        done=lambda session, report: _recorded(
            session, importing, Event.ROLL_IMPORTED, f"roll:{owner}", report
        ),
    )  # fmt: skip


def _recorded(
    session: Session, importing: Importing, event: Event, subject: str, report: ImportReport
) -> ImportReport:
    counts = {name: getattr(report, name) for name in ("accepted", "unchanged", "rejected")}
    _record(session, importing, event, subject, counts)
    return report


def _record(
    session: Session, importing: Importing, event: Event, subject: str, counts: dict[str, int]
) -> None:
    if importing.dry_run:
        return
    audit.record(
        session, event=event, actor=importing.actor, force=None, subject=subject,
        now=importing.now, detail=counts,
    )  # fmt: skip
