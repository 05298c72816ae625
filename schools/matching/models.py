"""Match decisions and reviews: what was decided for a child, by which rules or by whom."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.scope import ForceOwned
from app.core.types import Choice, Json, one_of
from schools.matching.details import Band, Verdict


class DecidedBy(StrEnum):
    """Who decided."""

    RULES = "rules"
    PERSON = "person"


class ReviewState(StrEnum):
    """A review waits for a person, was settled by one, or is no longer needed."""

    OPEN = "open"
    SETTLED = "settled"
    CLOSED = "closed"


class ReviewReason(StrEnum):
    """How a person knew; the words beside it are sealed and go with the content."""

    COUNCIL_LOOKUP = "council_lookup"
    SCHOOL_CONFIRMED = "school_confirmed"
    OFFICER_CLARIFIED = "officer_clarified"
    FAMILY_CONFIRMED = "family_confirmed"
    EVIDENCE_CLEAR = "evidence_clear"
    OTHER = "other"


class JudgementSource(StrEnum):
    """Who said whether a child is at a school."""

    REVIEW = "review"
    KEY_ADULT = "key_adult"
    NOT_OUR_PUPIL = "not_our_pupil"
    RECALL = "recall"


class PassedTo(StrEnum):
    """Who looks next at a child of whom nobody knows the school yet."""

    SECOND_REVIEWER = "second_reviewer"
    COUNCIL_LOOKUP = "council_lookup"
    DESK = "desk"


class Match(ForceOwned, Base):
    """One decision child → schools, with all the evidence; decisions are added, never changed."""

    __tablename__ = "match"
    __table_args__ = (
        one_of("band", Band),
        one_of("decided_by", DecidedBy),
        CheckConstraint("decided_by = 'rules' OR reason IS NOT NULL", name="person_gives_reason"),
        # The queue of the composing job.
        Index(
            "ix_match_to_compose", "decided_at",
            sqlite_where=text("band = 'matched' AND composed_at IS NULL"),
            postgresql_where=text("band = 'matched' AND composed_at IS NULL"),
        ),
        # When each was matched, for how long that took.
        Index(
            "ix_match_force_decided", "force", "decided_at",
            postgresql_include=["involved_child_id"],
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    involved_child_id: Mapped[UUID] = mapped_column(ForeignKey("involved_child.id"), index=True)
    band: Mapped[Band] = mapped_column(Choice(Band))
    # The posterior of the best candidate, and its distance to the next.
    score: Mapped[float] = mapped_column(Float)
    margin: Mapped[float] = mapped_column(Float)
    # The schools to be told (band `matched`), or the candidates in order of score.
    urns: Mapped[list[Any]]
    # The residence council whose officers are told, where the child is at no school (`matched`).
    council: Mapped[str | None] = mapped_column(String(3))
    # A protected child: `account:<id>` of the one person it is released to, or `nobody`.
    shown_only_to: Mapped[str | None] = mapped_column(String(100))
    # At most five candidates: {"urn", "score", "source", "fields": {field: level}, "weights"}.
    evidence: Mapped[list[Any]]
    # The likeliest candidates as [urn, score], also those too faint to be shown.
    considered: Mapped[list[Any] | None] = mapped_column(Json)
    # What the force's own words come to, whatever a roll or a person answered.
    given_urns: Mapped[list[Any] | None] = mapped_column(Json)
    # The ids of the children who were decided as one set, in their order.
    decided_with: Mapped[list[Any] | None] = mapped_column(Json)
    # The London date whose rolls, ages and register counted.
    matched_on: Mapped[date | None]
    policy_version: Mapped[int | None]
    # Which register and which rolls it was decided on (`schools.matching.stamps`).
    register_stamp: Mapped[str | None] = mapped_column(String(64))
    roll_stamp: Mapped[str | None] = mapped_column(String(64))
    reason_code: Mapped[str | None] = mapped_column(String(32))
    rules_version: Mapped[str] = mapped_column(String(32))
    input_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    decided_by: Mapped[DecidedBy] = mapped_column(Choice(DecidedBy))
    actor: Mapped[str] = mapped_column(String(100))
    # How a person knew, as a code (`ReviewReason`); what they wrote is sealed with the incident.
    reason: Mapped[str | None] = mapped_column(String(500))
    sealed_reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    # The regulation by which a school is not told, where that is the outcome.
    legal_reference: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime]
    composed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(100))


class Review(ForceOwned, Base):
    """A child whose school a person has to settle, by `due_at`."""

    __tablename__ = "review"
    __table_args__ = (
        one_of("state", ReviewState),
        one_of("passed_to", PassedTo),
        CheckConstraint("state <> 'settled' OR settled_by IS NOT NULL", name="settled_by_whom"),
        Index(
            "uq_review_open_child", "involved_child_id", unique=True,
            sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
        ),
        Index("ix_review_force_state_due", "force", "state", "due_at"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    involved_child_id: Mapped[UUID] = mapped_column(ForeignKey("involved_child.id"), index=True)
    match_id: Mapped[UUID | None] = mapped_column(ForeignKey("match.id"))
    state: Mapped[ReviewState] = mapped_column(Choice(ReviewState))
    reason_code: Mapped[str] = mapped_column(String(32))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    claimed_until: Mapped[datetime | None]
    # A first person's choice that waits for a second (policy for `several`).
    proposed_match_id: Mapped[UUID | None] = mapped_column(ForeignKey("match.id"))
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    # None of the candidates: who was asked to look next, and who said so.
    passed_to: Mapped[PassedTo | None] = mapped_column(Choice(PassedTo))
    passed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    settled_at: Mapped[datetime | None]
    settled_match_id: Mapped[UUID | None] = mapped_column(ForeignKey("match.id"))
    # A force of one: the second look comes after sending, by then at the latest.
    second_due_at: Mapped[datetime | None]
    second_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    second_at: Mapped[datetime | None]
    second_agrees: Mapped[bool | None]


class Judgement(ForceOwned, Base):
    """What a person said of one child at one school; taken back, it stays as a record.

    A `no` bars the automatic match of this child to this school until somebody says otherwise.
    """

    __tablename__ = "judgement"
    __table_args__ = (
        one_of("verdict", Verdict),
        one_of("source", JudgementSource),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone_by_whom"),
        Index("ix_judgement_person", "force", "person_digest"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # The same child in other incidents of this force; goes with the content.
    person_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    involved_child_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("involved_child.id"), index=True
    )
    # The decision it was part of, where there was one.
    match_id: Mapped[UUID | None] = mapped_column(ForeignKey("match.id"), index=True)
    urn: Mapped[int | None] = mapped_column(ForeignKey("establishment.urn"))
    verdict: Mapped[Verdict] = mapped_column(Choice(Verdict))
    source: Mapped[JudgementSource] = mapped_column(Choice(JudgementSource))
    # A keyed digest of authority and postcode: a link dies when the child moves.
    area_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    # The year in which the school year began.
    school_year: Mapped[int]
    actor: Mapped[str] = mapped_column(String(100))
    reason_code: Mapped[str | None] = mapped_column(String(32))
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(100))
