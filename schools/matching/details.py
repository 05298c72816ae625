"""The facts that matching works on and the decision it gives back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Band(StrEnum):
    """How sure a decision is; only `matched` is sent without a person."""

    MATCHED = "matched"
    POSSIBLE = "possible"
    SEVERAL = "several"
    NONE = "none"


class Source(StrEnum):
    """Which kind of evidence speaks for a candidate."""

    GIVEN = "given"
    TOLD = "told"
    ROLL = "roll"
    TOLD_AND_ROLL = "told_and_roll"
    SUCCESSOR = "successor"
    # A key adult said this school year that the child is on the roll.
    LINK = "link"


class Verdict(StrEnum):
    """What a person said about one child at one school."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class ChildIdentity:
    """Who the child is, as the force pushed it; `sex` is F, M, X or unknown."""

    ref: str
    forename: str | None = field(repr=False)
    surname: str | None = field(repr=False)
    middle_names: str | None = field(default=None, repr=False)
    known_as: tuple[str, ...] = field(default=(), repr=False)
    former_surname: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    birth_year: int | None = field(default=None, repr=False)
    # Youngest and oldest it may be, where only that was seen.
    age_range: tuple[int, int] | None = field(default=None, repr=False)
    sex: str = "unknown"
    upn: str | None = field(default=None, repr=False)
    postcodes: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ToldEducation:
    """What the officer was told: `status` as interface.md; authorities are GIAS council codes.

    `urn` may hold a seven-digit LAEstab number instead (council code, then school number).
    """

    status: str = "unknown"
    urn: int | None = None
    school_name: str | None = field(default=None, repr=False)
    town: str | None = field(default=None, repr=False)
    authorities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """One involved child; a protected one is never matched without a person."""

    identity: ChildIdentity
    education: ToldEducation = ToldEducation()
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What was last said about this child at one school; the newest word counts.

    `link` is true for a key adult's yes of the school year of the incident, to a child who still
    lives at the same authority and postcode: it supports, and never decides alone (domain.md §3).
    """

    urn: int
    verdict: Verdict
    on: date
    link: bool = False


@dataclass(frozen=True, slots=True)
class CandidateEvidence:
    """One school and what speaks for it: levels and weights (bits) per field, never a value."""

    urn: int
    score: float
    source: str
    fields: dict[str, str]
    weights: dict[str, float]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one child; `urns` are the schools to tell (matched) or the candidates.

    Several `urns` of a match are a dual registration: each school is told. `given_urns` is what
    the force's own words come to without any roll or earlier answer: what it may be told again.
    `considered` holds the shares of all candidates, also of those too faint to be shown.
    """

    band: Band
    score: float
    margin: float
    urns: tuple[int, ...]
    reason_code: str | None
    evidence: tuple[CandidateEvidence, ...]
    rules_version: str
    input_digest: bytes
    given_urns: tuple[int, ...] = ()
    considered: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """What the rules look at in one row of the register; ages None where the row has none."""

    urn: int
    name: str
    la_code: str
    type_code: int
    is_open: bool
    statutory: bool
    town_key: str | None = None
    locality_key: str | None = None
    la_key: str | None = None
    postcode: str | None = None
    phase: str | None = None
    low_age: int | None = None
    high_age: int | None = None
    street_key: str | None = None
    # Further names that a person added, and names it had under the same number.
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PupilFacts:
    """One pupil of a current roll at one school, opened for one comparison."""

    pupil_id: int
    urn: int
    forename: str = field(repr=False)
    surname: str = field(repr=False)
    middle_names: str | None = field(default=None, repr=False)
    preferred_surname: str | None = field(default=None, repr=False)
    former_surname: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    sex: str | None = None
    upn: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    preferred_forename: str | None = field(default=None, repr=False)
    former_upn: str | None = field(default=None, repr=False)
    previous_postcode: str | None = field(default=None, repr=False)
    # Left this school by the day of the incident: speaks against the school, never for it.
    left: bool = False


@dataclass(frozen=True, slots=True)
class Leads:
    """Everything that was found for one child before the rules decide.

    `given` is the establishment that a number named; `given_unknown` says that it named none.
    `told` are the schools that the told name may mean, closed ones too; `successors` holds the
    single open successor of a closed one, `confirmed` the closed ones whose successor's key adults
    re-confirmed that they serve these children. `known_words` are told words that some school's
    name holds. `pupils` are the candidates on rolls of `roll_size` pupils in all, `at_postcode`
    how many pupils live at the child's postcodes, `schools` the register rows of theirs;
    `unreadable` says that a row among the candidates did not open.
    """

    given: SchoolFacts | None = None
    given_unknown: bool = False
    told: tuple[SchoolFacts, ...] = ()
    successors: Mapping[int, SchoolFacts] = field(default_factory=dict)
    confirmed: frozenset[int] = frozenset()
    known_words: frozenset[str] = frozenset()
    pupils: tuple[PupilFacts, ...] = ()
    roll_size: int = 0
    at_postcode: Mapping[str, int] = field(default_factory=dict)
    schools: Mapping[int, SchoolFacts] = field(default_factory=dict)
    unreadable: bool = False
