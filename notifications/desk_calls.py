"""The desk's call about going home: compulsory before the deadline, whoever read the message.

Source: domain.md §4. The person of concern is named only by voice, so neither an opening nor an
acknowledgement on the page ends the need; telling by phone does. The need stands on the incident
it comes from (`Occurrence.desk_call_by`): an incident that is taken back takes its need with it,
and a message that is held or recalled needs no call.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from notifications.alerting import stop_alerts
from notifications.compose import Content, GoingHome
from notifications.guarded import changed
from notifications.models import CallSheetLine, EscalationStep, Notification, Occurrence
from notifications.receipt_models import Amendment, ReceiptStep
from notifications.receipt_states import ReceiptStepKind
from notifications.receipt_steps import plan_step, skip_steps
from notifications.states import VISIBLE, CallResult, NotificationState, StepKind

CALL_STEPS = (ReceiptStepKind.DESK_CALL, ReceiptStepKind.DESK_CALL_UNMADE)
_TO_MAKE = (Occurrence.desk_call_by.is_not(None), Occurrence.desk_called_at.is_(None))
_UNTOLD = and_(Notification.state == NotificationState.READY, Notification.told_at.is_(None))


def needs_call(content: Content) -> bool:
    """Return whether what one incident says of going home must be told by voice."""
    return content.going_home is not GoingHome.NONE


def call_wanted(before: datetime | None = None) -> ColumnElement[bool]:
    """Return the clause for notifications with a compulsory call to make, or one due by then."""
    due = [] if before is None else [Occurrence.desk_call_by < before]
    return and_(
        Notification.state.in_(VISIBLE),
        exists().where(Occurrence.notification_id == Notification.id, *_TO_MAKE, *due),
    )


def call_by() -> ScalarSelect[datetime | None]:
    """Return the column by when the compulsory call about a notification must be made."""
    return (
        select(func.min(Occurrence.desk_call_by))
        .where(Occurrence.notification_id == Notification.id, *_TO_MAKE)
        .correlate(Notification)
        .scalar_subquery()
    )


def to_ring() -> ColumnElement[bool]:
    """Return the clause for notifications to ring about.

    Those that nobody was told of, that changed after somebody was and were not read since, and
    those whose call is compulsory.
    """
    unread = exists().where(
        Amendment.notification_id == Notification.id, Amendment.read_at.is_(None),
        Amendment.due_at.is_not(None), Notification.state.in_(VISIBLE),
    )  # fmt: skip
    return or_(_UNTOLD, unread, call_wanted())


def still_to_ring(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return those of these notifications that the desk still has to ring about."""
    return set(session.scalars(select(Notification.id).where(Notification.id.in_(ids), to_ring())))


def calls_wanted(session: Session, ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return by when the compulsory calls about these notifications must be made."""
    rows = session.execute(
        select(Notification.id, func.min(Occurrence.desk_call_by))
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(
            Notification.id.in_(ids), Notification.state.in_(VISIBLE), *_TO_MAKE,
        )
        .group_by(Notification.id)
    )  # fmt: skip
    return {ident: by for ident, by in rows if by is not None}


def plan_call(
    session: Session, notification: Notification, *, now: datetime, at_once: bool = False
) -> None:
    """Plan when the line opens and when the duty officer is alerted, anew where it was planned.

    The line opens with the first alert; `at_once` where somebody had been told before. What was
    taken earlier stays on the trail.
    """
    by = calls_wanted(session, [notification.id]).get(notification.id)
    if by is None:
        return
    opens_at = now if at_once else max(now, _first_alert(session, notification) or now)
    session.execute(
        delete(ReceiptStep)
        .where(ReceiptStep.notification_id == notification.id, ReceiptStep.kind.in_(CALL_STEPS))
        .execution_options(synchronize_session=False)
    )
    for kind, planned_at in (
        (ReceiptStepKind.DESK_CALL, opens_at),
        (ReceiptStepKind.DESK_CALL_UNMADE, max(by, opens_at)),
    ):
        plan_step(session, notification, kind, planned_at=planned_at)


def move_call(session: Session, notification: Notification, *, now: datetime) -> None:
    """Follow a deadline that moved, with its ladder planned anew."""
    session.execute(
        update(Occurrence)
        .where(*_not_made(notification))
        .values(desk_call_by=notification.due_at)
        .execution_options(synchronize_session=False)
    )
    plan_call(session, notification, now=now)


def call_made(session: Session, notification: Notification, *, at: datetime, now: datetime) -> bool:
    """Note that the desk told it by voice; return whether that call was compulsory."""
    made = changed(
        session,
        update(Occurrence).where(*_not_made(notification)).values(desk_called_at=at),
    )
    _stop(session, notification, reason_code="told_by_phone", now=now)
    return bool(made)


def end_unneeded(session: Session, notification: Notification, *, now: datetime) -> None:
    """Stop what was planned where nothing that is left needs the call; the row is locked.

    A school that must be rung for another reason stays on the call sheet. One that is held keeps
    its line and its steps for when it comes back: they look again.
    """
    held = notification.state not in VISIBLE
    if held or notification.id in calls_wanted(session, [notification.id]):
        return
    _stop(session, notification, reason_code="not_needed", now=now)
    stand_down(session, notification, now=now)


def stand_down(session: Session, notification: Notification, *, now: datetime) -> bool:
    """Take a school off the call sheet, unless it must still be rung; return whether it was on.

    A caller who has the line loses it.
    """
    if still_to_ring(session, [notification.id]):
        return False
    closed = changed(
        session,
        update(CallSheetLine)
        .where(CallSheetLine.notification_id == notification.id, CallSheetLine.closed_at.is_(None))
        .values(closed_at=now, result=CallResult.STOOD_DOWN, claimed_by=None, claimed_until=None),
    )
    return bool(closed)


def _stop(session: Session, notification: Notification, *, reason_code: str, now: datetime) -> None:
    skip_steps(session, notification, CALL_STEPS, reason_code=reason_code, now=now)
    stop_alerts(session, f"desk_call:{notification.id}", now)


def _first_alert(session: Session, notification: Notification) -> datetime | None:
    return session.scalars(
        select(EscalationStep.planned_at).where(
            EscalationStep.notification_id == notification.id,
            EscalationStep.kind == StepKind.KEY_ADULT,
        )
    ).first()


def _not_made(notification: Notification) -> Sequence[ColumnElement[bool]]:
    return (
        Occurrence.notification_id == notification.id, Occurrence.desk_call_by.is_not(None),
        Occurrence.desk_called_at.is_(None),
    )  # fmt: skip
