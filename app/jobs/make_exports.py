"""Makes one long report as a file that somebody asked for: claim it, read as they, store it sealed.

One in a tick, and never longer than a step may take, so that no alert waits for a report.
"""

from sqlalchemy.orm import Session

from app.casework import report_files
from app.casework.report_contents import Made
from app.casework.timeliness import TooLong
from app.core import logs
from app.core.errors import NotFound
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications import report_exports
from notifications.report_exports import MOST_TRIES, Claim, WhyFailed

log = logs.get(__name__)

ACTOR = "job:make_exports"


def make_exports(tick: Tick) -> StepReport:
    """Make the file that was asked for first; where that fails, leave it to the next tick."""
    report = StepReport(tick.step)
    if tick.force is not None:
        return report
    claim = tick.wiring.database.retrying(
        lambda session: report_exports.claim_next(session, now=tick.moment()), PLATFORM
    )
    if claim is None:
        return report
    if claim.tries > MOST_TRIES:
        # Whoever tried before ended over it, and said nothing.
        return _give_up(tick, claim, WhyFailed.NOT_MADE)
    try:
        made = _make(tick, claim)
    except NotFound:
        return _give_up(tick, claim, WhyFailed.RIGHT_ENDED)
    except TooLong:
        if tick.stopping:
            # Not too long: broken off. Whoever runs next makes it.
            return _give_back(tick, claim)
        return _give_up(tick, claim, WhyFailed.TOO_LONG)
    except Exception as error:  # noqa: BLE001 (whatever it is, the file is tried again or failed)
        log.error("export not made", item=str(claim.id), error=logs.error_kind(error))
        return _try_again(tick, claim)

    def store(session: Session) -> bool:
        return report_files.keep(
            session, tick.wiring.cipher, claim, made, now=tick.moment(), actor=ACTOR
        )

    report.done += tick.wiring.database.retrying(store, PLATFORM)
    return report


def _make(tick: Tick, claim: Claim) -> Made:
    with tick.wiring.database.read(PLATFORM) as session:
        return report_files.make(
            session, tick.wiring.cipher, claim.id, now=tick.moment(),
            go_on=lambda: not tick.out_of_time,
        )  # fmt: skip


def _try_again(tick: Tick, claim: Claim) -> StepReport:
    if claim.tries >= MOST_TRIES:
        return _give_up(tick, claim, WhyFailed.NOT_MADE)
    _give_back(tick, claim)
    return StepReport(tick.step, failed=1)


def _give_back(tick: Tick, claim: Claim) -> StepReport:
    """Leave a file to whoever runs next."""
    tick.wiring.database.retrying(
        lambda session: report_exports.give_back(session, claim), PLATFORM
    )
    return StepReport(tick.step)


def _give_up(tick: Tick, claim: Claim, why: WhyFailed) -> StepReport:
    def work(session: Session) -> bool:
        return report_files.give_up(session, claim, why, now=tick.moment(), actor=ACTOR)

    tick.wiring.database.retrying(work, PLATFORM)
    ours = why is WhyFailed.NOT_MADE
    return StepReport(tick.step, done=int(not ours), failed=int(ours))
