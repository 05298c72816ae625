"""Asking providers of our own accord, over HTTP against the shipped stand-in."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.casework.provider_news import note_status
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring
from notifications.alerts import letterhead
from notifications.channels.fake_notify import API_KEY, FakeNotify, NotifyFault
from notifications.channels.govuk_notify import Account, NotifyChannel
from notifications.delivery import send_all
from notifications.models import Alert
from notifications.outbox import claim, record
from notifications.provider_models import ParkedNotice
from notifications.reported import Heard
from notifications.states import AlertState, DeliveryStatus, Medium, Template
from tests.factories.notifications import DUE, URN, NotifyingForce, minutes

TEMPLATES = {name: "t" for one in Template for name in (one.value, f"{one.value}.cy")}


@pytest.fixture
def fake(wiring: Wiring) -> Iterator[FakeNotify]:
    with FakeNotify(wiring.clock, {"t": "A message is waiting."}) as running:
        yield running


@pytest.fixture
def notify(wiring: Wiring, fake: FakeNotify) -> Iterator[NotifyChannel]:
    made = NotifyChannel(
        Account.of(fake.url, API_KEY), medium=Medium.EMAIL, templates=TEMPLATES,
        head=letterhead(wiring.settings), clock=wiring.clock, per_minute=3000,
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def runner(wiring: Wiring, notify: NotifyChannel) -> Runner:
    return Runner(replace(wiring, channels=(notify,)), PIPELINE, owner="test")


@pytest.fixture
def planned(wiring: Wiring) -> NotifyingForce:
    """A force whose one alert is to go now, at 06:55."""
    made = NotifyingForce(wiring).begin()
    made.school(URN, "dsl@school.example.org", "deputy@school.example.org")
    made.place()
    made.at(DUE - minutes(120))
    made.chase()
    return made


@pytest.fixture
def force(planned: NotifyingForce, runner: Runner) -> NotifyingForce:
    """A force whose one alert GOV.UK Notify has taken."""
    runner.run_step("send_due")
    assert the_alert(planned).state is AlertState.HANDED_OVER
    return planned


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


@pytest.mark.feature("DL8")
def test_after_twenty_minutes_of_sending_the_step_asks_the_next_person(
    force: NotifyingForce, runner: Runner, fake: FakeNotify
) -> None:
    fake.becomes(str(the_alert(force).id), "sending")
    for _ in range(19):
        force.later(1)
        runner.run_step("ask_providers")
    force.chase()
    assert (fake.asked, len(force.rows(Alert))) == (3, 1)
    force.later(1)
    runner.run_step("ask_providers")
    force.chase()
    assert (fake.asked, len(force.rows(Alert))) == (4, 2)
    runner.run_step("send_due")
    assert [one.to for one in fake.taken] == [
        "dsl@school.example.org", "deputy@school.example.org",
    ]  # fmt: skip
    assert len(force.rows(AuditEntry, event="alert:delivery:unheard_of")) == 1


@pytest.mark.feature("DL8")
def test_news_that_came_before_our_own_record_counts_at_the_next_step(
    planned: NotifyingForce, runner: Runner, notify: NotifyChannel, fake: FakeNotify
) -> None:
    with planned.database.write(PLATFORM) as session:
        claimed = claim(
            session, planned.cipher, owner="test", now=planned.now, channels=(notify,)
        )  # fmt: skip
    results = send_all(claimed, notify)
    # The provider has it, and says so before its answer to us is written down.
    with planned.database.write(PLATFORM) as session:
        heard = note_status(
            session, alert_id=claimed[0].alert_id, status=DeliveryStatus.DELIVERED, now=planned.now
        )
    assert heard is Heard.PARKED
    runner.run_step("ask_providers")
    assert len(planned.rows(ParkedNotice)) == 1
    with planned.database.write(PLATFORM) as session:
        record(session, results, now=planned.now)
    runner.run_step("ask_providers")
    assert the_alert(planned).state is AlertState.REACHED_MAILBOX
    assert (planned.rows(ParkedNotice), fake.asked) == ([], 0)
