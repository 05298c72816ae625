"""Alerts over real SMTP: verified TLS or nothing, and always knowing how far a try got."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from time import monotonic
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.core.cipher import Cipher
from app.core.settings import MailSecurity
from notifications.channels import line, smtp
from notifications.channels.base import AlertMessage, ChannelError, ErrorKind, Phase
from notifications.channels.sink import Fault, MailSink
from notifications.verp import alert_of
from tests.notifications.conftest import ChannelTo

MESSAGE = AlertMessage(
    alert_id=UUID("0d9a2f3e-7c53-4c6b-8a53-0b3a8f2f7c11"),
    address="dsl@school.example.org",
    template="message_waiting",
    welsh=False,
    planned_at=datetime(2026, 11, 20, 6, 30, tzinfo=UTC),
)
OTHER = UUID("5a7d1f0c-2b64-4f3e-9a1d-6c0e8b7a9f42")
IDENTIFYING = (b"MAIL", b"RCPT", b"dsl@", b"waiting", b"AUTH")


@pytest.mark.feature("DL7")
def test_an_alert_travels_over_verified_tls_to_one_recipient(
    sink: MailSink, channel_to: ChannelTo
) -> None:
    sent = channel_to(sink).send(MESSAGE)
    (received,) = sink.messages
    assert received.over_tls
    assert received.recipients == ("dsl@school.example.org",)
    assert sent.at_phase is Phase.ACCEPTED
    mail = message_from_bytes(received.raw, policy=default)
    assert mail["To"] == "dsl@school.example.org"
    assert mail["Message-ID"] == sent.reference
    assert mail["Date"].datetime == MESSAGE.planned_at
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.feature("DL7")
def test_tls_from_the_first_byte_works_as_well(tmp_path: Path, channel_to: ChannelTo) -> None:
    with MailSink(tmp_path, implicit_tls=True) as sink:
        channel = channel_to(sink, smtp_security=MailSecurity.TLS)
        channel.send(MESSAGE)
        channel.close()
    assert [one.over_tls for one in sink.messages] == [True]


@pytest.mark.feature("DL7")
@pytest.mark.parametrize(
    ("sink_options", "settings", "code"),
    [
        ({"starttls": False}, {}, "starttls_missing"),
        ({"names": ("mail.elsewhere.test",)}, {}, "certificate_refused"),
        ({}, {"smtp_ca_file": None}, "certificate_refused"),
        ({"implicit_tls": True, "names": ("mail.elsewhere.test",)},
         {"smtp_security": MailSecurity.TLS}, "certificate_refused"),
    ],
    ids=["no STARTTLS", "certificate of another host", "unknown authority", "TLS of another host"],
)  # fmt: skip
def test_without_verified_tls_nothing_is_said_in_clear(
    tmp_path: Path, channel_to: ChannelTo, sink_options: dict[str, object],
    settings: dict[str, object], code: str,
) -> None:  # fmt: skip
    with (
        MailSink(tmp_path / "other", **sink_options) as sink,  # type: ignore[arg-type]
        pytest.raises(ChannelError) as failed,
    ):
        channel_to(sink, **settings).send(MESSAGE)
    assert (failed.value.kind, failed.value.code) == (ErrorKind.CONNECTION, code)
    assert sink.messages == []
    assert not any(word in bytes(sink.in_clear) for word in IDENTIFYING)


@pytest.mark.feature("DL7")
def test_in_clear_a_server_hears_only_a_greeting(sink: MailSink, channel_to: ChannelTo) -> None:
    channel_to(sink).send(MESSAGE)
    assert bytes(sink.in_clear).upper().split() == [b"EHLO", b"MESSAGES.EXAMPLE.ORG", b"STARTTLS"]


def test_name_and_password_are_given_over_tls(tmp_path: Path, channel_to: ChannelTo) -> None:
    with MailSink(tmp_path / "other", login=("alerts", "right horse")) as sink:
        channel = channel_to(sink, smtp_username="alerts", smtp_password=SecretStr("right horse"))
        channel.send(MESSAGE)
        channel.close()
    assert len(sink.messages) == 1
    assert b"AUTH" not in sink.in_clear


def test_a_wrong_password_is_a_fault_of_the_channel(tmp_path: Path, channel_to: ChannelTo) -> None:
    with (
        MailSink(tmp_path / "other", login=("alerts", "right horse")) as sink,
        pytest.raises(ChannelError) as failed,
    ):
        channel_to(sink, smtp_username="alerts", smtp_password=SecretStr("wrong")).send(MESSAGE)
    assert (failed.value.kind, failed.value.code) == (ErrorKind.CONNECTION, "sign_in_refused")


def test_nobody_listening_is_a_fault_of_the_channel(tmp_path: Path, channel_to: ChannelTo) -> None:
    stopped = MailSink(tmp_path / "other")
    with pytest.raises(ChannelError) as failed:
        channel_to(stopped).send(MESSAGE)
    assert (failed.value.kind, failed.value.code) == (ErrorKind.CONNECTION, "failed_at_connecting")


@pytest.mark.feature("DL4")
@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        (Fault.MAILBOX_REFUSED, (ErrorKind.PERMANENT, "recipient_550")),
        (Fault.GREYLISTED, (ErrorKind.TEMPORARY, "recipient_451")),
        (Fault.RELAY_REFUSED, (ErrorKind.TEMPORARY, "recipient_554")),
        (Fault.SENDER_REFUSED, (ErrorKind.CONNECTION, "sender_550")),
        (Fault.LOST_AT_RECIPIENT, (ErrorKind.TEMPORARY, "lost_at_recipient")),
        (Fault.LOST_BEFORE_CONTENT, (ErrorKind.UNKNOWN, "lost_at_final_dot")),
        (Fault.LOST_AFTER_FINAL_DOT, (ErrorKind.UNKNOWN, "lost_at_final_dot")),
        (Fault.LATER_AFTER_FINAL_DOT, (ErrorKind.TEMPORARY, "final_dot_451")),
        (Fault.REFUSED_AFTER_FINAL_DOT, (ErrorKind.PERMANENT, "final_dot_554")),
    ],
)
@pytest.mark.parametrize("pipelining", [True, False], ids=["all at once", "one by one"])
def test_every_failure_says_what_the_next_try_may_do(
    sink: MailSink, channel_to: ChannelTo, pipelining: bool, fault: Fault,
    meaning: tuple[ErrorKind, str],
) -> None:  # fmt: skip
    sink.pipelining = pipelining
    sink.fail_next(fault)
    with pytest.raises(ChannelError) as failed:
        channel_to(sink).send(MESSAGE)
    assert (failed.value.kind, failed.value.code) == meaning
    assert bool(sink.messages) is (fault is Fault.LOST_AFTER_FINAL_DOT)


def test_a_server_that_offers_it_hears_the_commands_at_once(
    sink: MailSink, channel_to: ChannelTo
) -> None:
    channel = channel_to(sink)
    channel.send(MESSAGE)
    assert (len(sink.messages), sink.pipelined) == (1, 1)
    channel.close()
    sink.pipelining = False
    channel.send(MESSAGE)
    assert (len(sink.messages), sink.pipelined) == (2, 1)


@pytest.mark.feature("DL8")
def test_a_bounce_goes_to_an_address_of_this_alert_alone(
    sink: MailSink, channel_to: ChannelTo, keyed: Cipher
) -> None:
    channel = channel_to(sink, bounce_mailbox="bounces@messages.example.org")
    channel.send(MESSAGE)
    channel.send(replace(MESSAGE, alert_id=OTHER))
    channel.send(MESSAGE)
    first, other, repeat = [one.sender for one in sink.messages]
    assert first == repeat != other
    assert first.startswith("bounces+")
    assert first.endswith("@messages.example.org")
    assert alert_of(first, keyed) == MESSAGE.alert_id
    assert alert_of(other, keyed) == OTHER
    assert sink.messages[0].raw == sink.messages[2].raw


@pytest.mark.feature("CO2")
def test_sender_message_id_and_reply_address_are_of_one_domain_so_that_a_signature_covers_them(
    sink: MailSink, channel_to: ChannelTo
) -> None:
    channel_to(sink).send(MESSAGE)
    mail = message_from_bytes(sink.messages[0].raw, policy=default)
    domain = mail["From"].addresses[0].domain
    assert mail["Message-ID"].strip("<>").endswith(f"@{domain}")
    assert sink.messages[0].sender.endswith(f"@{domain}")
    assert mail["Reply-To"] is None


@pytest.mark.feature("DL2")
def test_lost_before_the_content_nothing_was_taken_and_the_next_try_is_the_only_mail(
    sink: MailSink, channel_to: ChannelTo
) -> None:
    channel = channel_to(sink)
    sink.fail_next(Fault.LOST_AT_RECIPIENT)
    with pytest.raises(ChannelError):
        channel.send(MESSAGE)
    assert sink.messages == []
    channel.send(MESSAGE)
    assert len(sink.messages) == 1


@pytest.mark.feature("DL2")
def test_a_line_that_breaks_within_the_content_has_handed_over_nothing(
    sink: MailSink, channel_to: ChannelTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a socket takes at once: the final dot was never said."""
    channel = channel_to(sink)
    monkeypatch.setattr(smtp, "build_message", lambda *_, **__: b"a line\r\n" * 2_000_000)
    sink.fail_next(Fault.LOST_BEFORE_CONTENT)
    with pytest.raises(ChannelError) as failed:
        channel.send(MESSAGE)
    assert (failed.value.kind, failed.value.code) == (ErrorKind.TEMPORARY, "lost_at_content")
    assert sink.messages == []


