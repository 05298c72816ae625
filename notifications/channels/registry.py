"""The channels there are, and which one the settings ask for."""

from app.core.cipher import Cipher
from app.core.errors import Refused
from app.core.settings import Settings
from notifications.alerts import letterhead
from notifications.channels.base import AlertChannel
from notifications.channels.recording import RecordingChannel
from notifications.channels.smtp import SmtpChannel
from notifications.states import Channel


def channel_from(settings: Settings, cipher: Cipher) -> AlertChannel:
    """Return the channel of this installation; raise `Refused` for one there is not."""
    head = letterhead(settings)
    if settings.channel == Channel.SMTP:
        return SmtpChannel(settings, head=head, cipher=cipher)
    if settings.channel == Channel.RECORDING:
        return RecordingChannel(head, cipher)
    known = " or ".join(channel.value for channel in Channel)
    raise Refused(f"ENCOMPASS_CHANNEL names no channel: set it to {known}.")
