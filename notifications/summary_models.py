"""The figures of one force and day, added up beforehand for who reads of all forces at once."""

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned


class TimelinessDay(ForceOwned, Base):
    """What was due on one London date, as it stood at `made_at`; made anew, never changed by hand.

    Each figure is defined in `app.reports.counts`, which also makes these rows.
    """

    __tablename__ = "timeliness_day"

    force: Mapped[str] = mapped_column(String(16), primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True, index=True)
    due: Mapped[int]
    told_in_time: Mapped[int]
    opened_in_time: Mapped[int]
    acknowledged_in_time: Mapped[int]
    told_before_nine: Mapped[int]
    opened_before_nine: Mapped[int]
    acknowledged_before_nine: Mapped[int]
    told_late: Mapped[int]
    not_told: Mapped[int]
    late_record: Mapped[int]
    made_at: Mapped[datetime]
