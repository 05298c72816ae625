"""Which item a step had in hand when its process died: it is left alone, so that others go on.

Source: reliability.md F57. What ends a process (memory, a fault of a library) is caught by nobody,
and oldest first it would be taken up again after every restart. So once a step has not been ended,
it writes down each item before it begins it; one that was in hand when a process died again waits.
Kept beside the leases, as no other row is of the steps alone.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import logs
from app.core.database import Database, insert_unless_there
from app.core.models import Lease

log = logs.get(__name__)

# What is written for the second time is longer than a restart takes; nothing waits longer than
# somebody needs to see it: the watchdog rings for who waits ten minutes.
_GAP_SECONDS = (300, 900)


@dataclass(slots=True)
class InHand:
    """The items of one step that somebody's process died of, and the one that is in hand.

    `writes` is set where a run of the step was not ended: each item is written down then.
    """

    database: Database
    step: str
    waits_until: dict[str, datetime] = field(default_factory=dict)
    writes: bool = False

    def waits(self, key: object, now: datetime) -> bool:
        """Return whether this item is to be left alone."""
        return now < self.waits_until.get(str(key), now)

    def begin(self, key: object) -> None:
        """Write down what is begun now; raise `Unavailable`."""
        if self.writes:
            with self.database.write() as session:
                _put(session, _hand(self.step), owner=str(key))

    def done(self, key: object) -> None:
        """Forget that a process died of it, if one did."""
        if self.waits_until.pop(str(key), None) is not None:
            with self.database.write() as session:
                _put(session, _mark(self.step, key), fence=0, until=None)

    def end(self, session: Session) -> None:
        """Have nothing in hand: the step ends."""
        if self.writes:
            _put(session, _hand(self.step), owner=None)

    def take_up(self, session: Session, *, not_ended: bool, now: datetime) -> None:
        """Learn, as the step begins, what was in hand where the run before was not ended."""
        if not_ended:
            self._died(session, now)
        mark = _mark(self.step, "")
        rows = session.execute(
            select(Lease.name, Lease.until).where(
                Lease.name.startswith(mark, autoescape=True), Lease.until.is_not(None)
            )
        )
        self.waits_until = {name.removeprefix(mark): until for name, until in rows if until}
        self.writes = not_ended or bool(self.waits_until)

    def _died(self, session: Session, now: datetime) -> None:
        hand = session.get(Lease, _hand(self.step))
        if hand is None or hand.owner is None:
            return
        mark = _mark(self.step, hand.owner)
        before = session.get(Lease, mark)
        deaths = before.fence + 1 if before is not None else 1
        gap = _GAP_SECONDS[min(deaths, len(_GAP_SECONDS)) - 1]
        log.error("item ended the process", job=self.step, item=hand.owner, attempt=deaths)
        _put(session, mark, fence=deaths, until=now + timedelta(seconds=gap))
        _put(session, _hand(self.step), owner=None)


def _hand(step: str) -> str:
    return f"hand:{step}"


def _mark(step: str, key: object) -> str:
    return f"died:{step}:{key}"


def _put(session: Session, name: str, **values: object) -> None:
    insert_unless_there(session, Lease, name=name, fence=0)
    session.execute(update(Lease).where(Lease.name == name).values(**values))
