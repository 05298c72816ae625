"""Told schools through the database: hard cases, names of people, and a register that changes."""

import csv
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.core.cipher import Cipher
from app.core.database import Database
from app.core.policy import Policy
from app.core.scope import PLATFORM
from schools.matching.details import Band, Decision
from schools.matching.match import match_children
from schools.models import EstablishmentLink, Status
from schools.register import import_register
from schools.register_models import AliasKind, EstablishmentAlias
from tests.factories.schools import LAST_NIGHT, NOW, add_school, child, register_file

HARD = Path(__file__).with_name("hard_names.csv")


@pytest.fixture
def register(database: Database, tmp_path: Path) -> Database:
    """The fictional register of hard names."""
    with HARD.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    with database.write(PLATFORM) as session:
        import_register(session, register_file(tmp_path, *rows), now=NOW)
    return database


def told(database: Database, cipher: Cipher, name: str, **facts: Any) -> Decision:
    with database.read(PLATFORM) as session:
        one = child("c1", school_name=name, **facts)
        return match_children(session, cipher, [one], on=LAST_NIGHT, policy=Policy())[0]


@pytest.mark.feature("MA3")
@pytest.mark.parametrize(
    ("name", "facts", "urn"),
    [
        ("manor prim in heybridge wood", {"authorities": ("999",)}, 990101),
        ("Oakwood acadmey", {"town": "Otherton"}, 990103),
        ("the primary on Quill Rd", {"town": "Otherton"}, 990104),
        ("Qill Lane Prim", {"authorities": ("998",)}, 990104),
        ("QEGS", {"town": "Otherton", "date_of_birth": None, "age_range": (12, 14)}, 990105),
        ("st josephs rc", {"town": "Exampleton", "authorities": ("999",)}, 990106),
        ("St Joe's Cath Prim", {"town": "Exampleton"}, 990106),
        ("Mockbury Girls High", {"town": "Mockbury", "age_range": (12, 13), "date_of_birth": None},
         990108),
        ("Peter & Paul RC prim", {"town": "Mockbury"}, 990110),
    ],
)  # fmt: skip
def test_a_hard_name_finds_its_school(
    register: Database, cipher: Cipher, name: str, facts: dict[str, Any], urn: int
) -> None:
    decision = told(register, cipher, name, **facts)
    assert (decision.band, decision.urns) == (Band.MATCHED, (urn,))


@pytest.mark.feature("MA3")
@pytest.mark.feature("MA4")
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("manor prim", {"authorities": ("999",)}),  # two of a kind in one council
        ("St Joseph's", {"town": "Exampleton"}),  # a dedication alone
        ("st josephs rc", {"town": "Mockbury"}),  # the home's town, and no such school there
        ("Oakwood", {"town": "Otherton"}),  # a common name alone
        ("Mockbury High", {"town": "Mockbury", "age_range": (12, 13), "date_of_birth": None,
                           "sex": "unknown"}),  # the girls' or the boys'
        ("Otherton", {"town": "Otherton"}),  # a town's name alone
        ("Peter", {"town": "Mockbury"}),  # part of a name alone
        ("Oakwood acadmey", {}),  # no place
    ],
)  # fmt: skip
def test_a_name_that_may_mean_several_goes_to_a_person(
    register: Database, cipher: Cipher, name: str, facts: dict[str, Any]
) -> None:
    assert told(register, cipher, name, **facts).band is not Band.MATCHED


def test_a_name_that_a_person_added_counts_until_it_is_removed(
    register: Database, cipher: Cipher
) -> None:
    facts: dict[str, Any] = {"town": "Otherton"}
    assert told(register, cipher, "Tumbledown Primary", **facts).band is Band.NONE
    with register.write(PLATFORM) as session:
        row = EstablishmentAlias(
            id=UUID(int=1), urn=990104, name="Tumbledown Primary", name_key="tumbledown primary",
            kind=AliasKind.FORMER, added_at=NOW, added_by="job:test",
        )  # fmt: skip
        session.add(row)
    assert told(register, cipher, "tumbledown prim", **facts).urns == (990104,)
    with register.write(PLATFORM) as session:
        found = session.get(EstablishmentAlias, UUID(int=1))
        assert found is not None
        found.removed_at, found.removed_by = NOW, "job:test"
    assert told(register, cipher, "Tumbledown Primary", **facts).band is Band.NONE


def test_a_predecessor_of_the_links_is_offered_by_its_successor(
    register: Database, cipher: Cipher
) -> None:
    with register.write(PLATFORM) as session:
        session.add(
            EstablishmentLink(
                urn=990104, link_urn=990190, link_type="Predecessor",
                link_name="Bygone Hill Junior School",
            )
        )  # fmt: skip
        add_school(session, 990191, name="Another Primary School")  # the register changed
    decision = told(register, cipher, "bygone hill juniors", town="Otherton")
    assert (decision.band, decision.reason_code) == (Band.POSSIBLE, "school_closed")
    assert decision.urns == (990104,)


def test_a_new_school_is_seen_by_the_next_child(register: Database, cipher: Cipher) -> None:
    facts: dict[str, Any] = {"town": "Exampleton"}
    assert told(register, cipher, "Larkgarth Primary", **facts).band is Band.NONE
    with register.write(PLATFORM) as session:
        add_school(session, 990192, name="Larkgarth Primary School")
    assert told(register, cipher, "Larkgarth Primary", **facts).urns == (990192,)


def test_a_school_that_closed_is_not_sent_to_though_its_name_is_still_held(
    register: Database, cipher: Cipher
) -> None:
    facts: dict[str, Any] = {"authorities": ("998",)}
    assert told(register, cipher, "Quill Lane Primary", **facts).band is Band.MATCHED
    with register.write(PLATFORM) as session:
        from schools.queries import establishment

        row = establishment(session, 990104)
        assert row is not None
        row.status = Status.CLOSED
    assert told(register, cipher, "Quill Lane Primary", **facts).band is not Band.MATCHED
