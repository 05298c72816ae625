"""What the watchdog looks at outside the database: disks, the web process, its own clock."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from app.watchdog.codes import Code, Finding

_FREE = 0.10
_JUMP = timedelta(seconds=5)
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on two clocks: the one that people set, and the one that only goes forward."""

    wall: datetime
    steady: float


def disks(paths: Sequence[Path]) -> Iterator[Finding]:
    """Disks with less than a tenth free; one that cannot be asked counts as full."""
    full = sum(not _is_free(path) for path in paths)
    if full:
        yield Finding(Code.DISK_LOW, full)


def _is_free(path: Path) -> bool:
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return False
    return usage.free > usage.total * _FREE


def web(url: str | None) -> Iterator[Finding]:
    """The web process does not say that it can store an incident now."""
    if url is None:
        return
    try:
        # Inside the service's own network; a proxy of the environment is nobody's business here.
        answer = httpx.get(url, timeout=_SECONDS, trust_env=False)
        ready = answer.status_code == httpx.codes.OK
    except httpx.HTTPError:
        ready = False
    if not ready:
        yield Finding(Code.WEB_NOT_READY)


def jump(before: Moment | None, now: Moment) -> Iterator[Finding]:
    """Between two looks the clock moved otherwise than time did, by more than five seconds."""
    if before is None:
        return
    passed = timedelta(seconds=now.steady - before.steady)
    if abs((now.wall - before.wall) - passed) > _JUMP:
        yield Finding(Code.CLOCK_JUMPED)
