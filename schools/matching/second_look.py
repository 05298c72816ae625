"""What can follow a person's answer: a second person, a colleague who is next, an undo."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, literal, select, update
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.types import Utc
from schools.matching import judgements
from schools.matching.details import Band
from schools.matching.models import Match, PassedTo, Review, ReviewState
from schools.matching.review import Choice, add_choice, check_open, open_review, taken


def propose(
    session: Session, review_id: UUID, *, account_id: UUID, actor: str, choice: Choice,
    now: datetime,
) -> Match:  # fmt: skip
    """Keep a first person's choice for a second one; the review stays open and is free again.

    Another choice takes the place of the first, and waits for another person in its turn.
    """
    check_open(session, choice.urns)
    review = taken(
        session, review_id, account_id=account_id, now=now, proposed_by=account_id,
        claimed_by=None, claimed_until=None,
    )  # fmt: skip
    match = add_choice(session, review, choice, band=Band.SEVERAL, actor=actor, now=now)
    review.proposed_match_id = match.id
    session.flush()
    return match


def agrees_with_first(session: Session, review: Review, urns: Sequence[int], *, by: UUID) -> bool:
    """Return whether another person chose exactly these schools before."""
    if review.proposed_match_id is None or review.proposed_by == by:
        return False
    return set(session.get_one(Match, review.proposed_match_id).urns) == set(urns)


def pass_on(
    session: Session, review_id: UUID, *, account_id: UUID, actor: str, choice: Choice,
    to: PassedTo, now: datetime,
) -> Match:  # fmt: skip
    """Keep that nobody knows the school yet, and who looks next; the review stays open."""
    review = taken(
        session, review_id, account_id=account_id, now=now, passed_to=to, passed_by=account_id,
        claimed_by=None, claimed_until=None,
    )  # fmt: skip
    return add_choice(session, review, choice, band=Band.NONE, actor=actor, now=now)


def take_back(session: Session, review: Review, *, actor: str, now: datetime) -> Review:
    """Undo a settled decision: it stays as a record, and the child waits for a person again.

    Nothing that was sent is recalled here. Raises `Conflict` where it was taken back before.
    """
    undone = session.execute(
        update(Match)
        .where(Match.id == review.settled_match_id, Match.undone_at.is_(None))
        # One that was not composed yet never will be; one that was keeps its time.
        .values(
            undone_at=now,
            undone_by=actor,
            composed_at=func.coalesce(Match.composed_at, literal(now, Utc())),
        )
        .returning(Match.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not undone or review.settled_match_id is None:
        raise Conflict("This was taken back already: go back to the queue.")
    judgements.undo_of_match(session, review.settled_match_id, actor=actor, now=now)
    review.second_due_at = None
    return open_review(
        session, force=review.force, involved_child_id=review.involved_child_id,
        match_id=review.match_id, reason_code=review.reason_code, due_at=review.due_at, now=now,
    )  # fmt: skip


def waiting_for_second(session: Session) -> list[Review]:
    """Return the decisions of the scope that another person still has to look at, soonest first."""
    return list(
        session.scalars(
            select(Review)
            .where(
                Review.state == ReviewState.SETTLED, Review.second_due_at.is_not(None),
                Review.second_at.is_(None),
            )
            .order_by(Review.second_due_at, Review.id)
        )
    )  # fmt: skip


def look_again(
    session: Session, review_id: UUID, *, account_id: UUID, agrees: bool, now: datetime
) -> None:
    """Keep what a second person says after sending; raise `Conflict` for who decided, or twice."""
    looked = session.execute(
        update(Review)
        .where(
            Review.id == review_id, Review.state == ReviewState.SETTLED,
            Review.second_due_at.is_not(None), Review.second_at.is_(None),
            Review.settled_by != account_id,
        )
        .values(second_by=account_id, second_at=now, second_agrees=agrees)
        .returning(Review.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    if not looked:
        raise Conflict("Another person than the one who decided has to look, once.")
