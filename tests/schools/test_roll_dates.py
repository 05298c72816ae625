"""Leavers, movers, the summer, and addresses and keys that tell nothing."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.cipher import Cipher
from app.core.clock import at_london
from app.core.database import Database
from app.core.errors import Refused
from app.core.policy import Policy
from app.core.scope import PLATFORM
from schools.imports import ImportReport
from schools.matching.details import Band, ChildFacts, Decision
from schools.matching.match import match_children
from schools.roll import erase_last_years_rolls, import_roll
from schools.roll_dates import used_since
from schools.roll_marks import mark, unmark
from schools.roll_models import MarkedReason, Pupil, PupilKey
from schools.roll_state import rolls_held
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


@pytest.mark.feature("MA15")
@pytest.mark.parametrize(
    ("imported", "on", "used"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), True),
        (date(2026, 11, 20), date(2027, 3, 20), True),
        (date(2026, 11, 20), date(2027, 3, 21), False),  # older than a term
        (date(2026, 6, 20), date(2026, 8, 30), True),
        (date(2026, 6, 20), date(2026, 8, 31), False),  # the summer came between
        (date(2026, 6, 20), date(2026, 9, 4), False),
        (date(2026, 8, 31), date(2026, 9, 4), True),
    ],
)
def test_a_roll_is_used_for_a_term_and_never_over_the_summer(
    imported: date, on: date, used: bool
) -> None:
    assert (at_london(imported, time(12)) >= used_since(on)) is used


@pytest.mark.feature("MA15")
def test_a_year_6_leaver_in_september_is_never_told_at_the_old_school(
    database: Database, cipher: Cipher
) -> None:
    """Neither by last year's roll, nor by this year's that still lists the leaver."""
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    leaver = {"DOB": "02-03-2015", "EntryDate": "01-09-2019"}
    september = date(2026, 9, 8)
    with database.write(PLATFORM) as session:
        import_roll(session, cipher, roll_file(leaver), owner=OWNER, now=summer)
    named = child(date_of_birth=date(2015, 3, 2))
    assert _decided(database, cipher, named, on=september).band is Band.NONE
    with database.write(PLATFORM) as session:
        import_roll(
            session, cipher, roll_file({**leaver, "LeavingDate": "22-07-2026"}), owner=OWNER,
            now=datetime(2026, 9, 3, 12, tzinfo=UTC),
        )  # fmt: skip
    assert _decided(database, cipher, named, on=september).band is not Band.MATCHED


@pytest.mark.feature("MA15")
def test_a_child_who_moved_is_matched_to_the_school_of_the_day(
    database: Database, cipher: Cipher
) -> None:
    load(
        database, cipher, {"LeavingDate": "13-11-2026"},
        {"URN": "990002", "EntryDate": "16-11-2026"}, owner="council:999",
    )  # fmt: skip
    before = _decided(database, cipher, child(), on=date(2026, 11, 12))
    after = _decided(database, cipher, child(), on=date(2026, 11, 19))
    assert (before.band, before.urns) == (Band.MATCHED, (990001,))
    assert (after.band, after.urns) == (Band.MATCHED, (990002,))


def test_last_years_rolls_are_erased_after_the_31st_of_august(
    database: Database, cipher: Cipher
) -> None:
    with database.write(PLATFORM) as session:
        import_roll(
            session, cipher, roll_file({}), owner=OWNER, now=datetime(2026, 7, 1, tzinfo=UTC)
        )
    with database.write(PLATFORM) as session:
        assert erase_last_years_rolls(session, now=datetime(2026, 8, 30, tzinfo=UTC)) == 0
        assert erase_last_years_rolls(session, now=datetime(2026, 8, 31, tzinfo=UTC)) == 1
    with database.read(PLATFORM) as session:
        assert session.scalar(select(func.count()).select_from(Pupil)) == 0
        assert session.scalar(select(func.count()).select_from(PupilKey)) == 0


@pytest.mark.feature("MA9")
def test_a_marked_postcode_finds_and_decides_nothing(database: Database, cipher: Cipher) -> None:
    load(database, cipher, {}, {"Forename": "Bronwen", "DOB": "19-07-2014"})
    slipped = child(forename="Ashia", date_of_birth=date(2016, 3, 12))
    assert match(database, cipher, slipped)[0].band is Band.MATCHED
    with database.write(PLATFORM) as session:
        mark(session, cipher, "zz99 3vz", reason=MarkedReason.REFUGE, by="test", now=NOW)
    assert match(database, cipher, slipped)[0].band is not Band.MATCHED
    with database.write(PLATFORM) as session:
        unmark(session, cipher, "ZZ993VZ")
    assert match(database, cipher, slipped)[0].band is Band.MATCHED
    with database.write(PLATFORM) as session, pytest.raises(Refused):
        unmark(session, cipher, "ZZ993VZ")
    with database.write(PLATFORM) as session, pytest.raises(Refused, match="postcode"):
        mark(session, cipher, "ZZ99", reason=MarkedReason.HOSTEL, by="test", now=NOW)


@pytest.mark.feature("MA10")
def test_a_common_block_tells_nothing_and_a_narrower_one_still_finds_the_child(
    database: Database, cipher: Cipher, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A hostel's postcode and a common surname are over the cap; forename and birth are not."""
    others = (
        {"Forename": name, "Surname": "Smith"}
        for name in ("Bronwen", "Ceri", "Dilys", "Elin", "Ffion")
    )
    load(database, cipher, {"Surname": "Smith"}, *others)
    monkeypatch.setattr("schools.matching.rules.BLOCK_CAP", 3)
    (decision,) = match(database, cipher, child(surname="Smith"))
    assert decision.urns == (990001,)
    assert decision.evidence[0].fields["forename"] == "exact"
    assert "block_over_cap" in "".join(capsys.readouterr())
    with database.read(PLATFORM) as session:
        assert rolls_held(session, on=LAST_NIGHT).wide_blocks == 2


def _decided(database: Database, cipher: Cipher, one: ChildFacts, *, on: date) -> Decision:
    with database.read(PLATFORM) as session:
        return match_children(session, cipher, [one], on=on, policy=Policy())[0]
