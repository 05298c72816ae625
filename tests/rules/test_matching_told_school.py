"""A told school against the register: spelling, place, age and margin; never a bare common name."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.policy import Matching, Policy
from schools.matching.ages import age_fit, right_kind, school_ages
from schools.matching.decide import decide
from schools.matching.details import Band, ChildIdentity, Decision, Leads, SchoolFacts
from schools.matching.rules import AgeFit
from tests.factories.schools import COUNCIL, LAST_NIGHT, OTHER_COUNCIL, child, school

CATHOLIC = school(990001, "St Mary's Catholic Primary School")
ANGLICAN = school(990002, "St Mary's Church of England Primary School")
MOCKBURY = school(990003, "Mockbury Community Primary School", town="Mockbury")
INFANTS = school(990004, "Hawthorn Infant School", low_age=4, high_age=7)
JUNIORS = school(990005, "Hawthorn Junior School", low_age=7, high_age=11)
HIGH = school(990006, "Mockbury High School", town="Mockbury", phase="Secondary", low_age=11,
              high_age=18)  # fmt: skip
QUILL = school(990007, "Bishop Quill Academy", town="Sampleford", locality="Quillside")
WELSH = school(990008, "Ysgol Gynradd Aberenghraifft", la_code="660", la_key="sir enghraifft",
               town="Aberenghraifft", phase=None, low_age=None, high_age=None)  # fmt: skip
ELSEWHERE = school(990009, "St Mary's Catholic Primary School", la_code=OTHER_COUNCIL,
                   la_key="otherhampton", town="Otherhampton")  # fmt: skip
HARLOW = school(990010, "Holy Cross Catholic Primary School, Testerby", town="Testerby")
REGISTER = (CATHOLIC, ANGLICAN, MOCKBURY, INFANTS, JUNIORS, HIGH, QUILL, WELSH, ELSEWHERE, HARLOW)

TEN, SIX, TWELVE = date(2016, 3, 2), date(2020, 3, 2), date(2014, 3, 2)


def decided(
    schools: Sequence[SchoolFacts] = REGISTER, *, matching: Matching | None = None,
    known: Sequence[str] = (), **facts: Any,
) -> Decision:  # fmt: skip
    leads = Leads(told=tuple(schools), known_words=frozenset(known))
    return decide(
        child(**facts), leads, [], on=LAST_NIGHT, matching=matching or Policy().matching,
        input_digest=bytes(32),
    )  # fmt: skip


@pytest.mark.feature("MA3")
@pytest.mark.parametrize(
    ("told", "town", "born", "urn"),
    [
        ("St Marys RC Primary", "Exampleton", TEN, 990001),
        ("st. mary's catholic prim sch", "Exampleton", TEN, 990001),
        ("Saint Marys R.C. Primry", "Exampleton", TEN, 990001),
        ("St Mary C of E Primary", "Exampleton", TEN, 990002),
        ("St Marys C.E.", "Exampleton", TEN, 990002),
        ("Mockbury Prim", "Mockbury", TEN, 990003),
        ("Mockbery Comunity Primary", "Mockbury", TEN, 990003),
        ("Mockbury High", "mockbury", TWELVE, 990006),
        ("Mockbury Comp", "Mockbury", TWELVE, 990006),
        ("Hawthorn Jnr School", "Exampleton", TEN, 990005),
        ("Hawthorn Infants", "Exampleton", SIX, 990004),
        ("Bishop Quill", "Sampleford", TEN, 990007),
        ("bishop quil acad", "Quillside", TEN, 990007),
        ("Ysgol Gynradd Aberenghraift", "Aberenghraifft", TEN, 990008),
        ("Holy Cross RC Primary", "Testerby", TEN, 990010),
        ("Holy Cross RC Primary Testerby", None, TEN, 990010),
    ],
)
def test_a_told_school_resolves_by_name_town_and_age(
    told: str, town: str | None, born: date, urn: int
) -> None:
    decision = decided(school_name=told, town=town, date_of_birth=born)
    assert (decision.band, decision.urns) == (Band.MATCHED, (urn,))
    assert decision.score >= Policy().matching.told_school_threshold
    assert decision.margin >= Policy().matching.told_school_margin
    assert decision.evidence[0].urn == urn


@pytest.mark.feature("MA3")
@pytest.mark.parametrize(
    ("told", "authorities", "urn"),
    [
        ("Mockbury Primary", (COUNCIL,), 990003),
        ("St Marys Catholic Primary School", (OTHER_COUNCIL,), 990009),
        ("Bishop Quill Academy", (COUNCIL,), 990007),
    ],
)
def test_the_council_of_the_residence_stands_in_for_the_town(
    told: str, authorities: tuple[str, ...], urn: int
) -> None:
    decision = decided(school_name=told, authorities=authorities)
    assert (decision.band, decision.urns) == (Band.MATCHED, (urn,))


@pytest.mark.feature("MA3")
@pytest.mark.feature("MA4")
@pytest.mark.parametrize(
    ("told", "facts", "band", "reason"),
    [
        # two of one name in the town
        ("St Mary's", {"town": "Exampleton"}, Band.SEVERAL, "several_schools"),
        ("St Marys Primary", {"town": "Exampleton"}, Band.SEVERAL, "several_schools"),
        # a common name alone, though only one school of it is near
        ("St Mary's", {"town": "Otherhampton"}, Band.POSSIBLE, "too_uncertain"),
        ("Hawthorn", {"town": "Exampleton"}, Band.POSSIBLE, "too_uncertain"),
        # unique in the council, but not at this age
        ("Bishop Quill", {"town": "Sampleford", "date_of_birth": TWELVE},
         Band.POSSIBLE, "too_uncertain"),
        ("Hawthorn Infants", {"town": "Exampleton"}, Band.POSSIBLE, "too_uncertain"),
        # nothing said where
        ("Mockbury Primary", {}, Band.POSSIBLE, "too_uncertain"),
        # a name that the register does not hold
        ("Draftwick Primary", {"town": "Exampleton"}, Band.NONE, "no_school_known"),
        ("school", {"town": "Exampleton"}, Band.NONE, "no_school_known"),
        ("", {"town": "Exampleton"}, Band.NONE, "no_school_known"),
        # the wrong faith of a school of that dedication
        ("St Mary's Methodist Primary", {"town": "Exampleton"}, Band.SEVERAL, "several_schools"),
        # a town's name alone: its grammar school may not be the one
        ("Ysgol Aberenghraifft", {"town": "Aberenghraifft"}, Band.POSSIBLE, "too_uncertain"),
    ],
)  # fmt: skip
def test_what_is_not_sure_goes_to_a_person(
    told: str, facts: dict[str, Any], band: Band, reason: str
) -> None:
    decision = decided(school_name=told, **facts)
    assert (decision.band, decision.reason_code) == (band, reason)


@pytest.mark.feature("MA4")
def test_a_real_word_is_never_taken_for_a_slip_of_another() -> None:
    harding = school(990020, "Harding Primary School")
    told: dict[str, Any] = {"school_name": "Harling Primary", "town": "Exampleton"}
    assert decided([harding], **told).band is Band.MATCHED
    assert decided([harding], known=["harling"], **told).band is Band.NONE


@pytest.mark.feature("MA4")
@pytest.mark.parametrize("told", ["St Mark's RC Primary", "St Martins RC Primary", "St Maria"])
def test_another_saint_is_another_school(told: str) -> None:
    decision = decided(school_name=told, town="Exampleton", known=["st", "mark", "martin", "maria"])
    assert decision.band is Band.NONE


def test_a_child_of_unknown_age_needs_a_whole_name_with_its_kind_and_town() -> None:
    unknown: dict[str, Any] = {"date_of_birth": None, "town": "Mockbury"}
    assert decided(school_name="Mockbury Community Primary", **unknown).band is Band.MATCHED
    assert decided(school_name="Mockbury", **unknown).band is not Band.MATCHED
    assert decided(school_name="St Marys RC Primary", date_of_birth=None,
                   town="Exampleton").band is not Band.MATCHED  # fmt: skip
    guessed = decided(school_name="Mockbury", town="Mockbury", date_of_birth=None, age_range=(7, 9))
    assert guessed.urns == (990003,)


def test_a_force_may_switch_told_schools_off() -> None:
    off = Policy().matching.model_copy(update={"told_school_alone": False})
    decision = decided(school_name="Mockbury Primary", town="Mockbury", matching=off)
    assert (decision.band, decision.reason_code) == (Band.POSSIBLE, "too_uncertain")


def test_a_told_school_that_closed_is_offered_by_its_successor() -> None:
    closed = school(990030, "Old Mill Primary School", is_open=False)
    leads = Leads(told=(closed,), successors={990030: QUILL})
    decision = decide(
        child(school_name="Old Mill Primary", town="Exampleton"), leads, [], on=LAST_NIGHT,
        matching=Policy().matching, input_digest=bytes(32),
    )  # fmt: skip
    assert (decision.band, decision.reason_code) == (Band.POSSIBLE, "school_closed")
    assert decision.urns == (QUILL.urn,)


@given(st.permutations(REGISTER), st.sampled_from(["St Marys RC Primary", "Mockbury", "Hawthorn"]))
def test_the_order_of_the_register_changes_nothing(
    schools: Sequence[SchoolFacts], told: str
) -> None:
    facts: dict[str, Any] = {"school_name": told, "town": "Exampleton", "authorities": (COUNCIL,)}
    assert decided(schools, **facts) == decided(REGISTER, **facts)


@given(
    st.text(max_size=40), st.none() | st.sampled_from(["Exampleton", "Mockbury", "Nowhere"]),
    st.none() | st.dates(date(2008, 1, 1), date(2024, 1, 1)),
)  # fmt: skip
def test_whatever_was_told_evidence_is_bounded_and_a_match_names_one_open_school(
    told: str, town: str | None, born: date | None
) -> None:
    decision = decided(school_name=told, town=town, date_of_birth=born)
    assert len(decision.evidence) <= 5
    assert 0.0 <= decision.score <= 1.0
    assert (decision.reason_code is None) is (decision.band is Band.MATCHED)
    if decision.band is Band.MATCHED:
        assert len(decision.urns) == 1


@pytest.mark.parametrize(
    ("born", "on", "ages"),
    [
        (date(2016, 3, 2), date(2026, 11, 19), (10,)),
        (date(2015, 8, 31), date(2026, 11, 19), (11,)),
        (date(2015, 9, 1), date(2026, 11, 19), (10,)),
        (date(2015, 8, 31), date(2026, 8, 31), (10,)),  # a Year 6 leaver, still in August
        (date(2015, 8, 31), date(2026, 9, 1), (11,)),
        (date(2016, 1, 1), date(2026, 11, 19), (9, 10)),  # a placeholder is a year of birth
        (None, date(2026, 11, 19), ()),
    ],
)
def test_school_age_is_the_age_on_the_last_day_of_august(
    born: date | None, on: date, ages: tuple[int, ...]
) -> None:
    assert school_ages(ChildIdentity("c1", "Asha", "Merle", date_of_birth=born), on) == ages


@pytest.mark.parametrize(
    ("low", "high", "age", "fit"),
    [
        (4, 11, 10, AgeFit.FITS), (4, 11, 11, AgeFit.NEAR), (4, 11, 12, AgeFit.UNFIT),
        (5, 11, 4, AgeFit.FITS), (5, 11, 3, AgeFit.NEAR), (5, 11, 2, AgeFit.UNFIT),
        (7, 11, 6, AgeFit.NEAR), (11, 18, 18, AgeFit.FITS), (11, 16, 16, AgeFit.NEAR),
        (None, None, 10, AgeFit.UNKNOWN), (3, 5, 3, AgeFit.FITS),
    ],
)  # fmt: skip
def test_ages_fit_with_a_year_of_doubt_at_the_edges(
    low: int | None, high: int | None, age: int, fit: AgeFit
) -> None:
    facts = school(low_age=low, high_age=high)
    assert age_fit(facts, (age,), frozenset()) is fit
    assert age_fit(facts, (), frozenset()) is AgeFit.UNKNOWN


@pytest.mark.parametrize(
    ("type_code", "statutory", "age", "right"),
    [(1, True, 5, True), (18, False, 16, True), (18, False, 10, False), (29, False, 17, False),
     (37, False, 10, False), (49, False, 12, False)],
)  # fmt: skip
def test_the_kind_of_establishment_depends_on_the_age(
    type_code: int, statutory: bool, age: int, right: bool
) -> None:
    assert right_kind(school(type_code=type_code, statutory=statutory), (age,)) is right
