"""Runs one seed: events drawn one after another, checks after each, then quiet and liveness."""

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from app.core import logs
from app.core.errors import ServiceError
from app.jobs import PIPELINE
from app.simulation import acts, invariants
from app.simulation.faults import Crashed, MailMode, NotifyMode
from app.simulation.world import World, Worlds

# After the last fault every child must be told, or with a named person, within half an hour; the
# service ticks so often in it, where a real one ticks every twenty seconds.
_QUIET_MINUTES = (2, 8, 10, 10)
_STEPS = tuple(name for name, _ in PIPELINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed; `broken` holds the first things that did not hold, else nothing."""

    seed: int
    events: int
    lives: int
    pushed: int
    messages: int
    by_notify: int
    broken: tuple[str, ...] = ()
    met: dict[str, int] = field(default_factory=dict)


def run_many(seeds: range, *, events: int, workers: int = 1) -> list[Outcome]:
    """Run seeds in a scratch folder, in so many processes; one that breaks does not end the others.

    Logs are silenced: faults are wanted here, and what did not hold is in the outcome.
    """
    if workers == 1:
        return _run_share(seeds, events)
    shares = [range(seeds.start + number, seeds.stop, workers) for number in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        outcomes = [one for share in pool.map(_run_share, shares, repeat(events)) for one in share]
    return sorted(outcomes, key=lambda outcome: outcome.seed)


def _run_share(seeds: range, events: int) -> list[Outcome]:
    logs.configure("CRITICAL")
    memory = Path("/dev/shm")  # noqa: S108 (worlds are scratch; a disk would only be slower)  # nosec B108
    where = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="encompass-worlds-", dir=where) as scratch:
        worlds = Worlds(Path(scratch))
        return [run_seed(worlds, seed, events=events) for seed in seeds]


def run_seed(worlds: Worlds, seed: int, *, events: int) -> Outcome:
    """Run one seed for so many events, then half an hour of quiet; stop at the first breach."""
    world = worlds.world(seed)
    done = 0
    broken: list[str] = []
    while done < events and not broken:
        event(world)
        done += 1
        broken = invariants.safety(world)
    broken = broken or finish(world)
    outcome = Outcome(
        seed, done, world.lives, len(world.answered),
        len(world.mail.sent) + len(world.notify.taken), len(world.notify.taken), tuple(broken),
        dict(world.faults.met),
    )  # fmt: skip
    worlds.forget(world)
    return outcome


def finish(world: World) -> list[str]:
    """End all faults, let half an hour pass, and return what does not hold then."""
    world.faults.quiet()
    world.begin_again()
    for passing in _QUIET_MINUTES:
        world.clock.advance(timedelta(minutes=passing))
        world.runner.run_pipeline()
    return [*invariants.safety(world), *invariants.at_the_end(world), *invariants.liveness(world)]


def event(world: World) -> None:
    """Let one thing happen, drawn by its weight."""
    let(world, world.chance.weighted(_EVENTS))


def let(world: World, act: Callable[[World], None]) -> None:
    """Let this happen; a refusal is an answer, and a crash begins the next life."""
    try:
        act(world)
    except ServiceError:
        return
    except Crashed:
        world.begin_again()


def step(world: World) -> None:
    world.runner.run_step(world.chance.pick(_STEPS))


def tick(world: World) -> None:
    world.runner.run_pipeline()


def minutes(world: World) -> None:
    world.clock.advance(timedelta(minutes=world.chance.between(1, 30)))


def hours(world: World) -> None:
    world.clock.advance(timedelta(hours=world.chance.between(1, 14)))


def jump(world: World) -> None:
    """The machine's clock is set right, or wrong: up to an hour either way."""
    world.clock.advance(timedelta(minutes=world.chance.between(-60, 60)))


def weather(world: World) -> None:
    """Another kind of trouble, or less of it."""
    faults, chance = world.faults, world.chance
    faults.writes = chance.pick((0, 0, 6, 15, 40))
    faults.crashes = chance.one_in(2)
    faults.mail = chance.pick(list(MailMode))
    faults.notify = chance.pick(list(NotifyMode))


def crash(_: World) -> None:
    raise Crashed


_EVENTS: dict[Callable[[World], None], int] = {
    acts.push: 20, acts.use_inbox: 22, acts.ring: 6, acts.review: 10, acts.withdraw: 3,
    acts.recall: 2, acts.undo: 2, acts.be_away: 3, acts.hear: 6, step: 40,
    tick: 6, minutes: 14, hours: 4, jump: 2, weather: 6, crash: 2,
}  # fmt: skip
