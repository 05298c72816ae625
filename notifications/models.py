"""Runs, notifications with their content, steps, alerts, receipts, call sheet and follow-up."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.moves import keep_to
from app.core.scope import Delivered, ForceOwned
from app.core.types import Choice, one_of
from notifications.states import (
    ALERT_MOVES,
    NOTIFICATION_MOVES,
    STEP_MOVES,
    AlertState,
    CallResult,
    Channel,
    DeliveryStatus,
    FollowUpCode,
    LateCause,
    Medium,
    NotificationState,
    Purpose,
    ReceiptKind,
    ReviewStepKind,
    StepKind,
    StepState,
    ToldHow,
)

_UNSETTLED = text("state IN ('attempting', 'planned', 'unknown')")
_NOT_VISIBLE = text("state IN ('draft', 'held', 'recalled', 'superseded')")
_TO_ACKNOWLEDGE = text("told_at IS NOT NULL AND acknowledged_at IS NULL")
_TO_FOLLOW_UP = text("follow_up_due_on IS NOT NULL AND followed_up_at IS NULL")
_REPORTED = (
    "id", "urn", "state", "late_record", "told_at", "told_how", "acknowledged_at", "late_cause",
    "shown_only_to",
)  # fmt: skip


class Run(ForceOwned, Base):
    """One calendar date of one force, with the policy it started under.

    It has no state to move through: it is made once and never changed, and its unique key makes it
    the only one. How far a morning is stands in its notifications and their steps.
    """

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("force", "on_date", name="uq_run_date"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    on_date: Mapped[date]
    made_at: Mapped[datetime]
    policy_version: Mapped[int]
    policy: Mapped[dict[str, Any]]


class Notification(Delivered, Base):
    """What one recipient is told about one child; content is versioned beside it."""

    __tablename__ = "notification"
    __table_args__ = (
        # One that counts: a recalled one stays as a record and may be followed by another, where
        # a person settles the child at that recipient after all.
        Index(
            "uq_notification_once", "force", "involved_child_id", "recipient", "purpose",
            unique=True,
            sqlite_where=text("state NOT IN ('superseded', 'recalled')"),
            postgresql_where=text("state NOT IN ('superseded', 'recalled')"),
        ),
        one_of("state", NotificationState),
        one_of("purpose", Purpose),
        one_of("told_how", ToldHow),
        one_of("late_cause", LateCause),
        CheckConstraint("(urn IS NULL) <> (recipient LIKE 'urn:%')", name="recipient_is_school"),
        CheckConstraint("(told_at IS NULL) = (told_how IS NULL)", name="told_somehow"),
        CheckConstraint("(told_at IS NULL) = (told_by IS NULL)", name="told_by_whom"),
        CheckConstraint(
            "state NOT IN ('opened', 'acknowledged', 'followed_up') OR told_at IS NOT NULL",
            name="opened_is_told",
        ),
        # What reports read of many messages, so that PostgreSQL need not touch their rows.
        Index(
            "ix_notification_force_due", "force", "due_at",
            postgresql_include=[
                "council", *_REPORTED, "accepted_at", "ready_at", "involved_child_id",
                "incident_id",
            ],
        ),
        Index(
            "ix_notification_council_due", "council", "due_at",
            postgresql_include=["force", *_REPORTED, "accepted_at"],
        ),
        Index("ix_notification_urn_state", "urn", "state"),
        # What stays open after somebody was told.
        Index(
            "ix_notification_to_acknowledge", "force", "told_at",
            sqlite_where=_TO_ACKNOWLEDGE, postgresql_where=_TO_ACKNOWLEDGE,
        ),
        Index(
            "ix_notification_to_follow_up", "force", "follow_up_due_on",
            sqlite_where=_TO_FOLLOW_UP, postgresql_where=_TO_FOLLOW_UP,
        ),
        Index(
            "ix_notification_not_shown", "force", "due_at",
            sqlite_where=_NOT_VISIBLE, postgresql_where=_NOT_VISIBLE,
        ),
        Index(
            "ix_notification_untold", "force", "due_at",
            sqlite_where=text("told_at IS NULL AND state = 'ready'"),
            postgresql_where=text("told_at IS NULL AND state = 'ready'"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # `urn:…` or `council:…`; `urn` and `council` say whose scope it is in.
    recipient: Mapped[str] = mapped_column(String(20))
    purpose: Mapped[Purpose] = mapped_column(Choice(Purpose))
    involved_child_id: Mapped[UUID] = mapped_column(ForeignKey("involved_child.id"), index=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id"), index=True)
    state: Mapped[NotificationState] = mapped_column(Choice(NotificationState))
    content_version: Mapped[int]
    # The same child at this school has the same digest, whatever the incident.
    person_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    priority: Mapped[int]
    accepted_at: Mapped[datetime]
    due_at: Mapped[datetime]
    # Told in a holiday: the first pupil morning of the school, else empty.
    return_on: Mapped[date | None]
    # When its ladder was last planned anew; alerts before that do not count as asked.
    replanned_at: Mapped[datetime | None]
    late_record: Mapped[bool]
    ready_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    told_how: Mapped[ToldHow | None] = mapped_column(Choice(ToldHow))
    # `account:<id>` of who opened it, or of the caller who told by phone.
    told_by: Mapped[str | None] = mapped_column(String(100))
    acknowledged_at: Mapped[datetime | None]
    followed_up_at: Mapped[datetime | None]
    follow_up_due_on: Mapped[date | None]
    late_at: Mapped[datetime | None]
    late_cause: Mapped[LateCause | None] = mapped_column(Choice(LateCause))
    # A protected child: `account:<id>` of the one person who may open it, `key_adult:<id>` of one
    # without an account, who is told by voice; `nobody` before its release, and for a head.
    shown_only_to: Mapped[str | None] = mapped_column(String(100))


class NotificationContent(Delivered, Base):
    """One version of the content, sealed under the incident's content key."""

    __tablename__ = "notification_content"

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content_key_id: Mapped[UUID] = mapped_column(ForeignKey("content_key.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    content_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    # Of all that a reader was shown, under the content's own key: erased with it.
    rendered_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    template_version: Mapped[str] = mapped_column(String(32))
    policy_version: Mapped[int]
    composed_at: Mapped[datetime]


class Occurrence(Delivered, Base):
    """An incident that a notification tells of; a second one joins while it is unopened."""

    __tablename__ = "occurrence"
    __table_args__ = (
        Index(
            "ix_occurrence_desk_call", "desk_call_by",
            sqlite_where=text("desk_call_by IS NOT NULL AND desk_called_at IS NULL"),
            postgresql_where=text("desk_call_by IS NOT NULL AND desk_called_at IS NULL"),
        ),
    )  # fmt: skip

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    involved_child_id: Mapped[UUID] = mapped_column(ForeignKey("involved_child.id"), index=True)
    joined_at: Mapped[datetime]
    # Going home is a concern: the desk rings by then, whoever read the message on the page.
    desk_call_by: Mapped[datetime | None]
    desk_called_at: Mapped[datetime | None]


class EscalationStep(Delivered, Base):
    """One step of a notification's ladder, frozen when it was placed; the row is the schedule."""

    __tablename__ = "escalation_step"
    __table_args__ = (
        UniqueConstraint("notification_id", "kind", name="uq_escalation_step_kind"),
        one_of("kind", StepKind),
        one_of("state", StepState),
        CheckConstraint("state <> 'skipped' OR reason_code IS NOT NULL", name="skip_has_reason"),
        CheckConstraint("(state = 'planned') = (settled_at IS NULL)", name="settled_when"),
        Index(
            "ix_escalation_step_planned", "planned_at",
            sqlite_where=text("state = 'planned'"), postgresql_where=text("state = 'planned'"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), index=True)
    kind: Mapped[StepKind] = mapped_column(Choice(StepKind))
    planned_at: Mapped[datetime]
    state: Mapped[StepState] = mapped_column(Choice(StepState))
    reason_code: Mapped[str | None] = mapped_column(String(64))
    settled_at: Mapped[datetime | None]


class Alert(Delivered, Base):
    """A contentless message to one person: something waits, sign in. The outbox's row.

    To a key adult or to an officer. What waits is the notifications it covers, or what it is
    `about`: a coded kind and an id, from which the outbox fills in what a code or a one-time link
    needs.
    """

    __tablename__ = "alert"
    __table_args__ = (
        one_of("state", AlertState),
        one_of("channel", Channel),
        one_of("medium", Medium),
        one_of("delivery_status", DeliveryStatus),
        CheckConstraint(
            "(state = 'attempting') = (lease_until IS NOT NULL)", name="attempt_is_leased"
        ),
        CheckConstraint("(key_adult_id IS NULL) <> (officer_id IS NULL)", name="one_recipient"),
        # The outbox walks along it, least time left first. Written as `plainly` writes it, or
        # SQLite would not know it again.
        Index(
            "ix_alert_unsettled", "due_at", "planned_at",
            sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED,
        ),
        Index(
            "ix_alert_leased", "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
        Index(
            "ix_alert_to_ask_about", "next_poll_at",
            sqlite_where=text("next_poll_at IS NOT NULL"),
            postgresql_where=text("next_poll_at IS NOT NULL"),
        ),
        Index("ix_alert_key_adult", "key_adult_id", "state"),
        Index("ix_alert_officer", "officer_id", "state"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key_adult_id: Mapped[UUID | None] = mapped_column(ForeignKey("key_adult.id"))
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officer.id"))
    # What it was first planned for, such as `review:<id>`; all of it is in `alert_about`.
    about: Mapped[str | None] = mapped_column(String(50))
    medium: Mapped[Medium] = mapped_column(Choice(Medium), default=Medium.EMAIL)
    # The provider of the newest try; before the first it says nothing.
    channel: Mapped[Channel] = mapped_column(Choice(Channel))
    state: Mapped[AlertState] = mapped_column(Choice(AlertState))
    template: Mapped[str] = mapped_column(String(32))
    # Which words it has, for every try, and the digest of them.
    template_version: Mapped[str | None] = mapped_column(String(32))
    wording_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    planned_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    # The earliest deadline it serves; the outbox sends what has least time left first.
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    own_failures: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    handed_over_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    last_code: Mapped[str | None] = mapped_column(String(64))
    provider_reference: Mapped[str | None] = mapped_column(String(200))
    # What the provider last said became of it, and when we ask of our own accord.
    delivery_status: Mapped[DeliveryStatus | None] = mapped_column(Choice(DeliveryStatus))
    status_at: Mapped[datetime | None]
    polls: Mapped[int] = mapped_column(default=0)
    next_poll_at: Mapped[datetime | None]


class AlertCover(Delivered, Base):
    """The notifications that one alert stands for."""

    __tablename__ = "alert_cover"

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(
        ForeignKey("notification.id"), primary_key=True, index=True
    )


class AlertAbout(Delivered, Base):
    """What else than notifications one alert stands for, such as `review:<id>` or `drill:<id>`."""

    __tablename__ = "alert_about"

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    about: Mapped[str] = mapped_column(String(50), primary_key=True, index=True)


class Receipt(Delivered, Base):
    """One rung of evidence, with time, actor and source; added, never changed."""

    __tablename__ = "receipt"
    __table_args__ = (
        one_of("kind", ReceiptKind),
        # When each was first alerted, for how long that took.
        Index(
            "ix_receipt_handed_over", "force", "at",
            sqlite_where=text("kind = 'handed_over'"),
            postgresql_where=text("kind = 'handed_over'"),
            postgresql_include=["notification_id", "urn", "council"],
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), index=True)
    kind: Mapped[ReceiptKind] = mapped_column(Choice(ReceiptKind))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    # `page`, `phone`, `api` or the channel's name.
    source: Mapped[str] = mapped_column(String(32))
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id"))
    content_version: Mapped[int | None]
    # Why, where a receipt has a reason: how a school came to say "not our pupil".
    reason_code: Mapped[str | None] = mapped_column(String(32))


class CallSheetLine(Delivered, Base):
    """A school somebody must ring about one notification; stays open until told."""

    __tablename__ = "call_sheet_line"
    __table_args__ = (
        one_of("result", CallResult),
        Index("ix_call_sheet_line_force_open", "force", "closed_at", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), unique=True)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    result: Mapped[CallResult | None] = mapped_column(Choice(CallResult))
    closed_at: Mapped[datetime | None]


class FollowUp(Delivered, Base):
    """What the school did, as a code; the school's own narrative stays with the school."""

    __tablename__ = "follow_up"
    __table_args__ = (one_of("code", FollowUpCode),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), index=True)
    code: Mapped[FollowUpCode] = mapped_column(Choice(FollowUpCode))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(100))


class UnsettledChild(ForceOwned, Base):
    """A child that is received, awaited or in review, and the deadline by which that must end."""

    __tablename__ = "unsettled_child"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (close_code IS NULL)", name="closed_why"),
        Index(
            "uq_unsettled_child_open", "involved_child_id", unique=True,
            sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_unsettled_child_force_due", "force", "closed_at", "due_at"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    involved_child_id: Mapped[UUID] = mapped_column(ForeignKey("involved_child.id"), index=True)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    late_at: Mapped[datetime | None]
    # From 15:00 the council's officer has it, by name.
    handed_to: Mapped[UUID | None] = mapped_column(ForeignKey("officer.id"))
    handed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_code: Mapped[str | None] = mapped_column(String(32))


class ReviewStep(ForceOwned, Base):
    """One step of the ladder of an unsettled child, frozen when it began; the row is the schedule.

    The hourly step comes again: each that was taken plans the next.
    """

    __tablename__ = "review_step"
    __table_args__ = (
        UniqueConstraint("unsettled_id", "kind", "planned_at", name="uq_review_step_kind"),
        one_of("kind", ReviewStepKind),
        one_of("state", StepState),
        CheckConstraint("state <> 'skipped' OR reason_code IS NOT NULL", name="skip_has_reason"),
        CheckConstraint("(state = 'planned') = (settled_at IS NULL)", name="settled_when"),
        Index(
            "ix_review_step_planned", "planned_at",
            sqlite_where=text("state = 'planned'"), postgresql_where=text("state = 'planned'"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unsettled_id: Mapped[UUID] = mapped_column(ForeignKey("unsettled_child.id"), index=True)
    kind: Mapped[ReviewStepKind] = mapped_column(Choice(ReviewStepKind))
    planned_at: Mapped[datetime]
    state: Mapped[StepState] = mapped_column(Choice(StepState))
    reason_code: Mapped[str | None] = mapped_column(String(64))
    settled_at: Mapped[datetime | None]
    # Who was asked by this step, where it was a person.
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officer.id"))


class Release(ForceOwned, Base):
    """A protected child released to one named person: proposed by one, confirmed by another."""

    __tablename__ = "release"
    __table_args__ = (
        CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed_by_whom"
        ),
        CheckConstraint("confirmed_at IS NULL OR refused_at IS NULL", name="one_answer"),
        CheckConstraint("key_adult_id IS NULL OR officer_id IS NULL", name="one_person"),
        Index(
            "uq_release_open", "notification_id", unique=True,
            sqlite_where=text("confirmed_at IS NULL AND refused_at IS NULL"),
            postgresql_where=text("confirmed_at IS NULL AND refused_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    involved_child_id: Mapped[UUID] = mapped_column(ForeignKey("involved_child.id"), index=True)
    # What is released: one message at one school or council, and no later one.
    notification_id: Mapped[UUID | None] = mapped_column(ForeignKey("notification.id"), index=True)
    urn: Mapped[int | None] = mapped_column(ForeignKey("establishment.urn"))
    # The one key adult or officer; both empty where the head is told by voice, by role.
    key_adult_id: Mapped[UUID | None] = mapped_column(ForeignKey("key_adult.id"))
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officer.id"))
    # Why this person is safe, as a code.
    reason: Mapped[str] = mapped_column(String(500))
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    # `force_lead`, or `duty_officer` where no lead had answered in time.
    confirmed_as: Mapped[str | None] = mapped_column(String(32))
    confirmed_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    # Confirmed, and the person can no longer be told: somebody else is named.
    ended_at: Mapped[datetime | None]
    end_code: Mapped[str | None] = mapped_column(String(32))


class ServiceTold(ForceOwned, Base):
    """Which other service a person told of a child whom no school here is told about."""

    __tablename__ = "service_told"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    involved_child_id: Mapped[UUID] = mapped_column(ForeignKey("involved_child.id"), index=True)
    service: Mapped[str] = mapped_column(String(32))
    # How it was told, as a code; unknown of what a reviewer recorded.
    means: Mapped[str | None] = mapped_column(String(32))
    # Why no school is told: for another reason another service may have to be.
    reason_code: Mapped[str | None] = mapped_column(String(32))
    # The other service's own reference: never a name.
    reference: Mapped[str] = mapped_column(String(64))
    told_at: Mapped[datetime]
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))


keep_to(Notification.state, NOTIFICATION_MOVES)
keep_to(Alert.state, ALERT_MOVES)
keep_to(EscalationStep.state, STEP_MOVES)
keep_to(ReviewStep.state, STEP_MOVES)
