"""Several schedulers at once, and one that sleeps through its lease: one effective run."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event as Signal

import pytest
from sqlalchemy import select

from app.core.audit import Event
from app.core.clock import HandClock
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from notifications.channels.base import AlertMessage, Sent
from notifications.channels.recording import RecordingChannel
from notifications.models import Alert, Notification
from notifications.states import AlertState
from tests.journeys.world import World, at, child

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


def rows_of(world: World, event: Event) -> Counter[str]:
    with world.wiring.database.read(PLATFORM) as session:
        return Counter(
            session.scalars(select(AuditEntry.subject).where(AuditEntry.event == event.value))
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
    for event in (Event.NOTIFICATION_PLACED, Event.ALERT_HANDED_OVER):
        assert set(rows_of(night, event).values()) == {1}, event
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
