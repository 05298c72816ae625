"""Who is connected with an incident: what identifies, what only asks, and what is nobody."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.cipher import Cipher
from app.core.key_file import Keys
from app.core.scope import PLATFORM, of_force
from app.wiring import Wiring
from schools.connected import (
    Adult,
    Hit,
    PersonOfInterest,
    adult_marks,
    connected,
    connections_of,
    marks_of,
)
from schools.connected_models import ConnectedDigest, DigestKind
from tests.factories.connected import connect
from tests.factories.notifications import FORCE, Happened, NotifyingForce

pytestmark = pytest.mark.feature("RE11")

BORN = date(1990, 4, 5)
MORGAN = Adult("Morgan", "Sisterly", BORN, "+44 7700 900456", "Morgan@Example.org")


@pytest.fixture
def happened(wiring: Wiring) -> Happened:
    return NotifyingForce(wiring).begin().happened()


def hit(wiring: Wiring, incident: UUID, **person: object) -> Hit | None:
    somebody = PersonOfInterest("id", **{"name": "Sam Other", **person})  # type: ignore[arg-type]
    with wiring.database.read(of_force(FORCE)) as session:
        found = connected(session, wiring.cipher, incident_ids=[incident], people=[somebody])
        marks = marks_of(wiring.cipher, FORCE, [somebody])
        alone = connections_of(session, force=FORCE, marks=marks)
    assert {one.incident_id for one in alone} <= {incident}
    hits = {one.hit for one in alone}
    assert found.get("id") == next((one for one in Hit if one in hits), None)
    return found.get("id")


@pytest.mark.parametrize("number", ["07700900456", "07700 900 456", "0044 (0)7700 900456"])
def test_a_telephone_identifies_however_it_is_written(
    wiring: Wiring, happened: Happened, number: str
) -> None:
    connect(wiring, happened.incident_id, MORGAN)
    assert hit(wiring, happened.incident_id, telephone=number) is Hit.IDENTITY


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"email": " MORGAN@example.org"}, Hit.IDENTITY),
        ({"name": "Morgan Sisterly", "date_of_birth": BORN}, Hit.IDENTITY),
        ({"name": "Dr Morgan J Sisterly", "date_of_birth": BORN}, Hit.IDENTITY),
        ({"name": "Sisterly, Morgan", "date_of_birth": BORN}, Hit.IDENTITY),
        ({"name": "Morgan Sisterly"}, Hit.NAME_ONLY),
        ({"name": "Mrs. morgan SISTERLY"}, Hit.NAME_ONLY),
        ({"name": "Morgan Sisterly-Jones"}, Hit.NAME_ONLY),
        ({"name": "Morgan Sisterly", "date_of_birth": date(1990, 5, 4)}, Hit.NAME_ONLY),
        ({"name": "Sam Other", "date_of_birth": BORN}, None),
        ({"name": "Morgan"}, None),
        ({"name": ""}, None),
        ({"telephone": "900456"}, None),
        ({"email": "sam@example.org", "telephone": "01632 960001"}, None),
    ],
)
def test_what_identifies_what_asks_and_what_is_nobody(
    wiring: Wiring, happened: Happened, person: dict[str, object], expected: Hit | None
) -> None:
    connect(wiring, happened.incident_id, MORGAN)
    assert hit(wiring, happened.incident_id, **person) is expected


@pytest.mark.parametrize(
    ("adult", "name"),
    [
        (Adult("Elizabeth", "Sisterly"), "Liz Sisterly"),
        (Adult("Liz", "Sisterly"), "Elizabeth Sisterly"),
        (Adult("Siân", "O’Neill"), "Sian ONeill"),
        (Adult("Mary-Jane", "van Dijk"), "Mary Jane van Dijk"),
        (Adult("Asha", "Example-Khan"), "Asha Khan"),
        (Adult("Rhian", "ap Rhys"), "Rhian Rhys"),
    ],
)
def test_one_name_has_many_forms(
    wiring: Wiring, happened: Happened, adult: Adult, name: str
) -> None:
    connect(wiring, happened.incident_id, adult)
    assert hit(wiring, happened.incident_id, name=name) is Hit.NAME_ONLY


@pytest.mark.parametrize(
    ("said", "name", "expected"),
    [
        ("Priya Nair", "Priya Nair", Hit.NAMED_AT_SCHOOL),
        ("Mrs Nair", "Priya Nair", Hit.NAMED_AT_SCHOOL),
        ("P. Nair", "Priya Nair", Hit.NAMED_AT_SCHOOL),
        ("Huw Nair", "Priya Nair", None),
        ("A Nair", "Priya Nair", None),
        ("Mrs Price", "Priya Nair", None),
    ],
)
def test_who_is_said_to_work_at_the_school_counts_beside_that_child_alone(
    wiring: Wiring, happened: Happened, said: str, name: str, expected: Hit | None
) -> None:
    connect(wiring, happened.incident_id, at_school=said, child_id=happened.child_id)
    person = PersonOfInterest("id", name)
    with wiring.database.read(of_force(FORCE)) as session:
        beside, elsewhere = (
            connected(
                session, wiring.cipher, incident_ids=[happened.incident_id], people=[person],
                child_ids=children,
            )
            for children in ([happened.child_id], ())
        )  # fmt: skip
    assert beside.get("id") is expected
    assert elsewhere == {}


def test_another_force_and_another_incident_know_nobody(wiring: Wiring, happened: Happened) -> None:
    connect(wiring, happened.incident_id, MORGAN)
    person = PersonOfInterest("id", "Morgan Sisterly", "morgan@example.org")
    with wiring.database.read(of_force("98")) as session:
        incident = [happened.incident_id]
        assert connected(session, wiring.cipher, incident_ids=incident, people=[person]) == {}
    with wiring.database.read(PLATFORM) as session:
        assert connected(session, wiring.cipher, incident_ids=[], people=[person]) == {}


def test_the_strongest_of_several_records_counts(wiring: Wiring, happened: Happened) -> None:
    connect(wiring, happened.incident_id, MORGAN)
    records = [
        PersonOfInterest("id", "Morgan Sisterly"),
        PersonOfInterest("id", "M S", telephone="07700 900456"),
        PersonOfInterest("id", "Morgan Sisterly", "work@example.org"),
    ]
    with wiring.database.read(of_force(FORCE)) as session:
        incident = [happened.incident_id]
        found = connected(session, wiring.cipher, incident_ids=incident, people=records)
    assert found == {"id": Hit.IDENTITY}


def test_nothing_personal_is_kept(wiring: Wiring, happened: Happened) -> None:
    connect(wiring, happened.incident_id, MORGAN)
    with wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(ConnectedDigest)).all()
    assert {row.kind for row in rows} == {
        DigestKind.NAME, DigestKind.NAME_BORN, DigestKind.PHONE, DigestKind.EMAIL,
    }  # fmt: skip
    assert all(len(row.digest) == 32 for row in rows)


CIPHER = Cipher(Keys.generate())
NAMES = st.text("abcdefghijlmnoprstuéöłšÁ", min_size=1, max_size=12)


@given(NAMES, NAMES, NAMES, NAMES)
def test_marks_are_the_same_each_time_and_other_in_another_force(
    one: str, two: str, three: str, four: str
) -> None:
    first, second = Adult(one, two), Adult(three, four)
    assert adult_marks(CIPHER, "99", first) == adult_marks(CIPHER, "99", Adult(one, two))
    assert not adult_marks(CIPHER, "99", first) & adult_marks(CIPHER, "98", second)
