"""Files that are no roll, or a bad one: told row by row, and nothing half-applied."""

import io
import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.cipher import Cipher
from app.core.database import Database
from app.core.errors import Refused
from app.core.policy import Policy
from app.core.scope import PLATFORM
from schools.imports import ImportReport
from schools.matching.details import Band, ChildFacts, Decision
from schools.matching.match import match_children
from schools.roll import import_roll
from schools.roll_models import Pupil, Roll
from tests.factories.schools import (
    LAST_NIGHT,
    NOW,
    OTHER_COUNCIL,
    add_school,
    child,
    roll_file,
)

OWNER = "urn:990001"


@pytest.fixture(autouse=True)
def schools(database: Database) -> None:
    with database.write(PLATFORM) as session:
        add_school(session, 990001)
        add_school(session, 990002, name="Oakfield Primary School")
        add_school(session, 990003, la_code=OTHER_COUNCIL)


def load(
    database: Database, cipher: Cipher, *pupils: Mapping[str, object], owner: str = OWNER,
    **options: Any,
) -> ImportReport:  # fmt: skip
    with database.write(PLATFORM) as session:
        return import_roll(session, cipher, roll_file(*pupils), owner=owner, now=NOW, **options)


def match(database: Database, cipher: Cipher, *children: ChildFacts) -> list[Decision]:
    with database.read(PLATFORM) as session:
        return match_children(session, cipher, children, on=LAST_NIGHT, policy=Policy())


NO_ROLLS = [
    ("", "empty"),
    ("\n\n", "empty"),
    ("Name,Born\nAsha,2016\n", "no column"),
    ("surname;forename;dob\nQuillfeather;Asha;02-03-2016\n", "parted by semicolons"),
    ("Surname,Forename,DOB\n", "No pupil"),
    ("Surname,Forename,DOB\nQuillfeather,Asha,31-02-2016\n", "No pupil"),
    ("Surname,Forename,DOB,DOB\nQuillfeather,Asha,02-03-2016,02-03-2016\n", "twice"),
    ('Surname,Forename,DOB\n"Quillfeather,Asha,02-03-2016\n', "Line"),
    ("Surname,Forename,DOB\n" + "x" * 300_000, "characters"),
]


@pytest.mark.parametrize(("text", "says"), NO_ROLLS)
def test_a_file_that_is_no_roll_is_refused_and_the_old_roll_stays(
    database: Database, cipher: Cipher, text: str, says: str
) -> None:
    load(database, cipher, {})
    with database.write(PLATFORM) as session, pytest.raises(Refused) as refused:
        import_roll(session, cipher, io.StringIO(text), owner=OWNER, now=NOW)
    assert says in refused.value.detail
    assert "Quillfeather" not in refused.value.detail
    assert match(database, cipher, child())[0].band is Band.MATCHED


def test_a_file_that_breaks_off_leaves_nothing_behind(database: Database, cipher: Cipher) -> None:
    load(database, cipher, {})
    good = roll_file({"Forename": "Bronwen"}, {"Forename": "Ceri"}).getvalue()
    with database.write(PLATFORM) as session, pytest.raises(Refused):
        import_roll(session, cipher, io.StringIO(good + '"broken'), owner=OWNER, now=NOW)
    with database.read(PLATFORM) as session:
        assert session.scalar(select(func.count()).select_from(Pupil)) == 1
        assert session.scalar(select(func.count()).select_from(Roll)) == 1


def test_a_roll_that_lost_over_half_of_its_pupils_is_refused_unless_accepted(
    database: Database, cipher: Cipher
) -> None:
    load(database, cipher, *({"Forename": name} for name in ("Asha", "Bronwen", "Ceri")))
    with pytest.raises(Refused, match="accept-fewer"):
        load(database, cipher, {})
    assert load(database, cipher, {}, accept_fewer=True).accepted == 1


