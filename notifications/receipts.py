"""The receipt ladder: one path for page, interface and telephone; evidence only moves up.

Every rung is a guarded UPDATE whose row count is looked at and a receipt with time, actor and
source; telling stops the ladder in that same transaction. Repeats return quietly. The act that
calls has asked for permission, works in the force's scope (run and match are read here), and puts
its own row on the trail.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core import audit
from app.core.clock import london_date
from notifications.alerting import stop_alerts
from notifications.amending import settle_amendments
from notifications.desk_calls import call_made
from notifications.errors import AlreadyFollowedUp, NoLongerShown, NotOpened, TooLateToUndo
from notifications.guarded import changed
from notifications.hastening import hasten
from notifications.lateness import mark_late
from notifications.models import Notification
from notifications.receipt_rows import (
    acknowledgements_needed,
    add_receipt,
    days_after,
    people_with,
    refused_at,
    run_policy,
    state_before,
)
from notifications.receipt_states import ReceiptStepKind
from notifications.receipt_steps import plan_after_telling, skip_steps
from notifications.states import TOLD, VISIBLE, NotificationState, ReceiptKind, ToldHow
from notifications.stopping import stop_ladder

_GONE = "This message is no longer shown. If you need to know why, ring the desk."
_ACKNOWLEDGING = (ReceiptStepKind.ACKNOWLEDGE, ReceiptStepKind.ACKNOWLEDGE_LEAD)
_MAY_BE_REFUSED = (
    NotificationState.READY,
    NotificationState.OPENED,
    NotificationState.ACKNOWLEDGED,
)


def first_step(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Record that first name and year of birth were shown; return whether for the first time."""
    if notification.state not in VISIBLE:
        raise NoLongerShown(_GONE)
    return add_receipt(
        session, notification, ReceiptKind.FIRST_STEP, actor=actor, now=now, source=source
    )


