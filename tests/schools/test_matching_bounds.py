"""What matching one child may cost: a fixed number of statements, a bounded number of pupils."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from app.core.cipher import Cipher
from app.core.database import Database
from app.core.policy import Policy
from app.core.scope import PLATFORM
from schools.matching import rules
from schools.matching.details import Band, ChildFacts
from schools.matching.match import match_children, match_incidents
from schools.matching.search import find_leads
from schools.roll import import_roll
from tests.factories.schools import COUNCIL, LAST_NIGHT, NOW, add_school, child, roll_file

MOST_STATEMENTS = 10
LETTERS = "abcdefghijklmnopqrst"


def load(database: Database, cipher: Cipher, *pupils: Mapping[str, object]) -> None:
    with database.write(PLATFORM) as session:
        import_roll(session, cipher, roll_file(*pupils), owner=f"council:{COUNCIL}", now=NOW)


@pytest.fixture(autouse=True)
def school(database: Database) -> None:
    with database.write(PLATFORM) as session:
        add_school(session, 990001)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Yield a list that fills with every statement sent to the database."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def strangers(number: int) -> list[dict[str, object]]:
    """Return pupils of other names at the child's own address, each born on another day."""
    return [
        {"Surname": f"Oakes{LETTERS[at % 20]}{LETTERS[at // 20]}", "Forename": "Nesta",
         "DOB": f"{at % 27 + 1:02}-{at // 27 % 12 + 1:02}-2012"}
        for at in range(number)
    ]  # fmt: skip


def statements_for(database: Database, cipher: Cipher, *children: ChildFacts) -> int:
    with database.read(PLATFORM) as session, statements(database) as seen:
        match_children(session, cipher, children, on=LAST_NIGHT, policy=Policy())
    return len(seen)


@pytest.mark.feature("MA21")
def test_a_larger_roll_or_family_asks_no_more_statements(
    database: Database, cipher: Cipher
) -> None:
    load(database, cipher, {})
    alone = statements_for(database, cipher, child())
    load(database, cipher, {}, *strangers(60))
    names = ("Asha", "Bryn", "Cai", "Dai", "Elin")
    family = [child(f"c{number}", forename=name) for number, name in enumerate(names)]
    assert statements_for(database, cipher, child()) == alone <= MOST_STATEMENTS
    # Who does not stand there as typed is looked for once more: counted, marked, found, opened.
    of_two = statements_for(database, cipher, *family[:2])
    assert of_two <= alone + 4
    assert statements_for(database, cipher, *family) <= of_two


def test_who_stands_on_a_roll_as_typed_is_looked_for_no_further(
    database: Database, cipher: Cipher
) -> None:
    # Born in the same year, of the same names and at another address: a namesake, found by names.
    namesake = {"DOB": "09-11-2016", "PostCode": "ZZ99 2BB"}
    load(database, cipher, {}, namesake)
    elsewhere = child(postcodes=("ZZ99 9ZZ",))
    with database.read(PLATFORM) as session:
        typed, moved = (
            find_leads(session, cipher, [one], on=LAST_NIGHT)[0] for one in (child(), elsewhere)
        )
    assert [len(leads.pupils) for leads in (typed, moved)] == [1, 2]


def test_a_leaver_or_another_number_does_not_end_the_search(
    database: Database, cipher: Cipher
) -> None:
    namesake = {"DOB": "09-11-2016", "PostCode": "ZZ99 2BB"}
    load(database, cipher, {"LeavingDate": "20-10-2026"}, namesake)
    with database.read(PLATFORM) as session:
        (leads,) = find_leads(session, cipher, [child()], on=LAST_NIGHT)
    assert sorted(one.left for one in leads.pupils) == [False, True]


@pytest.mark.feature("MA21")
def test_no_more_pupils_are_opened_than_the_caps_allow(
    database: Database, cipher: Cipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(database, cipher, {}, *strangers(40))
    assert (rules.BLOCK_CAP, rules.CANDIDATE_CAP) == (500, 1_000)
    with database.read(PLATFORM) as session:
        (leads,) = find_leads(session, cipher, [child()], on=LAST_NIGHT)
        assert len(leads.pupils) == 41
        monkeypatch.setattr("schools.matching.rules.CANDIDATE_CAP", 20)
        (leads,) = find_leads(session, cipher, [child()], on=LAST_NIGHT)
        # The narrow blocks come first: the child itself is still found.
        assert len(leads.pupils) == 1
        (decision,) = match_children(session, cipher, [child()], on=LAST_NIGHT, policy=Policy())
    assert decision.band is Band.MATCHED


def test_a_night_matched_together_is_decided_as_incident_by_incident(
    database: Database, cipher: Cipher
) -> None:
    load(database, cipher, {}, {"Forename": "Bryn", "Sex": "M"}, *strangers(10))
    night = [[child("a"), child("b", forename="Bryn", sex="M")], [], [child(postcodes=())]]
    with database.read(PLATFORM) as session:
        each = [
            match_children(session, cipher, one, on=LAST_NIGHT, policy=Policy()) for one in night
        ]
        together = match_incidents(session, cipher, night, on=LAST_NIGHT, policy=Policy())
    assert together == each
