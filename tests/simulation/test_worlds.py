"""Simulated worlds: sound ones hold, and one that is broken on purpose is caught."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.intake.outcomes import IncidentState
from app.simulation import invariants
from app.simulation.run import event, run_many, run_seed
from app.simulation.world import World, Worlds
from notifications.models import Alert, AlertCover, EscalationStep, Notification
from notifications.states import VISIBLE, NotificationState, StepState

SHARES = 8


@pytest.mark.feature("CA9")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", range(SHARES))
def test_every_world_holds_through_crashes_lost_answers_and_failing_mail(share: int) -> None:
    outcomes = run_many(range(share * 2, share * 2 + 2), events=200)
    assert {one.seed: one.broken for one in outcomes if one.broken} == {}
    assert sum(one.messages for one in outcomes) > 0
    assert sum(one.lives for one in outcomes) > len(outcomes)
    assert sum(sum(one.met.values()) for one in outcomes) > 0


def test_a_seed_is_the_same_world_again(tmp_path: Path) -> None:
    first = run_seed(Worlds(tmp_path / "first"), 7, events=60)
    again = run_seed(Worlds(tmp_path / "again"), 7, events=60)
    assert first == again
    assert first.pushed > 0


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world that went on long enough for messages to be out and somebody to have read one."""
    made = Worlds(tmp_path).world(4)
    for _ in range(150):
        event(made)
    made.faults.quiet()
    assert invariants.safety(made) == []
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
    world.secrets.add(b"Message-ID")
    assert "content_in_a_message" in invariants.at_the_end(world)


def test_a_child_whom_nobody_pursues_is_caught(world: World) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(EscalationStep)
            .where(EscalationStep.state == StepState.PLANNED)
            .values(state=StepState.SKIPPED, reason_code="test", settled_at=world.now)
        )
        session.execute(delete(AlertCover))
    found = {one.split(":")[1] for one in invariants.liveness(world)}
    assert found & {"nobody_alerted", "nobody_pursues"}
