"""What was found in the evening about the next morning: kept, so that it can be shown later."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned


class ReadinessCheck(ForceOwned, Base):
    """One force's readiness for one London date, as it stood the evening before."""

    __tablename__ = "readiness_check"
    __table_args__ = (UniqueConstraint("force", "on_date", name="uq_readiness_check_date"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    on_date: Mapped[date]
    made_at: Mapped[datetime]
    schools: Mapped[int]
    not_ready: Mapped[int]
    assured: Mapped[int]
    # How many schools by reason, and what the force's own cover lacks: codes only.
    reasons: Mapped[dict[str, Any]]
    own_cover: Mapped[list[Any]]
