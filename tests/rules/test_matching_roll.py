"""A child against the pupils of a roll: levels, weights, and a posterior over all it could be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.policy import Policy
from schools.matching.details import ChildFacts, ChildIdentity, PupilFacts
from schools.matching.roll_match import PupilScore, compare, posterior, without_shared
from tests.factories.schools import child

AUTO = Policy().matching.auto_threshold
SCHOOL, OTHER = 990001, 990002
ASHA = PupilFacts(
    1, SCHOOL, "Asha", "Quillfeather", date_of_birth=date(2016, 3, 2), sex="F", postcode="ZZ99 3VZ"
)
COUNTY = 2_000


def identity(**changes: Any) -> ChildIdentity:
    return child(**changes).identity


def score(looked_for: ChildIdentity, pupil: PupilFacts) -> PupilScore:
    found = compare(looked_for, pupil)
    assert found is not None
    return found


def share(looked_for: ChildIdentity, *pupils: PupilFacts, size: int = COUNTY) -> float:
    """Return the posterior of the first pupil's school."""
    found = posterior([score(looked_for, pupil) for pupil in pupils], size)
    return next((one.share for one in found if one.urn == pupils[0].urn), 0.0)


@pytest.mark.feature("MA1")
@pytest.mark.feature("MA8")
@pytest.mark.parametrize(
    ("changes", "field", "level"),
    [
        ({}, "forename", "exact"),
        ({"forename": "Ash", "known_as": ("Asha",)}, "forename", "known_as"),
        ({"forename": "Ashia"}, "forename", "close"),
        ({"forename": "Bronwen"}, "forename", "differs"),
        ({"forename": None}, "forename", "missing"),
        ({"surname": "Quilfeather"}, "surname", "close"),
        ({"surname": "Merle", "former_surname": "Quillfeather"}, "surname", "known_as"),
        ({"surname": "Quillfeather-Merle"}, "surname", "half"),
        ({"surname": "Oakes"}, "surname", "differs"),
        ({"forename": "Quillfeather", "surname": "Asha"}, "surname", "swapped"),
        ({}, "birth", "exact"),
        ({"date_of_birth": date(2016, 2, 3)}, "birth", "swapped"),
        ({"date_of_birth": date(2016, 3, 12)}, "birth", "one_digit"),
        ({"date_of_birth": date(2016, 1, 1)}, "birth", "year"),
        ({"date_of_birth": date(2011, 1, 1)}, "birth", "differs"),
        ({"date_of_birth": None, "birth_year": 2016}, "birth", "year"),
        ({"date_of_birth": None}, "birth", "missing"),
        ({"date_of_birth": date(2012, 7, 19)}, "birth", "differs"),
        ({"postcodes": ("ZZ99 9ZZ", "zz993vz")}, "postcode", "exact"),
        ({"postcodes": ()}, "postcode", "missing"),
        ({"postcodes": ("ZZ99 9ZZ",)}, "postcode", "differs"),
        ({"sex": "unknown"}, "sex", "missing"),
        ({"sex": "M"}, "sex", "differs"),
    ],
)
def test_each_field_has_a_level(changes: dict[str, Any], field: str, level: str) -> None:
    assert score(identity(**changes), ASHA).fields[field] == level


@pytest.mark.parametrize(
    ("typed", "on_roll", "level"),
    [
        ("Lo", "Leo", "alike"),
        ("Iby", "Ivy", "alike"),
        ("Leo", "Lek", "alike"),
        ("Ollie", "Olaver", "alike"),  # the school's own slip, of the full name
        ("Tedy", "Edward", "differs"),
        ("Tia", "Nia", "differs"),  # two names that twins bear
        ("Kai", "Kia", "differs"),
        ("Leo", "Lee", "differs"),
        ("Jacob", "Jakub", "nickname"),
        ("Victoria", "Wiktoria", "nickname"),
        ("Matthew", "Mateusz", "nickname"),
        ("Maria", "Mary", "alike"),
    ],
)
def test_slips_of_short_names_and_english_forms(typed: str, on_roll: str, level: str) -> None:
    pupil = replace(ASHA, forename=on_roll)
    assert score(identity(forename=typed), pupil).fields["forename"] == level


@pytest.mark.feature("MA1")
@pytest.mark.feature("MA8")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"postcodes": ()},
        {"postcodes": ("ZZ99 9ZZ",)},
        {"forename": "Quillfeather", "surname": "Asha"},
        {"date_of_birth": date(2016, 2, 3)},
        {"date_of_birth": date(2016, 1, 1)},
        {"surname": "Quilfeather", "forename": "Ashia"},
        {"sex": "unknown"},
    ],
)
def test_a_child_with_a_slip_is_found_on_a_countys_roll(changes: dict[str, Any]) -> None:
    assert share(identity(**changes), ASHA) >= AUTO


