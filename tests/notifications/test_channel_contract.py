"""One contract over every channel of alerts: what the outbox relies on, whoever carries them.

Each rig is a real adapter with what the organisation has at its other end: a mail server over real
TLS, GOV.UK Notify over real HTTP, or the recording channel's own list.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid5

import httpx
import pytest

from app.core.cipher import Cipher
from app.core.clock import HandClock
from app.core.key_file import Keys
from app.core.settings import Environment, MailSecurity, Settings
from notifications.alerts import letterhead
from notifications.channels.base import (
    AlertChannel,
    AlertMessage,
    Answering,
    ChannelError,
    ErrorKind,
    Phase,
)
from notifications.channels.fake_notify import API_KEY, FakeNotify, NotifyFault
from notifications.channels.govuk_notify import Account, NotifyChannel
from notifications.channels.recording import RecordingChannel
from notifications.channels.sink import Fault, MailSink
from notifications.channels.smtp import SmtpChannel
from notifications.states import Channel, DeliveryStatus, Medium, Template

AT = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
FIRST = UUID("0d9a2f3e-7c53-4c6b-8a53-0b3a8f2f7c11")
ADDRESS = {Medium.EMAIL: "dsl@school.example.org", Medium.TEXT: "07700900123"}
CIPHER = Cipher(Keys.generate())
HEAD = letterhead(Settings(environment=Environment.TEST, base_url="https://messages.example.org"))
# What a failure is called: our own words and a number, whatever the other side said.
OWN_CODE = re.compile(r"[a-z_]+(_\d{3})?")
CARRIED = (Template.WAITING.value, Template.CODE.value)
TEMPLATES = {f"{name}{end}": f"t-{name}{end}" for name in CARRIED for end in ("", ".cy")}
HELD = {
    held: "Your code is ((code))" if "code" in held else "A message is waiting."
    for held in TEMPLATES.values()
}

# Who it went to, and everything of it that has to be the same when it is sent again.
Taken = list[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Rig:
    """A channel, what its other end has, and how each kind of trouble is had once."""

    channel: AlertChannel
    taken: Callable[[], Taken]
    trouble: dict[ErrorKind, Callable[[], None]]
    # The same adapter with nobody at its other end.
    alone: AlertChannel | None

    def message(self, number: int = 0, template: str = CARRIED[0]) -> AlertMessage:
        extra = {"code": "402 177"} if template == Template.CODE else {}
        return AlertMessage(
            alert_id=uuid5(FIRST, str(number)), address=ADDRESS[self.channel.medium],
            template=template, welsh=False, planned_at=AT, extra=extra,
        )  # fmt: skip

    def failing(self, kind: ErrorKind, message: AlertMessage) -> ChannelError:
        self.trouble[kind]()
        with pytest.raises(ChannelError) as failed:
            self.channel.send(message)
        return failed.value


def by_mail(stack: ExitStack, folder: Path, *, name: Channel, tls: bool, pipelining: bool) -> Rig:
    sink = stack.enter_context(MailSink(folder, implicit_tls=tls, pipelining=pipelining))

    def made(port: int) -> SmtpChannel:
        settings = Settings(
            environment=Environment.TEST, data_dir=folder, smtp_host=sink.host, smtp_port=port,
            smtp_security=MailSecurity.TLS if tls else MailSecurity.STARTTLS,
            smtp_ca_file=sink.ca_file,
        )  # fmt: skip
        channel = SmtpChannel(
            settings, head=HEAD, cipher=CIPHER, name=name, answer_seconds=2.0,
            final_dot_seconds=2.0,
        )  # fmt: skip
        stack.callback(channel.close)
        return channel

    return Rig(
        made(sink.port),
        lambda: [(to, mail.raw) for mail in sink.messages for to in mail.recipients],
        {
            ErrorKind.PERMANENT: lambda: sink.fail_next(Fault.MAILBOX_REFUSED),
            ErrorKind.TEMPORARY: lambda: sink.fail_next(Fault.GREYLISTED),
            ErrorKind.UNKNOWN: lambda: sink.fail_next(Fault.LOST_AFTER_FINAL_DOT),
            ErrorKind.CONNECTION: lambda: sink.fail_next(Fault.SENDER_REFUSED),
        },
        made(MailSink(folder / "stopped").port),
    )


def by_notify(stack: ExitStack, medium: Medium) -> Rig:
    clock = HandClock(AT)
    fake = stack.enter_context(FakeNotify(clock, HELD))

    def made(url: str) -> NotifyChannel:
        channel = NotifyChannel(
            Account.of(url, API_KEY), medium=medium, templates=TEMPLATES, head=HEAD, clock=clock,
            per_minute=2500, timeout=httpx.Timeout(3.0),
        )  # fmt: skip
        stack.callback(channel.close)
        return channel

    def refuse_the_address() -> None:
        # The stand-in says of an address what the real one says: nobody has to script it.
        return

    with FakeNotify(clock, HELD) as stopped:
        nowhere = stopped.url
    return Rig(
        made(fake.url),
        lambda: [
            (one.to, (one.template_id, one.reference, tuple(one.personalisation.items())))
            for one in fake.taken
        ],
        {
            ErrorKind.PERMANENT: refuse_the_address,
            ErrorKind.BUSY: lambda: fake.fail_next(NotifyFault.RATE_LIMIT),
            ErrorKind.REFUSED: lambda: fake.fail_next(NotifyFault.KEY_REVOKED),
            ErrorKind.BROKEN: lambda: fake.fail_next(NotifyFault.TRIAL_MODE),
            ErrorKind.UNKNOWN: lambda: fake.fail_next(NotifyFault.LOST_BUT_STORED),
        },
        made(nowhere),
    )


def by_list(name: Channel) -> Rig:
    channel = RecordingChannel(HEAD, CIPHER, name=name)
    return Rig(
        channel,
        lambda: [(one.message.address, one.raw) for one in channel.sent],
        {kind: partial(channel.fail_next, ChannelError(kind, "scripted")) for kind in ErrorKind},
        None,
    )


RIGS: dict[str, Callable[[ExitStack, Path], Rig]] = {
    "mail, STARTTLS and PIPELINING": lambda stack, folder: by_mail(
        stack, folder, name=Channel.SMTP, tls=False, pipelining=True
    ),
    "mail, TLS, command by command": lambda stack, folder: by_mail(
        stack, folder, name=Channel.SMTP, tls=True, pipelining=False
    ),
    "second mail provider": lambda stack, folder: by_mail(
        stack, folder, name=Channel.SMTP_SECOND, tls=False, pipelining=False
    ),
    "GOV.UK Notify, e-mail": lambda stack, _: by_notify(stack, Medium.EMAIL),
    "GOV.UK Notify, text": lambda stack, _: by_notify(stack, Medium.TEXT),
    "recording": lambda *_: by_list(Channel.RECORDING),
    "recording, second": lambda *_: by_list(Channel.RECORDING_SECOND),
    "recording, text": lambda *_: by_list(Channel.RECORDING_TEXT),
}


@pytest.fixture(params=list(RIGS))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield RIGS[request.param](stack, tmp_path / "other end")


def test_every_channel_there_is_keeps_this_contract() -> None:
    with ExitStack() as stack:
        made = {by_notify(stack, medium).channel.name for medium in Medium}
    made |= {Channel.SMTP.value, Channel.SMTP_SECOND.value}
    made |= {by_list(name).channel.name for name in Channel if name.value.startswith("recording")}
    assert made == {channel.value for channel in Channel}


@pytest.mark.feature("DL3")
def test_what_is_taken_went_once_to_its_address_and_a_repeat_is_the_same(rig: Rig) -> None:
    first = rig.channel.send(rig.message())
    assert first.at_phase is Phase.ACCEPTED
    assert first.reference
    again = rig.channel.send(rig.message())
    (to, held), repeat = rig.taken()
    assert to == ADDRESS[rig.channel.medium]
    assert repeat == (to, held)
    # A provider that numbers its messages numbers both: `find` is how one asks it.
    assert isinstance(rig.channel, Answering) or again.reference == first.reference


def test_each_template_it_carries_is_sent_in_both_languages(rig: Rig) -> None:
    for number, template in enumerate(CARRIED):
        assert rig.channel.carries(template)
        message = rig.message(number, template)
        rig.channel.send(message)
        rig.channel.send(replace(message, welsh=True))
    held = [one for _, one in rig.taken()]
    assert len(held) == len(set(held)) == 2 * len(CARRIED)


def test_an_address_that_cannot_be_reached_is_told_apart_from_everything_else(rig: Rig) -> None:
    bad = replace(rig.message(), address="nobody.example.org")
    known = isinstance(rig.channel, NotifyChannel)
    failed = rig.failing(ErrorKind.PERMANENT, bad if known else rig.message())
    assert failed.kind is ErrorKind.PERMANENT
    assert rig.taken() == []
    rig.channel.send(rig.message(1))
    assert len(rig.taken()) == 1


def test_each_kind_of_trouble_is_named_in_our_words_and_over_with_the_next_try(rig: Rig) -> None:
    for number, kind in enumerate(set(rig.trouble) - {ErrorKind.PERMANENT, ErrorKind.UNKNOWN}):
        failed = rig.failing(kind, rig.message(number))
        assert failed.kind is kind
        assert OWN_CODE.fullmatch(failed.code), failed.code
        assert ADDRESS[rig.channel.medium] not in f"{failed} {failed!r} {rig.message()!r}"
        # Nothing of it went: to send it is to send it once.
        rig.channel.send(rig.message(number))
        assert len(rig.taken()) == number + 1


def test_a_lost_answer_is_unknown_and_can_be_settled(rig: Rig) -> None:
    failed = rig.failing(ErrorKind.UNKNOWN, rig.message())
    assert failed.kind is ErrorKind.UNKNOWN
    before = rig.taken()
    if isinstance(rig.channel, Answering):
        found = rig.channel.find(rig.message().alert_id)
        assert found is not None
        assert found.status is DeliveryStatus.SENDING
        assert rig.channel.find(rig.message(1).alert_id) is None
        assert rig.taken() == before
    else:
        rig.channel.send(rig.message())
        assert len({held for _, held in rig.taken()}) == 1


def test_nobody_there_is_a_fault_of_the_channel_and_of_no_alert(rig: Rig) -> None:
    if rig.alone is None:
        assert rig.failing(ErrorKind.CONNECTION, rig.message()).kind is ErrorKind.CONNECTION
        return
    with pytest.raises(ChannelError) as failed:
        rig.alone.send(rig.message())
    assert failed.value.kind is ErrorKind.CONNECTION
    assert OWN_CODE.fullmatch(failed.value.code)


def test_words_that_would_tell_go_nowhere(rig: Rig) -> None:
    with pytest.raises(ValueError, match="would tell"):
        rig.channel.send(replace(rig.message(0, CARRIED[1]), extra={"code": "police"}))
    assert rig.taken() == []


def test_many_threads_at_once_hand_over_each_alert_once(rig: Rig) -> None:
    messages = [rig.message(number, CARRIED[number % 2]) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(rig.channel.send, messages))
    assert len({one.reference for one in sent}) == len(messages)
    assert len(rig.taken()) == len(messages)


def test_a_closed_channel_opens_again_by_itself(rig: Rig) -> None:
    rig.channel.send(rig.message())
    rig.channel.close()
    rig.channel.close()
    rig.channel.send(rig.message(1))
    assert len(rig.taken()) == 2


def test_its_limit_is_a_number_of_messages_or_none(rig: Rig) -> None:
    assert rig.channel.per_minute is None or rig.channel.per_minute > 0
    assert Channel(rig.channel.name)
    assert rig.channel.medium in Medium
