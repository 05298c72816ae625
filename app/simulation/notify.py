"""GOV.UK Notify in a simulated world: the shipped stand-in, with faults and fates by chance.

What becomes of a message depends on the message and the time, not on which thread asks first.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from app.core.clock import Clock
from app.simulation.faults import Crashed, Faults, NotifyMode
from notifications.alerts import Letterhead
from notifications.channels.govuk_notify import Account, NotifyChannel
from notifications.channels.notify_stand_in import (
    API_KEY,
    NotifyFault,
    NotifyInProcess,
    NotifyStandIn,
    Reply,
    Taken,
)
from notifications.states import Medium, Template

Named = TypeVar("Named", bound=str)

_PER_MINUTE = 3000
# From where on the process dies with the answer in hand.
_CRASHES_ABOVE = 0.97
# Of the posts and the questions in each mode: how many meet which fault.
_POSTS: Mapping[NotifyMode, Mapping[NotifyFault, float]] = {
    NotifyMode.WELL: {},
    NotifyMode.BUSY: {NotifyFault.RATE_LIMIT: 0.7},
    NotifyMode.DAILY_LIMIT: {NotifyFault.DAILY_LIMIT: 1.0},
    NotifyMode.REVOKED: {NotifyFault.KEY_REVOKED: 1.0},
    NotifyMode.ERRORS: {NotifyFault.ERROR_NOT_STORED: 0.3, NotifyFault.ERROR_BUT_STORED: 0.3},
    NotifyMode.LOSES: {
        NotifyFault.LOST_NOT_STORED: 0.2, NotifyFault.LOST_BUT_STORED: 0.2,
        NotifyFault.SILENT_BUT_STORED: 0.2,
    },
}  # fmt: skip
_QUESTIONS: Mapping[NotifyMode, Mapping[NotifyFault, float]] = {
    NotifyMode.BUSY: {NotifyFault.RATE_LIMIT: 0.4},
    NotifyMode.REVOKED: {NotifyFault.KEY_REVOKED: 1.0},
    NotifyMode.ERRORS: {NotifyFault.ERROR_NOT_STORED: 0.4},
    NotifyMode.LOSES: {NotifyFault.LOST_NOT_STORED: 0.4},
}
# How a message ends, and how often; of the others nothing more is ever said.
NEVER_LEFT = "technical-failure"
_FATES = {"delivered": 0.8, "temporary-failure": 0.05, NEVER_LEFT: 0.05, "permanent-failure": 0.02}
_LONGEST = timedelta(minutes=40)


class SeededNotify(NotifyStandIn):
    """The provider of one world; it outlives the service's processes."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        ids = {name: name for one in Template for name in (one.value, f"{one.value}.cy")}
        super().__init__(clock, dict.fromkeys(ids, "A message is waiting."))
        self._trouble, self._chance_of = faults, faults.chance.of_key
        # Every byte that was handed to it, taken or not.
        self.posted: list[bytes] = []

    def respond(self, method: str, target: str, authorization: str, raw: bytes) -> Reply:
        if method == "POST":
            self.posted.append(raw)
        reply = super().respond(method, target, authorization, raw)
        draw = self._chance_of("crash", raw, self.clock.now())
        if method == "POST" and self._trouble.crashes and draw > _CRASHES_ABOVE:
            raise Crashed
        return reply

    def next_fault(self, reference: str, *, asking: bool) -> NotifyFault | None:
        """Draw what this request meets."""
        wanted = (_QUESTIONS if asking else _POSTS).get(self._trouble.notify, {})
        draw = self._chance_of("notify", reference, asking, self.clock.now())
        found = _of(wanted, draw)
        return found if found is None else self._trouble.note(found)

    def fate(self, one: Taken) -> str:
        """Return the last that is ever said of a message."""
        return _of(_FATES, self._chance_of("fate", one.id)) or "sending"

    def status_of(self, one: Taken) -> str:
        """Return what is said of a message now: its end comes within forty minutes."""
        since = self.clock.now() - datetime.fromisoformat(one.created_at)
        return "sending" if since < _LONGEST * self._chance_of("later", one.id) else self.fate(one)


def notify_channels(
    stand_in: SeededNotify, head: Letterhead, clock: Clock
) -> tuple[NotifyChannel, NotifyChannel]:
    """Return the adapters of one life of the service: e-mail and text."""
    email, text = (
        NotifyChannel(
            Account.of("http://notify.test", API_KEY), medium=medium,
            templates={name: name for name in stand_in.templates}, head=head, clock=clock,
            per_minute=_PER_MINUTE, transport=NotifyInProcess(stand_in),
        )
        for medium in (Medium.EMAIL, Medium.TEXT)
    )  # fmt: skip
    return email, text


def _of(shares: Mapping[Named, float], draw: float) -> Named | None:
    """Return what a draw from 0 to 1 falls on, None where on nothing."""
    for name, share in shares.items():
        if draw < share:
            return name
        draw -= share
    return None
