"""The providers of alerts: how each stands, its allowance, and news of alerts not known yet.

They belong to the installation and to no force.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import Choice, one_of
from notifications.breaker import ProviderState
from notifications.states import Channel, DeliveryStatus


class Provider(Base):
    """One provider's breaker and token bucket, shared by every process that sends."""

    __tablename__ = "provider"
    __table_args__ = (
        one_of("name", Channel),
        one_of("state", ProviderState),
        CheckConstraint("(state = 'closed') = (until IS NULL)", name="open_until"),
        CheckConstraint("(state = 'closed') = (reason_code IS NULL)", name="open_why"),
    )

    name: Mapped[Channel] = mapped_column(Choice(Channel), primary_key=True)
    state: Mapped[ProviderState] = mapped_column(Choice(ProviderState))
    # Failures since something last worked, and how often in a row it was opened.
    failures: Mapped[int] = mapped_column(default=0)
    openings: Mapped[int] = mapped_column(default=0)
    # One alert that fails again and again is that alert's trouble.
    last_failed_id: Mapped[UUID | None]
    until: Mapped[datetime | None]
    reason_code: Mapped[str | None] = mapped_column(String(64))
    changed_at: Mapped[datetime]
    tokens: Mapped[float | None]
    tokens_at: Mapped[datetime | None]


class ParkedNotice(Base):
    """What a provider said of an alert whose handing over is not written yet."""

    __tablename__ = "parked_notice"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(index=True)
    status: Mapped[DeliveryStatus] = mapped_column(Choice(DeliveryStatus))
    received_at: Mapped[datetime] = mapped_column(index=True)
