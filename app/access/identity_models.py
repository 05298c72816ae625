"""Identities at an OpenID provider: which are linked to accounts, and who is on the way to one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base


class LinkedIdentity(Base):
    """Somebody at an OpenID provider who is the owner of an account here, as its owner said.

    Known by issuer and `sub` alone, and those as a keyed digest; never by an e-mail address.
    """

    __tablename__ = "linked_identity"
    __table_args__ = (
        Index(
            "uq_linked_identity_subject", "subject_digest", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_linked_identity_account", "account_id", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    subject_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    linked_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class IdentityQuestion(Base):
    """What a browser went to an OpenID provider with: answered once, soon, and by that browser.

    Whoever is signed in asks in order to link; who is not, to sign in.
    """

    __tablename__ = "identity_question"

    state_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    browser_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    address_digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
