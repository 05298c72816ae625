"""The floor's own rows: policy, content keys, the audit trail and the leases of the jobs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DDL, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, event
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned


class PolicyRow(Base):
    """One version of one force's policy; append-only."""

    __tablename__ = "policy"

    force: Mapped[str] = mapped_column(ForeignKey("force.code"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[dict[str, Any]]
    valid_from: Mapped[datetime]
    approved_by: Mapped[str] = mapped_column(String(100))


class ContentKey(ForceOwned, Base):
    """The key of one incident's content; destroying it erases the content in backups too."""

    __tablename__ = "content_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(index=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    destroyed_at: Mapped[datetime | None]


class AuditEntry(ForceOwned, Base):
    """One act, chained to the one before it in the same chain; never updated or deleted."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_subject", "subject"),
        Index("ix_audit_force_at", "force", "at"),
    )

    chain: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    event: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(100))
    reason_code: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any] | None]
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """The newest link of each chain; locked last, just before commit."""

    __tablename__ = "audit_head"

    chain: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Lease(Base):
    """Who runs a job now, until when, and when it last finished; the fence counts takeovers."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str | None] = mapped_column(String(64))
    until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(100))


# The trail says no to accidents by itself; the chain says what happened to the rest.
_SAY_NO = "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
_APPEND_ONLY = {
    "sqlite": (
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {_SAY_NO}",
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit {_SAY_NO}",
    ),
    "postgresql": (
        """CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$""",
        """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
        """CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
    ),
}

for _dialect, _statements in _APPEND_ONLY.items():
    for _statement in _statements:
        _ddl = DDL(_statement)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        event.listen(AuditEntry.__table__, "after_create", _ddl.execute_if(dialect=_dialect))
