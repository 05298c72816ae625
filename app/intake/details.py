"""The facts of an incident and of an involved child, as they are sealed. Pure.

Plain values only (enumerations as their words), so that a sealed record opens for as long as it is
kept, whatever later releases add. Adults and suspects are rows of keyed digests, not here.
"""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Residence:
    """A place where a child lives or lived; `authority` is a three-digit GIAS code."""

    postcode: str | None = None
    authority: str | None = None
    kind: str = "main"


@dataclass(frozen=True, slots=True)
class Voice:
    """Who spoke with or observed the child, and how the child was.

    `words` is empty unless the policy of the force lets the child's words be kept, and where they
    speak of somebody else (`words_withheld`).
    """

    spoken_with: str | None = None
    reason_not: str | None = None
    demeanour: str | None = None
    seen_safe: bool | None = None
    words: str | None = None
    words_withheld: bool = False


@dataclass(frozen=True, slots=True)
class Education:
    """Where the child learns, as the officer was told."""

    status: str = "unknown"
    urn: int | None = None
    school_name: str | None = None
    town: str | None = None


@dataclass(frozen=True, slots=True)
class GoingHome:
    """Whether going home today is a concern, and until when."""

    level: str = "none"
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChildDetails:
    """One involved child. A placeholder for a child not named has nothing but its `ref`."""

    ref: str
    forename: str | None = None
    middle_names: str | None = None
    surname: str | None = None
    known_as: tuple[str, ...] = ()
    former_surname: str | None = None
    date_of_birth: date | None = None
    birth_year: int | None = None
    age_min: int | None = None
    age_max: int | None = None
    sex: str = "unknown"
    upn: str | None = None
    residences: tuple[Residence, ...] = ()
    relation: str = "unknown"
    affected: bool | None = None
    lives_with: str = "unknown"
    presence: str = "unknown"
    involvement: str = "none"
    voice: Voice = field(default_factory=Voice)
    looked_after: bool | None = None
    social_care_told: bool | None = None
    victim_told_about_notice: bool | None = None
    education: Education = field(default_factory=Education)
    going_home: GoingHome = field(default_factory=GoingHome)
    protected: tuple[str, ...] = ()
    connected_at_school: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A force's decision to hold back, at most 24 hours, by a named account."""

    reason_code: str
    account: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Suspect:
    """A force's own opaque pseudonym, as a keyed digest (hex), and the children concerned."""

    key: str
    child_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentDetails:
    """One version of one incident; nothing of an adult is kept in clear."""

    reference: str
    version: int
    notice_type: str
    data_stage: str
    occurred_from: datetime
    occurred_to: datetime | None
    reported_at: datetime | None
    attended: bool
    crime: bool | None
    risk_tool: str | None
    risk_grade: str
    location_kind: str
    residence_force: str | None
    children_seen: int | None
    children_complete: bool
    party_under_16: str
    restricted_access: bool
    hold: Hold | None = None
    # Records of the first release hold digests here; no later one does.
    suspects: tuple[Suspect, ...] = ()
    adults: tuple[str, ...] = ()
    # Why it was withdrawn, in the words of the force.
    withdrawal: str | None = None
