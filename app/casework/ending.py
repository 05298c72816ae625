"""What has to end when an incident is no longer acted on."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.intake.models import InvolvedChild
from notifications.unsettled import stop_review_ladder
from schools.matching import review


def end_reviews(
    session: Session, *, incident_ids: Sequence[UUID], now: datetime, actor: str
) -> None:
    """Close the reviews of the children of these incidents: nobody has to decide any more."""
    children = select(InvolvedChild.id).where(InvolvedChild.incident_id.in_(incident_ids))
    for child_id in session.scalars(children).all():
        # The ladder before the review, as its steps lock them.
        stop_review_ladder(session, child_id, code="ended", now=now, actor=actor)
        review.close(session, child_id, now)
