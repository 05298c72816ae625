"""Noting that somebody was passed over: many see that it was so, one role of the force sees why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.database import insert_unless_there
from app.core.ids import new_id
from schools.connected_models import ChangeReason, RecipientChange

KEPT = "incident:"


def note_change(
    session: Session, *, force: str, incident_id: UUID, about: str, person: str,
    reason: ChangeReason, now: datetime, actor: str,
) -> bool:  # fmt: skip
    """Note once that this person is passed over about this; return whether for the first time.

    The trail says that the recipient changed, and neither who nor why.
    """
    known = select(RecipientChange.id).where(
        RecipientChange.about == about, RecipientChange.person == person
    )
    if session.scalars(known).first() is not None:
        return False
    insert_unless_there(
        session, RecipientChange, id=new_id(), force=force, incident_id=incident_id, about=about,
        person=person, reason=reason, found_at=now,
    )  # fmt: skip
    audit.record(
        session, event=audit.Event.RECIPIENT_CHANGED, actor=actor, force=force, subject=about,
        now=now,
    )  # fmt: skip
    return True


def keep_change(
    session: Session, *, force: str, incident_id: UUID, person: str, reason: ChangeReason,
    now: datetime,
) -> None:  # fmt: skip
    """Keep for an incident's later messages what this person said of an earlier one.

    Nobody is passed over by this alone: the trail has it from when it was said.
    """
    insert_unless_there(
        session, RecipientChange, id=new_id(), force=force, incident_id=incident_id,
        about=f"{KEPT}{incident_id}", person=person, reason=reason, found_at=now,
    )  # fmt: skip
