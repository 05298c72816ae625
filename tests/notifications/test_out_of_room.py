"""What was perhaps sent waits for its own provider where that one has only had its share."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from app.core.scope import PLATFORM
from notifications.alerts import letterhead
from notifications.channels.base import AlertChannel, ChannelError, ErrorKind
from notifications.channels.fake_notify import API_KEY, FakeNotify, NotifyFault
from notifications.channels.govuk_notify import Account, NotifyChannel
from notifications.channels.recording import RecordingChannel
from notifications.delivery import send_all
from notifications.models import Alert
from notifications.outbox import claim, record
from notifications.states import AlertState, Channel, Medium, Template
from tests.factories.notifications import DUE, NotifyingForce, minutes

TEMPLATES = {name: "t" for one in Template for name in (one.value, f"{one.value}.cy")}
# One at once, and the next after twenty seconds.
PER_MINUTE = 3


@pytest.fixture
def fake(force: NotifyingForce) -> Iterator[FakeNotify]:
    with FakeNotify(force.wiring.clock, {"t": "A message is waiting."}) as running:
        yield running


@pytest.fixture
def notify(force: NotifyingForce, fake: FakeNotify) -> Iterator[NotifyChannel]:
    made = NotifyChannel(
        Account.of(fake.url, API_KEY), medium=Medium.EMAIL, templates=TEMPLATES,
        head=letterhead(force.wiring.settings), clock=force.wiring.clock, per_minute=PER_MINUTE,
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def second(force: NotifyingForce) -> RecordingChannel:
    head = letterhead(force.wiring.settings)
    return RecordingChannel(head, force.cipher, name=Channel.RECORDING_SECOND)


def send(force: NotifyingForce, *channels: AlertChannel) -> int:
    with force.database.write(PLATFORM) as session:
        claimed = claim(session, force.cipher, owner="one", now=force.now, channels=channels)
    results = send_all(claimed, *channels)
    with force.database.write(PLATFORM) as session:
        assert record(session, results, now=force.now) == len(claimed)
    return len(claimed)


def the_alert(force: NotifyingForce) -> Alert:
    (alert,) = force.rows(Alert)
    assert isinstance(alert, Alert)
    return alert


def unknown_and_out_of_room(
    force: NotifyingForce, fake: FakeNotify, notify: NotifyChannel
) -> Alert:
    """One alert whose answer was lost, due again while its provider has had its share."""
    fake.fail_next(NotifyFault.LOST_BUT_STORED)
    send(force, notify)
    alert = the_alert(force)
    assert alert.state is AlertState.UNKNOWN
    force.at(alert.next_attempt_at)
    return alert


def plan_alerts(force: NotifyingForce, *, at: float) -> None:
    force.at(DUE - minutes(at))
    force.chase()


def test_it_is_not_repeated_by_the_next_provider_but_asked_about_once_there_is_room(
    force: NotifyingForce, placed: UUID, fake: FakeNotify, notify: NotifyChannel,
    second: RecordingChannel,
) -> None:  # fmt: skip
    plan_alerts(force, at=120)
    unknown_and_out_of_room(force, fake, notify)
    assert send(force, notify, second) == 0
    assert second.sent == []
    force.later(1 / 3)
    assert send(force, notify, second) == 1
    alert = the_alert(force)
    assert (alert.state, alert.channel) == (AlertState.HANDED_OVER, Channel.NOTIFY)
    assert (len(fake.taken), fake.asked, second.sent) == (1, 1, [])


def test_what_waits_for_its_own_provider_keeps_nobody_else_from_another(
    force: NotifyingForce, placed: UUID, fake: FakeNotify, notify: NotifyChannel,
    second: RecordingChannel,
) -> None:  # fmt: skip
    plan_alerts(force, at=120)
    unknown = unknown_and_out_of_room(force, fake, notify)
    force.school(990101, "dsl@other.example.org")
    force.place(urn=990101)
    force.chase()
    with force.database.write(PLATFORM) as session:
        # A block of one: what has to wait must not fill it.
        claimed = claim(
            session, force.cipher, owner="one", now=force.now, channels=(notify, second), limit=1
        )
    (other,) = claimed
    assert other.alert_id != unknown.id
    assert other.channel == "recording_second"


def test_where_its_own_provider_is_down_the_next_repeats_the_empty_message(
    force: NotifyingForce, placed: UUID, second: RecordingChannel
) -> None:
    head = letterhead(force.wiring.settings)
    first = RecordingChannel(head, force.cipher, per_minute=PER_MINUTE)
    plan_alerts(force, at=120)
    first.fail_next(
        ChannelError(ErrorKind.UNKNOWN, "lost_at_final_dot"),
        *[ChannelError(ErrorKind.CONNECTION, "failed_at_connecting")] * 100,
    )
    for _ in range(20):
        send(force, first, second)
        if the_alert(force).settled_at is not None:
            break
        force.later(1 / 3)
    alert = the_alert(force)
    assert (alert.state, alert.channel) == (AlertState.HANDED_OVER, Channel.RECORDING_SECOND)
    assert (first.sent, len(second.sent)) == ([], 1)
