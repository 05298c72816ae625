"""A real scheduler process for `schedulers`: the product's own, on a clock of the benchmark's.

`python -m benchmarks.scheduler_lives JOB` ticks until SIGTERM. Four of them share a database; one
can be stopped, which for it is as if no time passed.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event

from app import scheduler
from app.core import logs
from app.core.clock import SystemClock
from app.core.settings import Settings
from app.wiring import build

_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class RunningClock:
    """`start` at the instant `began`, and going on from there so many times as fast."""

    start: datetime
    began: datetime
    speed: float

    def now(self) -> datetime:
        return self.start + (SystemClock().now() - self.began) * self.speed


@contextmanager
def schedulers(
    settings: Settings, clock: RunningClock, count: int
) -> Iterator[Sequence["subprocess.Popen[bytes]"]]:
    """Run so many schedulers; each finishes its tick at the end, a stopped one goes on for it."""
    job = json.dumps(
        {
            "settings": settings.model_dump(mode="json", exclude_none=True),
            "start": clock.start.isoformat(), "began": clock.began.isoformat(),
            "speed": clock.speed,
        }
    )  # fmt: skip
    running = [
        subprocess.Popen([sys.executable, "-m", "benchmarks.scheduler_lives", job])
        for _ in range(count)
    ]
    try:
        yield running
    finally:
        for process in running:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def pause(process: "subprocess.Popen[bytes]") -> None:
    """Stop a process where it stands."""
    os.kill(process.pid, signal.SIGSTOP)


def wake(process: "subprocess.Popen[bytes]") -> None:
    """Let it go on as if nothing had been."""
    os.kill(process.pid, signal.SIGCONT)


def _live(job: dict[str, str]) -> None:
    logs.configure("CRITICAL")
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    clock = RunningClock(
        datetime.fromisoformat(job["start"]), datetime.fromisoformat(job["began"]),
        float(job["speed"]),
    )  # fmt: skip
    wiring = build(Settings.model_validate(job["settings"]), clock=clock)
    scheduler.run(wiring, stop)
    wiring.database.engine.dispose()


if __name__ == "__main__":
    _live(json.loads(sys.argv[1]))
