"""From six in the morning: a force whose night is not closed, or not with equal totals, is rung.

At any hour so is one of whose pushes any was turned away.

The duty officers get an alert that says no more than: sign in; the desk's page says what is wrong.
The operators hear of it by the watchdog, who does not depend on this step (features.md IN10).
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit, logs
from app.core.cipher import Cipher
from app.core.clock import london_date
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from app.reports.feed import feed_of, feeds, refused_pushes
from app.reports.night_feed import Feed, NightFeed
from notifications.alerting import alert_officer, stop_alerts
from notifications.models import Alert, AlertAbout
from notifications.states import AlertState
from schools.officers import Duty, officers_of

log = logs.get(__name__)

ACTOR = "job:watch_feed"
_LOOKED_AT_WITHIN = timedelta(minutes=30)


def watch_feed(tick: Tick) -> StepReport:
    """Ring the duty officers of each force once for a silent night and once for an unequal one."""
    with tick.wiring.database.read(PLATFORM) as session:
        found = feeds(session, on=london_date(tick.now), now=tick.now)
        waiting = [
            night.force
            for night in found
            if tick.force in {None, night.force}
            and (_to_do(session, night) or _turned_away(session, night, now=tick.now))
        ]
    return tick.each(
        waiting, lambda session, force: ring(session, tick.wiring.cipher, force, now=tick.now)
    )


def ring(session: Session, cipher: Cipher, force: str, *, now: datetime) -> None:
    """Alert the duty officers about tonight's feed as it stands now, or take the alerts back."""
    night = feed_of(session, force, on=london_date(now), now=now)
    for state in (Feed.SILENT, Feed.UNEQUAL):
        if state is not night.state:
            stop_alerts(session, about(night, state), now)
    if night.rings and not _alerted(session, night, night.state):
        log.error("feed", job="watch_feed", force=force, state=night.state.value)
        asked = _ask(session, cipher, force, about(night, night.state), now=now)
        if asked:
            audit.record(
                session, event=audit.Event.FEED_RANG, actor=ACTOR, force=force,
                subject=f"night:{night.on}", now=now, reason_code=night.state.value,
                detail={"asked": asked, "told": night.told, "arrived": night.arrived},
            )  # fmt: skip
    if _turned_away(session, night, now=now):
        log.error("pushes refused", job="watch_feed", force=force)
        asked = _ask(session, cipher, force, about_refused(night), now=now)
        if asked:
            audit.record(
                session, event=audit.Event.PUSHES_REFUSED, actor=ACTOR, force=force,
                subject=f"night:{night.on}", now=now, detail={"asked": asked},
            )  # fmt: skip


def _ask(session: Session, cipher: Cipher, force: str, about: str, *, now: datetime) -> int:
    """Alert the duty officers; return how many. The desk's page and the watchdog say it anyway."""
    asked = [
        officer
        for officer in officers_of(
            session, cipher, f"force:{force}", Duty.DUTY_OFFICER, on=london_date(now)
        )
        if officer.can_receive
    ]
    for officer in asked:
        alert_officer(
            session, officer_id=officer.officer_id, force=force, about=about,
            due_at=now + _LOOKED_AT_WITHIN, now=now,
        )  # fmt: skip
    return len(asked)


def about(night: NightFeed, state: Feed) -> str:
    """Return what the alerts of one night in one state are about."""
    return f"feed:{state.value}:{night.force}:{night.on}"


def about_refused(night: NightFeed) -> str:
    """Return what the alerts of a day on which pushes were turned away are about."""
    return f"refused:{night.force}:{night.on}"


def _turned_away(session: Session, night: NightFeed, *, now: datetime) -> bool:
    """Return whether pushes were turned away today and nobody was alerted of it."""
    if refused_pushes(session, night.force, now=now) is None:
        return False
    return not _alerted_of(session, about_refused(night))


def _to_do(session: Session, night: NightFeed) -> bool:
    """Return whether an alert is missing, or one that waits to be sent is no longer needed."""
    if night.rings and not _alerted(session, night, night.state):
        return True
    others = {Feed.SILENT, Feed.UNEQUAL} - {night.state}
    return any(_alerted(session, night, state, waiting=True) for state in others)


def _alerted(session: Session, night: NightFeed, state: Feed, *, waiting: bool = False) -> bool:
    return _alerted_of(session, about(night, state), waiting=waiting)


def _alerted_of(session: Session, about: str, *, waiting: bool = False) -> bool:
    alerted = (
        select(Alert.id)
        .join(AlertAbout, AlertAbout.alert_id == Alert.id)
        .where(AlertAbout.about == about)
    )
    if waiting:
        alerted = alerted.where(Alert.state.in_((AlertState.PLANNED, AlertState.UNKNOWN)))
    return session.scalars(alerted.limit(1)).first() is not None
