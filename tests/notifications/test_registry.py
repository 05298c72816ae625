"""Which channels the settings ask for, and what an installation is refused for."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from app.core.cipher import Cipher
from app.core.clock import SystemClock
from app.core.errors import Refused
from app.core.settings import Environment, Settings
from notifications.channels.fake_notify import API_KEY
from notifications.channels.registry import channels_from
from notifications.states import Channel, Medium, Template

EVERY = {name: "id" for one in Template for name in (one.value, f"{one.value}.cy")}
TEXTS = {name: EVERY[name] for name in ("message_waiting", "message_waiting.cy", "code", "code.cy")}
NOTIFY: dict[str, Any] = {"notify_api_key": SecretStr(API_KEY), "notify_templates": EVERY}


def names(keyed: Cipher, **given: Any) -> list[str]:
    settings = Settings(environment=Environment.TEST, **given)
    return [one.name for one in channels_from(settings, keyed, SystemClock())]


@pytest.mark.feature("DL5")
@pytest.mark.feature("DL6")
def test_providers_of_email_come_in_order_and_text_after_them(keyed: Cipher) -> None:
    found = names(
        keyed, channel="govuk_notify", second_channel="smtp", text_channel="govuk_notify_text",
        notify_text_templates=TEXTS, **NOTIFY,
    )  # fmt: skip
    assert found == ["govuk_notify", "smtp", "govuk_notify_text"]
    assert names(keyed, channel="smtp", second_channel="smtp_second") == ["smtp", "smtp_second"]


def test_a_second_provider_and_text_messages_are_off_unless_asked_for(keyed: Cipher) -> None:
    assert names(keyed) == ["smtp"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"channel": "pigeon"}, "CHANNEL"),
        ({"channel": "smtp", "second_channel": "smtp"}, "SECOND_CHANNEL"),
        ({"second_channel": "govuk_notify_text"}, "SECOND_CHANNEL"),
        ({"text_channel": "smtp"}, "TEXT_CHANNEL"),
        ({"channel": "govuk_notify", "notify_templates": EVERY}, "NOTIFY_API_KEY"),
        ({"channel": "govuk_notify", **NOTIFY, "notify_templates": {}}, "NOTIFY_TEMPLATES"),
        (
            {"text_channel": "govuk_notify_text", "notify_api_key": SecretStr(API_KEY)},
            "NOTIFY_TEXT_TEMPLATES",
        ),
    ],
)
def test_what_cannot_work_is_refused_by_the_name_of_its_setting(
    keyed: Cipher, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(Refused) as refused:
        names(keyed, **given)
    assert f"ENCOMPASS_{named}" in refused.value.detail


def test_notify_may_lack_a_template_that_the_mail_server_beside_it_has(keyed: Cipher) -> None:
    given = {**NOTIFY, "notify_templates": {"message_waiting": "id", "message_waiting.cy": "id"}}
    assert names(keyed, channel="govuk_notify", second_channel="smtp", **given)


@pytest.mark.feature("DL7")
def test_production_speaks_to_notify_by_https_alone() -> None:
    with pytest.raises(ValidationError, match="https"):
        Settings(
            environment=Environment.PRODUCTION, database_url="postgresql+psycopg://x/y",
            keys_file=Path("keys"), notify_url="http://api.example.org",
        )  # fmt: skip


@pytest.mark.parametrize("name", ["notify_callback_token", "bounce_token"])
def test_a_word_that_can_be_guessed_is_no_token(name: str) -> None:
    with pytest.raises(ValidationError, match="too short"):
        Settings.model_validate({"environment": Environment.TEST, name: SecretStr("guess me")})


def test_every_channel_is_a_provider_of_one_medium(keyed: Cipher) -> None:
    shown = {}
    for name in Channel:
        text = name in {Channel.NOTIFY_TEXT, Channel.RECORDING_TEXT}
        given: dict[str, Any] = {
            "text_channel" if text else "channel": name.value, "notify_text_templates": TEXTS,
        }  # fmt: skip
        settings = Settings(environment=Environment.TEST, **{**NOTIFY, **given})
        made = channels_from(settings, keyed, SystemClock())[-1]
        shown[made.name] = made.medium
    assert set(shown) == {one.value for one in Channel}
    assert {name for name, medium in shown.items() if medium is Medium.TEXT} == {
        "govuk_notify_text", "recording_text",
    }  # fmt: skip
