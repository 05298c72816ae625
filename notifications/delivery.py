"""Handing a block of alerts over: no database here, nothing is raised, every alert has a result."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import TypeGuard

from app.core import logs
from app.core.crash_points import CrashPoint, crash_point
from notifications.attempts import BLOCK_OVER, CHANNEL_DOWN, AlertResult, ClaimedAlert, ResultKind
from notifications.channels.base import (
    AlertChannel,
    AlertMessage,
    Answering,
    ChannelError,
    ErrorKind,
)

log = logs.get(__name__)

# At most so many conversations at once; one slow mailbox holds up none of the others.
CONCURRENCY = 8
# A block must be over before its lease is: what was not begun by then goes back unharmed.
BLOCK_SECONDS = 25.0

_KINDS = {
    ErrorKind.PERMANENT: ResultKind.PERMANENT,
    ErrorKind.TEMPORARY: ResultKind.TEMPORARY,
    ErrorKind.UNKNOWN: ResultKind.UNKNOWN,
    ErrorKind.CONNECTION: ResultKind.CONNECTION,
    ErrorKind.BUSY: ResultKind.BUSY,
    ErrorKind.REFUSED: ResultKind.REFUSED,
    ErrorKind.BROKEN: ResultKind.BROKEN,
}
# Nothing to do with one alert: no other of the block would fare better.
_STOPS_THE_BLOCK = frozenset({ErrorKind.CONNECTION, ErrorKind.BUSY, ErrorKind.REFUSED})
FOUND = "found_by_asking"


@dataclass(slots=True)
class Block:
    """What the conversations of one block share: when to stop beginning new ones."""

    until: float
    elapsed: Callable[[], float]
    stopping: Callable[[], bool]
    broken: set[str]

    @property
    def over(self) -> bool:
        return self.stopping() or self.elapsed() > self.until


def send_all(
    claims: Sequence[ClaimedAlert], *channels: AlertChannel,
    seconds: float = BLOCK_SECONDS, elapsed: Callable[[], float] = monotonic,
    stopping: Callable[[], bool] = lambda: False,
) -> list[AlertResult]:  # fmt: skip
    """Try every claimed alert, most urgent first, and return one result for each, in that order.

    Each goes to the provider it was claimed for, without one to the first. Once a provider is down
    the rest of its alerts are not tried: that is one failure of the provider, not of each alert.
    Once the time of the block is over, or the process is `stopping`, nothing new is begun.
    """
    if not claims:
        return []
    block = Block(elapsed() + seconds, elapsed, stopping, set())
    by_name = {channel.name: channel for channel in channels}

    numbers = iter(range(len(claims)))
    results: dict[int, AlertResult] = {}

    def converse() -> None:
        # The next number is taken by one alone. A task of its own for each alert would cost about
        # as much as its words.
        for number in numbers:
            claimed = claims[number]
            channel = by_name.get(claimed.channel, channels[0])
            results[number] = _send(claimed, channel, block)

    with ThreadPoolExecutor(min(CONCURRENCY, len(claims)), "alerts") as pool:
        for conversation in [pool.submit(converse) for _ in range(min(CONCURRENCY, len(claims)))]:
            conversation.result()
    return [results[number] for number in range(len(claims))]


def _send(claimed: ClaimedAlert, channel: AlertChannel, block: Block) -> AlertResult:
    if channel.name in block.broken:
        kind = ResultKind.UNASKED if claimed.ask else ResultKind.CONNECTION
        return _result(claimed, channel, kind, code=CHANNEL_DOWN)
    if block.over:
        kind = ResultKind.UNASKED if claimed.ask else ResultKind.NOT_TRIED
        return _result(claimed, channel, kind, code=BLOCK_OVER)
    asking = claimed.ask
    try:
        found = channel.find(claimed.alert_id) if asking and _answers(channel) else None
        if found is not None:
            return _result(
                claimed, channel, ResultKind.HANDED_OVER, code=FOUND, reference=found.reference
            )
        asking = False
        sent = channel.send(_message(claimed))
        crash_point(CrashPoint.PROVIDER_ACCEPTED)
    except ChannelError as error:
        if error.kind in _STOPS_THE_BLOCK:
            block.broken.add(channel.name)
        kind = ResultKind.UNASKED if asking else _KINDS[error.kind]
        return _result(claimed, channel, kind, code=error.code, seconds=error.seconds)
    except Exception as error:  # noqa: BLE001 (one alert that cannot be built stops no other)
        said = logs.error_kind(error)
        log.error("alert failed", item=str(claimed.alert_id), error=said)
        return _result(claimed, channel, ResultKind.BROKEN, code=said[:64])
    return _result(claimed, channel, ResultKind.HANDED_OVER, reference=sent.reference)


def _answers(channel: AlertChannel) -> TypeGuard[Answering]:
    return isinstance(channel, Answering)


def _message(claimed: ClaimedAlert) -> AlertMessage:
    return AlertMessage(
        claimed.alert_id, claimed.address, claimed.template, claimed.welsh, claimed.planned_at,
        claimed.extra, claimed.version,
    )  # fmt: skip


def _result(
    claimed: ClaimedAlert, channel: AlertChannel, kind: ResultKind, *, code: str | None = None,
    reference: str | None = None, seconds: int | None = None,
) -> AlertResult:  # fmt: skip
    return AlertResult(
        claimed.alert_id, claimed.fence, kind, channel=channel.name, code=code,
        reference=reference, seconds=seconds,
    )  # fmt: skip
