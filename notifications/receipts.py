"""The receipt ladder: one path for page, interface and telephone; evidence only moves up.

Every rung is a guarded UPDATE whose row count is looked at and a receipt with time, actor and
source; telling stops the ladder in that same transaction. Repeats return quietly. The act that
calls has asked for permission, works in the force's scope (run and match are read here), and puts
its own row on the trail.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import audit
from app.core.clock import london_date
from app.core.ids import new_id
from app.core.policy import Policy
from notifications.errors import AlreadyFollowedUp, NoLongerShown, NotOpened, TooLateToUndo
from notifications.guarded import changed
from notifications.hastening import hasten
from notifications.lateness import mark_late
from notifications.models import Notification, Occurrence, Receipt, Run
from notifications.runs import policy_of
from notifications.states import TOLD, VISIBLE, NotificationState, ReceiptKind, ToldHow
from notifications.stopping import stop_ladder
from schools.calendars import calendar_of, council_calendar
from schools.term_dates import next_school_day, next_working_day

_GONE = "This message is no longer shown. If you need to know why, ring the desk."
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
    return _receipt(
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
    added = _receipt(
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
    _receipt(session, notification, ReceiptKind.OPENED, actor=actor, now=now, source=source)
    if told:
        _after_telling(session, notification, actor=actor, now=now)
    return told


def told_by_phone(
    session: Session, notification: Notification, *, actor: str, now: datetime,
    recipient_trained: bool, source: str = "phone",
) -> bool:  # fmt: skip
    """Record that a caller told the school; return whether this is what told.

    A recipient without training in date is told all the same and recorded as such (domain.md §5).
    The notification itself stays unopened, so that it can still be read.
    """
    how = ToldHow.BY_PHONE if recipient_trained else ToldHow.BY_PHONE_UNTRAINED
    told = _tell(session, notification, how, actor=actor, now=now)
    session.refresh(notification)
    if notification.state not in VISIBLE:
        raise NoLongerShown("There is nothing to tell any more: it was recalled or set aside.")
    _receipt(session, notification, ReceiptKind.TOLD_BY_PHONE, actor=actor, now=now, source=source)
    audit.record(
        session, event=audit.Event.TOLD_BY_PHONE, actor=actor, force=notification.force,
        subject=f"notification:{notification.id}", now=now,
        reason_code=None if recipient_trained else "recipient_untrained",
    )  # fmt: skip
    if told:
        _after_telling(session, notification, actor=actor, now=now)
    return told


def acknowledged(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Record the acknowledgement of what was opened; raise `NotOpened` where it was not."""
    moved = changed(
        session,
        update(Notification)
        .where(Notification.id == notification.id, Notification.state == NotificationState.OPENED)
        .values(state=NotificationState.ACKNOWLEDGED, acknowledged_at=now),
    )
    session.refresh(notification)
    if moved:
        _receipt(
            session, notification, ReceiptKind.ACKNOWLEDGED, actor=actor, now=now, source=source
        )
    elif notification.state is NotificationState.READY:
        raise NotOpened("Open the message first, then acknowledge it.")
    elif notification.state not in VISIBLE:
        raise NoLongerShown(_GONE)
    return bool(moved)


