"""Several schedulers at once, and one that sleeps through its lease: one effective run."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event as Signal
from time import sleep

import pytest
from sqlalchemy import event, select

from app.core.audit import Event
from app.core.clock import HandClock
from app.core.database import Database, make_engine
from app.core.errors import Unavailable
from app.core.models import AuditEntry
from app.core.patience import end_idle
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.jobs import PIPELINE
from app.jobs.runner import IDLE_SECONDS, LEASE_SECONDS, STEP_SECONDS, Runner
from notifications.channels.base import AlertMessage, Sent
from notifications.channels.recording import RecordingChannel
from notifications.models import Alert, Notification
from notifications.states import AlertState
from schools.matching.models import Match
from tests.journeys.world import World, at, child
from tests.postgres import POSTGRES_ONLY

pytestmark = pytest.mark.feature("OP2")


class SleepingMail(RecordingChannel):
    """Takes the first message and then does not come back until it is woken."""

    def sleep(self) -> tuple[Signal, Signal]:
        self._asleep, self._wake = Signal(), Signal()
        return self._asleep, self._wake

    def send(self, message: AlertMessage) -> Sent:
        sent = super().send(message)
        self._asleep.set()
        assert self._wake.wait(60)
        return sent


@pytest.fixture
def night(world: World) -> World:
    """Six incidents of the night, and the morning at which alerts go."""
    world.clock.move_to(at("2026-11-20", "01:30"))
    for number in range(6):
        school = {"school_name": "Otherby Church School", "town": "Otherby"}
        world.push(
            f"FOUR-{number}", child(surname=f"Example-{number}"),
            child("c2", surname=f"Example-{number}", forename="Bo", education=school),
        )  # fmt: skip
    world.clock.move_to(at("2026-11-20", "06:35"))
    return world


def rows_of(world: World, of: Event) -> Counter[str]:
    with world.wiring.database.read(PLATFORM) as session:
        return Counter(
            session.scalars(select(AuditEntry.subject).where(AuditEntry.event == of.value))
        )


def tick(runner: Runner) -> None:
    runner.run_pipeline()


def test_four_schedulers_at_once_do_every_step_once(night: World) -> None:
    runners = [Runner(night.wiring, PIPELINE, owner=f"scheduler {n}") for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(6):
            list(pool.map(tick, runners))
    with night.wiring.database.read(PLATFORM) as session:
        places = session.execute(select(Notification.involved_child_id, Notification.recipient))
        told = Counter(tuple(place) for place in places)
        states = set(session.scalars(select(Alert.state)))
    assert len(told) == 12
    assert set(told.values()) == {1}
    assert states == {AlertState.HANDED_OVER}
    assert set(Counter(night.alerts).values()) == {1}
    for one in (Event.NOTIFICATION_PLACED, Event.ALERT_HANDED_OVER):
        assert set(rows_of(night, one).values()) == {1}, one
    assert night.imbalances == []


def test_a_scheduler_that_sleeps_through_its_lease_writes_nothing_when_it_wakes(
    night: World,
) -> None:
    recording = night.wiring.channels[0]
    assert isinstance(recording, RecordingChannel)
    mail = SleepingMail(recording._head, recording._cipher)
    asleep, wake = mail.sleep()
    # While it sleeps no time passes for it, so it has a clock of its own.
    own_clock = HandClock(night.now)
    wiring = replace(night.wiring, channels=(mail,), clock=own_clock)
    sleeper = Runner(wiring, PIPELINE, owner="sleeper")
    others = [Runner(night.wiring, PIPELINE, owner=f"scheduler {n}") for n in range(3)]
    with ThreadPoolExecutor(4) as pool:
        sleeping = pool.submit(tick, sleeper)
        assert asleep.wait(60)
        night.clock.advance(timedelta(seconds=121))
        list(pool.map(tick, others))
        own_clock.move_to(night.now)
        wake.set()
        sleeping.result(60)
    with night.wiring.database.read(PLATFORM) as session:
        alerts = session.scalars(select(Alert)).all()
        late_facts = session.scalars(
            select(AuditEntry).where(AuditEntry.reason_code == "stale_result")
        ).all()
    assert {alert.state for alert in alerts} == {AlertState.HANDED_OVER}
    assert late_facts
    # What both sent is the same bytes, and no alert counts as handed over twice.
    by_sleeper = {one.message.alert_id: one.raw for one in mail.sent}
    by_others = {one.message.alert_id: one.raw for one in recording.sent}
    both = by_sleeper.keys() & by_others.keys()
    assert both
    assert all(by_sleeper[alert_id] == by_others[alert_id] for alert_id in both)
    assert len(by_others) == len(recording.sent)
    handed_over = rows_of(night, Event.ALERT_HANDED_OVER)
    stale = Counter(fact.subject for fact in late_facts)
    assert {subject: count - stale[subject] for subject, count in handed_over.items()} == {
        f"alert:{alert.id}": 1 for alert in alerts
    }


@POSTGRES_ONLY
def test_a_scheduler_that_sleeps_in_the_midst_of_deciding_decides_nothing_when_it_wakes(
    night: World,
) -> None:
    # On SQLite nobody else could write meanwhile.
    asleep, wake, engine = Signal(), Signal(), night.wiring.database.engine

    def sleep_once(_: object, __: object, statement: str, *rest: object) -> None:
        holding = "involved_child" in statement and "FOR NO KEY UPDATE" in statement
        if holding and not asleep.is_set():
            asleep.set()
            assert wake.wait(60)

    event.listen(engine, "before_cursor_execute", sleep_once)
    sleeper, other = (Runner(night.wiring, PIPELINE, owner=name) for name in ("sleeper", "other"))
    with ThreadPoolExecutor(1) as pool:
        sleeping = pool.submit(sleeper.run_step, "match_children")
        assert asleep.wait(60)
        night.clock.advance(timedelta(seconds=121))
        other.run_pipeline()
        wake.set()
        report = sleeping.result(60)
    # It is not an error: what there was to do is done.
    assert (report.done, report.failed) == (6, 0)
    assert set(rows_of(night, Event.CHILD_MATCHED).values()) == {1}
    with night.wiring.database.read(PLATFORM) as session:
        decided = Counter(session.scalars(select(Match.involved_child_id)))
    assert len(decided) == 12
    assert set(decided.values()) == {1}


@POSTGRES_ONLY
def test_a_scheduler_that_is_stopped_loses_what_it_began_before_another_takes_over(
    night: World,
) -> None:
    engine = make_engine(night.wiring.settings.database_url, pool_size=1)
    end_idle(engine, seconds=1)
    database = Database(engine, before_commit=lambda session: None)
    child = select(InvolvedChild.id).order_by(InvolvedChild.id).limit(1)
    try:
        with pytest.raises(Unavailable), database.write(PLATFORM) as session:
            session.execute(child.with_for_update())
            # What a stopped process does, seen from the server: nothing.
            sleep(1.5)
            session.execute(select(InvolvedChild.id))
        # Others found its rows free, and its own next transaction is one like any.
        with database.write(PLATFORM) as session:
            session.execute(child.with_for_update())
    finally:
        engine.dispose()


def test_it_loses_it_well_before_its_lease_is_over() -> None:
    assert STEP_SECONDS + IDLE_SECONDS < LEASE_SECONDS
