"""Simulated worlds: sound ones hold, and one that is broken on purpose is caught."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.core import ids
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.intake.outcomes import IncidentState
from app.simulation import invariants
from app.simulation.run import event, run_many, run_seed
from app.simulation.world import World, Worlds
from notifications.channels.base import AlertMessage
from notifications.models import Alert, AlertCover, CallSheetLine, EscalationStep, Notification
from notifications.states import VISIBLE, Channel, NotificationState, StepState
from tests.simulation import regressions

# How many worlds a build goes through; ENCOMPASS_SIMULATION_SEEDS asks for more.
SEEDS = int(os.environ.get("ENCOMPASS_SIMULATION_SEEDS", "8"))
# So that several workers share them.
SHARES = 4


@pytest.mark.feature("CA9")
@pytest.mark.timeout(300 + 60 * SEEDS // SHARES)
@pytest.mark.parametrize("share", range(SHARES))
def test_every_world_holds_through_crashes_lost_answers_and_failing_mail(
    worlds: Worlds, share: int
) -> None:
    outcomes = [run_seed(worlds, seed, events=200) for seed in range(share, SEEDS, SHARES)]
    assert {one.seed: one.broken for one in outcomes if one.broken} == {}
    # Some went by mail, some by GOV.UK Notify.
    assert 0 < sum(one.by_notify for one in outcomes) < sum(one.messages for one in outcomes)
    assert sum(one.lives for one in outcomes) > len(outcomes)
    assert sum(sum(one.met.values()) for one in outcomes) > 0


@pytest.mark.parametrize("seed", regressions.SEEDS, ids=lambda seed: f"seed-{seed.number}")
def test_a_world_that_broke_once_holds(worlds: Worlds, seed: regressions.Seed) -> None:
    assert run_seed(worlds, seed.number, events=seed.events).broken == ()


def test_a_seed_is_the_same_world_again(worlds: Worlds) -> None:
    first = run_seed(worlds, 7, events=40)
    again = run_seed(worlds, 7, events=40)
    assert first == again
    assert first.pushed > 0


def test_processes_share_the_seeds_and_answer_in_their_order() -> None:
    outcomes = run_many(range(5, 8), events=4, workers=2)
    assert [(one.seed, one.events, one.broken) for one in outcomes] == [
        (5, 4, ()), (6, 4, ()), (7, 4, ()),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lived:
    """A world that went on long enough for somebody to have read a message, and its files then."""

    world: World
    files: Path


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    # A place of its own: in the others' the next world would take its files away.
    worlds = Worlds(tmp_path_factory.mktemp("lived"))
    made = worlds.world(4)
    while not (
        made.look.execute(_WITH_EVERYTHING).fetchone()[0] and (made.mail.sent or made.notify.taken)
    ):
        event(made)
    made.faults.quiet()
    assert invariants.safety(made) == []
    made.engine.dispose()
    copy = tmp_path_factory.mktemp("files") / "world"
    shutil.copytree(made.settings.data_dir, copy)
    # Whatever runs between its tests has ids of its own chance again.
    ids.seed(None)
    yield Lived(made, copy)
    worlds.forget(made)


# Somebody was told, somebody else is not yet and waits for a step.
_WITH_EVERYTHING = """
    SELECT (SELECT count(*) FROM notification WHERE state = 'opened') > 0
       AND (SELECT count(*) FROM alert WHERE state = 'handed_over') > 0
       AND (SELECT count(*) FROM escalation_step WHERE state = 'planned') > 0
"""


@pytest.fixture
def world(lived: Lived) -> World:
    """That world as it was, whatever a test before did to it."""
    made = lived.world
    made.look.close()
    made.engine.dispose()
    shutil.rmtree(made.settings.data_dir)
    shutil.copytree(lived.files, made.settings.data_dir)
    made.look = made.opened()
    made.looked_at = ()
    return made


def _forget_an_incident(world: World, session: Any) -> None:
    session.execute(update(Incident).values(reference=Incident.reference + "?"))


def _forget_an_intent(world: World, session: Any) -> None:
    session.execute(delete(AlertCover))
    session.execute(update(Alert).values(fence=0))


def _take_back_an_opening(world: World, session: Any) -> None:
    opened = update(Notification).where(Notification.state.in_(VISIBLE - {NotificationState.READY}))
    session.execute(
        opened.values(
            state=NotificationState.READY, told_at=None, told_how=None, told_by=None,
            acknowledged_at=None,
        )
    )  # fmt: skip


def _show_what_was_withdrawn(world: World, session: Any) -> None:
    session.execute(update(Incident).values(state=IncidentState.WITHDRAWN))


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (_forget_an_incident, "stored_once"),
        (_forget_an_intent, "send_without_intent"),
        (_take_back_an_opening, "rank_fell"),
        (_show_what_was_withdrawn, "withdrawn_visible"),
    ],
)
def test_a_breach_of_safety_is_caught_at_the_next_look(
    world: World, damage: Callable[[World, Any], None], word: str
) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        damage(world, session)
    assert word in {one.partition(":")[0] for one in invariants.safety(world)}


def test_a_word_about_a_child_in_a_message_is_caught(world: World) -> None:
    assert list(invariants.at_the_end(world)) == []
    word = [*(one.raw for one in world.mail.sent), *world.notify.posted][-1][:40]
    world.secrets.add(word)
    assert "content_in_a_message" in invariants.at_the_end(world)
    world.secrets.remove(word)


def test_an_alert_that_notify_has_twice_is_caught(world: World) -> None:
    with world.wiring.database.read(PLATFORM) as session:
        alert_id = session.scalars(select(Alert.id).where(Alert.fence > 0)).first()
    assert alert_id is not None
    message = AlertMessage(alert_id, "dsl@example.org", "message_waiting", False, world.now)
    notify = next(one for one in world.wiring.channels if one.name == Channel.NOTIFY)
    for _ in range(4):
        notify.send(message)
    assert f"taken_twice:{alert_id}" in invariants.safety(world)


def test_a_child_whom_nobody_pursues_is_caught(world: World) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(EscalationStep)
            .where(EscalationStep.state == StepState.PLANNED)
            .values(state=StepState.SKIPPED, reason_code="test", settled_at=world.now)
        )
        session.execute(delete(AlertCover))
        session.execute(delete(CallSheetLine))
    found = {one.split(":")[1] for one in invariants.liveness(world)}
    assert found & {"nobody_alerted", "nobody_pursues"}
