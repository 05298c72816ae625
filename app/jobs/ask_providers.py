"""Asks providers what became of alerts they said nothing of, and replays what came too early."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications import reported
from notifications.channels.base import AlertChannel, Answering, ChannelError, Found
from notifications.reported import Asking

ACTOR = "job:ask_providers"
_AT_ONCE = 8


def ask_providers(tick: Tick) -> StepReport:
    """Ask block after block, 2, 5, 10 and 20 minutes after handing over; then people take over."""
    report = StepReport(tick.step)
    database = tick.wiring.database
    with database.write(PLATFORM) as session:
        report.done += reported.replay_parked(session, now=tick.moment(), actor=ACTOR)
    by_name = {channel.name: channel for channel in tick.wiring.channels}
    while not tick.out_of_time:
        with database.write(PLATFORM) as session:
            asking = reported.to_ask_about(session, now=tick.moment())
        if not asking:
            break
        answers = _ask(asking, by_name)
        with database.write(PLATFORM) as session:
            for alert_id, found in answers.items():
                reported.report(
                    session, alert_id, found.status, now=tick.moment(), actor=ACTOR, park=False
                )
            last = [one.alert_id for one in asking if one.last]
            reported.unheard_of(session, last, now=tick.moment(), actor=ACTOR)
        report.done += len(asking)
    for channel in tick.wiring.channels:
        channel.close()
    return report


def _ask(asking: Sequence[Asking], by_name: dict[str, AlertChannel]) -> dict[UUID, Found]:
    """Return what the providers say; an alert they do not answer about is left out."""
    with ThreadPoolExecutor(min(_AT_ONCE, len(asking)), "asking") as pool:
        answers = pool.map(lambda one: _one(one, by_name.get(one.channel)), asking)
        return {one.alert_id: found for one, found in zip(asking, answers, strict=True) if found}


def _one(asking: Asking, channel: AlertChannel | None) -> Found | None:
    if not isinstance(channel, Answering):
        return None
    try:
        return channel.find(asking.alert_id)
    except ChannelError:
        return None
