"""Short stories told by chance and shortened until no event can be left out of what broke."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import update

from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.simulation import acts, invariants, run
from app.simulation.chance import Chance
from app.simulation.faults import MailMode, NotifyMode
from app.simulation.world import World, Worlds

Choice = TypeVar("Choice")

# A story is about a tenth of a world.
STORIES = max(3, int(os.environ.get("ENCOMPASS_SIMULATION_SEEDS", "8")) // 2)
EVENTS = 20
QUIETLY = settings(
    max_examples=STORIES, stateful_step_count=EVENTS, deadline=None, derandomize=True,
    database=None, suppress_health_check=list(HealthCheck), print_blob=False,
)  # fmt: skip


class Drawn(Chance):
    """Chance that asks Hypothesis: what it draws it can shorten, towards what does not fail."""

    def __init__(self) -> None:
        super().__init__(0)
        self.data: Any = None

    def one_in(self, number: int) -> bool:
        return self.between(1, number) == number

    def between(self, least: int, most: int) -> int:
        drawn: int = self.data.draw(st.integers(least, most))
        return drawn

    def pick(self, things: Sequence[Choice]) -> Choice:
        return things[self.between(0, len(things) - 1)]

    def weighted(self, weights: Mapping[Choice, int]) -> Choice:
        return self.pick(list(weights))


class Story(RuleBasedStateMachine):
    """One small world, in which the police push and time goes by."""

    worlds: Worlds
    world: World
    chance: Drawn
    sound = True

    @initialize(seed=st.integers(0, 20))
    def begin(self, seed: int) -> None:
        self.world = self.worlds.world(seed)
        self.chance = Drawn()
        self.world.chance = self.world.faults.chance = self.chance

    def let(self, act: Callable[[World], None], data: Any) -> None:
        """Let this happen, and hold the world to what must always hold."""
        self.chance.data = data
        run.let(self.world, act)
        broken = invariants.safety(self.world)
        self.sound = not broken
        assert broken == []

    @rule(data=st.data())
    def push(self, data: Any) -> None:
        """New, the same again, newer, or older than what is there."""
        self.let(acts.push, data)

    @rule(data=st.data())
    def hours(self, data: Any) -> None:
        self.let(run.hours, data)

    def teardown(self) -> None:
        try:
            # What broke on the way is reported; the end of such a world says nothing more.
            assert not self.sound or self.last_words() == []
        finally:
            self.worlds.forget(self.world)

    def last_words(self) -> list[str]:
        """Return what is broken once the story is over."""
        return []


class WholeStory(Story):
    """Everything that happens in the long worlds, and half an hour of quiet after it."""

    @rule(data=st.data())
    def withdraw(self, data: Any) -> None:
        self.let(acts.withdraw, data)

    @rule(data=st.data())
    def recall(self, data: Any) -> None:
        self.let(acts.recall, data)

    @rule(data=st.data())
    def take_not_our_pupil_back(self, data: Any) -> None:
        self.let(acts.undo, data)

    @rule(data=st.data())
    def be_away_or_leave(self, data: Any) -> None:
        self.let(acts.be_away, data)

    @rule(data=st.data())
    def read_acknowledge_or_follow_up(self, data: Any) -> None:
        self.let(acts.use_inbox, data)

    @rule(data=st.data())
    def ring(self, data: Any) -> None:
        self.let(acts.ring, data)

    @rule(data=st.data())
    def settle(self, data: Any) -> None:
        self.let(acts.review, data)

    @rule(data=st.data())
    def tick(self, data: Any) -> None:
        self.let(run.tick, data)

    @rule(data=st.data())
    def one_step(self, data: Any) -> None:
        self.let(run.step, data)

    @rule(data=st.data())
    def crash(self, data: Any) -> None:
        self.let(run.crash, data)

    @rule(data=st.data())
    def clock_jumps(self, data: Any) -> None:
        self.let(run.jump, data)

    @rule(data=st.data())
    def hear_from_notify(self, data: Any) -> None:
        self.let(acts.hear, data)

    @rule(
        mail=st.sampled_from(MailMode), notify=st.sampled_from(NotifyMode),
        writes=st.sampled_from((0, 6, 15)), crashes=st.booleans(),
    )  # fmt: skip
    def faults(self, mail: MailMode, notify: NotifyMode, writes: int, crashes: bool) -> None:
        faults = self.world.faults
        faults.mail, faults.notify = mail, notify
        faults.writes, faults.crashes = writes, crashes

    def last_words(self) -> list[str]:
        return run.finish(self.world)


class ForgetfulStory(Story):
    """A service that loses what it answered."""

    @rule(data=st.data())
    def forget_what_was_answered(self, data: Any) -> None:
        self.let(_forget, data)


def _forget(world: World) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(Incident).values(reference=Incident.reference + "?"))


@pytest.mark.timeout(900)
def test_every_short_story_holds(worlds: Worlds) -> None:
    WholeStory.worlds = worlds
    run_state_machine_as_test(WholeStory, settings=QUIETLY)


@pytest.mark.timeout(300)
def test_a_story_that_breaks_is_told_in_its_fewest_events(worlds: Worlds) -> None:
    ForgetfulStory.worlds = worlds
    with pytest.raises(AssertionError, match="stored_once") as found:
        run_state_machine_as_test(
            ForgetfulStory, settings=settings(QUIETLY, max_examples=40, stateful_step_count=8)
        )
    told = [one for one in found.value.__notes__ if "state." in one]
    assert sum(one.count("state.push(") for one in told) == 1
    assert sum(one.count("state.forget_what_was_answered(") for one in told) == 1
    assert sum(one.count("state.hours(") for one in told) == 0
