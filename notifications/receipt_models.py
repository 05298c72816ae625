"""What comes after telling: steps, attendance, amendments, recalls and breach records."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.moves import keep_to
from app.core.scope import Delivered, ForceOwned
from app.core.types import Choice, one_of
from notifications.receipt_states import (
    AbsenceResponse,
    AttendanceAnswer,
    BreachDecision,
    ReceiptStepKind,
    Said,
)
from notifications.states import STEP_MOVES, StepState


class ReceiptStep(Delivered, Base):
    """One thing to be asked after telling; the row is the schedule.

    `version` is the content version an amendment's steps are about. Of what is asked again and
    again it counts the times, from 0; it is 0 for every other step.
    """

    __tablename__ = "receipt_step"
    __table_args__ = (
        UniqueConstraint("notification_id", "kind", "version", name="uq_receipt_step_kind"),
        one_of("kind", ReceiptStepKind),
        one_of("state", StepState),
        CheckConstraint("state <> 'skipped' OR reason_code IS NOT NULL", name="skip_has_reason"),
        CheckConstraint("(state = 'planned') = (settled_at IS NULL)", name="settled_when"),
        Index(
            "ix_receipt_step_planned", "planned_at",
            sqlite_where=text("state = 'planned'"), postgresql_where=text("state = 'planned'"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), index=True)
    kind: Mapped[ReceiptStepKind] = mapped_column(Choice(ReceiptStepKind))
    version: Mapped[int]
    planned_at: Mapped[datetime]
    state: Mapped[StepState] = mapped_column(Choice(StepState))
    reason_code: Mapped[str | None] = mapped_column(String(64))
    settled_at: Mapped[datetime | None]


class Attendance(Delivered, Base):
    """Whether the child came to school on the morning of a notification, and used for nothing else.

    Made when the question is asked; the answer says who gave it and how.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        one_of("answer", AttendanceAnswer),
        one_of("response", AbsenceResponse),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_when"),
        CheckConstraint("(answer IS NULL) = (answered_by IS NULL)", name="answered_by_whom"),
        CheckConstraint("(response IS NULL) = (responded_at IS NULL)", name="responded_when"),
        CheckConstraint("(response IS NULL) = (responded_by IS NULL)", name="responded_by_whom"),
        CheckConstraint("response IS NULL OR answer = 'absent'", name="responds_to_absence"),
        Index("ix_attendance_force_date", "force", "on_date"),
    )

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    on_date: Mapped[date]
    asked_at: Mapped[datetime]
    answer: Mapped[AttendanceAnswer | None] = mapped_column(Choice(AttendanceAnswer))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(String(100))
    # `page`, or `phone` where the desk was told.
    source: Mapped[str | None] = mapped_column(String(32))
    # Nobody had answered by 10:30, or the answer was "absent": the board shows it from then on.
    shown_from: Mapped[datetime | None]
    response: Mapped[AbsenceResponse | None] = mapped_column(Choice(AbsenceResponse))
    responded_at: Mapped[datetime | None]
    responded_by: Mapped[str | None] = mapped_column(String(100))


class Amendment(Delivered, Base):
    """A newer version of what a school is shown: which fields changed, never what they said."""

    __tablename__ = "amendment"
    __table_args__ = (
        CheckConstraint("(read_at IS NULL) = (read_by IS NULL)", name="read_by_whom"),
        Index(
            "ix_amendment_unread", "force", "due_at",
            sqlite_where=text("read_at IS NULL"), postgresql_where=text("read_at IS NULL"),
        ),
    )  # fmt: skip

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    # Codes of `notifications.amending.CHANGES`.
    changed: Mapped[list[Any]]
    made_at: Mapped[datetime]
    # Until when somebody who was told before must have read it; empty where nobody was told yet.
    due_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    read_by: Mapped[str | None] = mapped_column(String(100))
    # `page`, `phone`, or the code of why nobody has to read it any more.
    read_how: Mapped[str | None] = mapped_column(String(32))


class Recall(Delivered, Base):
    """A message taken back after somebody had seen something of it: what the desk must answer."""

    __tablename__ = "recall"
    __table_args__ = (
        one_of("protecting", Said),
        one_of("disclosed", Said),
        CheckConstraint("(protecting IS NULL) = (protecting_at IS NULL)", name="protecting_when"),
        CheckConstraint("(disclosed IS NULL) = (disclosed_at IS NULL)", name="disclosed_when"),
        # "Does anyone need protecting today?" comes first.
        CheckConstraint("disclosed IS NULL OR protecting IS NOT NULL", name="protecting_first"),
        Index(
            "ix_recall_force_open", "force", "recalled_at",
            sqlite_where=text("disclosed IS NULL"), postgresql_where=text("disclosed IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), index=True)
    recalled_at: Mapped[datetime]
    recalled_by: Mapped[str] = mapped_column(String(100))
    reason_code: Mapped[str] = mapped_column(String(64))
    # People who had seen something of the child by then.
    readers: Mapped[int]
    protecting: Mapped[Said | None] = mapped_column(Choice(Said))
    protecting_at: Mapped[datetime | None]
    protecting_by: Mapped[str | None] = mapped_column(String(100))
    disclosed: Mapped[Said | None] = mapped_column(Choice(Said))
    disclosed_at: Mapped[datetime | None]
    disclosed_by: Mapped[str | None] = mapped_column(String(100))


class Breach(ForceOwned, Base):
    """A disclosure to a wrong person, surely or perhaps; 72 hours run from when the force knew."""

    __tablename__ = "breach"
    __table_args__ = (
        one_of("certainty", Said),
        one_of("decision", BreachDecision),
        CheckConstraint("certainty <> 'no'", name="perhaps_at_least"),
        CheckConstraint("(dpo_told_at IS NULL) = (dpo_told_by IS NULL)", name="dpo_told_by_whom"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_when"),
        CheckConstraint("(decision IS NULL) = (decided_by IS NULL)", name="decided_by_whom"),
        Index("ix_breach_force_report_by", "force", "report_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recall_id: Mapped[UUID] = mapped_column(ForeignKey("recall.id"), unique=True)
    certainty: Mapped[Said] = mapped_column(Choice(Said))
    aware_at: Mapped[datetime]
    report_by: Mapped[datetime]
    dpo_told_at: Mapped[datetime | None]
    # `account:<id>` of who told the officer by voice, or `job:…` where the alert went.
    dpo_told_by: Mapped[str | None] = mapped_column(String(100))
    decision: Mapped[BreachDecision | None] = mapped_column(Choice(BreachDecision))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(100))


keep_to(ReceiptStep.state, STEP_MOVES)
