"""What happens to a key adult's entry: requests, codes that prove an address, holiday cover.

Beside them the dates a school is asked for. The register belongs to no force.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import Choice, in_register, one_of


class RequestState(StrEnum):
    """A request waits until somebody else decides, its author takes it back, or time runs out."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


_WAITING = text("state = 'waiting'")


class KeyAdultRequest(Base):
    """Somebody asks that a person become a key adult; who, is sealed (register key)."""

    __tablename__ = "key_adult_request"
    __table_args__ = (
        one_of("state", RequestState),
        CheckConstraint("position >= 1", name="position_from_one"),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled_when"),
        CheckConstraint(
            "decided_by IS NULL OR decided_by <> requested_by", name="decided_by_another"
        ),
        CheckConstraint(
            "state NOT IN ('approved', 'refused') OR decided_by IS NOT NULL", name="decided_by_whom"
        ),
        # One person is asked for once at a time.
        Index(
            "uq_key_adult_request_waiting", "urn", "email_digest", unique=True,
            sqlite_where=_WAITING, postgresql_where=_WAITING,
        ),
        Index("ix_key_adult_request_state", "state", "lapses_at"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    urn: Mapped[int] = mapped_column(ForeignKey("establishment.urn"), index=True)
    state: Mapped[RequestState] = mapped_column(Choice(RequestState))
    email_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info=in_register("key_adult_request|{id}"))
    position: Mapped[int]
    course: Mapped[str | None] = mapped_column(String(100))
    trained_on: Mapped[date | None]
    training_expires_on: Mapped[date | None]
    # `account:<id>`, as the trail has it.
    requested_by: Mapped[str] = mapped_column(String(100))
    requested_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(100))
    settled_at: Mapped[datetime | None]
    reason_code: Mapped[str | None] = mapped_column(String(32))
    key_adult_id: Mapped[UUID | None] = mapped_column(ForeignKey("key_adult.id"))


class ContactCode(Base):
    """A code on its way to an address; the code itself is derived from the id, never stored."""

    __tablename__ = "contact_code"
    __table_args__ = (Index("ix_contact_code_key_adult", "key_adult_id", "made_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key_adult_id: Mapped[UUID] = mapped_column(ForeignKey("key_adult.id"))
    # The address it went to: a code for an address that was changed since proves nothing.
    address_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    # To the mobile instead of the address.
    by_text: Mapped[bool] = mapped_column(default=False)


class HolidayCover(Base):
    """Days, both included, on which a key adult is the school's contact while it is closed."""

    __tablename__ = "holiday_cover"
    __table_args__ = (CheckConstraint("first_on <= last_on", name="in_order"),)

    key_adult_id: Mapped[UUID] = mapped_column(ForeignKey("key_adult.id"), primary_key=True)
    first_on: Mapped[date] = mapped_column(primary_key=True)
    last_on: Mapped[date]


class SchoolAssurance(Base):
    """When a school signed the protocol and told parents, by its own word (domain.md §5)."""

    __tablename__ = "school_assurance"

    urn: Mapped[int] = mapped_column(ForeignKey("establishment.urn"), primary_key=True)
    protocol_on: Mapped[date | None]
    statement_on: Mapped[date | None]
    noted_by: Mapped[str] = mapped_column(String(100))
    noted_at: Mapped[datetime]
