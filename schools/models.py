"""The register of establishments, their calendars and key adults; belongs to no force."""

from collections.abc import Callable
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import Choice, in_register, one_of
from schools.matching.school_names import place_key
from schools.term_dates import DayKind, Nation


class Status(StrEnum):
    """GIAS EstablishmentStatus codes 1 to 4; 3 is open until it closes."""

    OPEN = "open"
    CLOSED = "closed"
    OPEN_PROPOSED_TO_CLOSE = "open_proposed_to_close"
    PROPOSED_TO_OPEN = "proposed_to_open"


def _folded(column: str) -> Callable[[Any], str | None]:
    """Return the default of a key: the folded place of the same row, so that no writer forgets."""

    def fold(context: Any) -> str | None:
        return place_key(context.get_current_parameters().get(column))

    return fold


class Establishment(Base):
    """One row of the national register (Get Information about Schools), by URN."""

    __tablename__ = "establishment"
    __table_args__ = (
        one_of("status", Status),
        one_of("nation", Nation),
        Index("ix_establishment_laestab", "la_code", "establishment_number"),
        Index("ix_establishment_name_key", "name_key"),
        # Names in memory are as new as the latest change (schools.matching.told_search).
        Index("ix_establishment_imported_at", "imported_at"),
    )

    urn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    la_code: Mapped[str] = mapped_column(String(3), index=True)
    la_name: Mapped[str] = mapped_column(String(100))
    establishment_number: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(200))
    # The folded name (schools.matching.school_names), for looking up told schools.
    name_key: Mapped[str] = mapped_column(String(200))
    type_code: Mapped[int]
    type_name: Mapped[str] = mapped_column(String(100))
    group_code: Mapped[int | None]
    phase: Mapped[str | None] = mapped_column(String(40))
    status: Mapped[Status] = mapped_column(Choice(Status))
    nation: Mapped[Nation] = mapped_column(Choice(Nation))
    # Statutory: a place where a child can be a registered pupil (domain.md §2, §3).
    statutory: Mapped[bool]
    low_age: Mapped[int | None]
    high_age: Mapped[int | None]
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    street: Mapped[str | None] = mapped_column(String(200))
    locality: Mapped[str | None] = mapped_column(String(200))
    town: Mapped[str | None] = mapped_column(String(100))
    # Town and locality folded like the name: officers give either as the town.
    town_key: Mapped[str | None] = mapped_column(
        String(100), index=True, insert_default=_folded("town")
    )
    locality_key: Mapped[str | None] = mapped_column(
        String(200), index=True, insert_default=_folded("locality")
    )
    postcode: Mapped[str | None] = mapped_column(String(8))
    telephone: Mapped[str | None] = mapped_column(String(30))
    row_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    imported_at: Mapped[datetime]


class EstablishmentLink(Base):
    """A predecessor or successor in the register."""

    __tablename__ = "establishment_link"

    urn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    link_urn: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, index=True
    )
    link_type: Mapped[str] = mapped_column(String(80), primary_key=True)
    link_name: Mapped[str | None] = mapped_column(String(200))
    established_on: Mapped[date | None]


class Term(Base):
    """Pupils are in school from the first to the last day, of one school or of a council's."""

    __tablename__ = "term"
    __table_args__ = (
        UniqueConstraint("owner", "first_on", name="uq_term_owner_first"),
        CheckConstraint("first_on <= last_on", name="in_order"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # `urn:990001` or `council:999`
    owner: Mapped[str] = mapped_column(String(20))
    first_on: Mapped[date]
    last_on: Mapped[date]


class CalendarDay(Base):
    """One particular day of a nation, a council or a school; the nearest owner wins."""

    __tablename__ = "calendar_day"
    __table_args__ = (one_of("kind", DayKind),)

    # `nation:england`, `council:999` or `urn:990001`
    owner: Mapped[str] = mapped_column(String(20), primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[DayKind] = mapped_column(Choice(DayKind))
    note: Mapped[str | None] = mapped_column(String(100))


class SchoolHours(Base):
    """A school's clock times, Europe/London; a missing one falls back to the force's policy."""

    __tablename__ = "school_hours"

    urn: Mapped[int] = mapped_column(ForeignKey("establishment.urn"), primary_key=True)
    doors_open: Mapped[time | None]
    register_close: Mapped[time | None]
    pupils_leave: Mapped[time | None]


class KeyAdult(Base):
    """A trained person at a school; name, e-mail and telephone are sealed (register key)."""

    __tablename__ = "key_adult"
    __table_args__ = (
        UniqueConstraint("urn", "email_digest", name="uq_key_adult_email"),
        CheckConstraint("position >= 1", name="position_from_one"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("establishment.urn"), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)
    # 1 is asked first.
    position: Mapped[int]
    email_digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info=in_register("key_adult|{id}"))
    trained_on: Mapped[date | None]
    training_expires_on: Mapped[date | None]
    # The name of the course that `trained_on` speaks of.
    course: Mapped[str | None] = mapped_column(String(100))
    contact_verified_at: Mapped[datetime | None]
    # Since when, and why, an address that was verified is not: nothing older counts any more.
    unverified_at: Mapped[datetime | None]
    unverified_why: Mapped[str | None] = mapped_column(String(32))
    # The mobile that a code proved; another number on the record has to be proved anew.
    mobile_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    mobile_verified_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    added_at: Mapped[datetime]
    left_on: Mapped[date | None]


class KeyAdultAbsence(Base):
    """Days, both included, on which a key adult is away and the next in order is asked."""

    __tablename__ = "key_adult_absence"
    __table_args__ = (CheckConstraint("first_on <= last_on", name="in_order"),)

    key_adult_id: Mapped[UUID] = mapped_column(ForeignKey("key_adult.id"), primary_key=True)
    first_on: Mapped[date] = mapped_column(primary_key=True)
    last_on: Mapped[date]
    # `own`, `colleague` or `auto_reply`; none where a file brought it.
    source: Mapped[str | None] = mapped_column(String(32))
