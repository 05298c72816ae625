"""A scheduler that sleeps as it begins to write, in each step: another does the work, and once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event as Signal
from threading import get_ident
from typing import Any

import pytest
from sqlalchemy import event, select

from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import LEASE_SECONDS, Runner, StepReport
from notifications.models import ReviewStep
from notifications.states import StepState
from tests.journeys.world import World, at, child
from tests.postgres import POSTGRES_ONLY

pytestmark = [pytest.mark.feature("OP2"), POSTGRES_ONLY]
DAY = "2026-11-20"
MOMENTS = (
    "01:35", "06:15", "06:31", "07:05", "07:35", "07:50", "08:05", "08:20", "08:35", "09:05",
    "12:00", "15:01", "16:00", "18:20", "19:05",
)  # fmt: skip
# Written by hand or by nobody's clock: what these do twice is the same as once.
_NO_MATTER = ("LEASE", "SIGN_IN", "USED_ASSERTION", "REPORT_EXPORT")


@dataclass
class Sleeper:
    """A scheduler that sleeps, once in each step, before the first row it holds or writes."""

    world: World
    slept: Counter[str] = field(default_factory=Counter)
    _thread: int = 0
    _asleep: Signal = field(default_factory=Signal)
    _wake: Signal = field(default_factory=Signal)

    def __post_init__(self) -> None:
        event.listen(self.world.wiring.database.engine, "before_cursor_execute", self._before)

    def through(self, step: str) -> None:
        """Let it run a step; where it falls asleep another takes over once its lease is over."""
        self._asleep, self._wake = Signal(), Signal()
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(self._run, step)
            while not running.done() and not self._asleep.wait(0.01):
                pass
            if self._asleep.is_set():
                self.slept[step] += 1
                self.world.clock.advance(timedelta(seconds=LEASE_SECONDS + 1))
                other = Runner(self.world.wiring, PIPELINE, owner="other").run_step(step)
                assert not other.skipped
                assert not other.failed
                self._wake.set()
            running.result(60)

    def _run(self, step: str) -> StepReport:
        self._thread = get_ident()
        try:
            return Runner(self.world.wiring, PIPELINE, owner="sleeper").run_step(step)
        finally:
            self._thread = 0

    def _before(self, _: object, __: object, statement: str, *rest: Any) -> None:
        if self._thread != get_ident() or self._asleep.is_set():
            return
        said = statement.lstrip().upper()
        writes = said.startswith(("INSERT", "UPDATE", "DELETE"))
        holds = any(how in said for how in ("FOR UPDATE", "FOR NO KEY UPDATE", "FOR SHARE"))
        if (writes or holds) and not any(one in said.partition(" SET ")[0] for one in _NO_MATTER):
            self._asleep.set()
            assert self._wake.wait(60)


def done_twice(world: World) -> list[tuple[str, ...]]:
    """Return what stands on the trail twice, but for a child's hourly step: each is another."""
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.execute(
            select(AuditEntry.event, AuditEntry.subject, AuditEntry.reason_code, AuditEntry.detail)
        ).all()
        hourly = session.execute(
            select(ReviewStep.unsettled_id, ReviewStep.kind, ReviewStep.planned_at).where(
                ReviewStep.state != StepState.PLANNED
            )
        ).all()
    done = Counter[tuple[str, ...]]()
    for row in rows:
        detail = row.detail or {}
        which = detail.get("step") or detail.get("review_step") or ""
        if which != "hourly":
            done[row.event, row.subject, which, row.reason_code or ""] += 1
    done.update((str(one.unsettled_id), one.kind, str(one.planned_at)) for one in hourly)
    return [one for one, count in done.items() if count > 1]


def test_whatever_step_a_scheduler_sleeps_in_another_does_it_and_it_is_done_once(
    world: World,
) -> None:
    world.everybody()
    world.clock.move_to(at("2026-11-19", "18:20"))
    world.tick()
    world.clock.move_to(at(DAY, "01:30"))
    otherby = {"school_name": "Otherby Church School", "town": "Otherby"}
    for number in range(3):
        world.push(
            f"N-{number}", child(surname=f"Example-{number}"),
            child("c2", surname=f"Example-{number}", forename="Bo", education=otherby),
        )  # fmt: skip
    # Later, so that the first to be decided has a school.
    world.clock.advance(timedelta(minutes=1))
    for number in range(3):
        unclear = {"school_name": "St Marys"}
        world.push(f"U-{number}", child(surname=f"Unclear-{number}", education=unclear))
    sleeper = Sleeper(world)
    for moment in MOMENTS:
        world.clock.move_to(max(world.now, at(DAY, moment)))
        for step, _ in PIPELINE:
            sleeper.through(step)
    assert done_twice(world) == []
    assert world.imbalances == []
    assert {
        "match_children", "compose_notifications", "chase_reviews", "chase_untold", "send_due",
        "evening_check", "morning_check",
    } <= set(sleeper.slept)  # fmt: skip
