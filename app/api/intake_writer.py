"""The one writer of pushed incidents: takes all that waits, commits once, then answers each.

A thread, because the database work is synchronous. Both doors of the interface end in `store`.
"""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.api import metrics
from app.casework.submit import submit
from app.core import logs
from app.core.crash_points import CrashPoint, crash_point
from app.core.errors import ServiceError, Unavailable
from app.core.scope import Scope
from app.intake.receive import Result, Submission
from app.wiring import Wiring

_log = logs.get(__name__)

Outcome = Result | ServiceError

CAPACITY = 1_000
MOST_AT_ONCE = 200
PATIENCE_SECONDS = 5.0
# A control room gives up after half a minute or so; it should hear before that what to do.
ANSWER_SECONDS = 15.0
DRAIN_SECONDS = 20.0


@dataclass(slots=True)
class _Item:
    submission: Submission
    answer: "Future[Result]" = field(default_factory=Future)
    since: float = field(default_factory=monotonic)


class IntakeWriter:
    """Start it with the process, stop it to drain; `offer` is safe from any thread."""

    def __init__(
        self,
        wiring: Wiring,
        *,
        capacity: int = CAPACITY,
        patience: float = PATIENCE_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._wiring = wiring
        # How long a caller is kept waiting; what it offered may be stored after that.
        self.answer_seconds = answer_seconds
        self._patience = patience
        self._waiting: queue.Queue[_Item | None] = queue.Queue(capacity)
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to take what waits."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="intake-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take nothing new, store all that waits, and return when it is stored."""
        self._stopping = True
        if self._thread is None:
            return
        self._waiting.put(None)
        self._thread.join(DRAIN_SECONDS)
        if self._thread.is_alive():
            _log.error("intake writer did not drain", seconds=DRAIN_SECONDS)
        self._thread = None
        while not self._waiting.empty():
            # Offered in the instant of stopping: nothing of it is stored.
            item = self._waiting.get_nowait()
            if item is not None:
                item.answer.set_exception(Unavailable("The service is restarting: send it again."))

    def offer(self, submission: Submission) -> "Future[Result]":
        """Return the future answer, set after the commit; raise `Unavailable` when full."""
        if self._stopping or self._thread is None:
            raise Unavailable("The service is restarting: send it again.")
        item = _Item(submission)
        try:
            self._waiting.put_nowait(item)
        except queue.Full:
            metrics.intake_refused.inc()
            raise Unavailable("Too many incidents are waiting: send it again.") from None
        return item.answer

    def _run(self) -> None:
        while True:
            items, last = self._take()
            if items:
                self._flush(items)
            if last:
                return

    def _take(self) -> tuple[list[_Item], bool]:
        """Wait for one item, then take all that is there; the second value says it was the last."""
        taken = [self._waiting.get()]
        while taken[-1] is not None and len(taken) < MOST_AT_ONCE:
            try:
                taken.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        items = [item for item in taken if item is not None]
        return items, len(items) < len(taken)

    def _flush(self, items: Sequence[_Item]) -> None:
        # A caller that has gone away is not answered; from here on nobody can go away.
        wanted = [item for item in items if item.answer.set_running_or_notify_cancel()]
        late = monotonic() - self._patience
        fresh = [item for item in wanted if item.since >= late]
        for item in wanted:
            if item.since < late:
                item.answer.set_exception(Unavailable("It waited too long: send it again."))
        if not fresh:
            return
        outcomes = store(self._wiring, [item.submission for item in fresh])
        for item, outcome in zip(fresh, outcomes, strict=True):
            if isinstance(outcome, ServiceError):
                item.answer.set_exception(outcome)
            else:
                item.answer.set_result(outcome)


def store(wiring: Wiring, submissions: Sequence[Submission]) -> list[Outcome]:
    """Store a list in one transaction; return what came of each. Never raises.

    Where it is not known whether the commit happened, the same work is done once more: it reads by
    key what is stored, so it answers the truth. A list that the database refuses is halved until
    the row at fault stands alone; where a constraint refused it, another writer may have stored it
    since it was looked for, so that row is tried once more.
    """
    try:
        return _stored(wiring, submissions)
    except Unavailable as error:
        _log.warning("flush uncertain", count=len(submissions), error=logs.error_kind(error))
        return _once_more(wiring, submissions)
    except Exception as error:  # noqa: BLE001 (one bad row must not take the others with it)
        return _halved(wiring, submissions, error)


def _once_more(wiring: Wiring, submissions: Sequence[Submission]) -> list[Outcome]:
    try:
        return _stored(wiring, submissions)
    except Unavailable as error:
        metrics.intake_uncertain.inc(len(submissions))
        return [error] * len(submissions)
    except Exception as error:  # noqa: BLE001 (as in `store`)
        return _halved(wiring, submissions, error)


def _halved(wiring: Wiring, submissions: Sequence[Submission], error: Exception) -> list[Outcome]:
    if len(submissions) > 1:
        middle = len(submissions) // 2
        return store(wiring, submissions[:middle]) + store(wiring, submissions[middle:])
    return _alone(wiring, submissions) if isinstance(error, IntegrityError) else [_given_up(error)]


def _alone(wiring: Wiring, submissions: Sequence[Submission]) -> list[Outcome]:
    try:
        return _stored(wiring, submissions)
    except Unavailable as error:
        metrics.intake_uncertain.inc()
        return [error]
    except Exception as error:  # noqa: BLE001 (as in `store`)
        return [_given_up(error)]


def _given_up(error: Exception) -> ServiceError:
    _log.error("submission not stored", error=logs.error_kind(error))
    metrics.intake_poison.inc()
    return ServiceError("This incident could not be stored: tell us the request id.")


def _stored(wiring: Wiring, submissions: Sequence[Submission]) -> list[Outcome]:
    now = wiring.clock.now()
    forces = frozenset(submission.force for submission in submissions)

    def work(session: Session) -> list[Outcome]:
        outcomes = submit(session, submissions, cipher=wiring.cipher, now=now)
        crash_point(CrashPoint.ACCEPT_BEFORE_COMMIT)
        return outcomes

    with metrics.intake_flush_seconds.time():
        outcomes = wiring.database.retrying(work, Scope(forces=forces))
    crash_point(CrashPoint.ACCEPT_AFTER_COMMIT)
    metrics.intake_flush_size.observe(len(submissions))
    return outcomes
