"""Following up: what the school did for the child, as codes and nothing else."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.permissions import Action
from app.casework.acting import Acting
from app.casework.waiting import Seen, notification_for, require_seen
from app.core import audit
from app.core.errors import FieldError, Invalid
from app.core.scope import acting_for
from notifications import follow_up
from notifications.models import FollowUp, Notification
from notifications.states import FollowUpCode


def record_follow_up(
    session: Session, acting: Acting, *, notification_id: UUID, codes: Sequence[FollowUpCode]
) -> None:
    """Record what the school did; more can be added on another day.

    Raises `NotFound` for what is not this person's, `Conflict` for what they have not opened,
    `Invalid` where nothing was chosen or "no further action" stands beside an action.
    """
    notification = notification_for(
        session, acting, notification_id, action=Action.RECORD_FOLLOW_UP
    )
    require_seen(session, notification, actor=acting.actor.id, least=Seen.CONTENT)
    for code in _checked(codes):
        with acting_for(session, notification.force):
            follow_up.record_follow_up(
                session, notification, code=code, actor=acting.actor.id, now=acting.now
            )
            audit.record(
                session, event=audit.Event.FOLLOW_UP_RECORDED, actor=acting.actor.id,
                force=notification.force, subject=f"notification:{notification.id}",
                now=acting.now, reason_code=code.value,
            )  # fmt: skip


def recorded(session: Session, notification: Notification) -> tuple[FollowUp, ...]:
    """Return what was recorded so far, oldest first."""
    found = session.scalars(
        select(FollowUp)
        .where(FollowUp.notification_id == notification.id)
        .order_by(FollowUp.recorded_at, FollowUp.code)
    )
    return tuple(found)


def _checked(codes: Sequence[FollowUpCode]) -> Sequence[FollowUpCode]:
    if not codes:
        problem = "Choose what the school has done"
        raise Invalid(problem, [FieldError("codes", "missing", problem)])
    if FollowUpCode.NO_FURTHER_ACTION in codes and len(codes) > 1:
        problem = "Choose what was done, or that nothing more was needed, but not both"
        raise Invalid(problem, [FieldError("codes", "contradiction", problem)])
    return codes