@pytest.mark.feature("DL3")
def test_lost_after_the_final_dot_the_repeat_is_byte_for_byte_the_same(
    sink: MailSink, channel_to: ChannelTo
) -> None:
    channel = channel_to(sink)
    sink.fail_next(Fault.LOST_AFTER_FINAL_DOT)
    with pytest.raises(ChannelError) as failed:
        channel.send(MESSAGE)
    assert failed.value.kind is ErrorKind.UNKNOWN
    channel.send(MESSAGE)
    first, second = sink.messages
    assert first.raw == second.raw


def test_one_connection_carries_a_block(sink: MailSink, channel_to: ChannelTo) -> None:
    channel = channel_to(sink)
    for _ in range(5):
        channel.send(MESSAGE)
    assert bytes(sink.in_clear).count(b"STARTTLS") == 1
    assert len(sink.messages) == 5


def test_a_kept_connection_that_died_is_replaced(tmp_path: Path, channel_to: ChannelTo) -> None:
    first = MailSink(tmp_path / "mail")
    with first:
        channel = channel_to(first)
        channel.send(MESSAGE)
    second = MailSink(tmp_path / "mail", port=first.port)
    channel._tls.load_verify_locations(second.ca_file)
    with second:
        channel.send(MESSAGE)
        channel.close()
    assert len(second.messages) == 1


