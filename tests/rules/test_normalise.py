"""One form of each name, postcode, pupil number and school name."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.matching.blocks import Findable, block_values, lookup_values
from schools.matching.normalise import (
    district,
    fold,
    halves,
    person_name,
    phonetic,
    postcode,
    real_birth_date,
    roots,
    swapped,
    upn,
)
from schools.matching.school_names import name_key, parse, place_key


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("Siân", "SIAN"),
        ("O'Quill", "O’Quill"),
        ("Example-Khan", "Example Khan"),
        ("Łucja", "Lucja"),
        ("ap Rhŷs", "Rhys"),
        ("  Zoë  ", "zoe"),
        ("St. John-Merle", "st johnmerle"),
    ],
)
def test_a_name_written_otherwise_is_the_same_name(written: str, same: str) -> None:
    assert person_name(written) == person_name(same) != ""


@pytest.mark.parametrize(
    ("surname", "parts"),
    [
        ("Example-Khan", ("example", "khan")),
        ("ap Rhys", ()),
        ("Quillfeather", ()),
        ("de la Merle", ("merle",)),
        (None, ()),
    ],
)
def test_a_double_surname_has_halves(surname: str | None, parts: tuple[str, ...]) -> None:
    expected = parts if len(parts) > 1 else ()
    assert halves(surname) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("siobhan", "shivaun"), ("niamh", "neve"), ("hugh", "huw"), ("philip", "phillip"),
     ("sean", "shaun"), ("catherine", "katherine")],
)  # fmt: skip
def test_names_that_sound_alike_share_a_key(one: str, other: str) -> None:
    assert phonetic(one) == phonetic(other)


@pytest.mark.parametrize(
    ("one", "other", "related"),
    [
        ("alfie", "alfred", True),
        ("mo", "muhammad", True),
        ("beth", "elizabeth", True),
        ("beth", "bethany", True),
        ("elizabeth", "bethany", False),
        ("harry", "henry", True),
        ("harold", "henry", False),
        ("asha", "aisha", False),
    ],
)
def test_short_forms_lead_to_the_full_names_they_stand_for(
    one: str, other: str, related: bool
) -> None:
    assert bool(roots(one) & roots(other)) is related


@pytest.mark.parametrize(
    ("written", "normal"),
    [("zz993vz", "ZZ99 3VZ"), (" ZZ99  3VZ ", "ZZ99 3VZ"), ("Z1 1AA", "Z1 1AA"),
     ("ZZ99", None), ("", None), (None, None), ("ZZ99 3V", None)],
)  # fmt: skip
def test_a_postcode_has_one_form_or_is_none(written: str | None, normal: str | None) -> None:
    assert postcode(written) == normal


def test_a_district_is_the_outward_half_and_nowhere_has_none() -> None:
    assert district("AB1 2CD") == "AB1"
    assert district("ZZ99 3VZ") is None
    assert district(None) is None


@pytest.mark.parametrize(
    ("written", "valid"),
    [("R999999926001", True), (" r999999926001", True), ("A999999926001", False),
     ("R99999992600", False), ("R999999926O01", False), ("", False), (None, False)],
)  # fmt: skip
def test_a_pupil_number_counts_only_with_the_right_check_letter(
    written: str | None, valid: bool
) -> None:
    assert (upn(written) is not None) is valid


@given(st.integers(0, 99_999_999), st.integers(2, 13))
def test_one_wrong_digit_in_a_pupil_number_is_noticed(serial: int, place: int) -> None:
    digits = f"9990{serial:08d}"
    letter = "ABCDEFGHJKLMNPQRTUVWXYZ"[
        sum(int(digit) * weight for weight, digit in enumerate(digits, start=2)) % 23
    ]
    number = letter + digits
    assert upn(number) == number
    wrong = number[: place - 1] + str((int(number[place - 1]) + 1) % 10) + number[place:]
    assert upn(wrong) is None


@pytest.mark.feature("MA8")
def test_the_first_of_january_stands_for_unknown() -> None:
    assert real_birth_date(date(2016, 1, 1)) is None
    assert real_birth_date(date(2016, 1, 2)) == date(2016, 1, 2)
    assert swapped(date(2016, 3, 2)) == date(2016, 2, 3)
    assert swapped(date(2016, 3, 13)) is None


@pytest.mark.parametrize(
    "written",
    [
        "St Mary's Church of England Primary School",
        "St Marys C of E Primary School",
        "st. mary's c.e. prim sch",
        "Saint Mary’s CofE Primary school",
        "St Mary CE (VA) Primry School",
        "The St Marys C/E Primary Academy",
    ],
)
def test_officers_and_register_spell_one_school_alike(written: str) -> None:
    name = parse(written)
    assert name.core == ("st", "mary")
    assert (set(name.kinds), set(name.faiths)) == ({"primary"}, {"ce"})
    assert name.common


@pytest.mark.parametrize(
    ("written", "core", "kinds", "faiths"),
    [
        ("Our Lady & St Teresa's RC Jnr", ("our", "lady", "st", "teresa"), {"junior"}, {"rc"}),
        ("Oakfield J.M.I. School", ("oakfield",), {"junior", "infant"}, set()),
        ("High Street Primary", ("high", "street"), {"primary"}, set()),
        ("Sampleford High", ("sampleford",), {"high"}, set()),
        ("Ysgol Gynradd Aberenghraifft", ("aberenghraifft",), {"primary"}, set()),
        ("Testerby 6th Form College", ("testerby",), {"sixthform"}, set()),
        ("Northgate First School", ("northgate",), {"first"}, set()),
        ("First Steps Nursery", ("first", "step"), {"nursery"}, set()),
        ("Exampleton Girls' Grammar School", ("exampleton",), {"grammar"}, set()),
        ("The School", (), set(), set()),
    ],
)
def test_a_school_name_is_taken_apart(
    written: str, core: tuple[str, ...], kinds: set[str], faiths: set[str]
) -> None:
    name = parse(written)
    assert (name.core, set(name.kinds), set(name.faiths)) == (core, kinds, faiths)


@pytest.mark.parametrize(
    ("name", "common"),
    [("St Bede's", True), ("Holy Trinity Primary", True), ("Manor Academy", True),
     ("Oakfield Primary", True), ("Mockbury Primary", False), ("Bishop Quill School", False)],
)  # fmt: skip
def test_dedications_and_names_of_many_schools_are_common(name: str, common: bool) -> None:
    assert parse(name).common is common


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(text).isascii()
    assert len(name_key(text)) <= 200


def test_a_saints_town_has_one_form() -> None:
    assert place_key("Saint Example’s-on-Sea") == place_key("St. Examples on Sea")
    assert place_key("  ") is None


def test_a_child_is_looked_for_under_what_a_pupil_is_stored_under() -> None:
    pupil = Findable(("Siobhan",), ("Example-Khan",), date(2016, 3, 2), postcodes=("ZZ99 3VZ",))
    stored = block_values(pupil)
    for looked_for in (
        Findable(("Shivaun",), ("Khan",), date(2016, 3, 2)),
        Findable(("Example-Khan",), ("Siobhan",), date(2016, 3, 2)),
        Findable(("Siobhan",), ("Example",), date(2016, 2, 3)),
        Findable(("Siobhan",), ("Example Khan",), None, 2016),
        Findable((None,), (None,), postcodes=("zz993vz",)),
    ):
        assert lookup_values(looked_for) & stored


def test_nothing_is_stored_under_a_date_of_birth_alone() -> None:
    values = block_values(Findable((None,), (None,), date(2016, 3, 2)))
    assert values == frozenset()
