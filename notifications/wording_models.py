"""Who approved which words: of what a force's schools are shown, and of this installation's alerts.

Added to and never changed: the newest row of an owner is the version that counts.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.types import Choice, one_of
from notifications.states import WordingKind


class WordingApproval(Base):
    """One version of words, approved by a named person, with the digest of what they approved."""

    __tablename__ = "wording_approval"
    __table_args__ = (
        one_of("kind", WordingKind),
        CheckConstraint(
            "(kind = 'alert') = (owner = 'installation')", name="alert_of_installation"
        ),
    )

    # `force:<code>`, or `installation` for the alerts, which are the same for all.
    owner: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[WordingKind] = mapped_column(Choice(WordingKind))
    version: Mapped[str] = mapped_column(String(32))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    approved_by: Mapped[str] = mapped_column(String(100))
    approved_at: Mapped[datetime]
