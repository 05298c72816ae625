"""What `encompass check` asks GOV.UK Notify: whether its templates say what they must not."""

from contextlib import closing

from app.cli.force_checks import State
from app.wiring import Wiring
from notifications.alerts import telling_words
from notifications.channels.base import ChannelError
from notifications.channels.govuk_notify import NotifyChannel


def templates(wiring: Wiring) -> tuple[State, str]:
    """Read every mapped template there, and refuse one whose words would tell an onlooker."""
    used = [one for one in wiring.channels if isinstance(one, NotifyChannel)]
    if not used:
        return State.OK, "GOV.UK Notify is not in use"
    for channel in used:
        with closing(channel):
            wrong = _wrong(channel)
        if wrong is not None:
            return State.FAIL, f"{channel.name}: {wrong}"
    return State.OK, f"{sum(len(one.templates) for one in used)} templates there, none tells"


def _wrong(channel: NotifyChannel) -> str | None:
    """Return what is wrong with the first template that is not as it must be."""
    for name in channel.templates:
        try:
            wording = channel.wording(name)
        except ChannelError as error:
            return f"{name} cannot be read there ({error.code})"
        if telling_words(wording):
            return f"{name} would tell what it is about: reword it"
    return None
