"""Takes the steps after telling that are due: attendance, reminders, and changes to be read."""

from app.casework.connections import declared_of
from app.casework.restricted import only_for_message
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications.asking import due_after_telling, take_steps_after_telling

ACTOR = "job:ask_after_telling"
BLOCK = 1000


def ask_after_telling(tick: Tick) -> StepReport:
    """Take every step that is due, each notification in a transaction of its own."""
    with tick.wiring.database.read(PLATFORM) as session:
        due = due_after_telling(session, now=tick.now, limit=BLOCK, force=tick.force)
    return tick.each(
        due,
        lambda session, notification: take_steps_after_telling(
            session,
            tick.wiring.cipher,
            notification_id=notification,
            now=tick.now,
            actor=ACTOR,
            declared=declared_of(session, notification),
            only=only_for_message(session, notification, now=tick.now),
        ),
    )
