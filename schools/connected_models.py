"""Who is connected with an incident, as keyed digests, and whom that took a message away from.

Nothing here can be read back into a name. Both tables go with the incident's content.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned
from app.core.types import Choice, one_of


class DigestKind(StrEnum):
    """What was digested. The first three identify; the last two are names, which only ask."""

    NAME_BORN = "name_born"
    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"
    # A name of which the officer was told that it works at the child's school.
    AT_SCHOOL = "at_school"


class ChangeReason(StrEnum):
    """Why somebody was passed over; for one named role of the force, and for nobody else."""

    IDENTITY = "identity"
    NAMED_AT_SCHOOL = "named_at_school"
    SAID_RELATED = "said_related"
    KNOWS_THE_FAMILY = "knows_the_family"


class ConnectedDigest(ForceOwned, Base):
    """One keyed digest of an adult of one incident; `involved_child_id` where it is one child's."""

    __tablename__ = "connected_digest"
    # By digest: what one person is connected with is asked at every page that names a child.
    __table_args__ = (
        one_of("kind", DigestKind),
        Index("ix_connected_digest_digest", "digest"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    involved_child_id: Mapped[UUID | None] = mapped_column(ForeignKey("involved_child.id"))
    kind: Mapped[DigestKind] = mapped_column(Choice(DigestKind))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))


class RecipientChange(ForceOwned, Base):
    """Somebody was passed over for somebody else: about what, who, and why."""

    __tablename__ = "recipient_change"
    __table_args__ = (
        one_of("reason", ChangeReason),
        UniqueConstraint("about", "person", name="uq_recipient_change_person"),
        Index("ix_recipient_change_force_found", "force", "found_at"),
        Index("ix_recipient_change_person", "person"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    # `notification:<id>`, `review:<id>`, or `incident:<id>` for what was said of a message that
    # goes on without this incident.
    about: Mapped[str] = mapped_column(String(50))
    # `key_adult:<id>` or `account:<id>`
    person: Mapped[str] = mapped_column(String(50))
    reason: Mapped[ChangeReason] = mapped_column(Choice(ChangeReason))
    found_at: Mapped[datetime]
