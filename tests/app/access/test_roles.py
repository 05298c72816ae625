"""Roles count in their own relation, and end with the school."""

from datetime import date

import pytest

from app.access.permissions import Grant, Role
from app.access.roles import end_role, grant_role, roles_of
from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.models import KeyAdult
from tests.factories.notifications import LATER_URN, URN, NotifyingForce
from tests.factories.people import Person, add_person

FRIDAY = date(2026, 11, 20)


@pytest.fixture
def person(wiring: Wiring) -> Person:
    force = NotifyingForce(wiring).begin()
    force.school(URN, "priya@example.org")
    force.school(LATER_URN, "priya@example.org")
    add_person(wiring, "priya@example.org", Role.KEY_ADULT, urn=URN)
    return add_person(wiring, "priya@example.org", Role.KEY_ADULT, urn=LATER_URN)


def urns(wiring: Wiring, person: Person, on: date = FRIDAY) -> set[int | None]:
    with wiring.database.read(PLATFORM) as session:
        return {grant.urn for grant in roles_of(session, person.account_id, on=on)}


def test_one_account_may_serve_two_schools_of_a_federation(wiring: Wiring, person: Person) -> None:
    assert urns(wiring, person) == {URN, LATER_URN}


def test_adding_a_key_adult_ties_the_register_to_the_account(
    wiring: Wiring, person: Person
) -> None:
    with wiring.database.read(PLATFORM) as session:
        rows = session.query(KeyAdult).all()
        assert {row.account_id for row in rows} == {person.account_id}


def test_leaving_one_school_ends_that_school_alone_from_that_day(
    wiring: Wiring, person: Person
) -> None:
    with wiring.database.write(PLATFORM) as session:
        row = session.query(KeyAdult).filter_by(urn=URN).one()
        row.left_on = FRIDAY
    assert urns(wiring, person, date(2026, 11, 19)) == {URN, LATER_URN}
    assert urns(wiring, person, FRIDAY) == {LATER_URN}


def test_a_role_given_twice_and_ended_once_is_gone(wiring: Wiring, person: Person) -> None:
    grant, now = Grant(Role.KEY_ADULT, urn=URN), wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        grant_role(session, person.account_id, grant, now=now)
        end_role(session, person.account_id, grant, now=now)
    assert urns(wiring, person) == {LATER_URN}
