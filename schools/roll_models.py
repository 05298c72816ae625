"""Pupil rolls as tables: small sealed rows, found by keyed block keys alone; belong to no force."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import Choice, in_register, one_of


class RollState(StrEnum):
    """A new roll replaces the old one only when it is whole."""

    CURRENT = "current"
    REPLACED = "replaced"


class Roll(Base):
    """One supply of pupils by a school (`urn:…`) or a council (`council:…`)."""

    __tablename__ = "roll"
    __table_args__ = (one_of("state", RollState), Index("ix_roll_owner_state", "owner", "state"))

    # A small number, for nine million pupils refer to it. Never given twice: rolls stay as rows.
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    owner: Mapped[str] = mapped_column(String(20))
    state: Mapped[RollState] = mapped_column(Choice(RollState))
    pupils: Mapped[int]
    imported_at: Mapped[datetime]


class Pupil(Base):
    """One pupil of one roll at one school; everything personal is sealed, the dates too."""

    __tablename__ = "pupil"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    roll_id: Mapped[int] = mapped_column(ForeignKey("roll.id"), index=True)
    # The row number in its roll: what the sealed record is bound to before the id is known.
    line: Mapped[int]
    urn: Mapped[int] = mapped_column(ForeignKey("establishment.urn"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info=in_register("pupil|{roll_id}:{line}"))
    # Its own block keys, four bytes each, so that erasing a pupil finds them without an index.
    blocks: Mapped[bytes] = mapped_column(LargeBinary)


class PupilKey(Base):
    """A keyed block key of a pupil: equal keys make a candidate, nothing can be read from one.

    No foreign key: to check one, each erased pupil would need an index of all keys by pupil.
    """

    __tablename__ = "pupil_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    block: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    pupil_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class MarkedReason(StrEnum):
    """Why an address says little about who somebody is."""

    REFUGE = "refuge"
    HOSTEL = "hostel"
    INSTITUTION = "institution"
    PLACEHOLDER = "placeholder"


class MarkedPostcode(Base):
    """A postcode that never decides a match, by its keyed block key alone: it names no place."""

    __tablename__ = "marked_postcode"
    __table_args__ = (one_of("reason", MarkedReason),)

    block: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    reason: Mapped[MarkedReason] = mapped_column(Choice(MarkedReason))
    marked_at: Mapped[datetime]
    marked_by: Mapped[str] = mapped_column(String(100))
