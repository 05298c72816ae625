"""Runs one step of the pipeline: one runner at a time, a time limit, one transaction per item."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import NamedTuple, TypeVar

from sqlalchemy import bindparam, case, or_, update
from sqlalchemy.orm import Session

from app.core import logs
from app.core.crash_points import CrashPoint, crash_point
from app.core.database import insert_unless_there
from app.core.errors import Refused, Unavailable
from app.core.models import Lease
from app.core.scope import PLATFORM
from app.jobs.in_hand import InHand
from app.wiring import Wiring

log = logs.get(__name__)
Key = TypeVar("Key")

LEASE_SECONDS = 120
# A lease that ends later than this was taken by a clock that was set back since, or is wrong: its
# owner may be dead, and the step would stand still until that time comes.
_AHEAD_SECONDS = 600
STEP_SECONDS = 60.0
# An item is begun in these 60 seconds: a process that is stopped within it has lost its transaction
# before another may take the step over.
IDLE_SECONDS = 45
_GAP_SECONDS = (30, 60, 300, 900, 3600)
# One locked row must not stop a step; a database that is away three times in a row may.
_GIVE_UP_AFTER = 3
# After an item of these steps is stored, a rehearsal may end the process.
_CRASH_AFTER = {
    "match_children": CrashPoint.MATCHED,
    "compose_notifications": CrashPoint.COMPOSED,
    "chase_untold": CrashPoint.STEP_TAKEN,
    "purge_expired": CrashPoint.CONTENT_ERASED,
}
_NOT_ENDED = "not_ended"
# Built once, as every tick sends them for every step.
_TAKE = (
    update(Lease)
    .where(
        Lease.name == bindparam("step"),
        or_(
            Lease.until.is_(None), Lease.until <= bindparam("at"),
            Lease.until > bindparam("ahead"), Lease.owner == bindparam("who"),
        ),
    )
    .values(
        owner=bindparam("who"), until=bindparam("late"), fence=Lease.fence + 1,
        started_at=bindparam("at"),
        # Until it ends: whoever had the lease before never gave it back.
        last_error=case((Lease.until.is_not(None), _NOT_ENDED), else_=Lease.last_error),
    )
    .returning(Lease.last_error)
)  # fmt: skip
_GIVE_BACK = (
    update(Lease)
    .where(Lease.name == bindparam("step"), Lease.owner == bindparam("who"))
    .values(until=None, finished_at=bindparam("at"), last_error=bindparam("error"))
)


@dataclass(slots=True)
class StepReport:
    """What one step did: items done, items that failed and wait for another try."""

    step: str
    done: int = 0
    failed: int = 0
    skipped: bool = False


@dataclass(slots=True)
class Poison:
    """Items that failed, with growing gaps, so that one bad row never starves the others.

    Held per process: a restart tries each once more, which is what an operator expects. What ends
    the process itself is kept elsewhere (`app.jobs.in_hand`).
    """

    _tries: dict[tuple[str, object], tuple[int, datetime]] = field(default_factory=dict)

    def waits(self, step: str, key: object, now: datetime) -> bool:
        return now < self._tries.get((step, key), (0, now))[1]

    def failed(self, step: str, key: object, now: datetime) -> int:
        """Note a failure and return how many there were in a row."""
        tries = self._tries.get((step, key), (0, now))[0] + 1
        gap = _GAP_SECONDS[min(tries, len(_GAP_SECONDS)) - 1]
        self._tries[step, key] = (tries, now + timedelta(seconds=gap))
        return tries

    def cured(self, step: str, key: object) -> None:
        self._tries.pop((step, key), None)


@dataclass(frozen=True, slots=True)
class Tick:
    """What a step is handed: the wiring, the instant, whom it works for, and its patience."""

    wiring: Wiring
    step: str
    now: datetime
    force: str | None
    owner: str
    poison: Poison
    in_hand: InHand
    until: float
    # True where an operator said at which instant the step should stand.
    asked: bool = False
    # Set once the process is asked to end.
    stop: Event = field(default_factory=Event)

    def moment(self) -> datetime:
        """Return the time now, or the instant an operator asked for."""
        return self.now if self.asked else self.wiring.clock.now()

    @property
    def stopping(self) -> bool:
        """Whether the process was asked to end: nothing new is begun."""
        return self.stop.is_set()

    @property
    def out_of_time(self) -> bool:
        return self.stopping or monotonic() > self.until

    def each(self, keys: Iterable[Key], work: Callable[[Session, Key], object]) -> StepReport:
        """Do `work` for every key, each in a transaction of its own; a failing one never blocks."""
        report, unavailable = StepReport(self.step), 0
        for key in keys:
            if self.out_of_time or unavailable >= _GIVE_UP_AFTER:
                break
            if self.poison.waits(self.step, key, self.now) or self.in_hand.waits(key, self.now):
                continue
            unavailable = 0 if self._one(key, work, report) else unavailable + 1
        return report

    def _one(self, key: Key, work: Callable[[Session, Key], object], report: StepReport) -> bool:
        """Do one item; return False only where the database itself did not answer."""

        def item(session: Session) -> None:
            work(session, key)

        try:
            self.in_hand.begin(key)
            self.wiring.database.retrying(item, PLATFORM)
            self.in_hand.done(key)
        except Exception as error:  # noqa: BLE001 (one bad row must not stop the night)
            tries = self.poison.failed(self.step, key, self.now)
            report.failed += 1
            log.error(
                "item failed", job=self.step, item=str(key), attempt=tries,
                error=logs.error_kind(error),
            )  # fmt: skip
            return not isinstance(error, Unavailable)
        self.poison.cured(self.step, key)
        report.done += 1
        if self.step in _CRASH_AFTER:
            crash_point(_CRASH_AFTER[self.step])
        return True


Step = Callable[[Tick], StepReport]


class _Ended(NamedTuple):
    """A step that ran, whose lease is still held."""

    step: str
    at: datetime
    error: str | None


class Runner:
    """Runs steps by name under a lease each, so that two schedulers make one effective run."""

    def __init__(
        self, wiring: Wiring, pipeline: Sequence[tuple[str, Step]], *, owner: str,
        stop: Event | None = None,
    ) -> None:  # fmt: skip
        self._wiring = wiring
        self._stop = stop or Event()
        self._pipeline = tuple(pipeline)
        self._steps = dict(pipeline)
        self._owner = owner
        self._poison = Poison()
        self._in_hand: dict[str, InHand] = {}

    def run_pipeline(
        self, *, now: datetime | None = None, force: str | None = None
    ) -> list[StepReport]:
        """Run every step in order; a step that fails is logged and the next one still runs.

        Once the process is asked to end, the step in hand begins nothing more and no other follows.
        """
        reports: list[StepReport] = []
        ended: _Ended | None = None
        for name, _ in self._pipeline:
            if self._stop.is_set():
                break
            report, ended = self._run(name, now, force, after=ended)
            reports.append(report)
        self._end(ended)
        return reports

    def run_step(
        self, name: str, *, now: datetime | None = None, force: str | None = None
    ) -> StepReport:
        """Run one step now; raise `Refused` for an unknown name.

        The report is `skipped` when another process is running the same step.
        """
        if name not in self._steps:
            raise Refused(f"There is no such step: choose one of {', '.join(self._steps)}.")
        report, ended = self._run(name, now, force)
        self._end(ended)
        return report

    def _run(
        self, name: str, now: datetime | None, force: str | None, *, after: _Ended | None = None
    ) -> tuple[StepReport, _Ended | None]:
        """Run one step; return what it did and, unless it was skipped, the lease to give back."""
        at = now or self._wiring.clock.now()
        if not self._take(name, at, after):
            return StepReport(name, skipped=True), None
        tick = Tick(
            self._wiring, name, at, force, self._owner, self._poison, self._in_hand[name],
            until=monotonic() + STEP_SECONDS, asked=now is not None, stop=self._stop,
        )  # fmt: skip
        error: str | None = None
        try:
            report = self._steps[name](tick)
        except Exception as problem:  # noqa: BLE001 (the next step and the next tick must come)
            error = logs.error_kind(problem)
            log.error("step failed", job=name, error=error)
            report = StepReport(name, failed=1)
        return report, _Ended(name, at, error)

    def _take(self, name: str, now: datetime, after: _Ended | None) -> bool:
        """Take the lease: a conditional update whose row count is looked at.

        The lease of the step before is given back in the same transaction.
        """
        wanted = {
            "step": name, "who": self._owner, "at": now,
            "late": now + timedelta(seconds=LEASE_SECONDS),
            "ahead": now + timedelta(seconds=_AHEAD_SECONDS),
        }  # fmt: skip
        try:
            with self._wiring.database.write() as session:
                if after is not None:
                    self._give_back(session, after)
                # On the connection: leases are nobody's rows, and the session's way of sending
                # these statements was a fifth of a tick with nothing due.
                connection = session.connection()
                taken = connection.execute(_TAKE, wanted).all()
                if not taken:
                    # Another holds it, or the step never ran here.
                    insert_unless_there(session, Lease, name=name, fence=0)
                    taken = connection.execute(_TAKE, wanted).all()
                if taken:
                    self._take_up(session, name, now, not_ended=taken[0].last_error == _NOT_ENDED)
                return bool(taken)
        except Unavailable as problem:
            log.error("step not started", job=name, error=logs.error_kind(problem))
            return False

    def _take_up(self, session: Session, name: str, now: datetime, *, not_ended: bool) -> None:
        """Learn what a process died of where the run before was not ended, or on the first run."""
        if not_ended or name not in self._in_hand or self._in_hand[name].writes:
            self._in_hand[name] = InHand(self._wiring.database, name)
            self._in_hand[name].take_up(session, not_ended=not_ended, now=now)

    def _end(self, ended: _Ended | None) -> None:
        """Give back the lease of the last step that ran."""
        if ended is None:
            return
        try:
            with self._wiring.database.write() as session:
                self._give_back(session, ended)
        except Unavailable as problem:
            # The lease runs out by itself; the next tick tries again.
            log.error("lease not returned", job=ended.step, error=logs.error_kind(problem))

    def _give_back(self, session: Session, ended: _Ended) -> None:
        self._in_hand[ended.step].end(session)
        session.connection().execute(
            _GIVE_BACK,
            {"step": ended.step, "who": self._owner, "at": ended.at, "error": ended.error},
        )
