"""Hands over the alerts that are due: claim, let go of the database, send, write the results."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core.crash_points import CrashPoint, crash_point
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications import outbox
from notifications.attempts import AlertResult, ClaimedAlert
from notifications.delivery import send_all

BLOCK = 400


def send_due(tick: Tick) -> StepReport:
    """Send block after block until nothing is due; no transaction is open across the network.

    One after the other: to claim the next while one is being sent took a third more processor time
    and no less time (docs/decisions/0145), and a crash would send two blocks once more.
    """
    report, channels = StepReport(tick.step), tick.wiring.channels
    claims = _claim(tick)
    while claims:
        results = send_all(claims, *channels, stopping=lambda: tick.stopping)
        _record(tick, results, report)
        claims = [] if tick.out_of_time else _claim(tick)
    for channel in channels:
        channel.close()
    return report


def _claim(tick: Tick) -> list[ClaimedAlert]:
    def work(session: Session) -> list[ClaimedAlert]:
        claims = outbox.claim(
            session,
            tick.wiring.cipher,
            owner=tick.owner,
            now=tick.moment(),
            limit=BLOCK,
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
