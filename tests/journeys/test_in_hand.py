"""A record that ends the process: known after the second time, left alone, and the others go on."""

import importlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.models import Lease
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from tests.journeys.world import World, at, child

matching = importlib.import_module("app.jobs.match_children")


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def deadly(world: World, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """References of incidents whose matching ends the process; two incidents, the first is one."""
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("BAD", child())
    world.clock.advance(timedelta(minutes=1))
    world.push("GOOD", child(forename="Bela"))
    found = {"BAD"}
    real = matching.match_incident

    def match(session: Any, cipher: Any, incident_id: Any, **options: Any) -> None:
        if session.get_one(Incident, incident_id).reference in found:
            raise Killed
        real(session, cipher, incident_id, **options)

    monkeypatch.setattr(matching, "match_incident", match)
    return found


class Lives:
    """Processes, each started where the one before ended."""

    def __init__(self, world: World) -> None:
        self.world, self.ended = world, 0
        self._runner = self._start()

    def _start(self) -> Runner:
        return Runner(self.world.wiring, PIPELINE, owner=f"life {self.ended}")

    def until(self, clock_time: str) -> None:
        while self.world.now < at("2026-11-20", clock_time):
            self.world.clock.advance(timedelta(minutes=1))
            try:
                self._runner.run_pipeline()
            except Killed:
                self.ended += 1
                self._runner = self._start()


def marks(world: World) -> dict[str, Any]:
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(Lease).where(Lease.name.startswith("died:"))).all()
        return {row.name: row.until for row in rows if row.until is not None}


@pytest.mark.feature("CA9")
def test_what_ends_the_process_is_left_alone_and_the_others_are_told(
    world: World, deadly: set[str]
) -> None:
    lives = Lives(world)
    lives.until("01:18")
    assert lives.ended == 2
    assert world.notifications("GOOD") != []
    assert world.notifications("BAD") == []
    (name,) = marks(world)
    assert name.startswith("died:match_children:")


def test_it_is_tried_again_at_growing_gaps_and_told_once_it_can_be(
    world: World, deadly: set[str]
) -> None:
    lives = Lives(world)
    lives.until("02:10")
    assert lives.ended == 5
    deadly.clear()
    lives.until("02:30")
    assert lives.ended == 5
    assert world.notifications("BAD") != []
    assert marks(world) == {}


def test_a_process_that_was_only_stopped_leaves_nothing_alone(
    world: World, deadly: set[str]
) -> None:
    lives = Lives(world)
    lives.until("01:13")
    assert lives.ended == 1
    deadly.clear()
    lives.until("01:20")
    assert world.notifications("BAD") != []
    assert marks(world) == {}


def test_another_process_that_takes_the_step_over_leaves_it_alone_too(
    world: World, deadly: set[str]
) -> None:
    """Two schedulers: each dies once of it, and the first, started anew, knows it."""
    one, two = (Runner(world.wiring, PIPELINE, owner=name) for name in ("one", "two"))
    for runner in (one, two):
        world.clock.advance(timedelta(minutes=3))
        with pytest.raises(Killed):
            runner.run_step("match_children")
    world.clock.advance(timedelta(minutes=3))
    assert one.run_step("match_children").done == 1
    assert one.run_step("match_children").done == 0
