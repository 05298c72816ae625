"""Match decisions and reviews: what was decided for a child, by which rules or by whom."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned
from app.core.types import Choice, one_of
from schools.matching.details import Band


class DecidedBy(StrEnum):
    """Who decided."""

    RULES = "rules"
    PERSON = "person"


class ReviewState(StrEnum):
    """A review waits for a person, was settled by one, or is no longer needed."""

    OPEN = "open"
    SETTLED = "settled"
    CLOSED = "closed"


class Match(ForceOwned, Base):
    """One decision child → schools, with all the evidence; decisions are added, never changed."""

    __tablename__ = "match"
    __table_args__ = (
        one_of("band", Band),
        one_of("decided_by", DecidedBy),
        CheckConstraint("decided_by = 'rules' OR reason IS NOT NULL", name="person_gives_reason"),
        # The queue of the composing job.
        Index(
            "ix_match_to_compose", "decided_at",
            sqlite_where=text("band = 'matched' AND composed_at IS NULL"),
            postgresql_where=text("band = 'matched' AND composed_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    involved_child_id: Mapped[UUID] = mapped_column(ForeignKey("involved_child.id"), index=True)
    band: Mapped[Band] = mapped_column(Choice(Band))
    # The posterior of the best candidate, and its distance to the next.
    score: Mapped[float] = mapped_column(Float)
    margin: Mapped[float] = mapped_column(Float)
    # The schools to be told (band `matched`), or the candidates in order of score.
    urns: Mapped[list[Any]]
    # The residence council whose officers are told, where the child is at no school (`matched`).
    council: Mapped[str | None] = mapped_column(String(3))
    # A protected child: `account:<id>` of the one person it is released to, or `nobody`.
    shown_only_to: Mapped[str | None] = mapped_column(String(100))
    # At most five candidates: {"urn", "score", "source", "fields": {field: level}, "weights"}.
    evidence: Mapped[list[Any]]
    reason_code: Mapped[str | None] = mapped_column(String(32))
    rules_version: Mapped[str] = mapped_column(String(32))
    input_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    decided_by: Mapped[DecidedBy] = mapped_column(Choice(DecidedBy))
    actor: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(String(500))
    decided_at: Mapped[datetime]
    composed_at: Mapped[datetime | None]


class Review(ForceOwned, Base):
    """A child whose school a person has to settle, by `due_at`."""

    __tablename__ = "review"
    __table_args__ = (
        one_of("state", ReviewState),
        CheckConstraint("state <> 'settled' OR settled_by IS NOT NULL", name="settled_by_whom"),
        Index(
            "uq_review_open_child", "involved_child_id", unique=True,
            sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
        ),
        Index("ix_review_force_state_due", "force", "state", "due_at"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    involved_child_id: Mapped[UUID] = mapped_column(ForeignKey("involved_child.id"), index=True)
    match_id: Mapped[UUID | None] = mapped_column(ForeignKey("match.id"))
    state: Mapped[ReviewState] = mapped_column(Choice(ReviewState))
    reason_code: Mapped[str] = mapped_column(String(32))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    claimed_until: Mapped[datetime | None]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    settled_at: Mapped[datetime | None]
