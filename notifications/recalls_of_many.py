"""A question to take many messages back at once, which a second person answers.

Rows only: who may ask and answer, and what is taken back, is in `app.casework.recalling_many`.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned

# A question that nobody answered is over: what is there by then may be something else.
ANSWERED_WITHIN = timedelta(minutes=30)


class RecallOfMany(ForceOwned, Base):
    """One question: everything to one recipient, or to all, due since a day."""

    __tablename__ = "recall_of_many"
    __table_args__ = (
        CheckConstraint("answered_by IS NULL OR answered_by <> asked_by", name="two_people"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)", name="answered_by_somebody"
        ),
        CheckConstraint("recalled IS NULL OR answered_at IS NOT NULL", name="recalled_by_answer"),
        Index("ix_recall_of_many_force", "force", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # `urn:…` or `council:…`; empty for every recipient of the force.
    recipient: Mapped[str | None] = mapped_column(String(20))
    # The first London date of the deadlines that are meant.
    since: Mapped[date]
    reason_code: Mapped[str] = mapped_column(String(64))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None]
    # How many messages went; left as they are where it was answered and nothing stands here.
    recalled: Mapped[int | None]


def agreed_since(session: Session, by: UUID | None, *, force: str, since: datetime) -> int:
    """Return how many messages went since an instant because this person agreed."""
    found = session.scalar(
        select(func.sum(RecallOfMany.recalled)).where(
            RecallOfMany.force == force, RecallOfMany.answered_by == by,
            RecallOfMany.answered_at > since,
        )
    )  # fmt: skip
    return found or 0


def answer(session: Session, ident: UUID, *, by: UUID, now: datetime) -> bool:
    """Let one other person answer a question once and in time; False where it is over."""
    answered = session.execute(
        update(RecallOfMany)
        .where(
            RecallOfMany.id == ident, RecallOfMany.answered_at.is_(None),
            RecallOfMany.asked_by != by, RecallOfMany.asked_at > now - ANSWERED_WITHIN,
        )
        .values(answered_by=by, answered_at=now)
        .returning(RecallOfMany.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    return bool(answered)
