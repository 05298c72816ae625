"""The ticking process, asked to end while it has work in hand."""

from dataclasses import replace
from threading import Event

import pytest
from sqlalchemy import select

from app import scheduler
from app.core.cipher import Cipher
from app.core.models import Lease
from app.core.settings import Environment, Settings
from app.jobs.runner import Runner, StepReport, Tick
from app.jobs.send_due import send_due
from app.wiring import Wiring
from notifications.alerts import letterhead
from notifications.channels.base import AlertMessage, Sent
from notifications.channels.recording import RecordingChannel
from notifications.delivery import CONCURRENCY
from notifications.models import Alert
from notifications.states import AlertState
from tests.factories.notifications import DUE, NotifyingForce, minutes

SCHOOLS = range(990101, 990121)


class Stopping(RecordingChannel):
    """A channel whose first alert is in hand when the process is asked to end."""

    def __init__(self, cipher: Cipher, stop: Event) -> None:
        super().__init__(letterhead(Settings(environment=Environment.TEST)), cipher)
        self._stop = stop

    def send(self, message: AlertMessage) -> Sent:
        self._stop.set()
        return super().send(message)


@pytest.fixture
def force(wiring: Wiring) -> NotifyingForce:
    """Twenty schools, each with an alert that is due."""
    made = NotifyingForce(wiring).begin()
    for urn in SCHOOLS:
        made.school(urn, f"dsl{urn}@school.example.org")
        made.place(urn=urn)
    made.at(DUE - minutes(120))
    made.chase()
    return made


@pytest.mark.feature("DL2")
def test_asked_to_end_it_settles_what_is_in_hand_and_begins_nothing_more(
    force: NotifyingForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: list[str] = []

    def next_step(tick: Tick) -> StepReport:
        later.append(tick.step)
        return StepReport(tick.step)

    steps = (("send_due", send_due), ("write_call_sheets", next_step))
    monkeypatch.setattr(scheduler, "PIPELINE", steps)
    stop = Event()
    channel = Stopping(force.cipher, stop)
    scheduler.run(replace(force.wiring, channels=(channel,)), stop)
    assert later == []
    states = [one.state for one in force.rows(Alert)]
    assert set(states) == {AlertState.HANDED_OVER, AlertState.PLANNED}
    assert 1 <= states.count(AlertState.HANDED_OVER) == len(channel.sent) <= CONCURRENCY
    assert all(one.lease_until is None and one.attempts <= 1 for one in force.rows(Alert))
    with force.database.read() as session:
        assert session.execute(select(Lease.name, Lease.until)).all() == [("send_due", None)]


def test_what_was_given_back_is_sent_by_whoever_runs_next(force: NotifyingForce) -> None:
    stop = Event()
    channel = Stopping(force.cipher, stop)
    wiring = replace(force.wiring, channels=(channel,))
    steps = (("send_due", send_due),)
    Runner(wiring, steps, owner="one", stop=stop).run_pipeline()
    assert len(channel.sent) < len(SCHOOLS)
    force.later(1)
    Runner(wiring, steps, owner="two").run_pipeline()
    assert len(channel.sent) == len(SCHOOLS)
    assert {one.state for one in force.rows(Alert)} == {AlertState.HANDED_OVER}
