"""The channels there are, and which ones the settings ask for, in the order they are tried."""

from collections.abc import Mapping

from app.core.cipher import Cipher
from app.core.clock import Clock
from app.core.errors import Refused
from app.core.settings import Settings
from notifications.alerts import Letterhead, letterhead
from notifications.channels.base import AlertChannel
from notifications.channels.govuk_notify import Account, NotifyChannel
from notifications.channels.recording import RecordingChannel
from notifications.channels.smtp import SmtpChannel
from notifications.states import Channel, Medium, Template

_BY_EMAIL = (
    Channel.SMTP, Channel.SMTP_SECOND, Channel.NOTIFY, Channel.RECORDING, Channel.RECORDING_SECOND,
)  # fmt: skip
_BY_TEXT = (Channel.NOTIFY_TEXT, Channel.RECORDING_TEXT)
# What a text message must be able to say: something waits, and the code that proves a mobile.
TEXTED = (Template.WAITING, Template.CODE)


def channels_from(settings: Settings, cipher: Cipher, clock: Clock) -> tuple[AlertChannel, ...]:
    """Return the channels of this installation: e-mail first, in order, then text.

    Raises `Refused` for one there is not, and where a message could be sent by none.
    """
    head = letterhead(settings)
    names = [_named(settings.channel, "CHANNEL", _BY_EMAIL)]
    if settings.second_channel:
        names.append(_named(settings.second_channel, "SECOND_CHANNEL", _BY_EMAIL))
    if len(set(names)) < len(names):
        raise Refused("ENCOMPASS_SECOND_CHANNEL is the first one again: name another or none.")
    if settings.text_channel:
        names.append(_named(settings.text_channel, "TEXT_CHANNEL", _BY_TEXT))
    found = tuple(_made(name, settings, head, cipher, clock) for name in names)
    _all_can_be_said(found)
    return found


def _named(value: str, setting: str, known: tuple[Channel, ...]) -> Channel:
    if value not in known:
        words = " or ".join(one.value for one in known)
        raise Refused(f"ENCOMPASS_{setting} names no channel: set it to {words}.")
    return Channel(value)


def _made(
    name: Channel, settings: Settings, head: Letterhead, cipher: Cipher, clock: Clock
) -> AlertChannel:
    match name:
        case Channel.SMTP:
            return SmtpChannel(settings, head=head, cipher=cipher)
        case Channel.SMTP_SECOND:
            return SmtpChannel(
                settings, head=head, cipher=cipher, name=name, server=settings.second_mail_server
            )
        case Channel.NOTIFY:
            return _notify(settings, head, clock, Medium.EMAIL, settings.notify_templates)
        case Channel.NOTIFY_TEXT:
            return _notify(settings, head, clock, Medium.TEXT, settings.notify_text_templates)
        case _:
            return RecordingChannel(head, cipher, name=name)


def _notify(
    settings: Settings, head: Letterhead, clock: Clock, medium: Medium,
    templates: Mapping[str, str],
) -> NotifyChannel:  # fmt: skip
    if settings.notify_api_key is None:
        raise Refused("GOV.UK Notify needs ENCOMPASS_NOTIFY_API_KEY, or a file with it.")
    account = Account.of(settings.notify_url, settings.notify_api_key.get_secret_value())
    return NotifyChannel(
        account, medium=medium, templates=templates, head=head, clock=clock,
        per_minute=settings.notify_per_minute,
    )  # fmt: skip


def _all_can_be_said(channels: tuple[AlertChannel, ...]) -> None:
    """Refuse an installation in which some message would wait for ever."""
    for medium, wanted in ((Medium.EMAIL, tuple(Template)), (Medium.TEXT, TEXTED)):
        able = [channel for channel in channels if channel.medium is medium]
        missing = [t.value for t in wanted if able and not any(c.carries(t) for c in able)]
        if missing:
            which = "TEXT_TEMPLATES" if medium is Medium.TEXT else "TEMPLATES"
            raise Refused(
                f"ENCOMPASS_NOTIFY_{which} lacks {', '.join(missing)}: give the id of each, and "
                "of its Welsh twin as NAME.cy, or set another channel beside GOV.UK Notify."
            )
