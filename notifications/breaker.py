"""When a provider is left alone, when it is tried again, and how fast it is handed alerts. Pure.

Closed: all may go. Open: none until a time. Then one alert at a time probes it (half open); the
first that gets through closes it. Source: reliability.md F20, F29–F31.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.core.clock import has_come

OPEN_AFTER = 3
# How long it is left alone, the first time, the second …; then always the last.
PAUSE_SECONDS = (30, 60, 120, 300)
PROBE_SECONDS = 60
# How long a provider wants to be left alone, by the reason it gives.
ASKED_SECONDS: Mapping[str, int] = MappingProxyType(
    {"rate_limit": 60, "clock_refused": 900, "key_refused": 900, "daily_limit": 3600}
)
# So much of a minute's allowance may go at once: what a tick of twenty seconds gathers.
_BURST = 3


class ProviderState(StrEnum):
    """How a provider stands."""

    CLOSED = "closed"
    OPEN = "open"
    # One alert is out to see whether it works again.
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a provider."""

    state: ProviderState = ProviderState.CLOSED
    failures: int = 0
    openings: int = 0
    last_failed_id: UUID | None = None
    until: datetime | None = None
    reason_code: str | None = None

    @property
    def works(self) -> bool:
        return self.state is ProviderState.CLOSED


WORKING = Standing()


def may_probe(standing: Standing, now: datetime) -> bool:
    """Return whether the time has come to try a provider with one alert.

    A probe whose process died is followed by another when its time is over.
    """
    return standing.until is not None and has_come(standing.until, now, _longest(standing))


def _longest(standing: Standing) -> timedelta:
    """Return how long it may be left alone at most for the reason it has."""
    asked = ASKED_SECONDS.get(standing.reason_code or "", 0)
    return timedelta(seconds=max(*PAUSE_SECONDS, asked))


def probing(standing: Standing, now: datetime) -> Standing:
    """Return the standing while one alert is out."""
    until = now + timedelta(seconds=PROBE_SECONDS)
    return replace(standing, state=ProviderState.HALF_OPEN, until=until)


def failed(
    standing: Standing, *, code: str, now: datetime, alert_id: UUID | None = None,
    seconds: int | None = None,
) -> Standing:  # fmt: skip
    """Return the standing after a failure.

    `alert_id` says that the failure may be that alert's own: the same one again does not count.
    With `seconds` the provider itself said that it wants to be left alone: one is enough.
    """
    if standing.state is ProviderState.OPEN and seconds is None:
        return standing
    if alert_id is not None and alert_id == standing.last_failed_id and standing.works:
        return standing
    failures = standing.failures + 1
    counted = replace(standing, failures=failures, last_failed_id=alert_id)
    if standing.works and failures < OPEN_AFTER and seconds is None:
        return counted
    pause = PAUSE_SECONDS[min(standing.openings, len(PAUSE_SECONDS) - 1)]
    return replace(
        counted, state=ProviderState.OPEN, openings=standing.openings + 1, reason_code=code,
        until=now + timedelta(seconds=max(pause, seconds or 0)),
    )  # fmt: skip


def worked(_standing: Standing) -> Standing:
    """Return the standing after something got through: nothing of the past counts."""
    return WORKING


def allowance(
    tokens: float | None, filled_at: datetime | None, *, per_minute: int, now: datetime
) -> float:
    """Return how many alerts may be handed over now; a new bucket is full.

    A clock that went back fills nothing and takes nothing away.
    """
    most = max(1.0, per_minute / _BURST)
    if tokens is None or filled_at is None:
        return most
    seconds = max(0.0, (now - filled_at).total_seconds())
    return min(most, tokens + seconds * per_minute / 60)
