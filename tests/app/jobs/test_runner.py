"""Steps run one at a time, item by item; one that fails never stops the others."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Force
from app.core.clock import HandClock
from app.core.database import Database
from app.core.errors import Refused, Unavailable
from app.core.models import Lease
from app.jobs.runner import Runner, Step, StepReport, Tick
from app.wiring import Wiring


def one_step(wiring: Wiring, step: Step, owner: str = "one") -> Runner:
    return Runner(wiring, [("step", step)], owner=owner)


def add_force(session: Session, code: str) -> None:
    if code == "bad":
        raise ValueError("a poison row")
    now = session.info["now"]
    session.add(Force(code=code, name=code, added_at=now))


def adding(*codes: str) -> Step:
    def step(tick: Tick) -> StepReport:
        def work(session: Session, code: str) -> None:
            session.info["now"] = tick.now
            add_force(session, code)

        return tick.each(codes, work)

    return step


def forces(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Force.code).order_by(Force.code)))


@pytest.mark.feature("ES5")
def test_one_bad_item_never_blocks_the_others(wiring: Wiring) -> None:
    report = one_step(wiring, adding("1", "bad", "2")).run_step("step")
    assert (report.done, report.failed) == (2, 1)
    assert forces(wiring.database) == ["1", "2"]


def test_a_failing_item_is_tried_again_after_a_growing_gap(
    wiring: Wiring, clock: HandClock
) -> None:
    runner = one_step(wiring, adding("bad"))
    tried = []
    for _ in range(12):
        tried.append(runner.run_step("step").failed)
        clock.advance(timedelta(seconds=20))
    assert tried == [1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]


def test_an_unknown_step_is_refused_with_the_names_there_are(wiring: Wiring) -> None:
    with pytest.raises(Refused, match="step"):
        one_step(wiring, adding()).run_step("stpe")


def test_asked_to_stop_the_item_in_hand_is_done_and_no_other_and_no_step_follows(
    wiring: Wiring,
) -> None:
    stop = threading.Event()

    def asked(tick: Tick) -> StepReport:
        def work(session: Session, code: str) -> None:
            session.info["now"] = tick.now
            add_force(session, code)
            stop.set()

        return tick.each(["1", "2"], work)

    runner = Runner(wiring, [("first", asked), ("second", adding("3"))], owner="one", stop=stop)
    assert [(one.step, one.done) for one in runner.run_pipeline()] == [("first", 1)]
    assert forces(wiring.database) == ["1"]
    with wiring.database.read() as session:
        (lease,) = session.scalars(select(Lease))
        assert (lease.name, lease.until) == ("first", None)
        assert lease.finished_at is not None
    assert runner.run_pipeline() == []


@pytest.mark.feature("ES5")
def test_a_step_that_raises_does_not_stop_the_next(wiring: Wiring) -> None:
    def broken(tick: Tick) -> StepReport:
        raise RuntimeError("broken")

    runner = Runner(wiring, [("first", broken), ("second", adding("1"))], owner="one")
    assert [report.failed for report in runner.run_pipeline()] == [1, 0]
    assert forces(wiring.database) == ["1"]
    with wiring.database.read() as session:
        assert session.get_one(Lease, "first").last_error == "RuntimeError"


def test_two_runners_at_once_make_one_effective_run(wiring: Wiring) -> None:
    inside, release = threading.Event(), threading.Event()

    def slow(tick: Tick) -> StepReport:
        inside.set()
        release.wait(10)
        return StepReport(tick.step, done=1)

    reports: list[StepReport] = []
    first = threading.Thread(
        target=lambda: reports.append(one_step(wiring, slow, "one").run_step("step"))
    )
    first.start()
    inside.wait(10)
    second = one_step(wiring, slow, "two").run_step("step")
    release.set()
    first.join()
    assert second.skipped
    assert reports[0].done == 1


@pytest.mark.feature("ES4")
def test_a_runner_that_died_is_taken_over_when_its_lease_runs_out(
    wiring: Wiring, clock: HandClock
) -> None:
    with wiring.database.write() as session:
        session.add(
            Lease(name="step", owner="dead", until=clock.now() + timedelta(seconds=60), fence=3)
        )
    runner = one_step(wiring, adding("1"), "alive")
    assert runner.run_step("step").skipped
    clock.advance(timedelta(seconds=61))
    assert runner.run_step("step").done == 1
    with wiring.database.read() as session:
        assert session.get_one(Lease, "step").fence == 4


@pytest.mark.parametrize(("minutes", "skipped"), [(2, True), (9, True), (11, False), (58, False)])
def test_a_lease_of_a_clock_that_was_set_back_since_stops_nobody_for_long(
    wiring: Wiring, clock: HandClock, minutes: int, skipped: bool
) -> None:
    with wiring.database.write() as session:
        until = clock.now() + timedelta(minutes=minutes)
        session.add(Lease(name="step", owner="dead", until=until, fence=3))
    assert one_step(wiring, adding("1")).run_step("step").skipped is skipped


def test_one_locked_row_stops_nobody_and_a_database_that_is_away_stops_the_step(
    wiring: Wiring,
) -> None:
    tried: list[str] = []

    def unavailable(tick: Tick) -> StepReport:
        def work(session: Session, key: str) -> None:
            tried.append(key)
            if key.startswith("away"):
                raise Unavailable("no answer")

        return tick.each(["away", "1", "2", "away 1", "away 2", "away 3", "4"], work)

    report = one_step(wiring, unavailable).run_step("step")
    assert (report.done, report.failed) == (2, 4)
    assert tried == ["away", "1", "2", "away 1", "away 2", "away 3"]
