"""Whoever is not told is on a board, whatever happened: every child there is against the board."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from app.simulation import invariants, run
from app.simulation.world import World, Worlds
from notifications.models import Notification
from notifications.states import NotificationState

EVENTS = 60


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_whoever_is_not_told_is_on_a_board_after_every_event(worlds: Worlds, seed: int) -> None:
    world = worlds.world(seed)
    try:
        for number in range(EVENTS):
            run.event(world)
            assert list(invariants.on_a_board(world)) == [], f"after event {number}"
    finally:
        worlds.forget(world)


def untold(world: World) -> None:
    """Every message of these days was told, but nobody was: as if a row had been put back."""
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Notification).values(
                state=NotificationState.READY, told_at=None, told_how=None, told_by=None,
                acknowledged_at=None,
            )
        )  # fmt: skip


def taken_back(world: World) -> None:
    """Every message was taken back and its child left as sent."""
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(Notification).values(state=NotificationState.RECALLED))


def kept(outcome: Outcome) -> Callable[[World], None]:
    def settle(world: World) -> None:
        with world.wiring.database.write(PLATFORM) as session:
            session.execute(update(InvolvedChild).values(outcome=outcome, outcome_reason="unborn"))

    return settle


@pytest.mark.parametrize(
    "put_back",
    [
        untold, taken_back, kept(Outcome.RECEIVED), kept(Outcome.DETAILS_AWAITED),
        kept(Outcome.IN_REVIEW), kept(Outcome.HELD), kept(Outcome.NOT_NOTIFIED),
    ],
)  # fmt: skip
def test_a_child_of_earlier_mornings_is_on_todays_board_whatever_left_it_untold(
    worlds: Worlds, put_back: Callable[[World], None]
) -> None:
    world = worlds.world(5)
    try:
        while len(world.answered) < 6:
            run.event(world)
        run.finish(world)
        put_back(world)
        world.clock.advance(timedelta(days=40))
        with world.wiring.database.read(PLATFORM) as session:
            many = len(session.execute(invariants.EVERY_CHILD).all())
        assert many > 3
        assert list(invariants.on_a_board(world)) == []
    finally:
        worlds.forget(world)
