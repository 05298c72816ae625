"""What every channel of alerts promises, and the four ways it can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """One alert to one address; there is no field for anything about a child.

    `planned_at` becomes the message's date, so that a repeat is the same bytes.
    """

    alert_id: UUID
    address: str = field(repr=False)
    template: str
    welsh: bool
    planned_at: datetime
    # A code or a path; checked like all the text, never in a header.
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)


class Phase(StrEnum):
    """How far a try got; only after `final_dot` may the other side have taken the message."""

    CONNECTING = "connecting"
    SECURING = "securing"
    SIGNING_IN = "signing_in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"
    FINAL_DOT = "final_dot"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took the message; handed over, which is not the same as read."""

    reference: str
    at_phase: Phase = Phase.ACCEPTED


class ErrorKind(StrEnum):
    """What a failure means for the next try."""

    # This address will never work: the next contact is asked.
    PERMANENT = "permanent"
    # This address, later.
    TEMPORARY = "temporary"
    # It may or may not have been taken: the same bytes once more.
    UNKNOWN = "unknown"
    # Nothing to do with this alert: the channel itself is down or not safe to use.
    CONNECTION = "connection"


class ChannelError(Exception):
    """A try failed; `code` is from our own closed words and numbers, never the server's text."""

    def __init__(self, kind: ErrorKind, code: str) -> None:
        super().__init__(f"{kind.value}: {code}")
        self.kind = kind
        self.code = code


class AlertChannel(Protocol):
    """Hands alerts over; may be called by several threads at once."""

    @property
    def name(self) -> str:
        """Return the channel's name, a value of `notifications.states.Channel`."""
        ...

    def send(self, message: AlertMessage) -> Sent:
        """Hand one alert over; raise `ChannelError` and nothing else that is expected."""
        ...

    def close(self) -> None:
        """Let go of idle connections; the next `send` opens what it needs."""
        ...
