"""Matching against the database: numbers, told schools, rolls, and the children of one incident."""

from datetime import date
from typing import Any

import pytest

from app.core.cipher import Cipher
from app.core.database import Database
from app.core.policy import Policy
from app.core.scope import PLATFORM
from schools.matching.details import Band, ChildFacts, Decision
from schools.matching.match import match_children
from schools.models import EstablishmentLink, Status
from schools.roll import import_roll
from tests.factories.schools import (
    COUNCIL,
    LAST_NIGHT,
    NOW,
    OTHER_COUNCIL,
    add_school,
    child,
    roll_file,
)


@pytest.fixture(autouse=True)
def county(database: Database, cipher: Cipher) -> None:
    with database.write(PLATFORM) as session:
        add_school(session, 990001)
        add_school(session, 990002, name="St Mary's Church of England Primary School")
        add_school(session, 990003, name="Mockbury Primary School", town="Mockbury",
                   locality="Quillside")  # fmt: skip
        add_school(session, 990004, name="Old Mill Primary School", status=Status.CLOSED)
        add_school(session, 990005, name="Millbrook Academy", town="Mockbury")
        add_school(session, 990006, name="Draftwick Primary School", la_code=OTHER_COUNCIL,
                   la_name="Otherhampton", town=None)  # fmt: skip
        add_school(session, 990007, name="Harding Primary School", town="Mockbury")
        add_school(session, 990008, name="Harling Primary School", town="Far Away",
                   la_code=OTHER_COUNCIL, la_name="Otherhampton")  # fmt: skip
        session.add(EstablishmentLink(urn=990004, link_urn=990005, link_type="Successor"))
        import_roll(
            session, cipher,
            roll_file(
                {"URN": "990001"},
                {"URN": "990001", "Forename": "Bryn", "Sex": "M"},
                {"URN": "990003", "Forename": "Ceri", "DOB": "19-07-2018"},
            ),
            owner=f"council:{COUNCIL}", now=NOW,
        )  # fmt: skip


def match(database: Database, cipher: Cipher, *children: ChildFacts) -> list[Decision]:
    with database.read(PLATFORM) as session:
        return match_children(session, cipher, children, on=LAST_NIGHT, policy=Policy())


STRANGER: dict[str, Any] = {"forename": "Nesta", "surname": "Oakes", "postcodes": ()}


@pytest.mark.feature("MA1")
@pytest.mark.parametrize(
    ("told", "urns", "reason"),
    [
        ({"urn": 990003}, (990003,), None),
        ({"urn": 9990003}, (990003,), None),  # LAEstab: council 999, school 0003
        ({"urn": 990099}, (), "no_school_known"),
        ({"urn": 990004}, (990005,), "school_closed"),
        ({"school_name": "Mockbury Prim", "town": "Mockbury"}, (990003,), None),
        ({"school_name": "Mockbury Prim", "town": "quillside"}, (990003,), None),
        ({"school_name": "Mockbury Prim", "authorities": (COUNCIL,)}, (990003,), None),
        ({"school_name": "Draftwick Primary", "town": "Otherhampton"}, (990006,), None),
        ({"school_name": "Old Mill Primary School", "town": "Exampleton"}, (990005,),
         "school_closed"),
        ({"school_name": "Harking Primary", "town": "Mockbury"}, (990007,), None),
        ({"school_name": "Harling Primary", "town": "Mockbury"}, (990008,), "too_uncertain"),
        ({"school_name": "St Mary's", "town": "Exampleton"}, (990001, 990002), "several_schools"),
        ({}, (), "no_school_known"),
    ],
)  # fmt: skip
def test_a_child_on_no_roll_is_matched_by_what_was_told(
    database: Database, cipher: Cipher, told: dict[str, Any], urns: tuple[int, ...],
    reason: str | None,
) -> None:  # fmt: skip
    (decision,) = match(database, cipher, child(**STRANGER, **told))
    assert (decision.urns, decision.reason_code) == (urns, reason)
    assert (decision.band is Band.MATCHED) is (reason is None)


def test_children_of_one_incident_are_decided_as_a_set_and_in_order(
    database: Database, cipher: Cipher
) -> None:
    asha, bryn, ceri, other = match(
        database,
        cipher,
        child("c1"),
        child("c2", forename="Bryn", sex="M"),
        child("c3", forename="Ceri", date_of_birth=date(2018, 7, 19)),
        child("c4", forename="Dafydd", sex="M", date_of_birth=date(2019, 5, 1)),
    )
    assert [one.band for one in (asha, bryn, ceri)] == [Band.MATCHED] * 3
    assert [one.urns for one in (asha, bryn, ceri)] == [(990001,), (990001,), (990003,)]
    assert other.band is not Band.MATCHED


@pytest.mark.feature("MA3")
def test_the_roll_and_the_officer_disagree(database: Database, cipher: Cipher) -> None:
    (decision,) = match(database, cipher, child(school_name="Mockbury Primary", town="Mockbury"))
    assert (decision.band, decision.reason_code) == (Band.POSSIBLE, "evidence_disagrees")
    assert set(decision.urns) == {990001, 990003}


def test_a_decision_is_reproducible_and_its_digest_is_of_its_own_inputs(
    database: Database, cipher: Cipher
) -> None:
    first, second = match(database, cipher, child("c1"), child("c2", forename="Bryn"))
    again = match(database, cipher, child("c1"), child("c2", forename="Bryn"))
    assert [first, second] == again
    (alone,) = match(database, cipher, child("c1"))
    assert len({first.input_digest, second.input_digest, alone.input_digest}) == 3


def test_nobody_is_looked_for_where_there_are_no_children(
    database: Database, cipher: Cipher
) -> None:
    assert match(database, cipher) == []
