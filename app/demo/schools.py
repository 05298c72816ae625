"""The forty establishments of Exampleshire, of every kind the service must cope with. Pure.

URNs are 990001 and up and telephone numbers 01632 960000–960999, which nobody can hold; postcodes
begin ZZ99, which no place has (domain.md §11).
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

ENGLISH_COUNCIL, ENGLISH_COUNCIL_NAME = "999", "Exampleshire"
WELSH_COUNCIL, WELSH_COUNCIL_NAME = "998", "Sir Enghraifft"


class Kind(Enum):
    """The register's type code and name, and its group's code and name."""

    COMMUNITY = (1, "Community school", 4, "Local authority maintained schools")
    AIDED = (2, "Voluntary aided school", 4, "Local authority maintained schools")
    CONTROLLED = (3, "Voluntary controlled school", 4, "Local authority maintained schools")
    FOUNDATION = (5, "Foundation school", 4, "Local authority maintained schools")
    SPECIAL = (7, "Community special school", 5, "Special schools")
    INDEPENDENT_SPECIAL = (10, "Other independent special school", 5, "Special schools")
    INDEPENDENT = (11, "Other independent school", 3, "Independent schools")
    REFERRAL_UNIT = (14, "Pupil referral unit", 4, "Local authority maintained schools")
    NURSERY = (15, "Local authority nursery school", 4, "Local authority maintained schools")
    FURTHER_EDUCATION = (18, "Further education", 1, "Colleges")
    SPONSORED_ACADEMY = (28, "Academy sponsor led", 10, "Academies")
    WELSH = (30, "Welsh establishment", 6, "Welsh schools")
    CONVERTED_ACADEMY = (34, "Academy converter", 10, "Academies")
    FREE = (35, "Free schools", 11, "Free Schools")
    TECHNICAL_COLLEGE = (40, "University technical college", 11, "Free Schools")
    STUDIO = (41, "Studio schools", 11, "Free Schools")
    ALTERNATIVE_PROVISION = (
        43, "Academy alternative provision sponsor led", 10, "Academies",
    )  # fmt: skip
    SPECIAL_ACADEMY = (44, "Academy special converter", 10, "Academies")
    SIXTH_FORM_ACADEMY = (45, "Academy 16-19 converter", 10, "Academies")
    ONLINE = (49, "Online provider", 13, "Online provider")


class RegisterStatus(Enum):
    """EstablishmentStatus code and name."""

    OPEN = (1, "Open")
    CLOSED = (2, "Closed")
    CLOSING = (3, "Open, but proposed to close")
    PROPOSED = (4, "Proposed to open")


class Readiness(StrEnum):
    """How ready a school's key adults are; decides how the generator makes them."""

    ASSURED = "assured"
    FIRST_ON_LEAVE = "first_on_leave"
    ONE_TRAINED = "one_trained"
    LAPSED = "lapsed"
    NOBODY_TRAINED = "nobody_trained"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class School:
    """One establishment; `roll` is how many pupils the county's rolls hold of it."""

    urn: int
    name: str
    kind: Kind
    town: str
    low_age: int | None
    high_age: int | None
    phase: tuple[int, str] = (0, "Not applicable")
    status: RegisterStatus = RegisterStatus.OPEN
    readiness: Readiness = Readiness.ASSURED
    roll: int = 0
    boarders: bool = False

    @property
    def council(self) -> str:
        return WELSH_COUNCIL if self.kind is Kind.WELSH else ENGLISH_COUNCIL

    @property
    def number(self) -> int:
        """The establishment number inside its council."""
        return 4000 + self.urn - 990_000

    @property
    def telephone(self) -> str:
        return f"01632 {960_000 + self.urn - 990_000}"

    @property
    def postcode(self) -> str:
        return f"ZZ99 {(self.urn - 990_000) % 10}{_LETTERS[self.urn % 20]}Z"

    @property
    def mail_name(self) -> str:
        """The local part its addresses end in: `urn990001`."""
        return f"urn{self.urn}"


_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
_NURSERY, _PRIMARY = (1, "Nursery"), (2, "Primary")
_SECONDARY, _SIXTEEN_PLUS, _ALL_THROUGH = (4, "Secondary"), (6, "16 plus"), (7, "All-through")
_R, _S = Readiness, RegisterStatus

