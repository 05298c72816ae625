"""The police message of the interface: strict shapes, unknown fields refused.

The models are the edge's; `app.intake.sealing` turns them into the plain values that are kept.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.intake.cleaning import MaybeLine, MaybeName, MaybeWords, Name
from app.intake.words import (
    DataStage,
    Demeanour,
    EducationStatus,
    GoingHomeLevel,
    Involvement,
    LivesWith,
    LocationKind,
    NoticeType,
    PartyUnder16,
    Presence,
    Protection,
    Relation,
    ResidenceKind,
    RiskGrade,
    Sex,
    SpokenWith,
)

MOST_CHILDREN = 30
# Separation, custody, low risk and the like end no risk (domain.md §1, §2).
NEVER_A_REASON = frozenset(
    {
        "parties_separated", "suspect_in_custody", "no_further_action", "low_risk",
        "parent_objects", "consent_missing",
    }
)  # fmt: skip
# The refs of the rows that stand for children seen but not listed.
UNNAMED = "unnamed-"
REFERENCE = r"^[A-Za-z0-9._-]{1,64}$"
EXAMPLE: dict[str, Any] = {
    "reference": "99-2026-0012345",
    "version": 1,
    "occurred_from": "2026-11-19T22:40:00+00:00",
    "children": [
        {
            "ref": "c1",
            "forename": "Asha",
            "surname": "Example-Khan",
            "date_of_birth": "2016-03-02",
            "education": {"school_name": "St Marys Primary"},
        }
    ],
}


_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:\.\d{1,6})?)?\d{0,3}([Zz]|[+-]\d\d:\d\d)"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


# pydantic reads 86400, also as text, as seconds since 1970: dates have to be written as dates.
def _written_out(value: object) -> object:
    if isinstance(value, datetime):
        return value
    # RFC 3339 in the forms police systems write it; more than six decimals are cut, not refused.
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        day, minute, second, zone = found.groups()
        return f"{day}T{minute}{second or ''}{zone.upper()}"
    raise PydanticCustomError("not_a_time", "Write it like 2026-11-19T22:40:00+00:00")


def _day_written_out(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("not_a_date", "Write it like 2016-03-02")


def _no_path_step(reference: str) -> str:
    """A reference stands in an address, where `.` and `..` would be walked away from."""
    if reference in {".", ".."}:
        raise PydanticCustomError("string_pattern_mismatch", "A reference needs a letter or digit")
    return reference


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("out_of_range", "This time is outside the calendar") from None


Reference = Annotated[str, Field(pattern=REFERENCE), AfterValidator(_no_path_step)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Moment = Annotated[
    AwareDatetime, Strict(False), BeforeValidator(_written_out), AfterValidator(_in_utc)
]
Day = Annotated[date, Strict(False), BeforeValidator(_day_written_out), Field(ge=date(1900, 1, 1))]
Authority = Annotated[str, Field(pattern=r"^[0-9]{3}$")]


class Message(BaseModel):
    """Closed and strict: nothing is guessed, and nothing unknown is let in."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True,
        validate_default=False,
    )  # fmt: skip


class Risk(Message):
    tool: MaybeName = None
    grade: RiskGrade = RiskGrade.NOT_GRADED


def _never_a_reason(code: str) -> str:
    if code in NEVER_A_REASON:
        raise PydanticCustomError(
            "not_a_reason", "This is never a reason to hold or to say nothing"
        )
    return code


class HoldMessage(Message):
    reason_code: Annotated[Code, AfterValidator(_never_a_reason)]
    account: Name
    until: Moment


class SuspectMessage(Message):
    key: Name
    child_refs: tuple[Reference, ...] = Field(default=(), max_length=MOST_CHILDREN)


class AdultMessage(Message):
    """Kept only as keyed digests, to notice a key adult who is party to the incident."""

    forename: MaybeName = None
    surname: MaybeName = None
    date_of_birth: Day | None = None
    phone: MaybeName = None
    email: MaybeLine = None


class ResidenceMessage(Message):
    postcode: MaybeName = None
    authority: Authority | None = None
    kind: ResidenceKind = ResidenceKind.MAIN


class AgeRange(Message):
    min: Annotated[int, Field(ge=0, le=120)]
    max: Annotated[int, Field(ge=0, le=120)]

    @model_validator(mode="after")
    def _in_order(self) -> "AgeRange":
        if self.min > self.max:
            raise PydanticCustomError("out_of_order", "min must not be greater than max")
        return self


