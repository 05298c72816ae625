"""What each cleaning step makes of a told school name: tables of cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.matching.school_names import initials, mended, parse, street_key, told_street
from schools.matching.slips import is_slip

KNOWN = frozenset({"hawthorn", "mockbury", "quill", "st", "mary", "joseph"})


@pytest.mark.parametrize(
    ("told", "core", "kinds", "faiths"),
    [
        ("st marys rc", ("st", "mary"), set(), {"rc"}),
        ("Saint Mary's Roman Catholic Prim", ("st", "mary"), {"primary"}, {"rc"}),
        ("SS Peter & Paul C. of E. Jnr Sch", ("st", "peter", "paul"), {"junior"}, {"ce"}),
        ("St Joe's", ("st", "joseph"), set(), set()),
        ("St Theresa's Cath Inf", ("st", "teresa"), {"infant"}, {"rc"}),
        ("St Katharine", ("st", "catherine"), set(), set()),
        ("The Sir Quill Academy", ("quill",), set(), set()),
        ("Mockbury Comp", ("mockbury",), {"comprehensive"}, set()),
        ("Mockbury Sec Sch", ("mockbury",), {"secondary"}, set()),
        ("Mockbury 6th form coll", ("mockbury",), {"sixthform"}, set()),
        ("Mockbury Nurs", ("mockbury",), {"nursery"}, set()),
        ("Mockbury JMI", ("mockbury",), {"junior", "infant"}, set()),
        ("High Mockbury", ("high", "mockbury"), set(), set()),
        ("Ysgol Gynradd Gymunedol Aber", ("aber",), {"primary"}, set()),
        ("Ysgol Gyfun Aber", ("aber",), {"comprehensive"}, set()),
        ("Mockbury Mockbury Primary", ("mockbury",), {"primary"}, set()),
    ],
)  # fmt: skip
def test_a_told_name_is_taken_apart(
    told: str, core: tuple[str, ...], kinds: set[str], faiths: set[str]
) -> None:
    name = parse(told)
    assert (name.core, set(name.kinds), set(name.faiths)) == (core, kinds, faiths)


@pytest.mark.parametrize(
    ("told", "core", "kinds"),
    [
        ("Hawthorn Ptim Shool", ("hawthorn",), {"primary"}),
        ("Hawthorn hgh skohol", ("hawthorn",), {"high"}),
        ("Infats Hawthorn", ("hawthorn",), {"infant"}),
        ("Hawthorn Nirsery", ("hawthorn",), {"nursery"}),
        ("Hawthorn Gramar", ("hawthorn",), {"grammar"}),
        ("Saimt Marys Prim", ("st", "mary"), {"primary"}),
        # A word that some school bears is never a slip of a kind's.
        ("Hawthorn Quill", ("hawthorn", "quill"), set()),
        # The first word is the name, where no other is.
        ("Hogh", ("hogh",), set()),
    ],
)
def test_slips_in_words_of_a_kind_are_mended(
    told: str, core: tuple[str, ...], kinds: set[str]
) -> None:
    name = mended(told, KNOWN)
    assert (name.core, set(name.kinds)) == (core, kinds)


@pytest.mark.parametrize(
    ("said", "meant", "slip"),
    [
        ("mockbery", "mockbury", True), ("mcokbury", "mockbury", True),
        ("mockbry", "mockbury", True), ("mockburry", "mockbury", True),
        ("ockbury", "mockbury", True), ("omckbury", "mockbury", True),
        ("nockbury", "mockbury", True), ("pockbury", "mockbury", False),
        ("brn", "barn", False), ("ox", "fox", False), ("filips", "philips", False),
        ("kwill", "quill", False), ("rushkroft", "rushcroft", True),
        ("yarnfield", "parkfield", False),
        ("hale", "hall", True), ("mill", "hill", False), ("bankfield", "larkfield", False),
    ],
)  # fmt: skip
def test_one_slip_is_allowed_anywhere_two_in_long_words(said: str, meant: str, slip: bool) -> None:
    assert is_slip(said, meant) is slip


@pytest.mark.parametrize(("said", "slip"), [("joseh", True), ("mrak", False), ("mart", False)])
def test_a_slip_of_a_saint_must_not_be_nearer_to_another(said: str, slip: bool) -> None:
    assert is_slip(said, "joseph" if slip else "mary", saint=True) is slip


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Queen Quill Grammar School", {"qqgs"}),
        ("King Quill School", set()),
        ("Mockbury Village C of E Primary School", {"mvps", "mvceps"}),
        ("St Mary's Catholic Primary School", set()),
    ],
)
def test_initials_stand_for_names_of_four_words(name: str, short: set[str]) -> None:
    assert short & initials(name) == short
    assert bool(initials(name)) is bool(short)


@pytest.mark.parametrize(
    ("told", "street"),
    [
        ("the infants on park road", "park road"), ("the primary on park rd", "park road"),
        ("hawthorn primary on park road", None), ("stratton on avon", None), ("the infants", None),
    ],
)  # fmt: skip
def test_a_street_is_read_only_where_no_name_was_told(told: str, street: str | None) -> None:
    assert told_street(told) == street


def test_a_street_is_folded_without_its_number() -> None:
    assert street_key("12 Park Rd.") == street_key("Park Road") == "park road"
    assert street_key("  ") is None


@given(st.text(max_size=60))
def test_any_text_is_taken_apart_alike_twice(text: str) -> None:
    assert mended(text, frozenset()) == mended(text, frozenset())
    assert all(word for word in parse(text).core)
