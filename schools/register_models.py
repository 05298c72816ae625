"""Upkeep of the register as rows: imports, names, confirmed successors, calendar changes."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import Choice, one_of


class ImportState(StrEnum):
    """What became of an official file."""

    REFUSED = "refused"
    APPLIED = "applied"
    DRY_RUN = "dry_run"


class AliasKind(StrEnum):
    """A name people use beside the register's, or one the school had before."""

    ALIAS = "alias"
    FORMER = "former"


class RegisterImport(Base):
    """One look at one official file: what it would change, or did; never changed but to accept."""

    __tablename__ = "register_import"
    __table_args__ = (
        one_of("state", ImportState),
        CheckConstraint("state <> 'refused' OR reason_code IS NOT NULL", name="refusal_has_reason"),
        CheckConstraint("(accepted_at IS NULL) = (accepted_by IS NULL)", name="accepted_by_whom"),
        Index("ix_register_import_digest", "file_digest", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    file_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    file_name: Mapped[str] = mapped_column(String(200))
    # The date in the file's name where it has one, else of the file itself.
    file_on: Mapped[date | None]
    state: Mapped[ImportState] = mapped_column(Choice(ImportState))
    counts: Mapped[dict[str, Any]]
    # What happens to schools that are in use here: {"urn", "name", "change", "uses", "others"}.
    touched: Mapped[list[Any]]
    reason_code: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    # Who said that a refused file is right after all; the next night applies it.
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None] = mapped_column(String(100))


class EstablishmentAlias(Base):
    """A further name under which officers may tell a school; removed ones stay as a record."""

    __tablename__ = "establishment_alias"
    __table_args__ = (
        one_of("kind", AliasKind),
        Index(
            "uq_establishment_alias_name", "urn", "name_key", unique=True,
            sqlite_where=text("removed_at IS NULL"), postgresql_where=text("removed_at IS NULL"),
        ),
        Index("ix_establishment_alias_name_key", "name_key"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("establishment.urn"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[AliasKind] = mapped_column(Choice(AliasKind))
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(100))
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None] = mapped_column(String(100))


class SuccessorConfirmation(Base):
    """A school's key adults said under its new number that they serve the closed one's pupils."""

    __tablename__ = "successor_confirmation"
    __table_args__ = (CheckConstraint("urn <> predecessor_urn", name="another_school"),)

    urn: Mapped[int] = mapped_column(ForeignKey("establishment.urn"), primary_key=True)
    predecessor_urn: Mapped[int] = mapped_column(
        ForeignKey("establishment.urn"), primary_key=True, index=True
    )
    confirmed_by: Mapped[str] = mapped_column(String(100))
    confirmed_at: Mapped[datetime]


class CalendarChange(Base):
    """A calendar that was changed: the job moves the deadlines that hang on it; one row each."""

    __tablename__ = "calendar_change"
    __table_args__ = (
        Index(
            "ix_calendar_change_waiting", "changed_at",
            sqlite_where=text("followed_at IS NULL"),
            postgresql_where=text("followed_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # `nation:england`, `council:999` or `urn:990001`
    owner: Mapped[str] = mapped_column(String(20))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(100))
    followed_at: Mapped[datetime | None]
