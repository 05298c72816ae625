"""29 February: an incident on it, and a child born on it."""

import io
from datetime import date, time

import pytest

from app.core.scope import PLATFORM
from notifications.queries import content_of
from schools.key_adults import import_key_adults
from tests.journeys.world import World, at, child

KEY_ADULTS = """\
URN,Position,Name,Email,Telephone,TrainedOn,TrainingExpiresOn,VerifiedOn
990001,1,Key Adult 1,first@primary.test,07700 900001,2028-01-10,2029-01-10,2028-02-20
"""
LEAP_DAY = date(2028, 2, 29)


@pytest.fixture
def leap_year(world: World) -> World:
    """The last night of February 2028, a Tuesday, with somebody who can receive."""
    world.clock.move_to(at("2028-02-28", "12:00"))
    with world.wiring.database.write(PLATFORM) as session:
        report = import_key_adults(
            session, world.wiring.cipher, io.StringIO(KEY_ADULTS), now=world.now
        )
        assert not report.errors
    return world


@pytest.mark.feature("CA5")
@pytest.mark.parametrize(
    ("pushed", "told_on"),
    [(("2028-02-28", "23:30"), LEAP_DAY), (("2028-02-29", "01:10"), LEAP_DAY),
     (("2028-02-29", "23:30"), date(2028, 3, 1))],
)  # fmt: skip
def test_an_incident_of_the_leap_day_is_told_on_its_own_next_morning(
    leap_year: World, pushed: tuple[str, str], told_on: date
) -> None:
    leap_year.clock.move_to(at(*pushed))
    leap_year.push("N-1", child(date_of_birth="2020-02-29"))
    leap_year.until(time(6, 35), on=told_on)
    (note,) = leap_year.notifications("N-1")
    assert note.due_at == at(told_on.isoformat(), "08:30")
    assert leap_year.alerted() == ["first@primary.test"]
    leap_year.open("first@primary.test", note.id)
    with leap_year.wiring.database.read(PLATFORM) as session:
        content = content_of(session, leap_year.wiring.cipher, note)
    assert content.identity.date_of_birth == date(2020, 2, 29)
    assert leap_year.board_on(told_on).told == 1
    assert not leap_year.imbalances
