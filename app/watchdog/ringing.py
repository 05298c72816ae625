"""When an alarm rings, rings again and is over; and what of that outlives a restart.

Source: reliability.md 4.6. An alarm rings when it is found, again every 15 minutes between 05:00
and noon (London) and hourly at other times, and is over after two looks without it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from app.core.clock import london_time
from app.watchdog.codes import Code, Finding

MORNING = (time(5, 0), time(12, 0))
_AGAIN_IN_THE_MORNING, _AGAIN = timedelta(minutes=15), timedelta(hours=1)
# One bad tick heals itself within the minute: these must be found twice in a row.
_TWICE = frozenset({Code.STEP_FAILING, Code.WEB_NOT_READY})
_OVER_AFTER = 2


@dataclass(frozen=True, slots=True)
class Ringing:
    """One alarm that is on: since when, when it last rang, and for how many looks it was gone."""

    since: datetime
    rang_at: datetime | None
    count: int
    looks: int = 1
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a watchdog keeps from look to look."""

    ringing: dict[Code, Ringing] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    digest_on: date | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one look leads to: which alarms ring now, all that are on, and which are over."""

    memory: Memory
    rings: tuple[Finding, ...]
    on: tuple[Finding, ...]
    over: tuple[Code, ...]


def turn(memory: Memory, found: Iterable[Finding], *, now: datetime) -> Turn:
    """Return what follows from the findings of one look."""
    by_code = {one.code: one for one in found}
    kept: dict[Code, Ringing] = {}
    over: list[Code] = []
    for code, before in memory.ringing.items():
        if code in by_code:
            continue
        if before.gone + 1 < _OVER_AFTER and before.rang_at is not None:
            kept[code] = replace(before, gone=before.gone + 1)
        elif before.rang_at is not None:
            over.append(code)
    rings = []
    for code, one in by_code.items():
        state = _next(memory.ringing.get(code), one, now)
        if _rings(state, code, now):
            rings.append(one)
            state = replace(state, rang_at=now)
        kept[code] = state
    on = tuple(by_code.values())
    return Turn(replace(memory, ringing=kept), tuple(rings), on, tuple(over))


def _next(before: Ringing | None, one: Finding, now: datetime) -> Ringing:
    if before is None:
        return Ringing(since=now, rang_at=None, count=one.count)
    return replace(before, count=one.count, looks=before.looks + 1, gone=0)


def _rings(state: Ringing, code: Code, now: datetime) -> bool:
    if state.rang_at is None:
        return code not in _TWICE or state.looks > 1
    morning = MORNING[0] <= london_time(now) < MORNING[1]
    # Half a minute of grace, so that a look a second early does not wait for the next.
    again = (_AGAIN_IN_THE_MORNING if morning else _AGAIN) - timedelta(seconds=30)
    return now - state.rang_at >= again


def load(path: Path) -> Memory:
    """Return what was kept; a file that is missing or not readable is an empty memory."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return Memory(
            {Code(code): _ringing(one) for code, one in body["ringing"].items()},
            {str(chain): int(seq) for chain, seq in body["heads"].items()},
            date.fromisoformat(body["digest_on"]) if body["digest_on"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Memory()


def save(path: Path, memory: Memory) -> None:
    """Keep it, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {
        "ringing": {code.value: asdict(one) for code, one in memory.ringing.items()},
        "heads": memory.heads,
        "digest_on": memory.digest_on,
    }
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(body, default=lambda at: at.isoformat()), encoding="utf-8")
    fresh.replace(path)


def _ringing(body: dict[str, Any]) -> Ringing:
    rang_at = body["rang_at"]
    return Ringing(
        datetime.fromisoformat(body["since"]),
        datetime.fromisoformat(rang_at) if rang_at else None,
        int(body["count"]), int(body["looks"]), int(body["gone"]),
    )  # fmt: skip
