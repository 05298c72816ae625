"""Legal holds: the content of one incident is kept beyond its time, until two people end it.

Source: Data Protection Act 2018 s.47 (restriction in place of erasure, where it is needed as
evidence). A hold is for all versions of the incident, those that come later too.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    exists,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned
from app.core.types import Choice, one_of
from app.intake.models import Incident


class WhyKept(StrEnum):
    """What the content is needed for; a code, so that nothing personal is written."""

    COURT = "court"
    COMPLAINT = "complaint"
    SAFEGUARDING_REVIEW = "safeguarding_review"
    SUBJECT_REQUEST = "subject_request"
    DATA_BREACH = "data_breach"


class WhyEnded(StrEnum):
    """Why the content is not needed any longer."""

    MATTER_CLOSED = "matter_closed"
    EVIDENCE_TAKEN = "evidence_taken"
    SET_IN_ERROR = "set_in_error"


class LegalHold(ForceOwned, Base):
    """One hold: set by one person, ended by two."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        one_of("reason", WhyKept),
        one_of("end_reason", WhyEnded),
        CheckConstraint("ended_by IS NULL OR ended_by <> end_asked_by", name="two_people"),
        CheckConstraint("ended_at IS NULL OR end_asked_by IS NOT NULL", name="ended_as_asked"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
        CheckConstraint(
            "(end_asked_by IS NULL) = (end_reason IS NULL)", name="asked_with_a_reason"
        ),
        Index("ix_legal_hold_force", "force", "set_at"),
        Index(
            "uq_legal_hold_now", "incident_id", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"))
    reason: Mapped[WhyKept] = mapped_column(Choice(WhyKept))
    set_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    set_at: Mapped[datetime]
    end_reason: Mapped[WhyEnded | None] = mapped_column(Choice(WhyEnded))
    end_asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]


def held() -> ColumnElement[bool]:
    """Return the condition that an `Incident` is under a hold, set on whichever version."""
    named = aliased(Incident)
    return exists(
        select(LegalHold.id)
        .where(
            LegalHold.incident_id == named.id, named.force == Incident.force,
            named.reference == Incident.reference, LegalHold.ended_at.is_(None),
        )
        .correlate(Incident)
    )  # fmt: skip


def is_held(session: Session, incident_id: UUID) -> bool:
    """Return whether an incident is under a hold."""
    found = select(Incident.id).where(Incident.id == incident_id, held())
    return session.scalars(found).first() is not None


def of_forces(session: Session, forces: Sequence[str]) -> Sequence[tuple[LegalHold, Incident]]:
    """Return the holds of forces that are in force, the newest first, with their incidents."""
    rows = session.execute(
        select(LegalHold, Incident)
        .join(Incident, Incident.id == LegalHold.incident_id)
        .where(LegalHold.force.in_(forces), LegalHold.ended_at.is_(None))
        .order_by(LegalHold.set_at.desc(), LegalHold.id)
    )
    return [(row[0], row[1]) for row in rows]


def ask_to_end(session: Session, hold_id: UUID, *, by: UUID, reason: WhyEnded) -> bool:
    """Note that somebody wants it ended; False where it is over, or somebody asked before."""
    return _changed(
        session, hold_id, LegalHold.end_asked_by.is_(None), end_asked_by=by, end_reason=reason
    )


def leave(session: Session, hold_id: UUID) -> bool:
    """Keep it on after somebody asked; False where nobody did."""
    asked = LegalHold.end_asked_by.is_not(None)
    return _changed(session, hold_id, asked, end_asked_by=None, end_reason=None)


def end(session: Session, hold_id: UUID, *, by: UUID, now: datetime) -> bool:
    """End it as another person asked; False where nobody else did, or it is over."""
    asked = LegalHold.end_asked_by.is_not(None) & (LegalHold.end_asked_by != by)
    return _changed(session, hold_id, asked, ended_by=by, ended_at=now)


def _changed(
    session: Session, hold_id: UUID, condition: ColumnElement[bool], **values: object
) -> bool:
    done = session.execute(
        update(LegalHold)
        .where(LegalHold.id == hold_id, LegalHold.ended_at.is_(None), condition)
        .values(**values)
        .returning(LegalHold.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None
