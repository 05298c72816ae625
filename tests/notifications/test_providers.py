"""Providers in order: who sends, who is left alone, and what is asked before a repeat."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.core.clock import HandClock
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from notifications.alerts import letterhead
from notifications.attempts import ClaimedAlert
from notifications.breaker import ProviderState
from notifications.channels.base import AlertChannel, ChannelError, ErrorKind
from notifications.channels.fake_notify import API_KEY, FakeNotify, NotifyFault
from notifications.channels.govuk_notify import Account, NotifyChannel
from notifications.channels.recording import RecordingChannel
from notifications.delivery import send_all
from notifications.models import Alert, Receipt
from notifications.outbox import claim, record
from notifications.provider_models import Provider
from notifications.states import AlertState, Channel, Medium, Template
from tests.factories.notifications import DUE, NotifyingForce, minutes

TEMPLATES = {name: "t" for one in Template for name in (one.value, f"{one.value}.cy")}


@pytest.fixture
def fake(force: NotifyingForce) -> Iterator[FakeNotify]:
    with FakeNotify(force.wiring.clock, {"t": "A message is waiting."}) as running:
        yield running


@pytest.fixture
def notify(force: NotifyingForce, fake: FakeNotify) -> Iterator[NotifyChannel]:
    made = NotifyChannel(
        Account.of(fake.url, API_KEY), medium=Medium.EMAIL, templates=TEMPLATES,
        head=letterhead(force.wiring.settings), clock=force.wiring.clock, per_minute=3000,
        timeout=httpx.Timeout(3.0),
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def second(force: NotifyingForce) -> RecordingChannel:
    """The provider that takes over."""
    head = letterhead(force.wiring.settings)
    return RecordingChannel(head, force.cipher, name=Channel.RECORDING_SECOND)


@pytest.fixture
def first(force: NotifyingForce) -> RecordingChannel:
    assert isinstance(force.wiring.channel, RecordingChannel)
    return force.wiring.channel


@pytest.fixture
def planned(force: NotifyingForce, placed: UUID) -> UUID:
    """One planned alert, at 06:55."""
    force.at(DUE - minutes(120))
    force.chase()
    return placed


def take(force: NotifyingForce, *channels: AlertChannel) -> list[ClaimedAlert]:
    with force.database.write(PLATFORM) as session:
        return claim(session, force.cipher, owner="one", now=force.now, channels=channels)


def send(force: NotifyingForce, *channels: AlertChannel) -> int:
    """Claim, send and record one block; return how many alerts it held."""
    claimed = take(force, *channels)
    results = send_all(claimed, *channels)
    with force.database.write(PLATFORM) as session:
        assert record(session, results, now=force.now) == len(claimed)
    return len(claimed)


def until_settled(force: NotifyingForce, *channels: AlertChannel, blocks: int = 20) -> Alert:
    """Send again whenever something is due, until the alert is settled."""
    for _ in range(blocks):
        send(force, *channels)
        alert = the_alert(force)
        if alert.settled_at is not None:
            break
        force.at(max(force.now + timedelta(seconds=1), alert.next_attempt_at))
    return the_alert(force)


def the_alert(force: NotifyingForce) -> Alert:
    (alert,) = force.rows(Alert)
    assert isinstance(alert, Alert)
    return alert


def provider(force: NotifyingForce, channel: AlertChannel) -> Provider:
    (row,) = force.rows(Provider, name=Channel(channel.name))
    assert isinstance(row, Provider)
    return row


def reasons(force: NotifyingForce) -> list[str | None]:
    return [one.reason_code for one in force.rows(AuditEntry, event="alert:provider:changed")]


def down(times: int) -> list[ChannelError]:
    return [ChannelError(ErrorKind.CONNECTION, "failed_at_connecting")] * times


@pytest.mark.feature("DL5")
@pytest.mark.usefixtures("planned")
def test_the_first_provider_sends_while_it_works(
    force: NotifyingForce, first: RecordingChannel, second: RecordingChannel
) -> None:
    send(force, first, second)
    alert = the_alert(force)
    assert (alert.state, alert.channel) == (AlertState.HANDED_OVER, Channel.RECORDING)
    assert second.sent == []


@pytest.mark.feature("DL2")
@pytest.mark.usefixtures("planned")
def test_the_intent_names_the_provider_before_anything_is_said_to_it(
    force: NotifyingForce, first: RecordingChannel, second: RecordingChannel
) -> None:
    (claimed,) = take(force, second, first)
    assert (claimed.channel, claimed.ask) == ("recording_second", False)
    assert the_alert(force).channel is Channel.RECORDING_SECOND


@pytest.mark.feature("DL5")
@pytest.mark.feature("DL13")
@pytest.mark.usefixtures("planned")
def test_a_provider_that_is_down_is_left_and_the_next_sends_within_two_minutes(
    force: NotifyingForce, first: RecordingChannel, second: RecordingChannel
) -> None:
    began = force.now
    first.fail_next(*down(100))
    alert = until_settled(force, first, second)
    assert (alert.state, alert.channel) == (AlertState.HANDED_OVER, Channel.RECORDING_SECOND)
    assert force.now - began <= timedelta(minutes=2)
    assert alert.own_failures == 0
    assert provider(force, first).reason_code == "failed_at_connecting"
    assert reasons(force) == ["failed_at_connecting"]
    assert len(second.sent) == 1


@pytest.mark.feature("DL13")
def test_one_alert_at_a_time_probes_a_provider_and_the_first_through_brings_it_back(
    force: NotifyingForce, first: RecordingChannel
) -> None:
    for urn in range(990101, 990106):
        force.school(urn, f"dsl{urn}@school.example.org")
        force.place(urn=urn)
    force.at(DUE - minutes(120))
    force.chase()
    first.fail_next(*down(100))
    while send(force, first) and provider(force, first).state is ProviderState.CLOSED:
        force.later(1)
    until = provider(force, first).until
    assert until is not None
    force.at(until - timedelta(seconds=1))
    assert take(force, first) == []
    first._faults.clear()
    force.later(5)
    assert send(force, first) == 1
    assert provider(force, first).state is ProviderState.CLOSED
    assert send(force, first) == 4
    assert len(first.sent) == 5
    assert reasons(force) == ["failed_at_connecting", "works_again"]


@pytest.mark.feature("DL4")
@pytest.mark.usefixtures("planned")
def test_an_outage_of_two_hours_is_nobodys_own_failure_and_is_not_hammered(
    force: NotifyingForce, fake: FakeNotify, notify: NotifyChannel
) -> None:
    fake.fail_next(*[NotifyFault.ERROR_NOT_STORED] * 1000)
    fake.fail_asking(*[NotifyFault.ERROR_NOT_STORED] * 1000)
    tries = 0
    for _ in range(360):
        tries += send(force, notify)
        force.later(1 / 3)
    alert = the_alert(force)
    assert (alert.state, alert.own_failures) == (AlertState.UNKNOWN, 1)
    assert tries < 40
    fake._faults.clear()
    fake._asking_fails.clear()
    assert until_settled(force, notify).state is AlertState.HANDED_OVER
    assert len(fake.taken) == 1


@pytest.mark.feature("DL3")
@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    "fault",
    [
        NotifyFault.ERROR_BUT_STORED, NotifyFault.LOST_BUT_STORED, NotifyFault.SILENT_BUT_STORED,
        NotifyFault.ERROR_NOT_STORED, NotifyFault.LOST_NOT_STORED,
    ],
)  # fmt: skip
def test_what_is_unknown_is_asked_about_and_never_sent_twice(
    force: NotifyingForce, fake: FakeNotify, notify: NotifyChannel, fault: NotifyFault
) -> None:
    fake.fail_next(fault)
    send(force, notify)
    assert the_alert(force).state is AlertState.UNKNOWN
    alert = until_settled(force, notify)
    assert alert.state is AlertState.HANDED_OVER
    assert (len(fake.taken), fake.asked) == (1, 1)
    assert alert.provider_reference == fake.taken[0].id
    assert len(force.rows(Receipt)) == 1


@pytest.mark.feature("DL3")
@pytest.mark.usefixtures("planned")
def test_a_process_that_died_after_the_provider_took_it_asks_and_sends_nothing(
    force: NotifyingForce, fake: FakeNotify, notify: NotifyChannel
) -> None:
    send_all(take(force, notify), notify)
    force.later(1.1)
    (again,) = take(force, notify)
    assert again.ask
    results = send_all([again], notify)
    with force.database.write(PLATFORM) as session:
        record(session, results, now=force.now)
    assert the_alert(force).state is AlertState.HANDED_OVER
    assert len(fake.taken) == 1


@pytest.mark.feature("DL3")
@pytest.mark.usefixtures("planned")
def test_where_the_provider_cannot_be_asked_another_repeats_the_empty_message(
    force: NotifyingForce, fake: FakeNotify, notify: NotifyChannel, second: RecordingChannel
) -> None:
    fake.fail_next(NotifyFault.LOST_BUT_STORED)
    fake.fail_asking(*[NotifyFault.LOST_NOT_STORED] * 100)
    alert = until_settled(force, notify, second)
    assert (alert.state, alert.channel) == (AlertState.HANDED_OVER, Channel.RECORDING_SECOND)
    assert (len(fake.taken), len(second.sent)) == (1, 1)


@pytest.mark.feature("DL3")
@pytest.mark.usefixtures("planned")
def test_what_comes_back_from_another_provider_is_asked_about_before_it_is_sent_again(
    force: NotifyingForce, fake: FakeNotify, notify: NotifyChannel, second: RecordingChannel
) -> None:
    fake.fail_next(NotifyFault.LOST_BUT_STORED)
    second.fail_next(ChannelError(ErrorKind.TEMPORARY, "recipient_451"))
    while the_alert(force).last_code != "recipient_451":
        fake.fail_asking(NotifyFault.LOST_NOT_STORED)
        send(force, notify, second)
        force.at(max(force.now + timedelta(seconds=1), the_alert(force).next_attempt_at))
    alert = until_settled(force, notify, blocks=200)
    assert (alert.state, alert.channel) == (AlertState.HANDED_OVER, notify.name)
    assert (len(fake.taken), len(second.sent)) == (1, 0)


@pytest.mark.feature("DL13")
@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    "said",
    [
        (NotifyFault.RATE_LIMIT, "rate_limit", 60),
        (NotifyFault.DAILY_LIMIT, "daily_limit", 3600),
        (NotifyFault.KEY_REVOKED, "key_refused", 900),
    ],
)
def test_a_provider_that_says_stop_is_stopped_at_once_and_the_alert_goes_another_way(
    force: NotifyingForce, fake: FakeNotify, notify: NotifyChannel, second: RecordingChannel,
    said: tuple[NotifyFault, str, int],
) -> None:  # fmt: skip
    fault, code, pause = said
    fake.fail_next(fault)
    send(force, notify, second)
    stopped = provider(force, notify)
    assert (stopped.state, stopped.reason_code) == (ProviderState.OPEN, code)
    assert stopped.until == force.now + timedelta(seconds=pause)
    assert send(force, notify, second) == 1
    alert = the_alert(force)
    assert (alert.state, alert.channel) == (AlertState.HANDED_OVER, Channel.RECORDING_SECOND)
    assert (alert.attempts, alert.own_failures) == (1, 0)
    assert reasons(force) == [code]


@pytest.mark.feature("DL13")
@pytest.mark.usefixtures("planned")
def test_a_clock_45_seconds_off_stops_the_provider_without_a_try_for_each_alert(
    force: NotifyingForce, fake: FakeNotify
) -> None:
    wrong = NotifyChannel(
        Account.of(fake.url, API_KEY), medium=Medium.EMAIL, templates=TEMPLATES,
        head=letterhead(force.wiring.settings), per_minute=3000,
        clock=HandClock(force.now + timedelta(seconds=45)),
    )  # fmt: skip
    assert send(force, wrong) == 1
    wrong.close()
    assert provider(force, wrong).reason_code == "clock_refused"
    assert take(force, wrong) == []


@pytest.mark.feature("DL13")
def test_no_more_is_handed_over_in_a_minute_than_the_provider_allows(
    force: NotifyingForce,
) -> None:
    for urn in range(990101, 990121):
        force.school(urn, f"dsl{urn}@school.example.org")
        force.place(urn=urn)
    force.at(DUE - minutes(120))
    force.chase()
    slow = RecordingChannel(letterhead(force.wiring.settings), force.cipher, per_minute=15)
    sent = [send(force, slow)]
    for _ in range(3):
        force.later(1 / 3)
        sent.append(send(force, slow))
    assert sent == [5, 5, 5, 5]


@pytest.mark.feature("DL5")
@pytest.mark.usefixtures("planned")
def test_a_provider_without_the_template_is_passed_over(
    force: NotifyingForce, fake: FakeNotify, second: RecordingChannel
) -> None:
    bare = NotifyChannel(
        Account.of(fake.url, API_KEY), medium=Medium.EMAIL, templates={},
        head=letterhead(force.wiring.settings), clock=force.wiring.clock, per_minute=3000,
    )  # fmt: skip
    assert send(force, bare, second) == 1
    assert len(second.sent) == 1
    assert take(force, bare) == []


@pytest.mark.usefixtures("planned")
def test_a_template_the_provider_refuses_sets_the_alert_aside_not_the_provider(
    force: NotifyingForce, fake: FakeNotify, notify: NotifyChannel
) -> None:
    fake.templates.clear()
    alert = until_settled(force, notify)
    assert (alert.state, alert.last_code) == (AlertState.SET_ASIDE, "request_400")
    assert provider(force, notify).state is ProviderState.CLOSED
