"""Sending a block: every alert has a result, nothing is raised, and one failure stops no other."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import QueuePool

from app.core.cipher import Cipher
from app.core.database import Database
from app.core.key_file import Keys
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from notifications.alerts import letterhead, telling_words
from notifications.attempts import ClaimedAlert, ResultKind
from notifications.channels.base import AlertMessage, ChannelError, ErrorKind, Sent
from notifications.channels.recording import RecordingChannel
from notifications.channels.sink import Fault, MailSink
from notifications.delivery import send_all
from notifications.models import Alert
from notifications.outbox import claim, record
from notifications.states import AlertState
from tests.factories.notifications import DUE, NotifyingForce, minutes
from tests.notifications.conftest import ChannelTo

AT = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def claims(many: int) -> list[ClaimedAlert]:
    return [
        ClaimedAlert(
            UUID(int=number, version=4), 1, f"dsl{number}@example.org", "message_waiting", False, AT
        )
        for number in range(many)
    ]


@pytest.fixture
def recording(keyed: Cipher) -> RecordingChannel:
    return RecordingChannel(letterhead(Settings(environment=Environment.TEST)), keyed)


class Silent(RecordingChannel):
    """A channel that never comes into use."""

    def __init__(self) -> None:
        super().__init__(
            letterhead(Settings(environment=Environment.TEST)), Cipher(Keys.generate())
        )

    def send(self, message: AlertMessage) -> Sent:
        raise AssertionError("nothing was to be sent")


def test_every_alert_of_a_block_has_a_result_in_its_order(recording: RecordingChannel) -> None:
    block = claims(20)
    results = send_all(block, recording)
    assert [one.alert_id for one in results] == [one.alert_id for one in block]
    assert {one.kind for one in results} == {ResultKind.HANDED_OVER}
    assert all(one.ok and one.reference and one.channel == "recording" for one in results)
    assert len(recording.sent) == 20


def test_an_empty_block_is_no_work() -> None:
    assert send_all([], Silent()) == []


@pytest.mark.feature("DL4")
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ErrorKind.PERMANENT, ResultKind.PERMANENT),
        (ErrorKind.TEMPORARY, ResultKind.TEMPORARY),
        (ErrorKind.UNKNOWN, ResultKind.UNKNOWN),
    ],
)
def test_one_failure_stops_no_other(
    recording: RecordingChannel, kind: ErrorKind, expected: ResultKind
) -> None:
    recording.fail_next(ChannelError(kind, "recipient_451"))
    results = send_all(claims(10), recording)
    assert sorted(one.kind for one in results) == sorted([expected, *[ResultKind.HANDED_OVER] * 9])


def test_a_channel_that_is_down_is_not_tried_for_each_alert(recording: RecordingChannel) -> None:
    recording.fail_next(*[ChannelError(ErrorKind.CONNECTION, "starttls_missing")] * 100)
    results = send_all(claims(100), recording)
    assert {one.kind for one in results} == {ResultKind.CONNECTION}
    assert sum(one.code == "starttls_missing" for one in results) <= 8
    assert recording.sent == []


def test_an_alert_that_cannot_be_made_fails_alone(recording: RecordingChannel) -> None:
    good, bad = claims(2)
    crooked = ClaimedAlert(bad.alert_id, 1, "", bad.template, False, AT)
    results = send_all([crooked, good], recording)
    assert [one.kind for one in results] == [ResultKind.BROKEN, ResultKind.HANDED_OVER]


def test_what_was_not_begun_in_time_goes_back() -> None:
    ticks = iter([0.0, *[100.0] * 10])
    channel = Silent()
    results = send_all(claims(3), channel, seconds=40, elapsed=lambda: next(ticks))
    assert {one.kind for one in results} == {ResultKind.NOT_TRIED}


@pytest.mark.feature("DL2")
@pytest.mark.feature("DL7")
def test_from_the_row_over_real_mail_and_back_into_the_row(
    force: NotifyingForce, placed: UUID, sink: MailSink, channel_to: ChannelTo
) -> None:
    force.at(DUE - minutes(120))
    force.chase()
    channel = channel_to(sink)
    for fault, state in (
        (Fault.GREYLISTED, AlertState.PLANNED),
        (Fault.LOST_AFTER_FINAL_DOT, AlertState.UNKNOWN),
        (None, AlertState.HANDED_OVER),
    ):
        if fault:
            sink.fail_next(fault)
        with force.database.write(PLATFORM) as session:
            claimed = claim(session, force.cipher, owner="one", now=force.now)
        results = send_all(claimed, channel)
        with force.database.write(PLATFORM) as session:
            assert record(session, results, now=force.now) == 1
        (alert,) = force.rows(Alert)
        assert alert.state is state
        force.at(max(force.now, alert.next_attempt_at))
    first, repeat = sink.messages
    assert first.raw == repeat.raw
    assert telling_words(first.raw.decode().replace("dsl@school.example.org", "")) == ()


@pytest.mark.feature("DL4")
def test_one_mailbox_that_keeps_silent_holds_up_none_of_the_others(
    sink: MailSink, channel_to: ChannelTo
) -> None:
    sink.fail_next(Fault.SILENT_AT_RECIPIENT)
    results = send_all(claims(16), channel_to(sink))
    others = [one for one in results if not one.ok]
    assert [(one.kind, one.code) for one in others] == [
        (ResultKind.TEMPORARY, "timeout_at_recipient")
    ]
    assert len(sink.messages) == 15


@pytest.mark.feature("DL7")
def test_without_tls_the_alert_stays_planned_and_nothing_is_said(
    force: NotifyingForce, placed: UUID, tmp_path: Path, channel_to: ChannelTo
) -> None:
    force.at(DUE - minutes(120))
    force.chase()
    with MailSink(tmp_path / "plain", starttls=False) as plain:
        with force.database.write(PLATFORM) as session:
            claimed = claim(session, force.cipher, owner="one", now=force.now)
        results = send_all(claimed, channel_to(plain))
        with force.database.write(PLATFORM) as session:
            record(session, results, now=force.now)
    (alert,) = force.rows(Alert)
    assert (alert.state, alert.last_code) == (AlertState.PLANNED, "starttls_missing")
    assert b"dsl@" not in plain.in_clear


@pytest.mark.feature("DL4")
@pytest.mark.timeout(30)
@pytest.mark.parametrize("fault", [Fault.TRICKLES_AT_GREETING, Fault.TRICKLES_AT_RECIPIENT])
def test_a_mail_server_that_trickles_its_answers_does_not_hold_a_block(
    sink: MailSink, channel_to: ChannelTo, fault: Fault
) -> None:
    sink.fail_next(*[fault] * 20)
    results = send_all(claims(10), channel_to(sink, patience=0.5))
    assert len(results) == 10
    assert not any(one.ok for one in results)


class Together(RecordingChannel):
    """A channel where each waits until eight are there."""

    def __init__(self, cipher: Cipher) -> None:
        super().__init__(letterhead(Settings(environment=Environment.TEST)), cipher)
        self.there = Barrier(8)

    def send(self, message: AlertMessage) -> Sent:
        self.there.wait(10)
        return super().send(message)


@pytest.mark.feature("DL4")
def test_eight_conversations_are_held_at_once(keyed: Cipher) -> None:
    assert all(one.ok for one in send_all(claims(16), Together(keyed)))


@dataclass
class Watching(RecordingChannel):
    """A channel that looks how many connections of the database are in use while it sends."""

    database: Database
    in_use: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(
            letterhead(Settings(environment=Environment.TEST)), Cipher(Keys.generate())
        )

    def send(self, message: AlertMessage) -> Sent:
        pool = self.database.engine.pool
        assert isinstance(pool, QueuePool)
        self.in_use.append(pool.checkedout())
        return super().send(message)


@pytest.mark.feature("DL2")
@pytest.mark.usefixtures("placed")
def test_no_connection_of_the_database_is_held_while_something_is_sent(
    force: NotifyingForce,
) -> None:
    force.at(DUE - minutes(120))
    force.chase()
    channel = Watching(force.database)
    wiring = replace(force.wiring, channels=(channel,))
    assert Runner(wiring, PIPELINE, owner="one").run_step("send_due").done == 1
    assert channel.in_use == [0]
