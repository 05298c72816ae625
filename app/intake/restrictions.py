"""Restricted incidents: what restricts every version of one, and how two people lift it.

Source: domain.md §4. Rows only: who may ask and agree is decided in `app.casework.lifting`.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import Base
from app.core.errors import Conflict
from app.core.models import ContentKey
from app.core.scope import ForceOwned
from app.core.types import Choice, one_of
from app.intake import suspects
from app.intake.models import Incident

# Over a weekend; what nobody answered by then is asked again.
ANSWERED_WITHIN = timedelta(days=3)


class WhyLifted(StrEnum):
    """Why nobody of the force has to be kept out any more; a code, as nothing personal is kept."""

    MARKED_BY_MISTAKE = "marked_by_mistake"
    NOBODY_OF_THE_FORCE = "nobody_of_the_force"
    COLLEAGUE_LEFT = "colleague_left"


class RestrictionLift(ForceOwned, Base):
    """One question for one reference, and what a second person said."""

    __tablename__ = "restriction_lift"
    __table_args__ = (
        one_of("reason", WhyLifted),
        CheckConstraint("answered_by IS NULL OR answered_by <> asked_by", name="two_people"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)", name="answered_by_somebody"
        ),
        CheckConstraint("lifted_at IS NULL OR answered_at IS NOT NULL", name="lifted_by_answer"),
        Index("ix_restriction_lift_force", "force", "reference", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(64))
    # How many there were of the incident: with one more it is not what was looked at.
    versions: Mapped[int]
    reason: Mapped[WhyLifted] = mapped_column(Choice(WhyLifted))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None]
    # Left as it is where it was answered and nothing stands here.
    lifted_at: Mapped[datetime | None]


def waits(row: RestrictionLift, now: datetime) -> bool:
    """Return whether a second person may still answer."""
    return row.answered_at is None and row.asked_at > now - ANSWERED_WITHIN


def answer(session: Session, ident: UUID, *, by: UUID, now: datetime, lifts: bool) -> bool:
    """Answer a question once; False where it is over, or is one's own."""
    answered = session.execute(
        update(RestrictionLift)
        .where(
            RestrictionLift.id == ident, RestrictionLift.answered_at.is_(None),
            RestrictionLift.asked_by != by, RestrictionLift.asked_at > now - ANSWERED_WITHIN,
        )
        .values(answered_by=by, answered_at=now, lifted_at=now if lifts else None)
        .returning(RestrictionLift.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    return bool(answered)


def restrict(session: Session, *, force: str, reference: str) -> None:
    """Restrict every stored version of an incident, also what was lifted a moment before."""
    _set(session, force=force, reference=reference, restricted=True)


def lift(session: Session, row: RestrictionLift) -> list[UUID]:
    """Lift the restriction of every version; return their ids, the newest last.

    Raises `Conflict` where nothing is restricted by now, where a version came since it was asked,
    as it is not what was looked at, and where content is erased: nobody could look at it. A later
    version that says so restricts the incident again.
    """
    mine = _of(row.force, row.reference)
    # Held from here: a push of a further version waits, or is seen by the statements after this.
    session.execute(mine.with_for_update()).all()
    if not can_be_lifted(session, force=row.force, reference=row.reference):
        raise Conflict("This incident is not restricted any more, or erased: load the page again.")
    versions = versions_of(session, force=row.force, reference=row.reference)
    if len(versions) != row.versions:
        raise Conflict("A newer version came in meanwhile: look at it, and ask again.")
    _set(session, force=row.force, reference=row.reference, restricted=False)
    suspects.look_again(session, incidents=versions)
    return versions


def can_be_lifted(session: Session, *, force: str, reference: str) -> bool:
    """Return whether there is a restricted incident of this reference, and none of it is erased.

    With the content go the digests by which somebody is known to be tied to the family.
    """
    mine = _of(force, reference)
    erased = mine.join(ContentKey, ContentKey.id == Incident.content_key_id).where(
        ContentKey.destroyed_at.is_not(None)
    )
    restricted = mine.where(Incident.restricted_access)
    return bool(session.scalar(select(and_(restricted.exists(), ~erased.exists()))))


def versions_of(session: Session, *, force: str, reference: str) -> list[UUID]:
    """Return all versions of an incident, the newest last."""
    mine = _of(force, reference).with_only_columns(Incident.id).order_by(Incident.version)
    return list(session.scalars(mine))


def incidents_of(lifts: set[UUID]) -> Select[UUID, UUID]:
    """Select these questions with the incidents they are about, as far as they are found."""
    same = and_(
        Incident.force == RestrictionLift.force, Incident.reference == RestrictionLift.reference
    )
    return (
        select(RestrictionLift.id, Incident.id)
        .join(Incident, same)
        .where(RestrictionLift.id.in_(lifts))
    )


def was_lifted(session: Session, *, force: str, reference: str, since: datetime) -> bool:
    """Return whether the restriction of an incident was lifted at or after an instant."""
    lifted = select(RestrictionLift.id).where(
        RestrictionLift.force == force, RestrictionLift.reference == reference,
        RestrictionLift.lifted_at >= since,
    )  # fmt: skip
    return session.scalars(lifted.limit(1)).first() is not None


def _of(force: str, reference: str) -> Select[Incident]:
    return select(Incident).where(Incident.force == force, Incident.reference == reference)


def _set(session: Session, *, force: str, reference: str, restricted: bool) -> None:
    session.execute(
        update(Incident)
        .where(Incident.force == force, Incident.reference == reference)
        .values(restricted_access=restricted)
        .execution_options(synchronize_session=False)
    )
