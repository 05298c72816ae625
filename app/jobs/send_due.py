"""Hands over the alerts that are due: claim, let go of the database, send, write the results."""

from app.core.crash_points import CrashPoint, crash_point
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications import outbox
from notifications.delivery import send_all

BLOCK = 200


def send_due(tick: Tick) -> StepReport:
    """Send block after block until nothing is due; no transaction is open across the network."""
    report = StepReport(tick.step)
    database, channels = tick.wiring.database, tick.wiring.channels
    while not tick.out_of_time:
        with database.write(PLATFORM) as session:
            claims = outbox.claim(
                session,
                tick.wiring.cipher,
                owner=tick.owner,
                now=tick.moment(),
                limit=BLOCK,
                force=tick.force,
                resolvers=tick.wiring.resolvers,
                channels=channels,
            )
            crash_point(CrashPoint.CLAIM_BEFORE_COMMIT)
        if not claims:
            break
        crash_point(CrashPoint.INTENT_STORED)
        results = send_all(claims, *channels)
        with database.write(PLATFORM) as session:
            report.done += outbox.record(session, results, now=tick.moment())
        crash_point(CrashPoint.RESULT_STORED)
        report.failed += sum(not result.ok for result in results)
    for channel in channels:
        channel.close()
    return report
