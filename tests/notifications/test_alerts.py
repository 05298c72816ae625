"""The alert's bytes: nothing in them tells what waits, and a repeat is the same."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.core.cipher import Cipher
from app.core.clock import SystemClock
from app.core.errors import Refused
from app.core.key_file import Keys
from app.core.settings import Environment, Settings
from notifications import alerts
from notifications.alerts import (
    TELLING_WORDS,
    build_message,
    letterhead,
    message_id,
    telling_words,
)
from notifications.channels.base import AlertMessage
from notifications.channels.recording import RecordingChannel
from notifications.channels.registry import channels_from
from notifications.channels.smtp import SmtpChannel
from notifications.states import Template

CIPHER = Cipher(Keys.generate())
SETTINGS = Settings(environment=Environment.TEST, base_url="https://messages.example.org")
CLOCK = SystemClock()
HEAD = letterhead(SETTINGS)
ALL_TEMPLATES = [one.value for one in Template]
ADDRESS = "police.child.abuse@school.example.org"
# What codes and one-time links fill in.
FILLED_IN = {"code": "402 177", "path": "/invitation/b8k7q2"}
# What a notification may hold and an alert never: names, dates, references.
CANARIES = ("Asha", "Example-Khan", "2016", "02/03", "99-2026-0012345", "990001", "St Mary")


def message(number: int = 1, *, welsh: bool = False, template: str = "message_waiting") -> Any:
    return AlertMessage(
        UUID(int=number, version=4), ADDRESS, template, welsh,
        datetime(2026, 11, 20, 6, 30, tzinfo=UTC), FILLED_IN,
    )  # fmt: skip


def built(sent: AlertMessage, cipher: Cipher = CIPHER) -> bytes:
    identity = message_id(sent, cipher, HEAD.mail_host)
    return build_message(sent, head=HEAD, message_id=identity)


def everything_but_the_recipient(raw: bytes) -> str:
    """The bytes as they travel and as they are shown, without the To line."""
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_content()
    headers = "\n".join(f"{name}: {value}" for name, value in mail.items() if name != "To")
    travelling = re.sub(rb"(?m)^To:.*\r\n", b"", raw).decode("ascii")
    return f"{travelling}\n{headers}\n{body}"


@pytest.mark.feature("CO2")
@pytest.mark.parametrize("template", ALL_TEMPLATES)
@pytest.mark.parametrize("welsh", [False, True])
def test_no_byte_tells_what_waits(template: str, welsh: bool) -> None:
    text = everything_but_the_recipient(built(message(welsh=welsh, template=template)))
    assert telling_words(text) == ()
    assert [canary for canary in CANARIES if canary.casefold() in text.casefold()] == []


@pytest.mark.feature("CO2")
def test_the_words_looked_for_are_those_of_both_languages() -> None:
    assert set(TELLING_WORDS) == {
        "police", "domestic", "abuse", "violence", "child", "encompass", "heddlu", "domestig",
        "cam-drin", "trais", "plentyn",
    }  # fmt: skip
    assert telling_words("Domestic ABUSE, Cam-drin") == ("domestic", "abuse", "cam-drin")


@pytest.mark.feature("CO2")
@given(st.integers(min_value=0, max_value=2**120))
def test_no_message_id_spells_a_telling_word_by_chance(number: int) -> None:
    identity = message_id(message(number), CIPHER, HEAD.mail_host)
    local = identity.strip("<>").partition("@")[0]
    assert re.fullmatch(r"[b-df-hj-np-zu0-9]{32}", local)
    assert telling_words(identity) == ()


@given(
    address=st.from_regex(r"[A-Za-z0-9._-]{1,40}@[a-z0-9.-]{1,30}\.[a-z]{2,6}", fullmatch=True),
    welsh=st.booleans(),
    at=st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2036, 12, 31)),  # noqa: DTZ001 (made aware below)
)
def test_the_quick_way_of_making_a_mail_gives_the_bytes_of_the_library(
    address: str, welsh: bool, at: datetime
) -> None:
    sent = AlertMessage(
        UUID(int=7), address, "message_waiting", welsh, at.replace(tzinfo=UTC, microsecond=0)
    )
    identity = message_id(sent, CIPHER, HEAD.mail_host)
    try:
        slow = alerts._built(sent, HEAD, identity)
    except (ValueError, IndexError, HeaderParseError):
        assume(not alerts._PLAIN_ADDRESS.fullmatch(address))
        return
    assert build_message(sent, head=HEAD, message_id=identity) == slow


@pytest.mark.feature("DL3")
@pytest.mark.parametrize("welsh", [False, True])
def test_a_repeat_is_the_same_bytes(welsh: bool) -> None:
    assert built(message(welsh=welsh)) == built(message(welsh=welsh))
    assert built(message(1)) != built(message(2))


def test_the_message_id_says_nothing_of_the_alert_to_who_lacks_the_key() -> None:
    assert built(message()) != built(message(), Cipher(Keys.generate()))
    assert str(message().alert_id).encode() not in built(message())


def test_a_welsh_school_reads_welsh_first_and_english_after_it() -> None:
    text = everything_but_the_recipient(built(message(welsh=True)))
    assert text.index("Mae neges yn aros") < text.index("A message is waiting")


@pytest.mark.feature("AK3")
@pytest.mark.feature("CO2")
def test_the_link_opens_the_sign_in_page_and_has_no_power() -> None:
    mail = message_from_bytes(built(message()), policy=default)
    assert isinstance(mail, EmailMessage)
    links = re.findall(r"https?://\S+", mail.get_content())
    assert links == ["https://messages.example.org/sign-in"]


def test_every_line_ends_as_mail_wants_it_and_is_plain_ascii() -> None:
    raw = built(message(welsh=True))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()


def test_one_recipient_and_no_other_header_of_address() -> None:
    mail = message_from_bytes(built(message()), policy=default)
    assert mail["To"] == ADDRESS
    assert mail["From"].addresses[0].addr_spec == SETTINGS.mail_from
    assert not any(mail[name] for name in ("Cc", "Bcc", "Reply-To", "Sender"))


@pytest.mark.feature("CO2")
@pytest.mark.parametrize(
    "telling",
    [
        {"mail_from": "domestic-abuse@example.org"},
        {"mail_from_name": "Exampleshire Police"},
        {"mail_host": "encompass.example.org"},
        {"base_url": "https://heddlu.example.org"},
    ],
)
def test_an_installation_whose_letterhead_would_tell_is_refused(telling: dict[str, Any]) -> None:
    settings = SETTINGS.model_copy(update=telling)
    with pytest.raises(Refused) as refused:
        channels_from(settings, CIPHER, CLOCK)
    assert "neutral" in refused.value.detail


def test_the_settings_choose_the_channel() -> None:
    for name, kind in {"smtp": SmtpChannel, "recording": RecordingChannel}.items():
        (channel,) = channels_from(SETTINGS.model_copy(update={"channel": name}), CIPHER, CLOCK)
        assert isinstance(channel, kind)
        assert channel.name == name
    with pytest.raises(Refused):
        channels_from(SETTINGS.model_copy(update={"channel": "pigeon"}), CIPHER, CLOCK)
