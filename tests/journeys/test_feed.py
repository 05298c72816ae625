"""A night that nobody closes, or with other totals than what arrived, is rung at six."""

from datetime import date, time

import pytest
from sqlalchemy import select

from app.access.clients import ALL_SCOPES, Caller
from app.access.models import PoliceClient
from app.casework.nights import close
from app.casework.police import PoliceActing
from app.core.audit import Event
from app.core.clock import london_date
from app.core.errors import NotAllowed
from app.core.models import AuditEntry
from app.core.scope import PLATFORM, of_force
from app.intake.payload import NightTotals
from app.reports.told import Told
from schools.officers import Duty
from tests.journeys.world import FORCE, World, at, child

SATURDAY = date(2026, 11, 21)
DUTY = "duty@force.test"


@pytest.fixture
def fed(world: World) -> World:
    """The second night of a force, with a duty officer."""
    world.officer(Duty.DUTY_OFFICER, DUTY)
    world.clock.move_to(at("2026-11-21", "05:50"))
    world.tick()
    return world


def close_night(world: World, *totals: int) -> None:
    caller = Caller(world.clients[FORCE], FORCE, ALL_SCOPES)
    acting = PoliceActing(world.now, caller, world.wiring.cipher)
    names = ("incidents", "incidents_with_children", "children")
    message = NightTotals(**dict(zip(names, totals, strict=True)))
    with world.wiring.database.write(of_force(FORCE)) as session:
        close(session, acting, on=london_date(world.now), totals=message)


def rang(world: World) -> list[str | None]:
    with world.wiring.database.read(PLATFORM) as session:
        return list(
            session.scalars(
                select(AuditEntry.reason_code).where(AuditEntry.event == Event.FEED_RANG)
            )
        )


@pytest.mark.feature("IN10")
def test_silence_rings_the_duty_officer_at_six_once(fed: World) -> None:
    fed.until(time(5, 59))
    assert (rang(fed), fed.alerted()) == ([], [])
    fed.until(time(6, 0))
    fed.until(time(6, 30))
    assert (rang(fed), fed.alerted()) == (["silent"], [DUTY])
    assert not fed.board.all_told


@pytest.mark.feature("IN10")
def test_zero_is_an_answer_and_nobody_is_rung(fed: World) -> None:
    close_night(fed, 0, 0, 0)
    fed.until(time(7, 0))
    assert (rang(fed), fed.alerted(), fed.board.all_told) == ([], [], True)


@pytest.mark.feature("IN10")
def test_unequal_totals_ring_until_the_night_is_closed_again(fed: World) -> None:
    close_night(fed, 1, 1, 1)
    fed.until(time(6, 5))
    assert (rang(fed), fed.alerted()) == (["unequal"], [DUTY])
    assert not fed.board.all_told
    fed.push("N-1", child())
    close_night(fed, 1, 1, 1)
    fed.until(time(6, 20))
    assert rang(fed) == ["unequal"]
    assert fed.board_on(SATURDAY).feed is not None
    assert not fed.board_on(SATURDAY).feed.rings  # type: ignore[union-attr]


@pytest.mark.feature("IN10")
def test_a_silent_force_without_a_duty_officer_is_asked_again_as_soon_as_there_is_one(
    world: World,
) -> None:
    world.clock.move_to(at("2026-11-21", "06:10"))
    world.tick()
    assert rang(world) == []
    world.officer(Duty.DUTY_OFFICER, DUTY)
    world.tick()
    assert (rang(world), world.alerted()) == (["silent"], [DUTY])


@pytest.mark.feature("SE4")
def test_a_push_that_is_turned_away_rings_the_duty_officer_once_at_any_hour(fed: World) -> None:
    close_night(fed, 0, 0, 0)
    fed.until(time(13, 0))
    assert (fed.alerted(), fed.board.all_told) == ([], True)
    with fed.wiring.database.write(PLATFORM) as session:
        session.get_one(PoliceClient, fed.clients[FORCE]).networks = ["192.0.2.0/24"]
    assert isinstance(fed.offer("N-1", child()), NotAllowed)
    fed.until(time(13, 30))
    assert fed.alerted() == [DUTY]
    assert fed.board.refused is not None
    assert (fed.board.refused.count, fed.board.all_told) == (1, False)


@pytest.mark.feature("IN10")
@pytest.mark.feature("RP3")
def test_children_seen_but_not_listed_are_on_the_desks_list(fed: World) -> None:
    fed.push("N-2", child(), children_seen=3)
    close_night(fed, 1, 1, 1)
    fed.until(time(6, 5))
    monday = fed.board_on(date(2026, 11, 23))
    unnamed = [row for row in monday.rows if row.child_ref.startswith("unnamed-")]
    assert [(row.told, row.held_by.split(":")[0]) for row in unnamed] == [
        (Told.NOT_TOLD, "Desk")
    ] * 2
    assert rang(fed) == []
