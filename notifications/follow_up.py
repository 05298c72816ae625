"""What the school did, as codes: its narrative stays on its own file."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.ids import new_id
from notifications.alerting import stop_alerts
from notifications.errors import NoLongerShown, NotOpened
from notifications.guarded import changed
from notifications.models import FollowUp, Notification, Receipt
from notifications.receipt_states import ReceiptStepKind
from notifications.receipt_steps import skip_steps
from notifications.states import VISIBLE, FollowUpCode, NotificationState, ReceiptKind

_FOLLOWING_UP = (ReceiptStepKind.FOLLOW_UP, ReceiptStepKind.FOLLOW_UP_LEAD)


def record_follow_up(
    session: Session, notification: Notification, *, code: FollowUpCode, actor: str, now: datetime,
    source: str = "page",
) -> bool:  # fmt: skip
    """Add one code; return False where it is there already. More can be added on another day.

    Raises `NotOpened` before the acknowledgement, `NoLongerShown` after a recall.
    """
    moved = changed(
        session,
        update(Notification)
        .where(
            Notification.id == notification.id,
            Notification.state == NotificationState.ACKNOWLEDGED,
        )
        .values(state=NotificationState.FOLLOWED_UP, followed_up_at=now),
    )
    session.refresh(notification)
    if notification.state not in VISIBLE:
        raise NoLongerShown("This message is no longer shown: ring the desk.")
    if notification.state is not NotificationState.FOLLOWED_UP:
        raise NotOpened("Acknowledge the message first, then say what the school did.")
    owned = {
        "force": notification.force, "urn": notification.urn, "council": notification.council,
        "notification_id": notification.id,
    }  # fmt: skip
    if moved:
        skip_steps(session, notification, _FOLLOWING_UP, reason_code="followed_up", now=now)
        stop_alerts(session, f"follow_up:{notification.id}", now)
        session.add(
            Receipt(
                **owned, id=new_id(), kind=ReceiptKind.FOLLOWED_UP, at=now, actor=actor,
                source=source, content_version=notification.content_version,
            )
        )  # fmt: skip
    if _recorded(session, notification, code):
        return False
    session.add(FollowUp(**owned, id=new_id(), code=code, recorded_at=now, recorded_by=actor))
    session.flush()
    return True


def _recorded(session: Session, notification: Notification, code: FollowUpCode) -> bool:
    found = session.scalars(
        select(FollowUp.id).where(
            FollowUp.notification_id == notification.id, FollowUp.code == code
        )
    ).first()
    return found is not None
