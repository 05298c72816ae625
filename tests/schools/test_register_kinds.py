"""Wales, colleges, independents, referral units, early years: the type decides the rule."""

from pathlib import Path
from typing import Any

import pytest

from app.core.database import Database
from app.core.scope import PLATFORM
from schools.matching.ages import age_fit, right_kind
from schools.matching.rules import AgeFit
from schools.queries import OPEN_STATUSES, establishment
from schools.register import import_register
from schools.term_dates import Nation
from tests.factories.schools import NOW, register_file, school

pytestmark = pytest.mark.feature("RE3")

# Type code and name of the register, and whether a child can be a registered pupil there.
KINDS = [
    (1, "Community school", True), (2, "Voluntary aided school", True),
    (5, "Foundation school", True), (6, "City technology college", True),
    (7, "Community special school", True), (10, "Other independent special school", True),
    (11, "Other independent school", True), (14, "Pupil referral unit", True),
    (15, "Local authority nursery school", True), (28, "Academy sponsor led", True),
    (30, "Welsh establishment", True), (34, "Academy converter", True),
    (38, "Free schools alternative provision", True), (40, "University technical college", True),
    (45, "Academy 16-19 converter", True), (57, "Academy secure 16 to 19", True),
    (18, "Further education", False), (31, "Sixth form centres", False),
    (32, "Special post 16 institution", False), (24, "Secure units", False),
    (25, "Offshore schools", False), (26, "Service children's education", False),
    (29, "Higher education institutions", False), (37, "British schools overseas", False),
    (49, "Online provider", False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "name", "statutory"), KINDS)
def test_the_type_says_whether_a_child_can_be_a_registered_pupil(
    database: Database, tmp_path: Path, code: int, name: str, statutory: bool
) -> None:
    row = {"TypeOfEstablishment (code)": str(code), "TypeOfEstablishment (name)": name}
    with database.write(PLATFORM) as session:
        import_register(session, register_file(tmp_path, row), now=NOW)
        found = establishment(session, 990001)
    assert found is not None
    assert (found.type_code, found.type_name, found.statutory) == (code, name, statutory)


@pytest.mark.parametrize(
    ("row", "nation"),
    [
        ({"LA (code)": "660"}, Nation.WALES),
        ({"LA (code)": "681"}, Nation.WALES),
        ({"TypeOfEstablishment (code)": "30"}, Nation.WALES),
        ({"GOR (name)": "Wales (pseudo)"}, Nation.WALES),
        ({"LA (code)": "659"}, Nation.ENGLAND),
        ({"LA (code)": "936", "GOR (name)": "South East"}, Nation.ENGLAND),
    ],
)
def test_wales_is_told_by_council_type_or_region(
    database: Database, tmp_path: Path, row: dict[str, str], nation: Nation
) -> None:
    with database.write(PLATFORM) as session:
        import_register(session, register_file(tmp_path, row), now=NOW)
        found = establishment(session, 990001)
    assert found is not None
    assert found.nation is nation


@pytest.mark.feature("RE2")
@pytest.mark.parametrize(
    ("code", "name", "is_open"),
    [("1", "Open", True), ("2", "Closed", False), ("3", "Open, but proposed to close", True),
     ("4", "Proposed to open", False)],
)  # fmt: skip
def test_a_school_proposed_to_close_is_open_until_it_closes(
    database: Database, tmp_path: Path, code: str, name: str, is_open: bool
) -> None:
    """By name, by code, or by both, as the columns of a file come."""
    for blank in ((), ("EstablishmentStatus (code)",), ("EstablishmentStatus (name)",)):
        said = {"EstablishmentStatus (code)": code, "EstablishmentStatus (name)": name}
        said |= dict.fromkeys(blank, "")
        with database.write(PLATFORM) as session:
            import_register(session, register_file(tmp_path, said), now=NOW)
            found = establishment(session, 990001)
        assert found is not None
        assert (found.status in OPEN_STATUSES) is is_open


@pytest.mark.parametrize(
    ("kind", "age", "right"),
    [
        ({"type_code": 18, "statutory": False}, 16, True),  # sixteen, victim, at college
        ({"type_code": 18, "statutory": False}, 12, False),
        ({"type_code": 14}, 13, True),
        ({"type_code": 15}, 3, True),  # a nursery class
        ({"type_code": 11}, 9, True),
        ({"type_code": 37, "statutory": False}, 9, False),
    ],
)
def test_a_college_is_matched_by_age_and_others_by_their_kind(
    kind: dict[str, Any], age: int, right: bool
) -> None:
    assert right_kind(school(**kind), (age,)) is right


@pytest.mark.parametrize("phase", ["primary", "secondary"])
def test_a_welsh_row_without_ages_is_never_unfit(phase: str) -> None:
    welsh = school(type_code=30, low_age=None, high_age=None)
    for age in (3, 7, 12, 18):
        assert age_fit(welsh, (age,), frozenset({phase})) is not AgeFit.UNFIT
    assert age_fit(welsh, (), frozenset({phase})) is AgeFit.UNKNOWN
