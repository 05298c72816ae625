"""The shipped stand-in: keeps alerts in memory, and fails on request."""

from collections import deque
from dataclasses import dataclass
from threading import Lock

from app.core.cipher import Cipher
from notifications.alerts import Letterhead, build_message, build_text, message_id
from notifications.channels.base import AlertMessage, ChannelError, Sent
from notifications.states import Channel, Medium


@dataclass(frozen=True, slots=True)
class Recorded:
    """One alert as it would have left: to whom, and every byte of it."""

    message: AlertMessage
    raw: bytes


class RecordingChannel:
    """Hands alerts to a list; for rehearsals, demonstrations and tests."""

    def __init__(
        self, head: Letterhead, cipher: Cipher, *, name: Channel = Channel.RECORDING,
        per_minute: int | None = None,
    ) -> None:  # fmt: skip
        self.name = name.value
        self.medium = Medium.TEXT if name is Channel.RECORDING_TEXT else Medium.EMAIL
        self.per_minute = per_minute
        self._head = head
        self._cipher = cipher
        self._lock = Lock()
        self._faults: deque[ChannelError] = deque()
        self.sent: list[Recorded] = []

    def fail_next(self, *faults: ChannelError) -> None:
        """Make the next tries fail, one fault each, in this order."""
        with self._lock:
            self._faults.extend(faults)

    def carries(self, template: str) -> bool:
        return True

    def send(self, message: AlertMessage) -> Sent:
        """Keep the alert, or raise the fault that was scripted for this try."""
        identity = message_id(message, self._cipher, self._head.mail_host)
        if self.medium is Medium.TEXT:
            raw = build_text(message, head=self._head).encode()
        else:
            raw = build_message(message, head=self._head, message_id=identity)
        with self._lock:
            if self._faults:
                raise self._faults.popleft()
            self.sent.append(Recorded(message, raw))
        return Sent(identity)

    def close(self) -> None:
        """Nothing is held open."""
