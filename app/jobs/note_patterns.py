"""Looks whether a suspect that came in was in another family before, for one role of the force."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core import audit
from app.core.scope import PLATFORM
from app.intake import suspects
from app.jobs.runner import StepReport, Tick

ACTOR = "job:note_patterns"


def note_patterns(tick: Tick) -> StepReport:
    """Look at every suspect of whom something came in; where no force asks for it there is none."""
    with tick.wiring.database.read(PLATFORM) as session:
        waiting = suspects.to_note(session, force=tick.force)
    return tick.each(waiting, lambda session, key: _note(session, *key, now=tick.now))


def _note(session: Session, force: str, digest: bytes, *, now: datetime) -> None:
    found = suspects.note(session, force=force, digest=digest, now=now)
    if found is not None:
        audit.record(
            session, event=audit.Event.PATTERN_FOUND, actor=ACTOR, force=force,
            subject=f"suspect_pattern:{found.id}", now=now,
        )  # fmt: skip
