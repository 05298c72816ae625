"""Takes the escalation steps that are due: alerts, the call sheet, the duty officer, the leads."""

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
        ),
    )