def not_our_pupil(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Hide the content at once because the school does not know the child; it can be undone."""
    moved = changed(
        session,
        update(Notification)
        .where(Notification.id == notification.id, Notification.state.in_(_MAY_BE_REFUSED))
        .values(state=NotificationState.HELD),
    )
    session.refresh(notification)
    if moved:
        _receipt(
            session, notification, ReceiptKind.NOT_OUR_PUPIL, actor=actor, now=now, source=source,
            again=True,
        )  # fmt: skip
    elif notification.state is NotificationState.FOLLOWED_UP:
        raise AlreadyFollowedUp("Follow-up is recorded already: ring the desk about this child.")
    elif _refused_at(session, notification) is None:
        raise NoLongerShown(_GONE)
    return bool(moved)


def undo_not_our_pupil(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Bring the notification back to where it was; raise `TooLateToUndo` after the minutes given.

    Returns False where it was undone before.
    """
    refused_at = _refused_at(session, notification)
    if refused_at is None:
        if notification.state in VISIBLE:
            return False
        raise NoLongerShown(_GONE)
    minutes = _policy(session, notification).confirm_within_minutes
    if now > refused_at + timedelta(minutes=minutes):
        raise TooLateToUndo(f"This can be undone for {minutes} minutes: ring the desk instead.")
    moved = changed(
        session,
        update(Notification)
        .where(Notification.id == notification.id, Notification.state == NotificationState.HELD)
        .values(state=_state_before(session, notification)),
    )
    session.refresh(notification)
    if moved:
        _receipt(
            session, notification, ReceiptKind.NOT_OUR_PUPIL_UNDONE, actor=actor, now=now,
            source=source, again=True,
        )  # fmt: skip
    return bool(moved)


def refused_by(session: Session, involved_child_id: UUID, recipient: str) -> bool:
    """Return whether this recipient said "not ours" of a child last, and stayed with it."""
    sent = session.scalars(
        select(Notification.id)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(
            Occurrence.involved_child_id == involved_child_id, Notification.recipient == recipient
        )
    ).all()
    return _last_refusal(session, sent) is not None


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
    session: Session, notification: Notification, *, actor: str, now: datetime
) -> None:
    """Say whether it was late, set when follow-up is due, and stop the ladder."""
    if now > notification.due_at:
        mark_late(session, notification, now=now, actor=actor)
    days = _policy(session, notification).follow_up_school_days
    notification.follow_up_due_on = _days_after(session, notification, london_date(now), days)
    stop_ladder(session, notification, reason_code="told", now=now, actor=actor)


def _days_after(session: Session, notification: Notification, on: date, days: int) -> date | None:
    """Return the date so many school days on, or working days of a council."""
    if notification.urn is not None:
        calendar, following = calendar_of(session, notification.urn), next_school_day
    elif notification.council is not None:
        calendar, following = council_calendar(session, notification.council), next_working_day
    else:
        return None
    for _ in range(days):
        on = following(calendar, on)
    return on


def _policy(session: Session, notification: Notification) -> Policy:
    run = session.scalars(select(Run).where(Run.id == notification.run_id)).one()
    return policy_of(run)


def _refused_at(session: Session, notification: Notification) -> datetime | None:
    """Return when a school said "not our pupil", where that is why it is held now."""
    if notification.state is not NotificationState.HELD:
        return None
    return _last_refusal(session, [notification.id])


def _last_refusal(session: Session, notification_ids: Collection[UUID]) -> datetime | None:
    newest = session.scalars(
        select(Receipt)
        .where(
            Receipt.notification_id.in_(notification_ids),
            Receipt.kind.in_((ReceiptKind.NOT_OUR_PUPIL, ReceiptKind.NOT_OUR_PUPIL_UNDONE)),
        )
        .order_by(Receipt.at.desc())
        .limit(1)
    ).first()
    return newest.at if newest is not None and newest.kind is ReceiptKind.NOT_OUR_PUPIL else None


def _state_before(session: Session, notification: Notification) -> NotificationState:
    """Return the rung that its evidence proves."""
    if notification.acknowledged_at is not None:
        return NotificationState.ACKNOWLEDGED
    if _has_receipt(session, notification, ReceiptKind.OPENED):
        return NotificationState.OPENED
    return NotificationState.READY


def _has_receipt(
    session: Session, notification: Notification, kind: ReceiptKind, actor: str | None = None
) -> bool:
    wanted = select(Receipt.id).where(
        Receipt.notification_id == notification.id, Receipt.kind == kind
    )
    if actor is not None:
        wanted = wanted.where(Receipt.actor == actor)
    return session.scalars(wanted.limit(1)).first() is not None


def _receipt(
    session: Session, notification: Notification, kind: ReceiptKind, *, actor: str, now: datetime,
    source: str, again: bool = False,
) -> bool:  # fmt: skip
    """Add a receipt, once for each actor unless it may happen again; return whether added."""
    if not again and _has_receipt(session, notification, kind, actor):
        return False
    session.add(
        Receipt(
            id=new_id(), force=notification.force, urn=notification.urn,
            council=notification.council, notification_id=notification.id, kind=kind, at=now,
            actor=actor, source=source, content_version=notification.content_version,
        )
    )  # fmt: skip
    session.flush()
    return True