@pytest.mark.parametrize(
    ("second", "accepted", "code"),
    [
        ({}, 1, "twice"),
        ({"Forename": "ASHA"}, 1, "twice"),
        ({"UPN": "R999999926001"}, 1, "twice"),
        ({"Sex": "?"}, 1, "sex"),
        ({"Forename": "Bronwen"}, 2, None),
    ],
)
def test_two_rows_for_one_child_are_one_pupil(
    database: Database, cipher: Cipher, second: dict[str, object], accepted: int, code: str | None
) -> None:
    report = load(database, cipher, {}, second)
    assert report.accepted == accepted
    assert [error.code for error in report.errors] == ([code] if code else [])


def test_namesakes_of_one_birthday_with_numbers_of_their_own_are_two_pupils(
    database: Database, cipher: Cipher
) -> None:
    report = load(database, cipher, {"UPN": "R999999926001"}, {"UPN": "F999999926002"})
    assert (report.accepted, report.rejected) == (2, 0)


def test_the_second_row_serves_where_the_first_is_bad(database: Database, cipher: Cipher) -> None:
    report = load(database, cipher, {"Sex": "?"}, {}, {})
    assert (report.accepted, [(one.line, one.code) for one in report.errors]) == (
        1, [(2, "sex"), (4, "twice")],
    )  # fmt: skip


@pytest.mark.feature("MA6")
def test_a_number_that_two_pupils_share_is_left_out_of_both(
    database: Database, cipher: Cipher
) -> None:
    number = "R999999926001"
    report = load(database, cipher, {"UPN": number}, {"UPN": number, "Forename": "Bronwen"})
    assert (report.accepted, report.warned) == (2, 2)
    assert {warning.code for warning in report.warnings} == {"upn_shared"}
    (decision,) = match(database, cipher, child(upn=number, forename="Bronwen"))
    assert decision.band is Band.MATCHED


def test_one_number_at_two_schools_is_a_dual_registration_and_stays(
    database: Database, cipher: Cipher
) -> None:
    number = "R999999926001"
    report = load(
        database, cipher, {"UPN": number}, {"UPN": number, "URN": "990002"}, owner="council:999"
    )
    assert (report.accepted, report.warned) == (2, 0)


@pytest.mark.feature("MA6")
@pytest.mark.parametrize(
    ("pupil", "code"),
    [({"UPN": "A999999926001"}, "upn_check"), ({"FormerUPN": "12"}, "upn_check"),
     ({"PostCode": "ZZ99"}, "postcode")],
)  # fmt: skip
def test_a_value_that_is_no_use_is_left_out_with_a_warning(
    database: Database, cipher: Cipher, pupil: dict[str, object], code: str
) -> None:
    report = load(database, cipher, pupil)
    assert (report.accepted, report.rejected) == (1, 0)
    assert [(warning.line, warning.code) for warning in report.warnings] == [(2, code)]


def test_a_thousand_bad_rows_are_named_and_all_are_counted(
    database: Database, cipher: Cipher
) -> None:
    bad = ({"Forename": f"Pupil {number}", "DOB": "soon"} for number in range(1_200))
    report = load(database, cipher, {}, *bad)
    assert (report.accepted, report.rejected, len(report.errors)) == (1, 1_200, 1_000)


def test_a_big_file_is_read_in_bounded_memory(database: Database, cipher: Cipher) -> None:
    """Ten times the rows may not take twice the memory beside what is fixed."""
    peaks = []
    for rows in (500, 5_000):
        pupils = [
            {"Forename": f"Given{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}",
             "Surname": f"Family{chr(97 + n // 676 % 26)}", "DOB": f"{1 + n % 28:02}-03-2016"}
            for n in range(rows)
        ]  # fmt: skip
        source = roll_file(*pupils)
        tracemalloc.start()
        with database.write(PLATFORM) as session:
            import_roll(session, cipher, source, owner=OWNER, now=NOW, accept_fewer=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 8 * 2**20
