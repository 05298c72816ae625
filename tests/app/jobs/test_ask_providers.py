"""Asking providers of our own accord, over HTTP against the shipped stand-in."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring
from notifications.alerts import letterhead
from notifications.channels.fake_notify import API_KEY, FakeNotify, NotifyFault
from notifications.channels.govuk_notify import Account, NotifyChannel
from notifications.models import Alert
from notifications.states import AlertState, Medium, Template
from tests.factories.notifications import DUE, URN, NotifyingForce, minutes

TEMPLATES = {name: "t" for one in Template for name in (one.value, f"{one.value}.cy")}


@pytest.fixture
def fake(wiring: Wiring) -> Iterator[FakeNotify]:
    with FakeNotify(wiring.clock, {"t": "A message is waiting."}) as running:
        yield running


@pytest.fixture
def runner(wiring: Wiring, fake: FakeNotify) -> Runner:
    notify = NotifyChannel(
        Account.of(fake.url, API_KEY), medium=Medium.EMAIL, templates=TEMPLATES,
        head=letterhead(wiring.settings), clock=wiring.clock, per_minute=3000,
    )  # fmt: skip
    return Runner(replace(wiring, channels=(notify,)), PIPELINE, owner="test")


@pytest.fixture
def force(wiring: Wiring, runner: Runner) -> NotifyingForce:
    """A force whose one alert GOV.UK Notify has taken."""
    made = NotifyingForce(wiring).begin()
    made.school(URN, "dsl@school.example.org", "deputy@school.example.org")
    made.place()
    made.at(DUE - minutes(120))
    made.chase()
    runner.run_step("send_due")
    assert the_alert(made).state is AlertState.HANDED_OVER
    return made


def the_alert(force: NotifyingForce) -> Alert:
    alert = force.rows(Alert)[0]
    assert isinstance(alert, Alert)
    return alert


@pytest.mark.feature("IG4")
@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("sending", AlertState.HANDED_OVER),
        ("delivered", AlertState.REACHED_MAILBOX),
        ("permanent-failure", AlertState.BOUNCED),
        ("temporary-failure", AlertState.BOUNCED),
    ],
)
def test_two_minutes_later_it_is_asked_what_became_of_it(
    force: NotifyingForce, runner: Runner, fake: FakeNotify, word: str, state: AlertState
) -> None:
    fake.becomes(str(the_alert(force).id), word)
    runner.run_step("ask_providers")
    assert fake.asked == 0
    force.later(2)
    runner.run_step("ask_providers")
    assert fake.asked == 1
    assert the_alert(force).state is state


@pytest.mark.feature("DL8")
def test_a_question_that_fails_is_asked_again_at_the_next_time(
    force: NotifyingForce, runner: Runner, fake: FakeNotify
) -> None:
    fake.fail_asking(NotifyFault.ERROR_NOT_STORED)
    fake.becomes(str(the_alert(force).id), "delivered")
    force.later(2)
    runner.run_step("ask_providers")
    assert the_alert(force).state is AlertState.HANDED_OVER
    force.later(3)
    runner.run_step("ask_providers")
    assert the_alert(force).state is AlertState.REACHED_MAILBOX
