"""A clock that ran ahead and was set right: nothing waits for the time that it showed."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.core.scope import PLATFORM
from notifications.attempts import AlertResult, ClaimedAlert, ResultKind
from notifications.breaker import ProviderState
from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.recording import RecordingChannel
from notifications.delivery import send_all
from notifications.models import Alert
from notifications.outbox import claim, record
from notifications.provider_models import Provider
from notifications.recall import recall_notifications
from notifications.states import AlertState
from tests.factories.notifications import DUE, NotifyingForce, minutes

AHEAD = timedelta(hours=1)


@pytest.fixture
def planned(force: NotifyingForce, placed: UUID) -> UUID:
    """One notification whose alert is planned, at 06:55."""
    force.at(DUE - minutes(120))
    force.chase()
    return placed


@pytest.fixture
def channel(force: NotifyingForce) -> RecordingChannel:
    assert isinstance(force.wiring.channel, RecordingChannel)
    return force.wiring.channel


def take(force: NotifyingForce, *channels: RecordingChannel) -> list[ClaimedAlert]:
    with force.database.write(PLATFORM) as session:
        return claim(session, force.cipher, owner="one", now=force.now, channels=channels)


def settle(force: NotifyingForce, *results: AlertResult) -> None:
    with force.database.write(PLATFORM) as session:
        record(session, results, now=force.now)


def send(force: NotifyingForce, channel: RecordingChannel) -> int:
    claimed = take(force, channel)
    settle(force, *send_all(claimed, channel))
    return len(claimed)


def with_the_clock_ahead(
    force: NotifyingForce, work: Callable[[], object], by: timedelta = AHEAD
) -> None:
    """Do something while the clock is ahead, and set it right."""
    force.at(force.now + by)
    work()
    force.at(force.now - by)


def the_alert(force: NotifyingForce) -> Alert:
    (alert,) = force.rows(Alert)
    assert isinstance(alert, Alert)
    return alert


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("by", [AHEAD, timedelta(days=1), timedelta(minutes=3)])
def test_what_somebody_took_and_died_over_is_taken_again(
    force: NotifyingForce, by: timedelta
) -> None:
    with_the_clock_ahead(force, lambda: take(force), by)
    (again,) = take(force)
    assert again.fence == 2


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    "kind", [ResultKind.TEMPORARY, ResultKind.UNKNOWN, ResultKind.REFUSED, ResultKind.UNASKED]
)
def test_what_was_to_be_tried_again_later_is_tried_at_once(
    force: NotifyingForce, kind: ResultKind
) -> None:
    def fails() -> None:
        (taken,) = take(force)
        settle(force, AlertResult(taken.alert_id, taken.fence, kind, "recording", "some_code"))

    with_the_clock_ahead(force, fails)
    assert len(take(force)) == 1


def test_what_was_planned_is_sent_at_once(force: NotifyingForce, placed: UUID) -> None:
    force.at(DUE - minutes(120))
    by = timedelta(minutes=20)
    with_the_clock_ahead(force, force.chase, by)
    assert the_alert(force).next_attempt_at == force.now + by
    assert len(take(force)) == 1


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    ("code", "seconds"),
    [("failed_at_connecting", None), ("clock_refused", 900), ("daily_limit", 3600)],
)
def test_a_provider_that_was_left_alone_is_tried_again_at_once(
    force: NotifyingForce, channel: RecordingChannel, code: str, seconds: int | None
) -> None:
    kind = ErrorKind.REFUSED if seconds else ErrorKind.CONNECTION
    channel.fail_next(*[ChannelError(kind, code, seconds=seconds)] * 3)

    def fails() -> None:
        for _ in range(1 if seconds else 3):
            send(force, channel)
            force.later(10)

    with_the_clock_ahead(force, fails)
    (stopped,) = force.rows(Provider)
    assert stopped.state is ProviderState.OPEN
    force.later(1)
    channel._faults.clear()
    assert send(force, channel) == 1
    assert len(channel.sent) == 1


@pytest.mark.usefixtures("planned")
def test_what_nobody_waits_for_any_more_ends_though_its_sender_died_in_the_future(
    force: NotifyingForce, planned: UUID
) -> None:
    with_the_clock_ahead(force, lambda: take(force))
    with force.database.write(PLATFORM) as session:
        recall_notifications(
            session, [planned], reason_code="wrong_child", now=force.now, actor="job:test"
        )
    assert take(force) == []
    assert the_alert(force).state is AlertState.NOT_NEEDED


@pytest.mark.usefixtures("planned")
def test_what_takes_the_process_down_time_and_again_is_set_aside_whatever_the_clock_said(
    force: NotifyingForce,
) -> None:
    for _ in range(5):
        with_the_clock_ahead(force, lambda: take(force))
        force.later(2)
    assert take(force) == []
    assert the_alert(force).state is AlertState.SET_ASIDE


@pytest.mark.usefixtures("planned")
def test_a_clock_of_half_a_minute_behind_takes_nothing_of_another(force: NotifyingForce) -> None:
    (taken,) = take(force)
    force.later(-0.5)
    assert take(force) == []
    force.later(0.5)
    for seconds in (15, 60, 180, 300):
        later = AlertResult(taken.alert_id, taken.fence, ResultKind.TEMPORARY, "recording", "x")
        settle(force, later)
        force.later(-0.5)
        assert take(force) == []
        force.later(0.5)
        force.at(force.now + timedelta(seconds=seconds))
        (taken,) = take(force)