@pytest.mark.parametrize(
    "changes",
    [
        {"forename": "Bronwen"},  # a sister of the same household
        {"forename": "Bronwen", "date_of_birth": date(2014, 7, 19)},
        {"forename": "Asher", "sex": "M"},  # a twin with a name like hers
        {"surname": "Oakes", "postcodes": ()},
        {"date_of_birth": None, "postcodes": ()},
        {"date_of_birth": date(2012, 7, 19), "postcodes": ()},
    ],
)
def test_a_sibling_a_twin_or_a_namesake_is_not_the_child(changes: dict[str, Any]) -> None:
    assert share(identity(**changes), ASHA) < AUTO


def test_a_common_name_weighs_less_than_a_rare_one() -> None:
    smith = replace(ASHA, forename="Oliver", surname="Smith", postcode=None, sex="M")
    common = identity(forename="Oliver", surname="Smith", postcodes=(), sex="M")
    assert score(common, smith).bits < score(identity(postcodes=()), ASHA).bits
    assert share(common, smith, size=9_000_000) < AUTO
    assert share(identity(postcodes=()), ASHA, size=500_000) > share(common, smith, size=500_000)


def test_two_pupils_alike_at_two_schools_are_doubt_and_at_one_school_are_not() -> None:
    twin_record = replace(ASHA, pupil_id=2)
    assert share(identity(), ASHA, replace(twin_record, urn=OTHER)) == pytest.approx(0.5, abs=0.01)
    assert share(identity(), ASHA, twin_record) >= AUTO


def test_valid_pupil_numbers_that_differ_are_a_veto_and_an_invalid_one_is_nothing() -> None:
    numbered = replace(ASHA, upn="R999999926001")
    assert compare(identity(upn="T999999926002"), numbered) is not None  # wrong check letter
    right = score(identity(upn="R999999926001", surname="Oakes"), numbered)
    assert right.fields["upn"] == "exact"
    other = "ABCDEFGHJKLMNPQRTUVWXYZ"[
        sum(int(digit) * weight for weight, digit in enumerate("999999926002", start=2)) % 23
    ]
    assert compare(identity(upn=f"{other}999999926002"), numbered) is None


@pytest.mark.feature("MA1")
def test_children_of_one_incident_do_not_share_a_pupil() -> None:
    sister = identity(ref="c2", forename="Ashia", date_of_birth=date(2016, 3, 12))
    scored = without_shared([[score(identity(), ASHA)], [score(sister, ASHA)]])
    assert [len(scores) for scores in scored] == [1, 0]
    same = without_shared([[score(identity(), ASHA)], [score(identity(ref="c2"), ASHA)]])
    assert [len(scores) for scores in same] == [0, 0]


def test_a_faint_resemblance_claims_no_pupil() -> None:
    stranger = identity(ref="c2", forename="Bronwen", surname="Oakes", postcodes=())
    scored = without_shared([[score(identity(), ASHA)], [score(stranger, ASHA)]])
    assert len(scored[0]) == 1


names = st.sampled_from(["Asha", "Ashia", "Bronwen", "Oliver", "Ollie", "Siân", ""])
surnames = st.sampled_from(["Quillfeather", "Quilfeather", "Smith", "Example-Khan", "Khan"])
births = st.none() | st.dates(date(2010, 1, 1), date(2020, 12, 31))
pupils = st.builds(
    PupilFacts,
    pupil_id=st.integers(1, 9),
    urn=st.integers(990001, 990004),
    forename=names,
    surname=surnames,
    date_of_birth=births,
    sex=st.sampled_from(["F", "M", None]),
    postcode=st.sampled_from(["ZZ99 3VZ", "ZZ99 9ZZ", None]),
)


@given(st.lists(pupils, max_size=8), births, st.integers(0, 1_000_000))
def test_shares_are_a_distribution_with_room_for_nobody(
    found: Sequence[PupilFacts], born: date | None, size: int
) -> None:
    looked_for = identity(date_of_birth=born)
    shares = posterior([score(looked_for, pupil) for pupil in found], size)
    assert sum(one.share for one in shares) < 1.0 + 1e-9
    assert [one.share for one in shares] == sorted((one.share for one in shares), reverse=True)
    assert len({one.urn for one in shares}) == len(shares)


@given(pupils, names, surnames, births)
def test_a_larger_roll_never_makes_one_surer(
    pupil: PupilFacts, forename: str, surname: str, born: date | None
) -> None:
    looked_for = identity(forename=forename, surname=surname, date_of_birth=born)
    assert share(looked_for, pupil, size=9_000_000) <= share(looked_for, pupil, size=COUNTY) + 1e-12


def test_a_child_facts_repr_holds_nothing_personal() -> None:
    facts: ChildFacts = child(school_name="Oakfield Primary", town="Exampleton")
    text = repr((facts, ASHA))
    assert not any(word in text for word in ("Asha", "Quillfeather", "2016", "ZZ99", "Oakfield"))
