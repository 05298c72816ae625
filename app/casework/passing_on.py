"""Passing a review or a call on, because one is related to or involved with the family."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import declare
from app.core.errors import NotFound
from app.intake.models import InvolvedChild
from notifications.hastening import bring_forward
from notifications.models import CallSheetLine, Notification
from notifications.states import ReviewStepKind
from notifications.unsettled import unsettled_of
from schools.matching.models import Review

# Whoever is asked next is somebody else: who passed it on is left out from here on.
_NEXT = (
    ReviewStepKind.REVIEWER_AGAIN, ReviewStepKind.SECOND_REVIEWER, ReviewStepKind.DUTY_OFFICER,
)  # fmt: skip
_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


def pass_review_on(session: Session, acting: Acting, *, review_id: UUID) -> None:
    """Leave a review to a colleague, who is asked at once; it exists for this person no more."""
    review = session.get(Review, review_id)
    if review is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, Action.SETTLE_REVIEW, Relation(force=review.force))
    child = session.get_one(InvolvedChild, review.involved_child_id)
    declare(
        session, acting, about=f"review:{review.id}", incident_id=child.incident_id,
        force=review.force,
    )  # fmt: skip
    if review.claimed_by == acting.actor.account_id:
        review.claimed_by = review.claimed_until = None
    unsettled = unsettled_of(session, child.id)
    if unsettled is not None:
        bring_forward(session, unsettled.id, _NEXT, now=acting.now)
    session.flush()


def pass_call_on(session: Session, acting: Acting, *, line_id: UUID) -> None:
    """Leave a call to a colleague; from here on it does not exist for this person."""
    line = session.get(CallSheetLine, line_id)
    if line is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, Action.CLAIM_CALL, Relation(force=line.force))
    notification = session.get_one(Notification, line.notification_id)
    declare(
        session, acting, about=f"call:{line.id}", incident_id=notification.incident_id,
        force=line.force,
    )  # fmt: skip
    if line.claimed_by == acting.actor.account_id:
        line.claimed_by = line.claimed_until = None
    session.flush()
