"""Takes the escalation steps that are due: alerts, the call sheet, the duty officer, the leads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.casework.connections import declared_of
from app.casework.restricted import only_for_message
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications.ladder import due_notifications, take_due_steps

ACTOR = "job:chase_untold"
BLOCK = 1000


def chase_untold(tick: Tick) -> StepReport:
    """Take every step that is due, each notification in a transaction of its own."""
    with tick.wiring.database.read(PLATFORM) as session:
        due = due_notifications(session, now=tick.now, limit=BLOCK, force=tick.force)
    return tick.each(
        due,
        lambda session, notification: take_due_steps(
            session,
            tick.wiring.cipher,
            notification_id=notification,
            now=tick.now,
            actor=ACTOR,
            texts=tick.wiring.texts,
            only=_only(session, notification, now=tick.now),
        ),
    )


def _only(session: Session, notification: UUID, *, now: datetime) -> frozenset[UUID] | None:
    """Return who alone may be asked of the force, without who said to be tied to the family."""
    only = only_for_message(session, notification, now=now)
    if only is None:
        return None
    said = declared_of(session, notification)
    return frozenset(one for one in only if f"account:{one}" not in said)
