"""Decisions as rows, and the reviews in which a person settles an unclear one in time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, inspect, or_, select, update
from sqlalchemy.orm import Session

from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.ids import new_id
from schools.matching.decided import decided_now
from schools.matching.details import Band, Decision
from schools.matching.models import (
    DecidedBy,
    Judgement,
    Match,
    Review,
    ReviewReason,
    ReviewState,
)
from schools.matching.rules import RULES_VERSION
from schools.models import Establishment
from schools.queries import OPEN_STATUSES

_NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision rests on beside its input: enough to reach it again (`match explain`)."""

    decided_with: tuple[UUID, ...]
    matched_on: date
    policy_version: int
    register_stamp: str
    roll_stamp: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided: schools (or a council's officers) to tell, or that nobody is.

    `urns` of a choice that tells nobody are empty and `reason_code` says why. The words beside
    `reason` come sealed, bound to `match_id`.
    """

    reason: ReviewReason
    urns: tuple[int, ...] = ()
    council: str | None = None
    reason_code: str | None = None
    legal_reference: str | None = None
    sealed_reason: bytes | None = None
    match_id: UUID = field(default_factory=new_id)

    @property
    def tells(self) -> bool:
        return bool(self.urns) or self.council is not None


def record_decision(
    session: Session, *, force: str, involved_child_id: UUID, decision: Decision, actor: str,
    now: datetime, council: str | None = None, basis: Basis | None = None,
) -> Match:  # fmt: skip
    """Store what the rules decided, with all its evidence; decisions are added, never changed.

    `council` is whose officers are told of a child who is at no school.
    """
    match = Match(
        id=new_id(), force=force, involved_child_id=involved_child_id, band=decision.band,
        score=decision.score, margin=decision.margin, urns=list(decision.urns),
        evidence=[asdict(one) for one in decision.evidence], reason_code=decision.reason_code,
        council=council, considered=[list(one) for one in decision.considered],
        given_urns=list(decision.given_urns), rules_version=decision.rules_version,
        input_digest=decision.input_digest, decided_by=DecidedBy.RULES, actor=actor,
        decided_at=decided_now(session, involved_child_id, now), **_kept(basis),
    )  # fmt: skip
    session.add(match)
    session.flush()
    return match


def carry_decision(
    session: Session, match: Match, *, to_child: UUID, actor: str, now: datetime
) -> Match:
    """Let a decision stand for the same child in a newer version of its incident.

    What it rests on stays what it was: it is reproduced from the version it was made for. The
    review that settled it goes along, so that whoever takes it back, or disagrees on a second look,
    takes back what the school holds now.
    """
    kept = {
        column.key: getattr(match, column.key)
        for column in inspect(Match).columns
        if column.key not in _NOT_CARRIED
    }
    carried = Match(
        **kept, id=new_id(), involved_child_id=to_child, actor=actor, decided_at=now,
        composed_at=now,
    )  # fmt: skip
    session.add(carried)
    session.flush()
    session.execute(
        update(Review)
        .where(Review.settled_match_id == match.id)
        .values(involved_child_id=to_child, settled_match_id=carried.id)
    )
    session.execute(
        update(Judgement).where(Judgement.match_id == match.id).values(match_id=carried.id)
    )
    return carried


_NOT_CARRIED = frozenset(
    {
        "id", "involved_child_id", "actor", "decided_at", "composed_at", "undone_at", "undone_by",
        # Bound to the old decision's id, and sealed under the old incident's key.
        "sealed_reason",
    }
)  # fmt: skip


def open_review(
    session: Session, *, force: str, involved_child_id: UUID, match_id: UUID | None,
    reason_code: str, due_at: datetime, now: datetime,
) -> Review:  # fmt: skip
    """Put a child before a person; one that waits already gets the new match and reason.

    The earlier of two deadlines stays.
    """
    review = session.scalars(
        select(Review).where(
            Review.involved_child_id == involved_child_id, Review.state == ReviewState.OPEN
        )
    ).one_or_none()
    if review is None:
        review = Review(
            id=new_id(), force=force, involved_child_id=involved_child_id, match_id=match_id,
            state=ReviewState.OPEN, reason_code=reason_code, opened_at=now, due_at=due_at,
        )  # fmt: skip
        session.add(review)
    else:
        review.match_id, review.reason_code = match_id, reason_code
        review.due_at = min(review.due_at, due_at)
    session.flush()
    return review


def queue(session: Session, *, now: datetime) -> list[Review]:
    """Return the open reviews of the scope, least time left first; late ones lead."""
    del now  # the order by deadline is the order by time left, whatever the time
    return list(
        session.scalars(
            select(Review)
            .where(Review.state == ReviewState.OPEN)
            .order_by(Review.due_at, Review.opened_at, Review.id)
        )
    )


def claim(
    session: Session, review_id: UUID, *, account_id: UUID, now: datetime, minutes: int = 15
) -> Review:
    """Take a review for some minutes, or hold it longer; raise `Conflict` where another has it."""
    changed = _change(
        session, review_id, _free_for(account_id, now),
        claimed_by=account_id, claimed_until=now + timedelta(minutes=minutes),
    )  # fmt: skip
    review = _review(session, review_id)
    if not changed:
        raise _taken(review)
    return review


def settle(
    session: Session, review_id: UUID, *, account_id: UUID, actor: str, choice: Choice,
    now: datetime, second_due_at: datetime | None = None,
) -> Match:  # fmt: skip
    """Store a person's decision as a new match and close the review, in one transaction.

    `second_due_at` is when another person has to have looked again, after sending. Raises
    `Invalid` with a school that is not open, `Conflict` where the review is settled, closed or
    claimed by another.
    """
    check_open(session, choice.urns)
    review = taken(
        session, review_id, account_id=account_id, now=now, state=ReviewState.SETTLED,
        settled_by=account_id, settled_at=now, second_due_at=second_due_at, claimed_by=None,
        claimed_until=None,
    )  # fmt: skip
    band = Band.MATCHED if choice.tells else Band.NONE
    match = add_choice(session, review, choice, band=band, actor=actor, now=now)
    review.settled_match_id = match.id
    session.flush()
    return match


def add_choice(
    session: Session, review: Review, choice: Choice, *, band: Band, actor: str, now: datetime
) -> Match:
    """Store what a person said as a decision of its own, on the evidence they were shown."""
    before = session.get(Match, review.match_id) if review.match_id is not None else None
    match = Match(
        id=choice.match_id, force=review.force, involved_child_id=review.involved_child_id,
        band=band, score=1.0, margin=1.0, urns=list(choice.urns), council=choice.council,
        evidence=before.evidence if before else [], reason_code=choice.reason_code,
        given_urns=before.given_urns if before else None,
        rules_version=before.rules_version if before else RULES_VERSION,
        input_digest=before.input_digest if before else _NO_DIGEST,
        decided_by=DecidedBy.PERSON, actor=actor, reason=choice.reason.value,
        sealed_reason=choice.sealed_reason, legal_reference=choice.legal_reference,
        decided_at=decided_now(session, review.involved_child_id, now),
    )  # fmt: skip
    session.add(match)
    session.flush()
    return match


def taken(
    session: Session, review_id: UUID, *, account_id: UUID, now: datetime, **values: Any
) -> Review:
    """Change a review that is open and free for this person; raise `Conflict` where it is not."""
    changed = _change(session, review_id, _free_for(account_id, now), **values)
    review = _review(session, review_id)
    if not changed:
        raise _taken(review)
    return review


def close(session: Session, involved_child_id: UUID, now: datetime) -> bool:
    """Close a child's open review because it is no longer needed; return whether there was one."""
    result = session.execute(
        update(Review)
        .where(Review.involved_child_id == involved_child_id, Review.state == ReviewState.OPEN)
        .values(state=ReviewState.CLOSED, settled_at=now, claimed_by=None, claimed_until=None)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount > 0


def _free_for(account_id: UUID, now: datetime) -> Any:
    return or_(
        Review.claimed_by.is_(None), Review.claimed_by == account_id, Review.claimed_until <= now
    )


def _change(session: Session, review_id: UUID, condition: Any, **values: Any) -> bool:
    """Change a review that is open and free, and look whether a row was changed."""
    result = session.execute(
        update(Review)
        .where(Review.id == review_id, Review.state == ReviewState.OPEN, condition)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


def _review(session: Session, review_id: UUID) -> Review:
    found = session.scalars(
        select(Review).where(Review.id == review_id).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such review for you: go back to the queue.")
    return found


def _taken(review: Review) -> Conflict:
    if review.state is ReviewState.OPEN:
        return Conflict("Another reviewer has this child just now: take the next in the queue.")
    return Conflict("This child is settled already: go back to the queue.")


def check_open(session: Session, urns: Sequence[int]) -> None:
    """Raise `Invalid` where one of these schools is not in the register, or closed."""
    still_open = session.scalars(
        select(Establishment.urn).where(
            Establishment.urn.in_(urns), Establishment.status.in_(OPEN_STATUSES)
        )
    ).all()
    if set(still_open) != set(urns):
        message = "Choose a school that is open: look it up in the register."
        raise Invalid("The decision is not complete.", [FieldError("urn", "school", message)])


def _kept(basis: Basis | None) -> dict[str, Any]:
    if basis is None:
        return {}
    return {
        "decided_with": [str(one) for one in basis.decided_with],
        "matched_on": basis.matched_on,
        "policy_version": basis.policy_version,
        "register_stamp": basis.register_stamp,
        "roll_stamp": basis.roll_stamp,
    }
