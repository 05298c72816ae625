"""Hands over the alerts that are due: claim, let go of the database, send, write the results."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from sqlalchemy.orm import Session

from app.core.crash_points import CrashPoint, crash_point
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications import outbox
from notifications.attempts import AlertResult, ClaimedAlert
from notifications.delivery import send_all

BLOCK = 400
# The first leave while the next are claimed.
FIRST_BLOCK = 100
# A block is claimed while the one before it is being sent: both must be over within its lease.
BLOCK_SECONDS = 25.0
LEASE_LEFT_SECONDS = 50.0


def send_due(tick: Tick) -> StepReport:
    """Send block after block until nothing is due; no transaction is open across the network.

    While one block is being sent, the results of the one before are written and the next is
    claimed.
    """
    report, channels = StepReport(tick.step), tick.wiring.channels

    def send(claims: Sequence[ClaimedAlert], claimed: float) -> list[AlertResult]:
        # One slow answer at the end of the block before may have used this one's time up: what
        # is not begun within its lease goes back, as somebody else may have it by then.
        left = LEASE_LEFT_SECONDS - (monotonic() - claimed)
        return send_all(claims, *channels, seconds=min(BLOCK_SECONDS, left))

    with ThreadPoolExecutor(1, "sending") as ahead:
        claimed, claims = monotonic(), _claim(tick, FIRST_BLOCK)
        sending = ahead.submit(send, claims, claimed)
        while claims:
            claimed, following = monotonic(), [] if tick.out_of_time else _claim(tick)
            results = sending.result()
            sending = ahead.submit(send, following, claimed)
            _record(tick, results, report)
            # What this block tells of a provider may free what the claim above had to leave.
            if not following and not tick.out_of_time:
                claimed, following = monotonic(), _claim(tick)
                sending = ahead.submit(send, following, claimed)
            claims = following
    for channel in channels:
        channel.close()
    return report


def _claim(tick: Tick, limit: int = BLOCK) -> list[ClaimedAlert]:
    def work(session: Session) -> list[ClaimedAlert]:
        claims = outbox.claim(
            session,
            tick.wiring.cipher,
            owner=tick.owner,
            now=tick.moment(),
            limit=limit,
            force=tick.force,
            resolvers=tick.wiring.resolvers,
            channels=tick.wiring.channels,
        )
        crash_point(CrashPoint.CLAIM_BEFORE_COMMIT)
        return claims

    claims = tick.wiring.database.retrying(work, PLATFORM)
    if claims:
        crash_point(CrashPoint.INTENT_STORED)
    return claims


def _record(tick: Tick, results: Sequence[AlertResult], report: StepReport) -> None:
    """Write a block's results, again where another was in the way: sending cannot be taken back."""

    def work(session: Session) -> int:
        return outbox.record(session, results, now=tick.moment())

    report.done += tick.wiring.database.retrying(work, PLATFORM)
    crash_point(CrashPoint.RESULT_STORED)
    report.failed += sum(not result.ok for result in results)
