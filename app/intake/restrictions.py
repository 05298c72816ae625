"""Restricted incidents: what restricts every version of one, and how two people lift it.

Source: domain.md §4. Rows only: who may ask and agree is decided in `app.casework.lifting`.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import Base
from app.core.errors import Conflict
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


def lift(session: Session, *, force: str, reference: str, asked_at: datetime) -> list[UUID]:
    """Lift the restriction of every version; return their ids, the newest last.

    Raises `Conflict` where nothing is restricted by now, or a version came since `asked_at`: it is
    not what was looked at. A later version that says so restricts the incident again.
    """
    mine = select(Incident).where(Incident.force == force, Incident.reference == reference)
    # Held from here: a push of a further version waits, or is seen by the statement after this.
    session.execute(mine.with_for_update()).all()
    versions = session.execute(
        mine.with_only_columns(Incident.id, Incident.received_at, Incident.restricted_access)
        .order_by(Incident.version)
    ).all()  # fmt: skip
    if not any(one.restricted_access for one in versions):
        raise Conflict("This incident is not restricted any more: load the page again.")
    if any(one.received_at > asked_at for one in versions):
        raise Conflict("A newer version came in meanwhile: look at it, and ask again.")
    _set(session, force=force, reference=reference, restricted=False)
    idents = [one.id for one in versions]
    suspects.look_again(session, incidents=idents)
    return idents


def is_restricted(session: Session, *, force: str, reference: str) -> bool:
    """Return whether there is an incident of this reference, and it is restricted."""
    mine = select(Incident.id).where(
        Incident.force == force, Incident.reference == reference, Incident.restricted_access
    )
    return session.scalars(mine.limit(1)).first() is not None


def was_lifted(session: Session, *, force: str, reference: str, since: datetime) -> bool:
    """Return whether the restriction of an incident was lifted at or after an instant."""
    lifted = select(RestrictionLift.id).where(
        RestrictionLift.force == force, RestrictionLift.reference == reference,
        RestrictionLift.lifted_at >= since,
    )  # fmt: skip
    return session.scalars(lifted.limit(1)).first() is not None


def _set(session: Session, *, force: str, reference: str, restricted: bool) -> None:
    session.execute(
        update(Incident)
        .where(Incident.force == force, Incident.reference == reference)
        .values(restricted_access=restricted)
        .execution_options(synchronize_session=False)
    )
