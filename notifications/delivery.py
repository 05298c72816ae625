"""Handing a block of alerts over: no database here, nothing is raised, every alert has a result."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from time import monotonic

from app.core import logs
from app.core.crash_points import CrashPoint, crash_point
from notifications.attempts import AlertResult, ClaimedAlert, ResultKind
from notifications.channels.base import (
    AlertChannel,
    AlertMessage,
    ChannelError,
    ErrorKind,
)

log = logs.get(__name__)

# At most so many conversations at once; one slow mailbox holds up none of the others.
CONCURRENCY = 8
# A block must be over before its lease is: what was not begun by then goes back unharmed.
BLOCK_SECONDS = 40.0

_KINDS = {
    ErrorKind.PERMANENT: ResultKind.PERMANENT,
    ErrorKind.TEMPORARY: ResultKind.TEMPORARY,
    ErrorKind.UNKNOWN: ResultKind.UNKNOWN,
    ErrorKind.CONNECTION: ResultKind.CONNECTION,
}


@dataclass(slots=True)
class Block:
    """What the conversations of one block share: when to stop beginning new ones."""

    channel: AlertChannel
    until: float
    elapsed: Callable[[], float]
    broken: Event


def send_all(
    claims: Sequence[ClaimedAlert], channel: AlertChannel, *,
    seconds: float = BLOCK_SECONDS, elapsed: Callable[[], float] = monotonic,
) -> list[AlertResult]:  # fmt: skip
    """Try every claimed alert, most urgent first, and return one result for each, in that order.

    Once the channel itself is down the rest of the block is not tried: that is one failure of the
    channel, not a failure of each alert.
    """
    if not claims:
        return []
    block = Block(channel, elapsed() + seconds, elapsed, Event())
    with ThreadPoolExecutor(min(CONCURRENCY, len(claims)), "alerts") as pool:
        return list(pool.map(lambda claimed: _send(claimed, block), claims))


def _send(claimed: ClaimedAlert, block: Block) -> AlertResult:
    if block.broken.is_set():
        return _result(claimed, block, ResultKind.CONNECTION, code="channel_down")
    if block.elapsed() > block.until:
        return _result(claimed, block, ResultKind.NOT_TRIED, code="block_over")
    message = AlertMessage(
        claimed.alert_id, claimed.address, claimed.template, claimed.welsh, claimed.planned_at,
        claimed.extra,
    )  # fmt: skip
    try:
        sent = block.channel.send(message)
        crash_point(CrashPoint.PROVIDER_ACCEPTED)
    except ChannelError as error:
        if error.kind is ErrorKind.CONNECTION:
            block.broken.set()
        return _result(claimed, block, _KINDS[error.kind], code=error.code)
    except Exception as error:  # noqa: BLE001 (one alert that cannot be built stops no other)
        kind = logs.error_kind(error)
        log.error("alert failed", item=str(claimed.alert_id), error=kind)
        return _result(claimed, block, ResultKind.BROKEN, code=kind[:64])
    return _result(claimed, block, ResultKind.HANDED_OVER, reference=sent.reference)


def _result(
    claimed: ClaimedAlert, block: Block, kind: ResultKind, *, code: str | None = None,
    reference: str | None = None,
) -> AlertResult:  # fmt: skip
    return AlertResult(
        claimed.alert_id, claimed.fence, kind, channel=block.channel.name, code=code,
        reference=reference,
    )  # fmt: skip
