"""What is kept of a notification after its content: where and on which day this child had one."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, LargeBinary, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned


class ChildCount(ForceOwned, Base):
    """One incident of a child that a school (or, without `urn`, a council) was told of.

    Dates only, for counting over a year (domain.md §9); made when the content is erased.
    """

    __tablename__ = "child_count"
    __table_args__ = (
        Index("ix_child_count_person", "force", "person_digest"),
        Index("ix_child_count_counted_on", "counted_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    urn: Mapped[int | None]
    # The London date on which the notification was placed.
    counted_on: Mapped[date]
    # Told of to one person alone: never counted in what others there read.
    protected: Mapped[bool] = mapped_column(default=False, server_default=false())
