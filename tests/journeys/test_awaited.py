"""A child who was seen but not listed: the desk names it, or says why nobody is told."""

from datetime import time
from uuid import UUID

import pytest

from app.access.permissions import Role
from app.casework import awaited
from app.casework.awaited import Who, WhyNobody
from app.core.errors import Conflict, Invalid, NotFound
from app.intake.outcomes import Outcome
from app.reports.told import Told
from schools.officers import Duty
from tests.journeys.world import FORCE, World, at, child

DESK = "desk@example.org"


@pytest.fixture
def unnamed(world: World) -> UUID:
    """The child of an incident that lists one and counts two."""
    world.officer(Duty.REVIEWER, "ruth@force.test")
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("A-1", child(), children_seen=2)
    world.until(time(2, 0))
    (row,) = [row for row in world.board.rows if row.outcome is Outcome.DETAILS_AWAITED]
    return row.child_id


def state(world: World, child_id: UUID) -> tuple[Outcome, Told, str | None]:
    (row,) = [row for row in world.board.rows if row.child_id == child_id]
    return row.outcome, row.told, row.outcome_reason


def test_the_child_the_desk_names_goes_the_way_of_every_other(world: World, unnamed: UUID) -> None:
    who = Who("Bela", "Example-Khan", None, "ZZ99 3VZ", "Exampleton Primary School", "Exampleton")
    assert state(world, unnamed)[:2] == (Outcome.DETAILS_AWAITED, Told.NOT_TOLD)
    with world.wiring.database.write(world.scope_of(DESK)) as session:
        awaited.name(session, world.acting(DESK), child_id=unnamed, who=who)
    world.tick()
    assert state(world, unnamed)[0] is Outcome.SENT_TO_SCHOOL
    assert len(world.notifications("A-1")) == 2
    assert world.imbalances == []


def test_a_coded_end_stops_the_ladder(world: World, unnamed: UUID) -> None:
    asked = len(world.alerted())
    with world.wiring.database.write(world.scope_of(DESK)) as session:
        awaited.end(session, world.acting(DESK), child_id=unnamed, why=WhyNobody.LISTED_ALREADY)
    world.until(time(5, 0))
    assert state(world, unnamed) == (Outcome.NOT_NOTIFIED, Told.NOT_NEEDED, "not_affected")
    assert len(world.alerted()) == asked
    assert world.imbalances == []
    with (
        world.wiring.database.write(world.scope_of(DESK)) as session,
        pytest.raises(Conflict),
    ):
        awaited.end(session, world.acting(DESK), child_id=unnamed, why=WhyNobody.MISCOUNTED)


def test_a_child_without_a_name_is_still_awaited(world: World, unnamed: UUID) -> None:
    with (
        world.wiring.database.write(world.scope_of(DESK)) as session,
        pytest.raises(Invalid),
    ):
        awaited.name(session, world.acting(DESK), child_id=unnamed, who=Who("Bela"))
    assert state(world, unnamed)[0] is Outcome.DETAILS_AWAITED


def test_only_the_desk_of_its_force_says_who_it_is(world: World, unnamed: UUID) -> None:
    world.person("lead@example.org", Role.LEAD, force=FORCE)
    for email in ("lead@example.org", "reviewer@example.org", "first@primary.test"):
        with (
            world.wiring.database.write(world.scope_of(email)) as session,
            pytest.raises(NotFound),
        ):
            awaited.end(session, world.acting(email), child_id=unnamed, why=WhyNobody.MISCOUNTED)
