"""A school says "not our pupil": the content closes, the child goes back to a person."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.permissions import Action
from app.casework.acting import Acting
from app.casework.remembering import children_of, forget_refusal, remember_refusal
from app.casework.waiting import Seen, last_receipt, notification_for, require_seen
from app.core import audit
from app.core.errors import Conflict
from app.core.policies import current_policy
from app.core.scope import acting_for
from app.intake.models import InvolvedChild
from app.intake.moves import move_child
from app.intake.outcomes import SENT, Outcome, OutcomeReason
from notifications import receipts
from notifications.models import Notification, Occurrence
from notifications.states import NotificationState, ReceiptKind
from notifications.unsettled import lock_ladder, stop_review_ladder
from schools.matching import review
from schools.matching.models import DecidedBy, Match

_TOO_LATE = "It is too late to undo this here. Ring the desk and say what happened."
"""Also where a person decided meanwhile: who refused a child learns of no other school."""


class NotOurs(StrEnum):
    """Why a school closes a message: what the reviewer is to know."""

    NEVER_OURS = "never_ours"
    LEFT = "left"
    WRONG_SCHOOL = "wrong_school"


def say_not_our_pupil(
    session: Session, acting: Acting, *, notification_id: UUID, why: NotOurs | None = None
) -> None:
    """Close the notification to the school and hand the child to the reviewers at once.

    The deadline stays: a child who is not at this school is not told anywhere yet. Once more
    changes nothing. Raises `NotFound`, and `Conflict` before the first step.
    """
    notification = notification_for(
        session, acting, notification_id, action=Action.SAY_NOT_OUR_PUPIL
    )
    if notification.state is NotificationState.HELD:
        return
    require_seen(session, notification, actor=acting.actor.id, least=Seen.FIRST_STEP)
    with acting_for(session, notification.force):
        receipts.not_our_pupil(
            session, notification, actor=acting.actor.id, now=acting.now, source="page",
            reason_code=why.value if why is not None else None,
        )  # fmt: skip
        remember_refusal(session, acting, notification)
        _to_reviewers(session, acting, notification)
        event = audit.Event.NOTIFICATION_NOT_OUR_PUPIL
        _record(session, acting, notification, event, reason_code=why.value if why else None)


def undo_not_our_pupil(session: Session, acting: Acting, *, notification_id: UUID) -> None:
    """Take it back within the minutes of the force's policy; raise `Conflict` afterwards."""
    notification = notification_for(
        session, acting, notification_id, action=Action.SAY_NOT_OUR_PUPIL
    )
    if not can_undo(session, notification, now=acting.now):
        raise Conflict(_TOO_LATE)
    with acting_for(session, notification.force):
        receipts.undo_not_our_pupil(
            session, notification, actor=acting.actor.id, now=acting.now, source="page"
        )
        forget_refusal(session, acting, notification)
        _back_from_reviewers(session, acting, notification)
        _record(session, acting, notification, audit.Event.NOTIFICATION_UNDONE)


def undo_until(session: Session, notification: Notification) -> datetime | None:
    """Return until when it can be undone, or `None` where nobody said it."""
    said = last_receipt(session, notification, kind=ReceiptKind.NOT_OUR_PUPIL)
    if said is None or notification.state is not NotificationState.HELD:
        return None
    _, policy = current_policy(session, notification.force, at=said)
    return said + timedelta(minutes=policy.confirm_within_minutes)


def can_undo(session: Session, notification: Notification, *, now: datetime) -> bool:
    """Return whether there is still time to take it back."""
    until = undo_until(session, notification)
    return until is not None and now < until


def _to_reviewers(session: Session, acting: Acting, notification: Notification) -> None:
    """Open a review for each child row the notification tells of, against the same deadline."""
    for child in children_of(session, notification):
        _lock(session, child)
        if child.outcome not in SENT:
            continue  # another school of the same child said so first
        move_child(
            session, child, to=Outcome.IN_REVIEW, reason=OutcomeReason.NOT_OUR_PUPIL,
            now=acting.now, due_at=notification.due_at,
        )  # fmt: skip
        review.open_review(
            session, force=notification.force, involved_child_id=child.id,
            match_id=newest_match(session, child.id),
            reason_code=OutcomeReason.NOT_OUR_PUPIL.value, due_at=notification.due_at,
            now=acting.now,
        )  # fmt: skip


def _back_from_reviewers(session: Session, acting: Acting, notification: Notification) -> None:
    """Close the reviews, but for a child whom another school still does not know."""
    sent = Outcome.SENT_TO_COUNCIL if notification.urn is None else Outcome.SENT_TO_SCHOOL
    for child in children_of(session, notification):
        # The ladder before the review, as its steps lock them.
        lock_ladder(session, child.id)
        _lock(session, child)
        if child.outcome_reason is not OutcomeReason.NOT_OUR_PUPIL or _refused(session, child):
            continue
        if _settled_meanwhile(session, child):
            raise Conflict(_TOO_LATE)
        stop_review_ladder(
            session, child.id, code="taken_back", now=acting.now, actor=acting.actor.id
        )
        review.close(session, child.id, now=acting.now)
        move_child(session, child, to=sent, now=acting.now)


def _settled_meanwhile(session: Session, child: InvolvedChild) -> bool:
    """Return whether a person decided about this child, and nobody was sent anything yet.

    Once something was, the message is taken back from here and there is nothing to undo.
    """
    return (
        session.scalars(
            select(Match.id).where(
                Match.involved_child_id == child.id, Match.decided_by == DecidedBy.PERSON,
                Match.composed_at.is_(None), Match.undone_at.is_(None),
            )
        ).first()
        is not None
    )  # fmt: skip


def _lock(session: Session, child: InvolvedChild) -> None:
    """Let two schools of one child answer one after the other: the later sees what the other said.

    What they said is stored with their own messages, which they do not lock for each other.
    """
    session.refresh(child, with_for_update={"key_share": True})


def _refused(session: Session, child: InvolvedChild) -> bool:
    """Return whether a message about this child is closed because its school does not know it."""
    held = (
        select(Notification.id)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(
            Occurrence.involved_child_id == child.id,
            Notification.state == NotificationState.HELD,
        )
    )
    return session.scalars(held.limit(1)).first() is not None


def newest_match(session: Session, child_id: UUID) -> UUID | None:
    """Return the newest decision about a child, which its reviewer is shown."""
    return session.scalars(
        select(Match.id)
        .where(Match.involved_child_id == child_id)
        .order_by(Match.decided_at.desc())
        .limit(1)
    ).first()


def _record(
    session: Session, acting: Acting, notification: Notification, event: audit.Event, *,
    reason_code: str | None = None,
) -> None:  # fmt: skip
    audit.record(
        session, event=event, actor=acting.actor.id, force=notification.force,
        subject=f"notification:{notification.id}", now=acting.now, reason_code=reason_code,
    )  # fmt: skip
