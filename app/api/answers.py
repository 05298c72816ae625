"""The bodies of the answers, as the interface documents them."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.casework.answered import (
    ChildStatus,
    ClosedNight,
    IncidentStatus,
    NotificationStatus,
    Withdrawal,
)
from app.intake.payload import NightTotals
from app.intake.receive import Result
from app.reports.told import Told
from notifications.states import ReceiptKind
from schools.models import Establishment


class Answer(BaseModel):
    """A documented answer; what it does not list is not said."""

    model_config = ConfigDict(frozen=True)


class Problem(Answer):
    """RFC 9457 problem details; no value of the request is ever repeated."""

    class Fault(Answer):
        loc: str
        code: str
        message: str

    type: str = Field(examples=["/problems/invalid"])
    title: str = Field(examples=["The message breaks a rule"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["Correct what `errors` names and send it again."])
    request_id: str = Field(examples=["1f0c1f6f0f7e4c7d8a5b3c2d1e0f9a8b"])
    errors: list[Fault] = Field(
        examples=[
            [{"loc": "children.0.ref", "code": "missing", "message": "This field is required"}]
        ]
    )


class AcceptedChild(Answer):
    ref: str = Field(examples=["c1"])
    outcome: str = Field(examples=["received"])
    warnings: list[str] = Field(examples=[["postcode_unknown"]])


class Accepted(Answer):
    """An incident is stored: the answer was sent after the commit."""

    id: UUID
    reference: str = Field(examples=["99-2026-0012345"])
    version: int = Field(examples=[1])
    received_at: datetime
    superseded_by: int | None = Field(
        default=None, description="the newer version that is acted on instead of this one"
    )
    children: list[AcceptedChild]
    test: bool | None = Field(
        default=None, description="true where a test system pushed it: nobody is told of it"
    )

    @classmethod
    def of(cls, result: Result) -> "Accepted":
        return cls(
            id=result.id,
            reference=result.reference,
            version=result.version,
            received_at=result.received_at,
            superseded_by=result.superseded_by,
            children=[
                AcceptedChild(ref=c.ref, outcome=c.outcome, warnings=list(c.warnings))
                for c in result.children
            ],
            test=result.trial or None,
        )


class BatchRow(Answer):
    line: int
    reference: str | None
    status: int
    errors: list[Problem.Fault]


class BatchAnswer(Answer):
    """One row for each line, in order; a bad row never blocks a good one."""

    accepted: int
    replayed: int
    rejected: int
    rows: list[BatchRow]


class NotificationAnswer(Answer):
    """The receipt ladder of one recipient: each rung has its time, or has not been reached."""

    state: str
    due_at: datetime
    visible_at: datetime | None
    handed_over_at: datetime | None
    reached_mailbox_at: datetime | None
    opened_at: datetime | None
    told_at: datetime | None
    told_how: str | None
    acknowledged_at: datetime | None
    followed_up_at: datetime | None
    late_at: datetime | None
    late_cause: str | None
    follow_up: list[str] | None = Field(
        default=None,
        description="what the school did, as codes, where the force's policy has it; else null",
    )

    @classmethod
    def of(cls, status: NotificationStatus) -> "NotificationAnswer":
        rung = status.rungs.get
        return cls(
            state=status.state,
            due_at=status.due_at,
            visible_at=status.ready_at,
            handed_over_at=rung(ReceiptKind.HANDED_OVER),
            reached_mailbox_at=rung(ReceiptKind.REACHED_MAILBOX),
            opened_at=rung(ReceiptKind.OPENED),
            told_at=status.told_at,
            told_how=status.told_how,
            acknowledged_at=rung(ReceiptKind.ACKNOWLEDGED),
            followed_up_at=rung(ReceiptKind.FOLLOWED_UP),
            late_at=status.late_at,
            late_cause=status.late_cause,
            follow_up=None if status.follow_up is None else list(status.follow_up),
        )


class School(Answer):
    urn: int
    name: str


class ChildAnswer(Answer):
    """What became of a child; the school is named only where this force gave it."""

    ref: str
    outcome: str
    outcome_reason: str | None
    outcome_at: datetime
    told: Told
    warnings: list[str]
    band: str | None
    rules_version: str | None
    school_found: bool
    establishments: list[School]
    notifications: list[NotificationAnswer]

    @classmethod
    def of(cls, child: ChildStatus) -> "ChildAnswer":
        return cls(
            ref=child.ref,
            outcome=child.outcome,
            outcome_reason=child.outcome_reason,
            outcome_at=child.outcome_at,
            told=child.told,
            warnings=list(child.warnings),
            band=child.band,
            rules_version=child.rules_version,
            school_found=child.school_found,
            establishments=[School(urn=urn, name=name) for urn, name in child.schools],
            notifications=[NotificationAnswer.of(one) for one in child.notifications],
        )


class IncidentAnswer(Answer):
    id: UUID
    reference: str
    version: int
    state: str
    occurred_from: datetime
    received_at: datetime
    withdrawn_at: datetime | None
    children: list[ChildAnswer]
    test: bool = Field(description="a test system pushed it: nobody is told of it")

    @classmethod
    def of(cls, incident: IncidentStatus) -> "IncidentAnswer":
        return cls(
            id=incident.id,
            reference=incident.reference,
            version=incident.version,
            state=incident.state,
            occurred_from=incident.occurred_from,
            received_at=incident.received_at,
            withdrawn_at=incident.withdrawn_at,
            children=[ChildAnswer.of(child) for child in incident.children],
            test=incident.trial,
        )


class IncidentPage(Answer):
    """`next` is the cursor of the page after this one, null on the last."""

    items: list[IncidentAnswer]
    next: str | None


class WithdrawalAnswer(Answer):
    """What was taken back; `opened_by` is how many people had been shown it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    reference: str
    version: int
    withdrawn_at: datetime
    children: int
    recalled: int
    opened_by: int
    alerts_stopped: int

    @classmethod
    def of(cls, withdrawal: Withdrawal) -> "WithdrawalAnswer":
        return cls.model_validate(withdrawal)


class NightAnswer(Answer):
    """The force's totals beside what had arrived when it closed the night."""

    date: date
    closed_at: datetime
    told: NightTotals
    arrived: NightTotals
    equal: bool
    test: bool = Field(description="a test system asked: the force's night is not closed by it")

    @classmethod
    def of(cls, closed: ClosedNight) -> "NightAnswer":
        night = closed.night
        return cls(
            date=night.on_date,
            closed_at=night.closed_at,
            told=NightTotals(**night.told),
            arrived=NightTotals(**night.arrived),
            equal=night.equal,
            test=closed.trial,
        )


class EstablishmentAnswer(Answer):
    """One row of the national register, as a control-room form needs it."""

    urn: int
    name: str
    town: str | None
    postcode: str | None
    authority: str
    authority_name: str
    phase: str | None
    type: str
    status: str
    low_age: int | None
    high_age: int | None

    @classmethod
    def of(cls, row: Establishment) -> "EstablishmentAnswer":
        return cls(
            urn=row.urn,
            name=row.name,
            town=row.town,
            postcode=row.postcode,
            authority=row.la_code,
            authority_name=row.la_name,
            phase=row.phase,
            type=row.type_name,
            status=row.status,
            low_age=row.low_age,
            high_age=row.high_age,
        )


class EstablishmentList(Answer):
    items: list[EstablishmentAnswer]
