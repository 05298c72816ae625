"""Incidents and the children involved, as a force pushed them, and the nightly close."""

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
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.moves import keep_to
from app.core.scope import ForceOwned
from app.core.types import Choice, one_of
from app.intake.outcomes import (
    INCIDENT_MOVES,
    OUTCOME_MOVES,
    IncidentState,
    Outcome,
    OutcomeReason,
)


class Incident(ForceOwned, Base):
    """One version of one incident; personal facts are sealed under its own content key."""

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("force", "reference", "version", name="uq_incident_version"),
        one_of("state", IncidentState),
        Index(
            "ix_incident_force_received", "force", "received_at",
            postgresql_include=["id", "occurred_from"],
        ),
        # What most people of the force must not find: few, and asked for in every statement, which
        # has to say `restricted_access` and not `IS TRUE`, or this is not taken for it.
        Index(
            "ix_incident_restricted", "force", "reference",
            sqlite_where=text("restricted_access = 1"),
            postgresql_where=text("restricted_access"),
        ),
        # One version at most is acted on, whatever order versions arrive in.
        Index(
            "uq_incident_newest", "force", "reference", unique=True,
            sqlite_where=text("state = 'newest'"), postgresql_where=text("state = 'newest'"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("police_client.id"))
    state: Mapped[IncidentState] = mapped_column(Choice(IncidentState))
    notice_type: Mapped[str] = mapped_column(String(32))
    occurred_from: Mapped[datetime]
    received_at: Mapped[datetime]
    body_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    restricted_access: Mapped[bool]
    children_seen: Mapped[int | None]
    content_key_id: Mapped[UUID] = mapped_column(ForeignKey("content_key.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None] = mapped_column(String(64))


_OTHER_SERVICE = text(
    "outcome = 'not_notified' AND outcome_reason IN ('other_jurisdiction', "
    "'pre_school_not_registered', 'unborn', 'under_16_parties')"
)


class InvolvedChild(ForceOwned, Base):
    """One child named in one incident; the row is also the queue of the matching job."""

    __tablename__ = "involved_child"
    __table_args__ = (
        UniqueConstraint("incident_id", "ref", name="uq_involved_child_ref"),
        one_of("outcome", Outcome),
        one_of("outcome_reason", OutcomeReason),
        CheckConstraint(
            "outcome NOT IN ('not_notified', 'in_review', 'held') OR outcome_reason IS NOT NULL",
            name="reason_given",
        ),
        Index("ix_involved_child_force_outcome", "force", "outcome", "due_at"),
        # What was decided lately is held against its evidence.
        Index("ix_involved_child_outcome_at", "outcome_at"),
        # Perhaps still at risk, and no school is told: on every board until another service was.
        Index(
            "ix_involved_child_other_service", "force", "due_at",
            sqlite_where=_OTHER_SERVICE, postgresql_where=_OTHER_SERVICE,
        ),
        Index("ix_involved_child_force_due", "force", "due_at"),
        # The queue of the matching job: a tick looks at what waits, never at the whole table.
        Index(
            "ix_involved_child_waiting", "received_at",
            sqlite_where=text("outcome = 'received'"),
            postgresql_where=text("outcome = 'received'"),
        ),
        # Told or held in a holiday: matched again on the first morning with pupils.
        Index(
            "ix_involved_child_to_return", "return_on",
            sqlite_where=text("return_on IS NOT NULL AND rematched_at IS NULL"),
            postgresql_where=text("return_on IS NOT NULL AND rematched_at IS NULL"),
        ),
        Index(
            "ix_involved_child_again", "again_on",
            sqlite_where=text("again_on IS NOT NULL"),
            postgresql_where=text("again_on IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    ref: Mapped[str] = mapped_column(String(64))
    position: Mapped[int]
    outcome: Mapped[Outcome] = mapped_column(Choice(Outcome))
    outcome_reason: Mapped[OutcomeReason | None] = mapped_column(Choice(OutcomeReason))
    outcome_at: Mapped[datetime]
    # When its clock started: as received, or as a hold on it ended.
    received_at: Mapped[datetime]
    # Until the school is settled: when somebody must have decided (domain.md §3).
    due_at: Mapped[datetime | None]
    # Decided in a holiday: the first pupil morning, when its school is looked for again.
    return_on: Mapped[date | None]
    rematched_at: Mapped[datetime | None]
    # Matched again, and at two schools: the other one's later first pupil morning.
    again_on: Mapped[date | None]
    school_given: Mapped[bool]
    # As received, for good: whatever becomes of the child, it is told by voice to one person.
    protected: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The council of the main residence (GIAS code), for reports by area.
    authority: Mapped[str | None] = mapped_column(String(3))
    warnings: Mapped[list[Any]]
    # The same child in another incident of this force has the same digest.
    person_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class TrialIncident(ForceOwned, Base):
    """One version that a test system pushed: codes and a digest, nothing of what it said.

    No job, report or count reads it, so nothing of it can reach a school.
    """

    __tablename__ = "trial_incident"
    __table_args__ = (
        UniqueConstraint("force", "reference", "version", name="uq_trial_incident_version"),
        Index("ix_trial_incident_force_received", "force", "received_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("police_client.id"))
    occurred_from: Mapped[datetime]
    received_at: Mapped[datetime]
    body_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    # By child: its ref, and the outcome, reason and warnings that intake would have come to.
    children: Mapped[list[Any]]
    withdrawn_at: Mapped[datetime | None]


class NightClose(ForceOwned, Base):
    """A force's control totals for one night, and what had arrived when it closed."""

    __tablename__ = "night_close"
    __table_args__ = (UniqueConstraint("force", "on_date", name="uq_night_close_date"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    on_date: Mapped[date]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("police_client.id"))
    closed_at: Mapped[datetime]
    told: Mapped[dict[str, Any]]
    arrived: Mapped[dict[str, Any]]
    equal: Mapped[bool]


keep_to(Incident.state, INCIDENT_MOVES)
keep_to(InvolvedChild.outcome, OUTCOME_MOVES)
