"""Pupil rolls: sealed, found by keyed keys alone, replaced only when whole."""

import io
from collections.abc import Mapping
from datetime import date, timedelta
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
from schools.roll import erase_roll, import_roll
from schools.roll_models import Pupil, PupilKey, Roll, RollState
from schools.roll_record import open_pupil
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


def test_a_pupil_is_sealed_and_bound_to_its_row(database: Database, cipher: Cipher) -> None:
    load(database, cipher, {"UPN": "R999999926001", "MiddleNames": "May"})
    with database.read(PLATFORM) as session:
        pupil = session.scalars(select(Pupil)).one()
        keys = session.scalar(select(func.count()).select_from(PupilKey))
    assert b"Quillfeather" not in pupil.sealed
    details = open_pupil(
        cipher, pupil.sealed, roll=pupil.roll_id, line=pupil.line, key=cipher.register_key()
    )
    assert (details.surname, details.date_of_birth) == ("Quillfeather", date(2016, 3, 2))
    assert keys == 5


def test_a_new_roll_replaces_the_old_one_and_erases_its_pupils(
    database: Database, cipher: Cipher
) -> None:
    load(database, cipher, {}, {"Forename": "Bronwen"})
    load(database, cipher, {"Forename": "Ceri"})
    with database.read(PLATFORM) as session:
        states = session.execute(select(Roll.state, Roll.pupils).order_by(Roll.pupils)).all()
        assert session.scalar(select(func.count()).select_from(Pupil)) == 1
        ids = set(session.scalars(select(PupilKey.pupil_id)))
        assert ids == set(session.scalars(select(Pupil.id)))
    assert [tuple(row) for row in states] == [(RollState.CURRENT, 1), (RollState.REPLACED, 2)]


def test_the_old_roll_stays_where_the_new_one_cannot_be_read(
    database: Database, cipher: Cipher
) -> None:
    load(database, cipher, {})
    with pytest.raises(Refused, match="stays"):
        load(database, cipher, {"DOB": "unknown"})
    assert match(database, cipher, child())[0].band is Band.MATCHED


@pytest.mark.parametrize(
    ("pupil", "code"),
    [
        ({"DOB": ""}, "missing"),
        ({"DOB": "31-02-2016"}, "not_a_date"),
        ({"DOB": "02-03-1916"}, "birth"),
        ({"DOB": "02-03-2027"}, "birth"),
        ({"Surname": ""}, "missing"),
        ({"Forename": "-"}, "name"),
        ({"Sex": "?"}, "sex"),
        ({"URN": "990002"}, "other_school"),
        ({"URN": "99"}, "not_a_urn"),
        ({"EntryDate": "01-09-2024", "LeavingDate": "01-09-2023"}, "order"),
        ({"Surname": "=HYPERLINK()"}, "formula"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_taken(
    database: Database, cipher: Cipher, pupil: dict[str, object], code: str
) -> None:
    report = load(database, cipher, {}, pupil, {"Forename": "Bronwen"})
    assert (report.accepted, report.rejected) == (2, 1)
    assert [(error.line, error.code) for error in report.errors] == [(3, code)]
    assert "Quillfeather" not in repr(report)


@pytest.mark.parametrize("owner", ["urn:990099", "council:997", "990001", "force:99"])
def test_an_owner_that_the_register_does_not_hold_is_refused(
    database: Database, cipher: Cipher, owner: str
) -> None:
    with pytest.raises(Refused):
        load(database, cipher, {}, owner=owner)


def test_more_than_the_needed_columns_is_refused(database: Database, cipher: Cipher) -> None:
    source = io.StringIO("Surname,Forename,DOB,Religion\nQuillfeather,Asha,02-03-2016,x\n")
    with database.write(PLATFORM) as session, pytest.raises(Refused, match="not known"):
        import_roll(session, cipher, source, owner=OWNER, now=NOW)


def test_a_council_speaks_for_its_own_schools_only(database: Database, cipher: Cipher) -> None:
    report = load(database, cipher, {}, {"URN": "990002"}, {"URN": "990003"}, owner="council:999")
    assert (report.accepted, [error.code for error in report.errors]) == (2, ["other_school"])


def test_a_dry_run_writes_nothing(database: Database, cipher: Cipher) -> None:
    report = load(database, cipher, {}, dry_run=True)
    assert (report.accepted, report.dry_run) == (1, True)
    with database.read(PLATFORM) as session:
        assert session.scalar(select(func.count()).select_from(Roll)) == 0


@pytest.mark.feature("MA1")
@pytest.mark.parametrize(
    ("pupil", "changes", "band"),
    [
        ({}, {}, Band.MATCHED),
        ({}, {"forename": "Quillfeather", "surname": "Asha"}, Band.MATCHED),
        ({"FormerSurname": "Oakes"}, {"surname": "Oakes"}, Band.MATCHED),
        ({}, {"date_of_birth": date(2016, 2, 3)}, Band.MATCHED),
        ({"DOB": "19-07-2011"}, {"forename": "Bronwen"}, Band.NONE),
        ({"LeavingDate": "12-11-2026"}, {}, Band.NONE),
        ({"LeavingDate": "31-07-2027"}, {}, Band.MATCHED),
        ({"EntryDate": "23-11-2026"}, {}, Band.NONE),
    ],
)
def test_a_child_is_found_on_the_roll(
    database: Database, cipher: Cipher, pupil: dict[str, object], changes: dict[str, Any],
    band: Band,
) -> None:  # fmt: skip
    load(database, cipher, pupil, {"Forename": "Ceri", "Surname": "Oakes", "DOB": "01-05-2017"})
    assert match(database, cipher, child(**changes))[0].band is band


def test_a_roll_older_than_a_term_is_not_used(database: Database, cipher: Cipher) -> None:
    load(database, cipher, {})
    with database.read(PLATFORM) as session:
        later = match_children(
            session, cipher, [child()], on=LAST_NIGHT + timedelta(days=130), policy=Policy()
        )
    assert later[0].band is Band.NONE


def test_a_block_over_the_cap_tells_nothing(
    database: Database, cipher: Cipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(database, cipher, {}, {"Forename": "Bronwen", "DOB": "19-07-2014"})
    monkeypatch.setattr("schools.matching.rules.BLOCK_CAP", 1)
    assert match(database, cipher, child())[0].band is Band.MATCHED
    monkeypatch.setattr("schools.matching.rules.BLOCK_CAP", 0)
    assert match(database, cipher, child())[0].band is Band.NONE


def test_an_erased_roll_leaves_no_pupil_behind(database: Database, cipher: Cipher) -> None:
    load(database, cipher, {}, {"Forename": "Bronwen"})
    with database.write(PLATFORM) as session:
        assert erase_roll(session, OWNER) == 2
    with database.read(PLATFORM) as session:
        assert session.scalar(select(func.count()).select_from(Pupil)) == 0
        assert session.scalar(select(func.count()).select_from(PupilKey)) == 0
    assert match(database, cipher, child())[0].band is Band.NONE
