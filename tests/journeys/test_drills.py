"""Drills: no child, no hurry, and a measured answer."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.forces import set_area
from app.access.permissions import Role
from app.casework import drilling
from app.core.errors import Conflict, NotFound
from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.wiring import Wiring
from notifications.models import Alert
from notifications.outbox import claim
from notifications.states import AlertState, Template
from schools.assurance import Part, assurance_of
from schools.drills import DrillSchool, last_answered
from tests.journeys.world import COUNCIL, FORCE, World, at, child

FIRST, SECOND, STRANGER = "dsl@example.org", "deputy@example.org", "other@example.org"
LEAD = "lead@example.org"


@pytest.fixture
def world(wiring: Wiring) -> World:
    """Two schools with key adults and one without, on Thursday noon; Friday is an INSET day."""
    made = World(wiring)
    made.clock.move_to(at("2026-11-19", "08:00"))
    made.school(990001, "Exampleton Primary School", key_adults=(FIRST, SECOND))
    made.school(990002, "Sampleford Primary School", key_adults=(STRANGER,))
    made.school(990003, "Nowhere Primary School")
    made.person(LEAD, Role.LEAD, force=FORCE)
    with wiring.database.write(PLATFORM) as session:
        set_area(session, code=FORCE, councils=[COUNCIL], now=made.now, actor="operator:test")
    return made


def begin(world: World) -> UUID:
    with world.wiring.database.write(world.scope_of(LEAD)) as session:
        return drilling.begin_for_force(session, world.acting(LEAD), force=FORCE).id


def answer(world: World, email: str, row: UUID) -> bool:
    with world.wiring.database.write(world.scope_of(email)) as session:
        return drilling.answer(session, world.acting(email), drill_school_id=row)


def rows(world: World) -> dict[int | None, DrillSchool]:
    with world.wiring.database.read(PLATFORM) as session:
        found = {row.urn: row for row in session.scalars(select(DrillSchool))}
        session.expunge_all()
        return found


@pytest.mark.feature("RE8")
def test_a_drill_is_asked_in_a_quiet_hour_and_its_first_answer_is_measured(world: World) -> None:
    begin(world)
    world.tick()
    assert world.alerted() == []
    world.clock.move_to(at("2026-11-19", "10:00"))
    world.tick()
    assert sorted(world.alerted()) == sorted([FIRST, SECOND, STRANGER])
    waiting = rows(world)
    assert waiting[990003].reason_code == "nobody_can_receive"
    world.clock.move_to(at("2026-11-19", "10:25"))
    assert answer(world, SECOND, waiting[990001].id)
    world.clock.move_to(at("2026-11-19", "11:00"))
    assert not answer(world, FIRST, waiting[990001].id)
    answered = rows(world)[990001]
    assert answered.minutes == 25
    assert answered.acknowledged_by == world.acting(SECOND).actor.id


@pytest.mark.feature("RE8")
def test_an_answered_drill_is_part_of_being_assured_for_its_term(world: World) -> None:
    begin(world)
    world.clock.move_to(at("2026-11-19", "10:00"))
    world.tick()
    answer(world, FIRST, rows(world)[990001].id)
    with world.wiring.database.read(PLATFORM) as session:
        drilled = last_answered(session, {990001, 990002})
        found = assurance_of(
            session, {990001, 990002}, on=date(2026, 11, 20), policy=Policy(), drilled=drilled
        )
    assert drilled == {990001: date(2026, 11, 19)}
    assert Part.DRILL not in found[990001].missing
    assert Part.DRILL in found[990002].missing


def test_only_a_key_adult_of_the_school_answers_for_it(world: World) -> None:
    begin(world)
    world.clock.move_to(at("2026-11-19", "10:00"))
    world.tick()
    row = rows(world)[990001].id
    for outsider in (STRANGER, "desk@example.org", LEAD):
        with pytest.raises(NotFound):
            answer(world, outsider, row)
    assert rows(world)[990001].acknowledged_at is None


def test_a_school_with_an_inset_day_is_asked_on_its_next_school_day(world: World) -> None:
    world.calendar("990002,inset,2026-11-19,2026-11-20,,,,Training")
    begin(world)
    for day, hour in (("2026-11-19", "10:00"), ("2026-11-20", "14:29"), ("2026-11-22", "12:00")):
        world.clock.move_to(at(day, hour))
        world.tick()
        assert STRANGER not in world.alerted()
    world.clock.move_to(at("2026-11-23", "10:00"))
    world.tick()
    assert STRANGER in world.alerted()


def test_live_messages_leave_before_a_drill(world: World) -> None:
    """The drill was planned first; the outbox takes the live message first."""
    begin(world)
    world.clock.move_to(at("2026-11-19", "10:00"))
    world.runner.run_step("run_drills")
    world.push("99-1", child())
    for step in ("match_children", "compose_notifications", "chase_untold"):
        world.runner.run_step(step)
    with world.wiring.database.write(PLATFORM) as session:
        taken = claim(session, world.wiring.cipher, owner="test", now=world.now, limit=1)
        planned = session.scalars(select(Alert.template).where(Alert.state == AlertState.PLANNED))
        assert set(planned) >= {Template.DRILL}
    assert [one.template for one in taken] == [Template.WAITING]


def test_one_drill_at_a_time_and_none_after_its_end(world: World) -> None:
    begin(world)
    with pytest.raises(Conflict):
        begin(world)
    world.clock.move_to(at("2026-11-19", "10:00"))
    world.tick()
    row = rows(world)[990001].id
    world.clock.move_to(at("2026-11-26", "08:00"))
    with pytest.raises(Conflict):
        answer(world, FIRST, row)
    begin(world)
