"""The ticking process: wakes every few seconds and runs the pipeline; all truth is in the rows.

APScheduler only ticks. An interval, never a cron time, so that no clock change skips or repeats a
tick; a late tick runs once (`coalesce`, no misfire limit), and never beside itself.
"""

import os
import socket
from threading import Event

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from app.core import logs, patience
from app.core.ids import new_id
from app.jobs import PIPELINE
from app.jobs.runner import IDLE_SECONDS, Runner
from app.wiring import Wiring

log = logs.get(__name__)


def runner_for(wiring: Wiring, stop: Event) -> Runner:
    """Return a runner of the whole pipeline, up to `stop`, with its own name for its leases."""
    owner = f"{socket.gethostname()[:32]}:{os.getpid()}:{new_id().hex[:8]}"
    return Runner(wiring, PIPELINE, owner=owner, stop=stop)


def run(wiring: Wiring, stop: Event) -> None:
    """Tick until `stop` is set; what is in hand then is finished before this returns.

    The first tick comes at once: what fell due while nothing ran is picked up on start.
    """
    patience.end_idle(wiring.database.engine, IDLE_SECONDS)
    runner = runner_for(wiring, stop)
    # One worker: the tick at the start and the first of the interval never run side by side.
    scheduler = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(1)})
    scheduler.add_job(runner.run_pipeline, misfire_grace_time=None)
    scheduler.add_job(
        runner.run_pipeline, "interval", seconds=wiring.settings.tick_seconds,
        max_instances=1, coalesce=True, misfire_grace_time=None,
    )  # fmt: skip
    scheduler.start()
    log.info("scheduler started", seconds=wiring.settings.tick_seconds)
    stop.wait()
    scheduler.shutdown(wait=True)
    for channel in wiring.channels:
        channel.close()
    log.info("scheduler stopped")
