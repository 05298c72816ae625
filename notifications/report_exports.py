"""Long reports that a person asked for as a file: asked, made by a job, kept a day, deleted.

Rows only: who may ask and take, and what is in a file, is in `app.casework.report_files`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    and_,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import Base
from app.core.scope import Delivered
from app.core.types import Choice, in_register, one_of

# Longer than any file takes; whoever died over one leaves it to the next after that.
LEASE = timedelta(minutes=5)
MOST_TRIES = 3
KEPT = timedelta(hours=24)


class ExportKind(StrEnum):
    """What is in the file: the list of what was late, or the whole report as a workbook."""

    LATE = "late"
    WORKBOOK = "workbook"


class ExportState(StrEnum):
    """waiting → making → ready → deleted; making → waiting after a fault; making → failed."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"


class WhyFailed(StrEnum):
    """Why there is no file."""

    RIGHT_ENDED = "right_ended"
    TOO_LONG = "too_long"
    NOT_MADE = "not_made"


class ReportExport(Delivered, Base):
    """One file that somebody asked for; a council's has the platform in the place of a force."""

    __tablename__ = "report_export"
    __table_args__ = (
        one_of("kind", ExportKind),
        one_of("state", ExportState),
        one_of("failed_code", WhyFailed),
        CheckConstraint("(state = 'ready') = (sealed IS NOT NULL)", name="ready_is_there"),
        CheckConstraint("(state = 'failed') = (failed_code IS NOT NULL)", name="failed_says_why"),
        CheckConstraint("(state = 'making') = (lease_until IS NOT NULL)", name="making_is_leased"),
        CheckConstraint("(made_at IS NULL) = (expires_at IS NULL)", name="made_expires"),
        Index("ix_report_export_asked_by", "asked_by", "asked_at"),
        Index("ix_report_export_state", "state", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    kind: Mapped[ExportKind] = mapped_column(Choice(ExportKind))
    # London dates of the deadlines, both counted.
    first_on: Mapped[date]
    last_on: Mapped[date]
    state: Mapped[ExportState] = mapped_column(Choice(ExportState))
    tries: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    failed_code: Mapped[WhyFailed | None] = mapped_column(Choice(WhyFailed))
    # How many late messages it lists.
    rows: Mapped[int | None]
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    # Read only by who takes it.
    sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=in_register("report_export|{id}"), deferred=True
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """One file to be made by who holds the claim: the `fence` says that it is still theirs."""

    id: UUID
    fence: int
    tries: int


def _to_make(now: datetime) -> ColumnElement[bool]:
    left = and_(ReportExport.state == ExportState.MAKING, ReportExport.lease_until <= now)
    return or_(ReportExport.state == ExportState.WAITING, left)


def claim_next(session: Session, *, now: datetime) -> Claim | None:
    """Take the file that was asked for first, for as long as `LEASE`; None where none waits.

    Of two who ask at once one gets it: the update looks at the row again.
    """
    first = session.scalars(
        select(ReportExport.id)
        .where(_to_make(now))
        .order_by(ReportExport.asked_at, ReportExport.id)
        .limit(1)
    ).first()
    taken = session.execute(
        update(ReportExport)
        .where(ReportExport.id == first, _to_make(now))
        .values(
            state=ExportState.MAKING, lease_until=now + LEASE, tries=ReportExport.tries + 1,
            fence=ReportExport.fence + 1,
        )
        .returning(ReportExport.id, ReportExport.fence, ReportExport.tries)
        .execution_options(synchronize_session=False)
    ).first()  # fmt: skip
    return Claim(*taken) if taken is not None else None


def keep(session: Session, claim: Claim, sealed: bytes, *, rows: int, now: datetime) -> bool:
    """Store a file for a day; False where the claim is somebody else's by now."""
    return _finish(
        session, claim, state=ExportState.READY, sealed=sealed, rows=rows, made_at=now,
        expires_at=now + KEPT,
    )  # fmt: skip


def fail(session: Session, claim: Claim, why: WhyFailed) -> bool:
    """Say that there is no file, and why; False where the claim is somebody else's by now."""
    return _finish(session, claim, state=ExportState.FAILED, failed_code=why)


def give_back(session: Session, claim: Claim) -> bool:
    """Leave it to another try; False where the claim is somebody else's by now."""
    return _finish(session, claim, state=ExportState.WAITING)


def _finish(session: Session, claim: Claim, **values: object) -> bool:
    done = session.execute(
        update(ReportExport)
        .where(
            ReportExport.id == claim.id, ReportExport.fence == claim.fence,
            ReportExport.state == ExportState.MAKING,
        )
        .values(lease_until=None, **values)
        .returning(ReportExport.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    return bool(done)


def delete_expired(session: Session, *, now: datetime) -> Sequence[ReportExport]:
    """Delete the files whose day is over and return their rows, which stay."""
    over = session.scalars(
        select(ReportExport)
        .where(ReportExport.state == ExportState.READY, ReportExport.expires_at <= now)
        .order_by(ReportExport.id)
        .with_for_update()
    ).all()
    for row in over:
        row.state, row.sealed = ExportState.DELETED, None
    return over
