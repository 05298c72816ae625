"""Attendance: the school's answer at register-close, and what the desk does about an absence."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import declared_of, desk_tie, require_untied
from app.casework.restricted import only_for_message
from app.casework.waiting import Seen, notification_for, require_seen
from app.core.errors import NotFound
from app.core.scope import acting_for
from notifications import attendance
from notifications.models import Notification
from notifications.receipt_states import AbsenceResponse, AttendanceAnswer

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


def answer(
    session: Session, acting: Acting, *, notification_id: UUID, said: AttendanceAnswer
) -> None:
    """Store what a key adult says who has read the message; "absent" tells the police.

    Raises `NotFound` for what is not theirs, `Conflict` before it is opened or asked.
    """
    notification = notification_for(
        session, acting, notification_id, action=Action.ANSWER_ATTENDANCE
    )
    require_seen(session, notification, actor=acting.actor.id, least=Seen.CONTENT)
    with acting_for(session, notification.force):
        attendance.answer_attendance(
            session, acting.cipher, notification, answer=said, actor=acting.actor.id,
            now=acting.now, source="page", declared=declared_of(session, notification.id),
            only=only_for_message(session, notification.id, now=acting.now),
        )  # fmt: skip


def answer_by_phone(
    session: Session, acting: Acting, *, notification_id: UUID, said: AttendanceAnswer
) -> None:
    """Store what the school told the desk by telephone, by the same function."""
    notification = _of_desk(session, acting, notification_id)
    attendance.answer_attendance(
        session, acting.cipher, notification, answer=said, actor=acting.actor.id, now=acting.now,
        source="phone", declared=declared_of(session, notification.id),
        only=only_for_message(session, notification.id, now=acting.now),
    )  # fmt: skip


def respond(
    session: Session, acting: Acting, *, notification_id: UUID, response: AbsenceResponse
) -> None:
    """Store what the desk did about a child who is absent without a reason."""
    notification = _of_desk(session, acting, notification_id)
    attendance.respond_to_absence(
        session, notification, response=response, actor=acting.actor.id, now=acting.now
    )


def _of_desk(session: Session, acting: Acting, notification_id: UUID) -> Notification:
    found = session.get(Notification, notification_id)
    if found is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, Action.RESPOND_TO_ABSENCE, Relation(force=found.force))
    require_untied(desk_tie(session, acting, found))
    return found
