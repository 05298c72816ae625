"""What every channel of alerts promises, and the ways it can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from notifications.states import DeliveryStatus, Medium


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
    # Of its words, as stored with the alert; without one, the newest.
    version: str = ""


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
    # The provider wants nothing more from us for some seconds: too many at once, or for today.
    BUSY = "busy"
    # The provider refuses us, not this alert: a revoked key, a clock that is wrong.
    REFUSED = "refused"
    # The provider cannot use what this alert asks for, such as a template it does not have.
    BROKEN = "broken"


class ChannelError(Exception):
    """A try failed; `code` is from our own closed words and numbers, never the server's text.

    `seconds` is how long the provider wants to be left alone, where it said so.
    """

    def __init__(self, kind: ErrorKind, code: str, *, seconds: int | None = None) -> None:
        super().__init__(f"{kind.value}: {code}")
        self.kind = kind
        self.code = code
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Found:
    """A message that the provider has taken, and how far it says that it got."""

    reference: str
    status: DeliveryStatus


class AlertChannel(Protocol):
    """Hands alerts over; may be called by several threads at once."""

    @property
    def name(self) -> str:
        """Return the channel's name, a value of `notifications.states.Channel`."""
        ...

    @property
    def medium(self) -> Medium:
        """Return what kind of address it sends to."""
        ...

    @property
    def per_minute(self) -> int | None:
        """Return the most messages a minute it may be handed, None where there is no limit."""
        ...

    def carries(self, template: str) -> bool:
        """Return whether it has this template in both languages."""
        ...

    def send(self, message: AlertMessage) -> Sent:
        """Hand one alert over; raise `ChannelError` and nothing else that is expected."""
        ...

    def close(self) -> None:
        """Let go of idle connections; the next `send` opens what it needs."""
        ...


@runtime_checkable
class Answering(Protocol):
    """A channel that can be asked whether it took an alert, and what became of it."""

    def find(self, alert_id: UUID) -> Found | None:
        """Return what it has of this alert, None where it has nothing that could still arrive.

        Raises `ChannelError` of kind CONNECTION, BUSY or REFUSED where it does not say.
        """
        ...
