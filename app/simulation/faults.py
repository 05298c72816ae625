"""What may go wrong in a simulated world: the database, the mail, and the process itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.core.audit import Chain
from app.core.cipher import Cipher
from app.core.database import Contended, Database
from app.core.errors import Unavailable
from app.core.scope import Scope
from app.simulation.chance import Chance
from notifications.alerts import Letterhead
from notifications.channels.base import AlertMessage, ChannelError, ErrorKind, Phase, Sent
from notifications.channels.recording import RecordingChannel

Met = TypeVar("Met", bound=StrEnum)

# Of a hundred messages: how many a greylisting server puts off, how many answers are lost (half of
# them after the message was taken), and from where on the process dies with the answer in hand.
_GREY, _DROPPED, _CRASHES_ABOVE = 0.7, 0.5, 0.97


class Crashed(BaseException):
    """The process is gone: nothing may catch this but the world that starts the next one."""


class WriteFault(StrEnum):
    """What a writing unit of work may meet."""

    BEFORE = "before"
    IN_THE_WAY = "in_the_way"
    AT_COMMIT = "at_commit"
    # Stored, and the answer lost: the hardest one.
    AFTER_COMMIT = "after_commit"
    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"


class MailMode(StrEnum):
    """How the mail server is; one alert's own fate is drawn besides."""

    WELL = "well"
    REFUSES = "refuses"
    GREY = "grey"
    DROPS = "drops"
    BLACK_HOLE = "black_hole"


class NotifyMode(StrEnum):
    """How GOV.UK Notify is; one message's own fate is drawn besides."""

    WELL = "well"
    BUSY = "busy"
    DAILY_LIMIT = "daily_limit"
    REVOKED = "revoked"
    # Answers 500, or nothing, whether or not it took the message.
    ERRORS = "errors"
    LOSES = "loses"


@dataclass(slots=True)
class Faults:
    """The faults in force; all quiet until the world turns some on."""

    chance: Chance
    # One writing unit in so many fails; 0 for none.
    writes: int = 0
    crashes: bool = False
    mail: MailMode = MailMode.WELL
    notify: NotifyMode = NotifyMode.WELL
    met: dict[str, int] = field(default_factory=dict)

    def next_write(self) -> WriteFault | None:
        """Draw what the next writing unit meets."""
        if not self.writes or not self.chance.one_in(self.writes):
            return None
        kinds = list(WriteFault) if self.crashes else list(WriteFault)[:4]
        return self.note(self.chance.pick(kinds))

    def note(self, fault: Met) -> Met:
        self.met[fault] = self.met.get(fault, 0) + 1
        return fault

    def quiet(self) -> None:
        """End every fault."""
        self.writes, self.crashes = 0, False
        self.mail, self.notify = MailMode.WELL, NotifyMode.WELL


class FaultyDatabase(Database):
    """The real database, of which a writing unit may fail at any of its edges."""

    def __init__(self, engine: Engine, chain: Chain, faults: Faults) -> None:
        super().__init__(engine, before_commit=chain.write)
        self._faults = faults

    @contextmanager
    def write(self, wanted: Scope | None = None) -> Iterator[Session]:
        """Yield as the real one does, then let the drawn fault happen."""
        fault = self._faults.next_write()
        if fault is WriteFault.BEFORE:
            raise Unavailable("The database does not answer: send it again.")
        if fault is WriteFault.IN_THE_WAY:
            raise Contended("Another writer was in the way: send it again.")
        with super().write(wanted) as session:
            yield session
            if fault is WriteFault.AT_COMMIT:
                raise Unavailable("The database went away: send it again.")
            if fault is WriteFault.CRASH_BEFORE:
                raise Crashed
        if fault is WriteFault.AFTER_COMMIT:
            raise Unavailable("The answer was lost: send it again.")
        if fault is WriteFault.CRASH_AFTER:
            raise Crashed


class FaultyMail(RecordingChannel):
    """A mail server that takes, refuses, loses, and forgets to say that it took; `sent` is mail.

    What becomes of a message depends on the message and on how often it was tried, not on which
    thread asks first.
    """

    def __init__(self, head: Letterhead, cipher: Cipher, faults: Faults) -> None:
        super().__init__(head, cipher)
        self._chance_of, self._trouble = faults.chance.of_key, faults
        self._tries: dict[UUID, int] = {}

    def send(self, message: AlertMessage) -> Sent:
        """Take one message, or fail as the server's mode and the message's own luck say."""
        with self._lock:
            tried = self._tries[message.alert_id] = self._tries.get(message.alert_id, 0) + 1
        draw, mode = self._chance_of("mail", message.alert_id, tried), self._trouble.mail
        if mode is MailMode.REFUSES:
            raise ChannelError(ErrorKind.CONNECTION, Phase.CONNECTING)
        if mode is MailMode.GREY and draw < _GREY:
            raise ChannelError(ErrorKind.TEMPORARY, "recipient_451")
        if mode is MailMode.DROPS and draw < _DROPPED:
            if draw < _DROPPED / 2:
                super().send(message)
            raise ChannelError(ErrorKind.UNKNOWN, "lost_at_final_dot")
        if mode is MailMode.BLACK_HOLE:
            return Sent("swallowed")
        sent = super().send(message)
        if self._trouble.crashes and draw > _CRASHES_ABOVE:
            raise Crashed
        return sent