SCHOOLS = (
    School(990001, "Exampleton Community Primary School", Kind.COMMUNITY, "Exampleton", 4, 11,
           _PRIMARY, readiness=_R.FIRST_ON_LEAVE, roll=150),
    School(990002, "St Mary's Catholic Primary School", Kind.AIDED, "Exampleton", 4, 11, _PRIMARY,
           roll=110),
    School(990003, "St Mary's Church of England Primary School", Kind.CONTROLLED, "Exampleton",
           4, 11, _PRIMARY),
    School(990004, "Riverside Primary School", Kind.CONVERTED_ACADEMY, "Exampleton", 4, 11,
           _PRIMARY, roll=120),
    School(990005, "Oakfield Primary Academy", Kind.SPONSORED_ACADEMY, "Exampleton", 4, 11,
           _PRIMARY, roll=110),
    School(990006, "Hawthorn Infant School", Kind.COMMUNITY, "Exampleton", 4, 7, _PRIMARY, roll=70),
    School(990007, "Hawthorn Junior School", Kind.COMMUNITY, "Exampleton", 7, 11, _PRIMARY,
           roll=90),
    School(990008, "Mockbury Primary School", Kind.COMMUNITY, "Mockbury", 4, 11, _PRIMARY,
           roll=120),
    School(990009, "Bishop Quill Church of England Primary School", Kind.AIDED, "Mockbury", 4, 11,
           _PRIMARY),
    School(990010, "Sampleford Primary School", Kind.CONVERTED_ACADEMY, "Sampleford", 4, 11,
           _PRIMARY, roll=120),
    School(990011, "Meadow Lane Primary School", Kind.FOUNDATION, "Sampleford", 4, 11, _PRIMARY,
           roll=110),
    School(990012, "Testerby Village Primary School", Kind.CONTROLLED, "Testerby", 4, 11, _PRIMARY,
           readiness=_R.ONE_TRAINED, roll=40),
    School(990013, "Draftwick Primary School", Kind.COMMUNITY, "Draftwick", 4, 11, _PRIMARY,
           readiness=_R.NOBODY_TRAINED, roll=60),
    School(990014, "Ensample Bay Primary School", Kind.FREE, "Ensample Bay", 4, 11, _PRIMARY,
           roll=110),
    School(990015, "Lighthouse Free School", Kind.FREE, "Ensample Bay", 4, 16, _ALL_THROUGH),
    School(990016, "Willowbrook Nursery School", Kind.NURSERY, "Exampleton", 2, 5, _NURSERY,
           roll=40),
    School(990017, "Kestrel Community Primary School", Kind.COMMUNITY, "Sampleford", 4, 11,
           _PRIMARY, roll=90),
    School(990018, "Exampleton High School", Kind.CONVERTED_ACADEMY, "Exampleton", 11, 18,
           _SECONDARY, roll=230),
    School(990019, "Sampleford Academy", Kind.SPONSORED_ACADEMY, "Sampleford", 11, 16, _SECONDARY,
           roll=190),
    School(990020, "Mockbury School", Kind.COMMUNITY, "Mockbury", 11, 16, _SECONDARY, roll=150),
    School(990021, "Ensample Bay High School", Kind.FREE, "Ensample Bay", 11, 18, _SECONDARY),
    School(990022, "All Saints Church of England High School", Kind.AIDED, "Exampleton", 11, 18,
           _SECONDARY),
    School(990023, "Wayland University Technical College", Kind.TECHNICAL_COLLEGE,
           "Exampleton", 14, 19, _SECONDARY),
    School(990024, "Draftwick Studio School", Kind.STUDIO, "Draftwick", 14, 19, _SECONDARY,
           readiness=_R.LAPSED),
    School(990025, "Larkspur School", Kind.SPECIAL, "Exampleton", 4, 19, roll=50),
    School(990026, "Harbour View Academy", Kind.SPECIAL_ACADEMY, "Ensample Bay", 11, 19),
    School(990027, "Foxglove House School", Kind.INDEPENDENT_SPECIAL, "Testerby", 8, 18),
    School(990028, "Bridgeway Pupil Referral Unit", Kind.REFERRAL_UNIT, "Exampleton", 11, 16),
    School(990029, "Compass Alternative Provision", Kind.ALTERNATIVE_PROVISION, "Sampleford",
           11, 16),
    School(990030, "Kingfisher College", Kind.FURTHER_EDUCATION, "Exampleton", 16, 99,
           _SIXTEEN_PLUS),
    School(990031, "Exampleton Sixth Form College", Kind.SIXTH_FORM_ACADEMY, "Exampleton", 16, 19,
           _SIXTEEN_PLUS),
    School(990032, "Exampleton Preparatory School", Kind.INDEPENDENT, "Exampleton", 3, 13,
           readiness=_R.NOBODY),
    School(990033, "Abbey Boarding School", Kind.INDEPENDENT, "Testerby", 11, 18, boarders=True),
    School(990034, "Horizon Online School", Kind.ONLINE, "Exampleton", 11, 18,
           readiness=_R.NOBODY_TRAINED),
    School(990035, "Old Mill Primary School", Kind.COMMUNITY, "Mockbury", 4, 11, _PRIMARY,
           status=_S.CLOSED, readiness=_R.NOBODY),
    School(990036, "Millbrook Primary Academy", Kind.CONVERTED_ACADEMY, "Mockbury", 4, 11,
           _PRIMARY, readiness=_R.LAPSED),
    School(990037, "Northgate First School", Kind.COMMUNITY, "Draftwick", 4, 9, _PRIMARY,
           status=_S.CLOSING, readiness=_R.ONE_TRAINED),
    School(990038, "Southgate Community School", Kind.COMMUNITY, "Draftwick", 4, 11, _PRIMARY,
           status=_S.PROPOSED, readiness=_R.NOBODY),
    School(990039, "Ysgol Gynradd Aberenghraifft", Kind.WELSH, "Aberenghraifft", None, None,
           roll=40),
    School(990040, "Llansampl Community School", Kind.WELSH, "Llansampl", None, None),
)  # fmt: skip
BY_URN = {school.urn: school for school in SCHOOLS}
# The predecessor and successor in the links file.
ACADEMISED = (990035, 990036)
CLOSED_TODAY = 990017
