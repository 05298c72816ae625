"""Key adults from a file are tied to accounts that came before it."""

from typing import Any

import pytest
from sqlalchemy import select

from app.access.accounts import UNREADABLE, names_of
from app.access.models import Account
from app.access.permissions import Role
from app.access.roles import roles_of
from app.casework.importing import Importing, import_key_adults
from app.core.clock import london_date
from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.models import KeyAdult
from tests.factories.notifications import LATER_URN, URN, NotifyingForce
from tests.factories.people import Person, add_person
from tests.factories.schools import key_adults_file

EMAIL = "wendy@example.org"


@pytest.fixture
def wendy(wiring: Wiring) -> Person:
    """A key adult whose account was made before the school's file came."""
    force = NotifyingForce(wiring).begin()
    force.school(URN)
    force.school(LATER_URN)
    return add_person(wiring, EMAIL, Role.KEY_ADULT, name="Wendy Larkgarth", urn=URN)


def bring(wiring: Wiring, *, dry_run: bool = False, **row: Any) -> None:
    who = Importing(wiring.clock.now(), "operator", wiring.cipher, dry_run=dry_run)
    source = key_adults_file({"URN": URN, "Email": "Wendy@Example.org", **row})
    with wiring.database.write(PLATFORM) as session:
        assert import_key_adults(session, who, source=source).rejected == 0


def accounts(wiring: Wiring) -> list[Any]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(KeyAdult.account_id).order_by(KeyAdult.urn)))


def urns(wiring: Wiring, person: Person) -> set[int | None]:
    with wiring.database.read(PLATFORM) as session:
        grants = roles_of(session, person.account_id, on=london_date(wiring.clock.now()))
        return {grant.urn for grant in grants}


def test_who_left_by_the_file_is_out_although_the_account_came_first(
    wiring: Wiring, wendy: Person
) -> None:
    bring(wiring)
    assert accounts(wiring) == [wendy.account_id]
    assert urns(wiring, wendy) == {URN}
    bring(wiring, LeftOn="19-11-2026")
    assert urns(wiring, wendy) == set()


def test_a_first_file_that_says_left_shuts_out_at_once(wiring: Wiring, wendy: Person) -> None:
    bring(wiring, LeftOn="19-11-2026")
    assert urns(wiring, wendy) == set()


def test_only_the_schools_of_the_account_are_tied(wiring: Wiring, wendy: Person) -> None:
    bring(wiring, URN=LATER_URN)
    assert accounts(wiring) == [None]


def test_one_account_that_does_not_open_stops_neither_a_file_nor_a_board(
    wiring: Wiring, wendy: Person
) -> None:
    broken = add_person(wiring, "broken@example.org", Role.KEY_ADULT, urn=URN)
    with wiring.database.write(PLATFORM) as session:
        session.get_one(Account, broken.account_id).sealed = b"not ours"
    bring(wiring)
    assert accounts(wiring) == [wendy.account_id]
    with wiring.database.read(PLATFORM) as session:
        names = names_of(session, wiring.cipher, [broken.account_id, wendy.account_id])
    assert names == {broken.account_id: UNREADABLE, wendy.account_id: "Wendy Larkgarth"}
