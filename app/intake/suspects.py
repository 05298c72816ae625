"""The same suspect in another family: a force's own pseudonyms as keyed digests.

Off unless the force's data protection officer signed it off (domain.md §7). What is found goes to
one named role of the force to confirm, and appears nowhere else.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import Base
from app.core.errors import Conflict
from app.core.ids import new_id
from app.core.scope import ForceOwned
from app.core.types import Choice, one_of
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState


class PatternState(StrEnum):
    """What the named person of the force said of it."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class SuspectLink(ForceOwned, Base):
    """One suspect's digest beside one child of one incident; goes with the incident's content."""

    __tablename__ = "suspect_link"
    __table_args__ = (
        Index("ix_suspect_link_digest", "force", "digest"),
        Index(
            "ix_suspect_link_to_note", "force",
            sqlite_where=text("noted_at IS NULL"), postgresql_where=text("noted_at IS NULL"),
        ),
    )  # fmt: skip

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    involved_child_id: Mapped[UUID] = mapped_column(
        ForeignKey("involved_child.id"), primary_key=True
    )
    noted_at: Mapped[datetime | None]


class SuspectPattern(ForceOwned, Base):
    """One suspect in at least two families; the digest goes with the last incident's content."""

    __tablename__ = "suspect_pattern"
    __table_args__ = (
        one_of("state", PatternState),
        UniqueConstraint("force", "digest", name="uq_suspect_pattern_digest"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    state: Mapped[PatternState] = mapped_column(Choice(PatternState))
    incidents: Mapped[int]
    found_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]


Family = frozenset[bytes]


def other_families(families: Iterable[Family]) -> bool:
    """Return whether two incidents have known children and none of them in common. Pure.

    An incident none of whose children can be recognised again proves no other family.
    """
    known = [family for family in families if family]
    return any(not one & other for one, other in combinations(known, 2))


def to_note(session: Session, *, force: str | None) -> list[tuple[str, bytes]]:
    """Return the suspects of whom something came in since the last look, by force and digest."""
    wanted = select(SuspectLink.force, SuspectLink.digest).where(SuspectLink.noted_at.is_(None))
    if force is not None:
        wanted = wanted.where(SuspectLink.force == force)
    return [(of, digest) for of, digest in session.execute(wanted.distinct())]


def note(session: Session, *, force: str, digest: bytes, now: datetime) -> SuspectPattern | None:
    """Look at one suspect after something came in; return the pattern it makes, if it does.

    What was dismissed or confirmed is opened again by a further incident, and not by a newer
    version of one that was looked at, nor by a restricted one: whoever decided would learn by it
    that there is one. Its group sees it among the others.
    """
    before = _references(session, force, digest, noted=True)
    news = _references(session, force, digest, noted=False) - before
    for_all = _references(session, force, digest, noted=False, for_all=True) - before
    session.execute(
        update(SuspectLink)
        .where(SuspectLink.force == force, SuspectLink.digest == digest)
        .values(noted_at=now)
        .execution_options(synchronize_session=False)
    )
    families = families_of(session, force=force, digest=digest)
    if not news or not other_families(families.values()):
        return None
    found = session.scalars(
        select(SuspectPattern).where(SuspectPattern.force == force, SuspectPattern.digest == digest)
    ).one_or_none()
    if found is not None and found.state is not PatternState.OPEN and not for_all:
        return None
    if found is None:
        found = SuspectPattern(id=new_id(), force=force, digest=digest)
        session.add(found)
    found.incidents, found.state, found.found_at = len(families), PatternState.OPEN, now
    found.decided_by = found.decided_at = None
    session.flush()
    return found


def look_again(session: Session, *, incidents: Collection[UUID]) -> None:
    """Let the next look take these incidents for new: they may be known of by more people now."""
    session.execute(
        update(SuspectLink)
        .where(SuspectLink.incident_id.in_(incidents))
        .values(noted_at=None)
        .execution_options(synchronize_session=False)
    )


def _references(
    session: Session, force: str, digest: bytes, *, noted: bool, for_all: bool = False
) -> set[str]:
    """Return the incidents looked at before, or not yet, by what the force calls them.

    `for_all` leaves out the restricted ones.
    """
    seen = SuspectLink.noted_at.is_not(None) if noted else SuspectLink.noted_at.is_(None)
    open_to_all = [Incident.restricted_access.is_(False)] if for_all else []
    return set(
        session.scalars(
            select(Incident.reference)
            .join(SuspectLink, SuspectLink.incident_id == Incident.id)
            .where(SuspectLink.force == force, SuspectLink.digest == digest, seen, *open_to_all)
        )
    )


def families_of(session: Session, *, force: str, digest: bytes) -> dict[UUID, Family]:
    """Return the incidents that are acted on with this suspect, and whom of their children."""
    rows = session.execute(
        select(Incident.id, InvolvedChild.person_digest)
        .join(SuspectLink, SuspectLink.incident_id == Incident.id)
        .join(InvolvedChild, InvolvedChild.id == SuspectLink.involved_child_id)
        .where(
            SuspectLink.force == force,
            SuspectLink.digest == digest,
            Incident.state == IncidentState.NEWEST,
        )
        .order_by(Incident.received_at)
    )
    found: dict[UUID, set[bytes]] = {}
    for incident_id, person in rows:
        found.setdefault(incident_id, set()).update({person} if person else set())
    return {incident_id: frozenset(people) for incident_id, people in found.items()}


def decide(
    session: Session, pattern: SuspectPattern, *, confirmed: bool, account_id: UUID, now: datetime
) -> None:
    """Store what the named person said; raise `Conflict` where it was said before."""
    state = PatternState.CONFIRMED if confirmed else PatternState.DISMISSED
    decided: Sequence[Any] = session.execute(
        update(SuspectPattern)
        .where(SuspectPattern.id == pattern.id, SuspectPattern.state == PatternState.OPEN)
        .values(state=state, decided_by=account_id, decided_at=now)
        .returning(SuspectPattern.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not decided:
        raise Conflict("Somebody decided about this one before: load the page again.")
    session.refresh(pattern)


def forget(session: Session, *, incident_id: UUID) -> None:
    """Forget the suspects of an incident that is erased, and patterns that nothing holds up."""
    mine = select(SuspectLink.digest).where(SuspectLink.incident_id == incident_id)
    digests = set(session.scalars(mine))
    session.execute(delete(SuspectLink).where(SuspectLink.incident_id == incident_id))
    held = select(SuspectLink.digest).where(SuspectLink.digest.in_(digests))
    gone = digests - set(session.scalars(held))
    session.execute(
        update(SuspectPattern)
        .where(SuspectPattern.digest.in_(gone))
        .values(digest=None)
        .execution_options(synchronize_session=False)
    )
