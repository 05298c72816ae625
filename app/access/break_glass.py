"""Access to one restricted incident that somebody asked for and a second person granted.

Rows only: who may ask and grant is decided in `app.casework.breaking_glass`.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned
from app.core.types import Choice, one_of

# A question that nobody answered is over: whoever still needs it asks again.
ANSWERED_WITHIN = timedelta(minutes=60)


class WhyAsked(StrEnum):
    """Why somebody outside the group has to see it; a code, so that nothing personal is written."""

    CALLER_WAITS = "caller_waits"
    GROUP_NOT_REACHED = "group_not_reached"
    CHILD_AT_RISK = "child_at_risk"
    RECORD_TO_CORRECT = "record_to_correct"


class BreakGlass(ForceOwned, Base):
    """One question for one reference; whether an incident has it is not asked here."""

    __tablename__ = "break_glass"
    __table_args__ = (
        one_of("reason", WhyAsked),
        CheckConstraint("answered_by IS NULL OR answered_by <> account_id", name="two_people"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)", name="answered_by_somebody"
        ),
        CheckConstraint("expires_at IS NULL OR answered_at IS NOT NULL", name="granted_by_answer"),
        Index("ix_break_glass_account", "account_id", "asked_at"),
        Index("ix_break_glass_force", "force", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # As it was typed: it may be nobody's.
    reference: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[WhyAsked] = mapped_column(Choice(WhyAsked))
    asked_at: Mapped[datetime]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None]
    # Refused where it was answered and nothing stands here.
    expires_at: Mapped[datetime | None]


def references_open(session: Session, account_id: UUID, *, now: datetime) -> set[tuple[str, str]]:
    """Return force and reference of all to which this account was let, as of now."""
    rows = session.execute(
        select(BreakGlass.force, BreakGlass.reference).where(
            BreakGlass.account_id == account_id, BreakGlass.expires_at > now
        )
    )
    return {(row.force, row.reference) for row in rows}


def asked_since(session: Session, account_id: UUID, since: datetime) -> int:
    """Return how often an account asked since an instant."""
    found = session.scalar(
        select(func.count()).select_from(BreakGlass).where(
            BreakGlass.account_id == account_id, BreakGlass.asked_at > since
        )
    )  # fmt: skip
    return found or 0


def answer(
    session: Session, ident: UUID, *, by: UUID, now: datetime, expires_at: datetime | None
) -> bool:
    """Answer a question once: granted until an instant, or refused; False where it is over."""
    answered = session.execute(
        update(BreakGlass)
        .where(
            BreakGlass.id == ident, BreakGlass.answered_at.is_(None),
            BreakGlass.account_id != by, BreakGlass.asked_at > now - ANSWERED_WITHIN,
        )
        .values(answered_by=by, answered_at=now, expires_at=expires_at)
        .returning(BreakGlass.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    return bool(answered)
