"""Drills: schools are alerted without any child, and how long it takes them to answer is kept.

Source: domain.md §5, features.md RE8. A drill comes once a term; its result is part of assurance.
Each school's row is the queue: it is asked in a quiet hour of one of its own school days.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.clock import london_date, london_time
from app.core.database import Base
from app.core.errors import Conflict, NotFound
from app.core.ids import new_id
from app.core.scope import Delivered, ForceOwned
from schools.term_dates import SchoolCalendar, is_school_day

# London. Clear of the morning's messages, and early enough to be read the same day.
ASKED_FROM, ASKED_UNTIL = time(10, 0), time(14, 30)
OPEN_FOR = timedelta(days=7)
NOBODY_CAN_RECEIVE = "nobody_can_receive"


class Drill(ForceOwned, Base):
    """One drill of a force's schools, or of one council's among them (`council` set)."""

    __tablename__ = "drill"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    council: Mapped[str | None] = mapped_column(String(3))
    begun_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(100))
    ends_at: Mapped[datetime]


class DrillSchool(Delivered, Base):
    """One school in one drill: when it was asked, and who answered when."""

    __tablename__ = "drill_school"
    __table_args__ = (
        UniqueConstraint("drill_id", "urn", name="uq_drill_school_once"),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged_by_whom"
        ),
        CheckConstraint(
            "acknowledged_at IS NULL OR asked_at IS NOT NULL", name="asked_before_answer"
        ),
        Index(
            "ix_drill_school_to_ask", "ends_at",
            sqlite_where=text("asked_at IS NULL AND reason_code IS NULL"),
            postgresql_where=text("asked_at IS NULL AND reason_code IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    drill_id: Mapped[UUID] = mapped_column(ForeignKey("drill.id"), index=True)
    ends_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    # Why it could not be asked.
    reason_code: Mapped[str | None] = mapped_column(String(32))
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(100))

    @property
    def minutes(self) -> int | None:
        """Whole minutes from the alert being planned to the answer; None without an answer."""
        if self.asked_at is None or self.acknowledged_at is None:
            return None
        return int((self.acknowledged_at - self.asked_at).total_seconds() // 60)


def begin(
    session: Session, *, force: str, schools: Iterable[tuple[int, str]], council: str | None,
    actor: str, now: datetime,
) -> Drill:  # fmt: skip
    """Begin a drill of these schools (URN and council code each); it stays open for seven days.

    Raises `Conflict` where none is left to ask, or one of them is in a drill that is still open.
    """
    wanted = dict(schools)
    busy = select(DrillSchool.urn).where(DrillSchool.ends_at > now)
    if council is not None:
        busy = busy.where(DrillSchool.council == council)
    if not wanted or wanted.keys() & set(session.scalars(busy)):
        raise Conflict(
            "There is no school to ask, or a drill is still open there: see its results first."
        )
    ends_at = now + OPEN_FOR
    drill = Drill(
        id=new_id(), force=force, council=council, begun_at=now, begun_by=actor, ends_at=ends_at
    )
    session.add(drill)
    session.flush()
    session.add_all(
        DrillSchool(
            id=new_id(), drill_id=drill.id, force=force, urn=urn, council=code, ends_at=ends_at
        )
        for urn, code in sorted(wanted.items())
    )
    session.flush()
    return drill


def to_ask(session: Session, *, now: datetime, force: str | None = None) -> dict[UUID, int]:
    """Return the rows of open drills that nobody has asked yet, with their schools."""
    query = select(DrillSchool.id, DrillSchool.urn).where(
        DrillSchool.asked_at.is_(None), DrillSchool.reason_code.is_(None),
        DrillSchool.ends_at > now,
    )  # fmt: skip
    if force is not None:
        query = query.where(DrillSchool.force == force)
    rows = session.execute(query.order_by(DrillSchool.ends_at, DrillSchool.id))
    return {ident: urn for ident, urn in rows if urn is not None}


def in_quiet_hours(now: datetime) -> bool:
    """Return whether any school may be asked at this instant: never while mornings are told."""
    return ASKED_FROM <= london_time(now) < ASKED_UNTIL


def may_ask(calendar: SchoolCalendar, now: datetime) -> bool:
    """Return whether a school of this calendar may be asked at this instant."""
    return in_quiet_hours(now) and is_school_day(calendar, london_date(now))


def waiting_at(session: Session, urns: Collection[int], *, now: datetime) -> list[DrillSchool]:
    """Return the drills that wait for an answer at these schools."""
    return list(
        session.scalars(
            select(DrillSchool)
            .where(
                DrillSchool.urn.in_(urns), DrillSchool.asked_at.is_not(None),
                DrillSchool.acknowledged_at.is_(None), DrillSchool.ends_at > now,
            )
            .order_by(DrillSchool.asked_at, DrillSchool.id)
        )
    )  # fmt: skip


def acknowledge(session: Session, row: DrillSchool, *, actor: str, now: datetime) -> bool:
    """Keep the first answer of a school; return False where a colleague was quicker.

    Raises `NotFound` for a drill that was never asked here, `Conflict` for one that is over.
    """
    if row.asked_at is None:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    if row.ends_at <= now:
        raise Conflict("This drill is over: the next one comes next term.")
    first = session.scalars(
        update(DrillSchool)
        .where(DrillSchool.id == row.id, DrillSchool.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=actor)
        .returning(DrillSchool.id)
    ).one_or_none()
    session.expire(row)
    return first is not None


def drills(session: Session, *, forces: Collection[str], councils: Collection[str]) -> list[Drill]:
    """Return the drills of forces, and those in which schools of councils were, newest first."""
    of_council = select(DrillSchool.drill_id).where(DrillSchool.council.in_(councils))
    return list(
        session.scalars(
            select(Drill)
            .where(or_(Drill.force.in_(forces), Drill.id.in_(of_council)))
            .order_by(Drill.begun_at.desc(), Drill.id)
        )
    )


def schools_of(session: Session, drill_id: UUID) -> Sequence[DrillSchool]:
    """Return the schools of one drill that are in scope, unanswered first."""
    return session.scalars(
        select(DrillSchool)
        .where(DrillSchool.drill_id == drill_id)
        .order_by(DrillSchool.acknowledged_at.is_not(None), DrillSchool.urn)
    ).all()


def last_answered(session: Session, urns: Collection[int] | None = None) -> dict[int, date]:
    """Return the London date on which each school last answered a drill."""
    query = select(DrillSchool.urn, func.max(DrillSchool.acknowledged_at)).where(
        DrillSchool.acknowledged_at.is_not(None)
    )
    if urns is not None:
        query = query.where(DrillSchool.urn.in_(urns))
    rows = session.execute(query.group_by(DrillSchool.urn))
    return {urn: london_date(at) for urn, at in rows if urn is not None and at is not None}
