"""Before a force is live: its own records tried without a trace, its schools and people asked."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.access.forces import require_live, set_area
from app.access.models import Account, Force, ForceArea
from app.casework.going_live import go_live
from app.core.errors import Refused
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.payload import IncidentMessage
from app.jobs.matching_trial import try_matching
from app.reports.going_live import MatchingTrial, Reached, Standard
from app.wiring import Wiring
from schools.drills import DrillSchool
from schools.drills import begin as begin_drill
from schools.models import KeyAdult
from tests.factories.incidents import incident
from tests.journeys.world import COUNCIL, FORCE, World, at, child
from tests.rows import everything

ENOUGH = MatchingTrial(incidents=100, needing=100, found=85)


@pytest.fixture
def world(wiring: Wiring) -> World:
    """Two schools that answered a drill yesterday, and everybody in their place."""
    made = World(wiring)
    made.clock.move_to(at("2026-11-19", "12:00"))
    made.school(990001, "Exampleton Primary School", key_adults=("dsl@example.org",))
    made.school(990002, "Otherby Church School", town="Otherby", key_adults=("only@example.org",))
    made.everybody()
    with wiring.database.write(PLATFORM) as session:
        set_area(session, code=FORCE, councils=[COUNCIL], now=made.now, actor="operator:test")
        begin_drill(
            session,
            force=FORCE,
            schools=[(990001, COUNCIL), (990002, COUNCIL)],
            council=None,
            actor="operator:test",
            now=made.now,
        )
        session.execute(
            update(DrillSchool).values(
                asked_at=made.now, acknowledged_at=made.now, acknowledged_by="account:first"
            )
        )
    made.clock.move_to(at("2026-11-20", "12:00"))
    return made


def records(*given: dict[str, Any]) -> list[IncidentMessage]:
    return [IncidentMessage.model_validate_json(json.dumps(one)) for one in given]


def ask(world: World, trial: MatchingTrial = ENOUGH) -> tuple[Reached, ...]:
    with world.wiring.database.write(PLATFORM) as session:
        return go_live(
            session, world.wiring.cipher, force=FORCE, trial=trial, actor="operator:test",
            now=world.now,
        )  # fmt: skip


def events(world: World) -> list[dict[str, Any] | None]:
    with world.wiring.database.read(PLATFORM) as session:
        wanted = select(AuditEntry.detail).where(AuditEntry.event == "access:force:went_live")
        return list(session.scalars(wanted))


@pytest.mark.feature("AD2")
def test_records_are_matched_as_at_night_and_nothing_of_them_stays(world: World) -> None:
    before = everything(world.wiring)
    unclear = child("c2", forename="Bela", education={"school_name": "Nowhere Academy"})
    suspect = child("c3", forename="Cara", relation="is_suspect")
    trial = try_matching(
        world.wiring, FORCE,
        records(
            incident("T-1", children=[child(), unclear, suspect]),
            incident("T-2", version=1, children=[unclear]),
            incident("T-2", version=2, children=[child()]),
            *(incident(f"T-{number}", children=[child()]) for number in range(3, 60)),
        ),
    )  # fmt: skip
    assert (trial.incidents, trial.needing, trial.found) == (59, 60, 59)
    assert sum(trial.reasons.values()) == 1
    assert everything(world.wiring) == before


@pytest.mark.feature("AD2")
def test_a_force_is_live_once_everything_is_reached_and_from_then_on(world: World) -> None:
    with world.wiring.database.read(PLATFORM) as session, pytest.raises(Refused, match="not live"):
        require_live(session, FORCE)
    reached = ask(world)
    assert all(one.met for one in reached)
    assert [one.standard for one in reached] == list(Standard)
    assert events(world) == [
        {"children": 100, "matched": 85, "ready": 100, "drilled": 100, "cover": 0}
    ]
    with world.wiring.database.read(PLATFORM) as session:
        require_live(session, FORCE)
        assert session.get_one(Force, FORCE).live_at == world.now
    # What fails later rings, and takes nobody back to trial.
    with pytest.raises(Refused, match="already"):
        ask(world, MatchingTrial())


def no_drill_lately(world: World) -> None:
    world.clock.advance(timedelta(days=121))


def one_school_answered(world: World) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(DrillSchool)
            .where(DrillSchool.urn == 990002)
            .values(acknowledged_at=None, acknowledged_by=None)
        )


def nobody_at_one_school(world: World) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(delete(KeyAdult).where(KeyAdult.urn == 990002))


def nobody_can_review(world: World) -> None:
    reviewer = world.people["reviewer@example.org"].id
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(Account).where(Account.id == reviewer).values(disabled_at=world.now))


def no_area(world: World) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(delete(ForceArea))


@pytest.mark.feature("AD2")
@pytest.mark.parametrize(
    ("trial", "happened", "missing"),
    [
        (MatchingTrial(incidents=99, needing=99, found=99), None, {Standard.CHILDREN}),
        (MatchingTrial(incidents=100, needing=100, found=79), None, {Standard.MATCHED}),
        (MatchingTrial(), None, {Standard.CHILDREN, Standard.MATCHED}),
        (ENOUGH, no_drill_lately, {Standard.DRILLED}),
        (ENOUGH, one_school_answered, {Standard.DRILLED}),
        (ENOUGH, nobody_at_one_school, {Standard.READY}),
        (ENOUGH, nobody_can_review, {Standard.COVER}),
        (ENOUGH, no_area, {Standard.READY, Standard.DRILLED, Standard.COVER}),
    ],
)
def test_what_is_missing_is_named_and_the_force_stays_on_trial(
    world: World, trial: MatchingTrial, happened: Callable[[World], None] | None,
    missing: set[Standard],
) -> None:  # fmt: skip
    if happened is not None:
        happened(world)
    assert {one.standard for one in ask(world, trial) if not one.met} >= missing
    with world.wiring.database.read(PLATFORM) as session:
        assert session.get_one(Force, FORCE).live_at is None
    assert events(world) == []