def test_an_address_cannot_smuggle_in_a_header(sink: MailSink, channel_to: ChannelTo) -> None:
    crooked = AlertMessage(
        MESSAGE.alert_id, "dsl@school.example.org\r\nBcc: all@example.org", MESSAGE.template,
        False, MESSAGE.planned_at,
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"Invalid Domain|header|CR|LF|parse"):
        channel_to(sink).send(crooked)
    assert sink.messages == []


@pytest.mark.feature("DL4")
@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        (Fault.TRICKLES_AT_GREETING, (ErrorKind.CONNECTION, "timeout_at_connecting")),
        (Fault.GREETS_LATE, (ErrorKind.CONNECTION, "timeout_at_connecting")),
        (Fault.TRICKLES_AT_RECIPIENT, (ErrorKind.TEMPORARY, "timeout_at_recipient")),
        (Fault.TRICKLES_AFTER_FINAL_DOT, (ErrorKind.UNKNOWN, "timeout_at_final_dot")),
    ],
)
@pytest.mark.timeout(30)
def test_an_answer_that_trickles_has_the_time_of_one_that_never_comes(
    sink: MailSink, channel_to: ChannelTo, fault: Fault, meaning: tuple[ErrorKind, str]
) -> None:
    channel = channel_to(sink, patience=0.5)
    sink.fail_next(fault)
    began = monotonic()
    with pytest.raises(ChannelError) as failed:
        channel.send(MESSAGE)
    assert monotonic() - began < 2.5
    assert (failed.value.kind, failed.value.code) == meaning
    channel.send(MESSAGE)
    assert len(sink.messages) == 1 + (fault is Fault.TRICKLES_AFTER_FINAL_DOT)


def test_a_server_that_greets_late_within_its_time_has_the_mail(
    sink: MailSink, channel_to: ChannelTo
) -> None:
    sink.fail_next(Fault.GREETS_LATE)
    channel_to(sink, patience=15.0).send(MESSAGE)
    assert len(sink.messages) == 1


@pytest.mark.feature("DL4")
def test_until_a_line_is_secure_all_answers_together_have_their_time(
    tmp_path: Path, channel_to: ChannelTo
) -> None:
    """Each comes in time, and a server may ask for many."""
    with MailSink(tmp_path / "other", login=("alerts", "right horse")) as sink:
        sink.answer_seconds = 0.7
        secret = SecretStr("right horse")
        channel = channel_to(sink, patience=1.0, smtp_username="alerts", smtp_password=secret)
        with pytest.raises(ChannelError) as failed:
            channel.send(MESSAGE)
    assert failed.value.kind is ErrorKind.CONNECTION
    assert failed.value.code in {"timeout_at_securing", "timeout_at_signing_in"}
    assert sink.messages == []


def test_a_line_that_is_secure_is_kept_for_longer_than_connecting_may_take(
    sink: MailSink, channel_to: ChannelTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [0.0]
    monkeypatch.setattr(line, "monotonic", lambda: monotonic() + passed[0])
    channel = channel_to(sink)
    for _ in range(3):
        channel.send(MESSAGE)
        passed[0] += 60.0
    assert bytes(sink.in_clear).count(b"STARTTLS") == 1
    assert len(sink.messages) == 3


def test_nobody_waits_for_a_goodbye(sink: MailSink, channel_to: ChannelTo) -> None:
    channel = channel_to(sink, patience=30.0)
    channel.send(MESSAGE)
    sink.answer_seconds = 20.0
    began = monotonic()
    channel.close()
    assert monotonic() - began < 5
