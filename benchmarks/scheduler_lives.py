"""Real scheduler processes for `schedulers`: the product's own, on a clock of the benchmark's.

`python -m benchmarks.scheduler_lives` has everything imported and forks a scheduler for each job it
reads, which ticks until SIGTERM. Four of them share a database; one can be stopped, which for it is
as if no time passed. The parent stays single-threaded, so that a fork copies no lock.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from time import monotonic, sleep
from typing import IO, Any

from app import scheduler
from app.core import logs
from app.core.clock import SystemClock
from app.core.settings import Settings
from app.wiring import build

_PATIENCE_SECONDS = 30
Job = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunningClock:
    """`start` at the instant `began`, and going on from there so many times as fast."""

    start: datetime
    began: datetime
    speed: float

    def now(self) -> datetime:
        return self.start + (SystemClock().now() - self.began) * self.speed


class Nursery:
    """The forking process, from outside."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @contextmanager
    def schedulers(
        self, settings: Settings, clock: RunningClock, count: int
    ) -> Iterator[Sequence[int]]:
        """Run so many schedulers and yield their process ids.

        Each finishes its tick at the end; a stopped one goes on for it.
        """
        job = {
            "settings": settings.model_dump(mode="json", exclude_none=True),
            "start": clock.start.isoformat(), "began": clock.began.isoformat(),
            "speed": clock.speed,
        }  # fmt: skip
        running = [self._forked(job) for _ in range(count)]
        try:
            yield running
        finally:
            for pid in running:
                wake(pid)
            end(running)

    def _forked(self, job: Job) -> int:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        return int(stdout.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Yield the door to a forking process of our own, ended with its standard input."""
    command = [sys.executable, "-m", "benchmarks.scheduler_lives"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


def pause(pid: int) -> None:
    """Stop a process where it stands."""
    os.kill(pid, signal.SIGSTOP)


def wake(pid: int) -> None:
    """Let it go on as if nothing had been; nothing where it has ended."""
    _tell(pid, signal.SIGCONT)


def end(running: Sequence[int]) -> int:
    """Let each finish its tick, kill what does not, and return how many were still alive."""
    alive = sum(_tell(pid, signal.SIGTERM) for pid in running)
    until = monotonic() + _PATIENCE_SECONDS
    while any(_tell(pid, 0) for pid in running) and monotonic() < until:
        sleep(0.1)
    for pid in running:
        _tell(pid, signal.SIGKILL)
    return alive


def _tell(pid: int, what: int) -> bool:
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        return False
    return True


def _serve(source: IO[str]) -> None:
    logs.configure("CRITICAL")
    # Those that have ended are taken away at once, so that their ids are nobody's.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in source:
        pid = os.fork()
        if pid == 0:
            _live(json.loads(line))
        print(pid, flush=True)


def _live(job: Job) -> None:
    stop = Event()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    status = 1
    try:
        clock = RunningClock(
            datetime.fromisoformat(job["start"]), datetime.fromisoformat(job["began"]),
            float(job["speed"]),
        )  # fmt: skip
        wiring = build(Settings.model_validate(job["settings"]), clock=clock)
        scheduler.run(wiring, stop)
        wiring.database.engine.dispose()
        status = 0
    except BaseException:  # noqa: BLE001 (said here, or nobody hears of it)
        traceback.print_exc()
    finally:
        # Not `sys.exit`: what the parent has open is not the child's to close.
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve(sys.stdin)