def withheld(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Record that this person knows the family and is not shown the content; ask the next one.

    Tells nobody: the ladder goes on without this person. Returns whether for the first time.
    """
    if notification.state not in VISIBLE:
        raise NoLongerShown(_GONE)
    added = add_receipt(
        session, notification, ReceiptKind.WITHHELD, actor=actor, now=now, source=source
    )
    if added:
        hasten(session, notification, now=now)
    return added


def opened(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Record that a named person was shown the content; return whether this is what told.

    Who opens what was told by phone before leaves the first telling as it was.
    """
    told = _tell(
        session, notification, ToldHow.OPENED, actor=actor, now=now, state=NotificationState.OPENED
    )
    if not told:
        changed(
            session,
            update(Notification)
            .where(
                Notification.id == notification.id,
                Notification.state == NotificationState.READY,
                Notification.told_at.is_not(None),
            )
            .values(state=NotificationState.OPENED),
        )
    session.refresh(notification)
    if notification.state not in TOLD:
        raise NoLongerShown(_GONE)
    add_receipt(session, notification, ReceiptKind.OPENED, actor=actor, now=now, source=source)
    settle_amendments(session, notification, how=source, now=now, actor=actor)
    if told:
        _after_telling(session, notification, actor=actor, now=now)
    return told


def told_by_phone(
    session: Session, notification: Notification, *, actor: str, now: datetime,
    recipient_trained: bool, source: str = "phone", at: datetime | None = None,
) -> bool:  # fmt: skip
    """Record that a caller told the school; return whether this is what told.

    `at` is when they did, where it is entered later than that; then the trail holds both times. A
    mark of lateness stays: by its deadline the service knew of nobody who was told.

    A recipient without training in date is told all the same and recorded as such (domain.md §5).
    The notification itself stays unopened, so that it can still be read. A call about going home
    that was still to be made is made by this.
    """
    how = ToldHow.BY_PHONE if recipient_trained else ToldHow.BY_PHONE_UNTRAINED
    told = _tell(session, notification, how, actor=actor, now=at or now)
    session.refresh(notification)
    if notification.state not in VISIBLE:
        raise NoLongerShown("There is nothing to tell any more: it was recalled or set aside.")
    add_receipt(
        session, notification, ReceiptKind.TOLD_BY_PHONE, actor=actor, now=at or now, source=source
    )
    compulsory = call_made(session, notification, at=at or now, now=now)
    detail = {"desk_call": True} if compulsory else {}
    audit.record(
        session, event=audit.Event.TOLD_BY_PHONE, actor=actor, force=notification.force,
        subject=f"notification:{notification.id}", now=now,
        reason_code=None if recipient_trained else "recipient_untrained",
        detail={**detail, **_entered_later(at)} or None,
    )  # fmt: skip
    settle_amendments(session, notification, how=source, now=now, actor=actor)
    if told:
        _after_telling(session, notification, actor=actor, now=now, told_at=at or now)
    return told


def _entered_later(at: datetime | None) -> dict[str, Any]:
    return {} if at is None else {"entered_later": True, "told_at": at.isoformat()}


def shown_to_caller(
    session: Session, notification: Notification, *, actor: str, now: datetime,
    source: str = "phone",
) -> None:  # fmt: skip
    """Record that a caller has the content on the screen: without it nothing was told by phone."""
    if notification.state not in VISIBLE:
        raise NoLongerShown(_GONE)
    kind = ReceiptKind.SHOWN_TO_CALLER
    add_receipt(session, notification, kind, actor=actor, now=now, source=source, again=True)


def amendment_read(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Record that what changed was read by somebody who had opened it; return whether it waited."""
    if notification.state not in VISIBLE:
        raise NoLongerShown(_GONE)
    waited = settle_amendments(session, notification, how=source, now=now, actor=actor)
    kind = ReceiptKind.AMENDMENT_READ
    if waited:
        add_receipt(session, notification, kind, actor=actor, now=now, source=source, again=True)
    return waited


def acknowledged(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Record the acknowledgement of what was opened; raise `NotOpened` where it was not.

    Where a force wants several people to acknowledge, the last of them moves the notification.
    Returns whether this one did.
    """
    session.refresh(notification, with_for_update={"key_share": True})
    if notification.state is NotificationState.READY:
        raise NotOpened("Open the message first, then acknowledge it.")
    if notification.state not in VISIBLE:
        raise NoLongerShown(_GONE)
    if notification.state is not NotificationState.OPENED:
        return False
    kind = ReceiptKind.ACKNOWLEDGED
    add_receipt(session, notification, kind, actor=actor, now=now, source=source)
    if people_with(session, notification, [kind]) < acknowledgements_needed(session, notification):
        return False
    moved = changed(
        session,
        update(Notification)
        .where(Notification.id == notification.id, Notification.state == NotificationState.OPENED)
        .values(state=NotificationState.ACKNOWLEDGED, acknowledged_at=now),
    )
    session.refresh(notification)
    skip_steps(session, notification, _ACKNOWLEDGING, reason_code="acknowledged", now=now)
    stop_alerts(session, f"acknowledge:{notification.id}", now)
    return bool(moved)


def not_our_pupil(
    session: Session, notification: Notification, *, actor: str, now: datetime,
    source: str = "page", reason_code: str | None = None,
) -> bool:  # fmt: skip
    """Hide the content at once because the school does not know the child; it can be undone."""
    moved = changed(
        session,
        update(Notification)
        .where(Notification.id == notification.id, Notification.state.in_(_MAY_BE_REFUSED))
        .values(state=NotificationState.HELD),
    )
    session.refresh(notification)
    if moved:
        add_receipt(
            session, notification, ReceiptKind.NOT_OUR_PUPIL, actor=actor, now=now, source=source,
            again=True, reason_code=reason_code,
        )  # fmt: skip
    elif notification.state is NotificationState.FOLLOWED_UP:
        raise AlreadyFollowedUp("Follow-up is recorded already: ring the desk about this child.")
    elif refused_at(session, notification) is None:
        raise NoLongerShown(_GONE)
    return bool(moved)


def undo_not_our_pupil(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Bring the notification back to where it was; raise `TooLateToUndo` after the minutes given.

    Returns False where it was undone before.
    """
    said_at = refused_at(session, notification)
    if said_at is None:
        if notification.state in VISIBLE:
            return False
        raise NoLongerShown(_GONE)
    minutes = run_policy(session, notification).confirm_within_minutes
    if now > said_at + timedelta(minutes=minutes):
        raise TooLateToUndo(f"This can be undone for {minutes} minutes: ring the desk instead.")
    moved = changed(
        session,
        update(Notification)
        .where(Notification.id == notification.id, Notification.state == NotificationState.HELD)
        .values(state=state_before(session, notification)),
    )
    session.refresh(notification)
    if moved:
        add_receipt(
            session, notification, ReceiptKind.NOT_OUR_PUPIL_UNDONE, actor=actor, now=now,
            source=source, again=True,
        )  # fmt: skip
    return bool(moved)


def _tell(
    session: Session, notification: Notification, how: ToldHow, *, actor: str, now: datetime,
    state: NotificationState = NotificationState.READY,
) -> bool:  # fmt: skip
    """Tell, if nobody was told before; the database decides between two at the same time."""
    return bool(
        changed(
            session,
            update(Notification)
            .where(
                Notification.id == notification.id,
                Notification.state == NotificationState.READY,
                Notification.told_at.is_(None),
            )
            .values(state=state, told_at=now, told_how=how, told_by=actor),
        )
    )


def _after_telling(
    session: Session, notification: Notification, *, actor: str, now: datetime,
    told_at: datetime | None = None,
) -> None:  # fmt: skip
    """Say whether it was late, set when follow-up is due, and stop the ladder."""
    if (told_at or now) > notification.due_at:
        mark_late(session, notification, now=now, actor=actor)
    policy = run_policy(session, notification)
    notification.follow_up_due_on = days_after(
        session, notification, london_date(now), policy.follow_up_school_days
    )
    stop_ladder(session, notification, reason_code="told", now=now, actor=actor)
    plan_after_telling(session, notification, policy, now=now)