class VoiceMessage(Message):
    spoken_with: SpokenWith | None = None
    reason_not: MaybeLine = None
    demeanour: Demeanour | None = None
    seen_safe: bool | None = None
    words: MaybeWords = None


class EducationMessage(Message):
    status: EducationStatus | None = None
    urn: Annotated[int, Field(ge=100_000, le=9_999_999)] | None = None
    school_name: MaybeLine = None
    town: MaybeName = None

    @property
    def known_status(self) -> EducationStatus:
        """The status given; `registered` where a school is named, else `unknown`."""
        if self.status is not None:
            return self.status
        named = self.urn is not None or self.school_name is not None
        return EducationStatus.REGISTERED if named else EducationStatus.UNKNOWN


class GoingHomeMessage(Message):
    level: GoingHomeLevel = GoingHomeLevel.NONE
    valid_until: Moment | None = None


class ChildMessage(Message):
    """One child. Everything but `ref` may be missing; what is missing is a warning, or a review."""

    ref: Reference
    forename: MaybeName = None
    middle_names: MaybeName = None
    surname: MaybeName = None
    known_as: tuple[Name, ...] = Field(default=(), max_length=10)
    former_surname: MaybeName = None
    date_of_birth: Day | None = None
    birth_year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    age_range: AgeRange | None = None
    sex: Sex = Sex.UNKNOWN
    upn: MaybeName = None
    residences: tuple[ResidenceMessage, ...] = Field(default=(), max_length=10)
    relation: Relation = Relation.UNKNOWN
    affected: bool | None = None
    lives_with: LivesWith = LivesWith.UNKNOWN
    presence: Presence = Presence.UNKNOWN
    involvement: Involvement = Involvement.NONE
    voice: VoiceMessage | None = None
    looked_after: bool | None = None
    social_care_told: bool | None = None
    victim_told_about_notice: bool | None = None
    education: EducationMessage | None = None
    going_home: GoingHomeMessage | None = None
    protected: tuple[Protection, ...] = Field(default=(), max_length=6)
    connected_at_school: tuple[Name, ...] = Field(default=(), max_length=10)


class IncidentMessage(Message):
    """One version of one incident; the smallest one is `EXAMPLE`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    notice_type: NoticeType = NoticeType.DOMESTIC_ABUSE
    reference: Reference
    version: Annotated[int, Field(ge=1, le=2_000_000_000)]
    data_stage: DataStage = DataStage.INITIAL
    occurred_from: Moment
    occurred_to: Moment | None = None
    reported_at: Moment | None = None
    attended: bool = True
    crime: bool | None = None
    risk: Risk | None = None
    location_kind: LocationKind = LocationKind.UNDISCLOSED
    residence_force: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,16}$")] | None = None
    children_seen: Annotated[int, Field(ge=0, le=MOST_CHILDREN)] | None = None
    children_complete: bool = True
    party_under_16: PartyUnder16 = PartyUnder16.NONE
    restricted_access: bool = False
    hold: HoldMessage | None = None
    suspects: tuple[SuspectMessage, ...] = Field(default=(), max_length=10)
    involved_adults: tuple[AdultMessage, ...] = Field(default=(), max_length=20)
    children: tuple[ChildMessage, ...] = Field(max_length=MOST_CHILDREN)
    # Said by test systems alone, and by each of them: neither kind is taken for the other.
    test: bool = False

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "IncidentMessage":
        refs = [child.ref for child in self.children]
        if any(ref.startswith(UNNAMED) for ref in refs):
            raise PydanticCustomError("ref_reserved", "A ref must not begin with unnamed-")
        if len(refs) != len(set(refs)):
            raise PydanticCustomError("ref_repeated", "Give every child a ref of its own")
        if self.occurred_to is not None and self.occurred_to < self.occurred_from:
            raise PydanticCustomError("out_of_order", "occurred_to is before occurred_from")
        named = {ref for suspect in self.suspects for ref in suspect.child_refs}
        if not named <= set(refs):
            raise PydanticCustomError("ref_unknown", "child_refs names a child that is not listed")
        return self


class WithdrawalMessage(Message):
    """Why an incident is taken back: a code for the reports, and the words of the force."""

    reason_code: Code
    reason: MaybeWords = None


Total = Annotated[int, Field(ge=0, le=1_000_000)]


class NightTotals(Message):
    """A force's own count of what it pushed for a night; zero is an answer."""

    incidents: Total
    incidents_with_children: Total
    children: Total
