"""Who looks at the release of a protected child just now: its school is shown to nobody else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned


class ReleaseClaim(ForceOwned, Base):
    """One person's claim on the release of one message, until its time is up."""

    __tablename__ = "release_claim"

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    claimed_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    claimed_until: Mapped[datetime]
