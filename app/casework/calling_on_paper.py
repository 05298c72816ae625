"""A call made from the encrypted sheet while the service was away: entered later, with its time."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.casework.acting import Acting
from app.casework.calling import call_tie, claimed_line
from app.casework.connections import Tie
from app.core import audit
from app.core.clock import london_date
from app.core.errors import Conflict, FieldError, Invalid
from app.intake.models import Incident, InvolvedChild
from app.intake.restrictions import was_lifted
from notifications.channels import call_sheet
from notifications.models import Notification, NotificationContent
from notifications.states import CallResult

_TIME = "Give the time of your call today, after the message was ready and not to come"
_ON_SCREEN = (
    "This child was on no paper: ring the school, and open what is to be told while they are on "
    "the line."
)
_CHANGED = "What is to be told changed after that time: ring the school again, from the screen."
# As long as one sheet is the newest.
_BETWEEN_SHEETS = timedelta(minutes=15)
_UNTIED = "Say first whether you are related to or involved with this family."


def told_from_paper(
    session: Session, acting: Acting, *, line_id: UUID, told_at: datetime | None,
    recipient_trained: bool, untied: bool = False,
) -> None:  # fmt: skip
    """Record that the caller who holds the line told the school at an instant of today (UTC).

    Counts from that instant and is on the trail as entered later, with both times. Raises
    `Invalid` for a time that cannot be, and `Conflict` where the paper did not hold what is to be
    told: a protected or restricted child, or a message that changed since.
    """
    line = claimed_line(session, acting, line_id)
    notification = session.get_one(Notification, line.notification_id)
    if _only_on_screen(session, notification, at=told_at or acting.now):
        raise Conflict(_ON_SCREEN)
    if not untied and call_tie(session, acting, line) is Tie.ASK:
        raise Conflict(_UNTIED)
    ready_at = notification.ready_at or notification.accepted_at
    if told_at is None or not ready_at <= told_at <= acting.now or not _today(told_at, acting.now):
        raise Invalid(_TIME, [FieldError("told_time", "time", _TIME)])
    content = session.get_one(NotificationContent, (notification.id, notification.content_version))
    if content.composed_at > told_at:
        raise Conflict(_CHANGED)
    call_sheet.record_call(
        session, line.id, result=CallResult.TOLD, actor=acting.actor.id, now=acting.now,
        recipient_trained=recipient_trained, at=told_at,
    )  # fmt: skip
    audit.record(
        session, event=audit.Event.CALL_RECORDED, actor=acting.actor.id, force=line.force,
        subject=f"notification:{line.notification_id}", now=acting.now,
        reason_code="told_from_paper",
        detail={"entered_later": True, "told_at": told_at.isoformat()},
    )  # fmt: skip


def _only_on_screen(session: Session, notification: Notification, *, at: datetime) -> bool:
    """Return whether the paper of an instant showed no name (`app.reports.paper_sheet`).

    Also where it was restricted then, up to the sheet after it was lifted.
    """
    child = session.get_one(InvolvedChild, notification.involved_child_id)
    incident = session.get_one(Incident, notification.incident_id)
    restricted = incident.restricted_access or was_lifted(
        session, force=incident.force, reference=incident.reference, since=at - _BETWEEN_SHEETS
    )
    return restricted or child.protected or notification.shown_only_to is not None


def _today(told_at: datetime, now: datetime) -> bool:
    return london_date(told_at) == london_date(now)
