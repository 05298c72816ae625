"""The call sheet: the schools a person must ring, most urgent first; it ends only with told.

A call about going home is compulsory: it ends only with told by voice (`notifications.desk_calls`).

A line shows no child. Who claims it may open the child on the screen, for that one call. The acts
that call these put their own rows on the trail.
"""

from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.ids import new_id
from notifications import receipts
from notifications.errors import ClaimedByAnother, NotClaimed
from notifications.guarded import changed
from notifications.models import CallSheetLine, Notification
from notifications.states import CallResult

Row = TypeVar("Row")


def open_line(session: Session, notification: Notification, *, now: datetime) -> bool:
    """Put a notification on the call sheet; return False where it is there already.

    A line that was stood down because the deadline moved is opened again.
    """
    found = session.scalars(
        select(CallSheetLine).where(CallSheetLine.notification_id == notification.id)
    ).first()
    if found is not None and found.closed_at is None:
        return False
    if found is not None:
        found.opened_at, found.due_at = now, notification.due_at
        found.closed_at = found.result = None
        session.flush()
        return True
    session.add(
        CallSheetLine(
            id=new_id(), force=notification.force, urn=notification.urn,
            council=notification.council, notification_id=notification.id, opened_at=now,
            due_at=notification.due_at,
        )
    )  # fmt: skip
    session.flush()
    return True


def open_lines(session: Session, *, force: str) -> list[CallSheetLine]:
    """Return the calls to be made for a force: by priority, then by time left."""
    return list(
        session.scalars(
            select(CallSheetLine)
            .join(Notification, Notification.id == CallSheetLine.notification_id)
            .where(CallSheetLine.force == force, CallSheetLine.closed_at.is_(None))
            .order_by(Notification.priority, CallSheetLine.due_at, CallSheetLine.id)
        )
    )


def claim_line(
    session: Session, line_id: UUID, *, account_id: UUID, now: datetime, minutes: int = 10
) -> CallSheetLine:
    """Take a call for some minutes; raise `ClaimedByAnother` while another caller has it.

    Raises `NotFound` for a line that is not there or is closed already.
    """
    taken = changed(
        session,
        update(CallSheetLine)
        .where(
            CallSheetLine.id == line_id,
            CallSheetLine.closed_at.is_(None),
            or_(
                CallSheetLine.claimed_until.is_(None),
                CallSheetLine.claimed_until <= now,
                CallSheetLine.claimed_by == account_id,
            ),
        )
        .values(claimed_by=account_id, claimed_until=now + timedelta(minutes=minutes)),
    )
    line = _open(session, line_id)
    if not taken:
        raise ClaimedByAnother("Another caller has this school now: take the next one.")
    return line


def record_call(
    session: Session, line_id: UUID, *, result: CallResult, actor: str, now: datetime,
    recipient_trained: bool = True, at: datetime | None = None,
) -> CallSheetLine:  # fmt: skip
    """Record what came of a call; only `told` closes the line, by telling.

    `at` is when it was made, where it was made from paper and is entered later.

    Raises `NotClaimed` unless the caller holds the line, `NotFound` once it is closed.
    """
    notification = _notification(session, line_id)
    line = _open(session, line_id)
    if line.claimed_by is None or f"account:{line.claimed_by}" != actor:
        raise NotClaimed("Claim this call first, so that two people do not ring one school.")
    if result is CallResult.STOOD_DOWN:
        raise NotClaimed("A call ends when the school is told: record what happened instead.")
    if result is CallResult.TOLD:
        receipts.told_by_phone(
            session, notification, actor=actor, now=now, recipient_trained=recipient_trained,
            source="phone" if at is None else "paper", at=at,
        )  # fmt: skip
        line.closed_at = now
    line.result, line.attempts = result, line.attempts + 1
    line.claimed_by, line.claimed_until = None, None
    session.flush()
    return line


def _notification(session: Session, line_id: UUID) -> Notification:
    """Return the notification of a call, locked before its line, as whoever opens it does.

    In the other order, a caller and a key adult at the same moment would wait for each other.
    """
    return _there(
        session.scalars(
            select(Notification)
            .join(CallSheetLine, CallSheetLine.notification_id == Notification.id)
            .where(CallSheetLine.id == line_id)
            .with_for_update(of=Notification, key_share=True)
            .execution_options(populate_existing=True)
        ).first()
    )


def _open(session: Session, line_id: UUID) -> CallSheetLine:
    line = session.scalars(
        select(CallSheetLine)
        .where(CallSheetLine.id == line_id, CallSheetLine.closed_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    return _there(line)


def _there(found: Row | None) -> Row:
    if found is None:
        raise NotFound("This call is no longer needed: the school was told another way.")
    return found
