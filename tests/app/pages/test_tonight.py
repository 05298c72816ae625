"""Who is told what tonight would look like at a school, and who finds nothing."""

from datetime import timedelta

import pytest

from app.access.forces import set_area
from app.access.models import Force
from app.access.permissions import Role
from app.core.clock import london_date
from app.core.scope import PLATFORM
from schools.models import KeyAdult, KeyAdultAbsence
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, add_person, move, signed_in

HERE = f"/register/schools/{URN}/tonight"


@pytest.fixture
def evening(morning: Morning) -> Morning:
    """Eight in the evening of the morning's day, a Friday."""
    with morning.wiring.database.write(PLATFORM) as session:
        set_area(
            session, code=FORCE, councils=["999"], now=morning.force.now, actor="operator:test"
        )
    move(morning.wiring, hours=13, minutes=30)
    return morning


def somebody(morning: Morning, role: Role, **relation: str) -> Browser:
    return signed_in(
        morning.wiring, add_person(morning.wiring, f"{role}@example.org", role, **relation)
    )


def away(morning: Morning, *positions: int) -> None:
    first = london_date(morning.wiring.clock.now())
    with morning.wiring.database.write(PLATFORM) as session:
        for row in session.query(KeyAdult).filter(
            KeyAdult.urn == URN, KeyAdult.position.in_(positions)
        ):
            session.add(
                KeyAdultAbsence(
                    key_adult_id=row.id, first_on=first, last_on=first + timedelta(days=7)
                )
            )


@pytest.mark.feature("AD5")
def test_a_school_reads_by_when_and_whom_in_order(evening: Morning) -> None:
    page = signed_in(evening.wiring, evening.priya).get(HERE).text
    assert "Monday 23 November 2026 at 8:30am" in page
    assert page.index("Key Adult 1") < page.index("Key Adult 2")
    assert "An alert by email to the first who can receive: Key Adult 1" in page
    assert "No alert would reach anybody" not in page


def test_who_is_away_is_passed_and_a_school_that_nothing_reaches_is_said_first(
    evening: Morning,
) -> None:
    browser = signed_in(evening.wiring, evening.priya)
    away(evening, 1)
    page = browser.get(HERE).text
    assert "Key Adult 1: <strong>not that day</strong>, away" in page
    assert "to the first who can receive: Key Adult 2" in page
    assert "nobody is left to be asked" in page
    away(evening, 2)
    page = browser.get(HERE).text
    assert "No alert would reach anybody here" in page


def test_a_force_lead_sees_the_order_and_no_name(evening: Morning) -> None:
    page = somebody(evening, Role.LEAD, force=FORCE).get(HERE).text
    assert "Key adult 1" in page
    assert "Key Adult 1" not in page


def test_another_school_and_another_force_find_nothing(evening: Morning) -> None:
    with evening.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherset Police", added_at=evening.force.now))
    assert signed_in(evening.wiring, evening.stranger).get(HERE).status_code == 404
    assert somebody(evening, Role.LEAD, force="98").get(HERE).status_code == 404
