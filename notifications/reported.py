"""What becomes of an alert after it was handed over: heard from its provider, or asked for.

A status only moves up: reached the mailbox, or bounced, ends it, and whatever comes later or twice
changes nothing (reliability.md F33). News of an alert whose handing over is not written yet is
parked, and looked at again for five minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit, logs
from app.core.audit import Event
from app.core.clock import at_london, london_date
from app.core.ids import new_id
from notifications.bounces import address_failed
from notifications.channels.base import Phase
from notifications.models import Alert
from notifications.provider_models import ParkedNotice
from notifications.results import POLL_MINUTES, add_receipts, ask_the_next, covered_by
from notifications.states import (
    REPORTING,
    AlertState,
    DeliveryStatus,
    ReceiptKind,
)

log = logs.get(__name__)

PARKED_FOR = timedelta(minutes=5)
# A last question whose process died before it knew the answer is asked again after so long.
LAST_AGAIN = timedelta(minutes=5)
# Without a word for so long, or five minutes before nine, somebody should know (features.md DL9).
SILENT_AFTER = timedelta(minutes=15)
_NINE, _BEFORE_NINE = time(9), timedelta(minutes=5)
_OPEN = frozenset({AlertState.HANDED_OVER, AlertState.UNKNOWN, AlertState.PLANNED})
_FAILURES = frozenset(
    {
        DeliveryStatus.PERMANENT_FAILURE, DeliveryStatus.TEMPORARY_FAILURE,
        DeliveryStatus.TECHNICAL_FAILURE,
    }
)  # fmt: skip


class Heard(StrEnum):
    """What came of one piece of news."""

    MOVED = "moved"
    NOTHING_NEW = "nothing_new"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Asking:
    """One alert to ask its provider about; `last` after which people take over."""

    alert_id: UUID
    channel: str
    last: bool


def report(
    session: Session, alert_id: UUID, status: DeliveryStatus, *, now: datetime, actor: str,
    park: bool = True,
) -> Heard:  # fmt: skip
    """Take in what a provider says became of an alert. Needs the scope of the platform."""
    alert = session.scalars(
        select(Alert)
        .where(Alert.id == alert_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if alert is None or alert.state is AlertState.ATTEMPTING:
        if park:
            session.add(
                ParkedNotice(id=new_id(), alert_id=alert_id, status=status, received_at=now)
            )
            session.flush()
        return Heard.PARKED
    if alert.state not in _OPEN or not _is_news(alert, status):
        return Heard.NOTHING_NEW
    alert.delivery_status, alert.status_at = status, now
    if status is DeliveryStatus.DELIVERED:
        _reached(session, alert, now=now, actor=actor)
    else:
        _bounced(session, alert, status, now=now, actor=actor)
    session.flush()
    return Heard.MOVED


def replay_parked(session: Session, *, now: datetime, actor: str) -> int:
    """Look again at what was parked; what nobody claims within five minutes is logged and gone."""
    settled = 0
    for notice in session.scalars(
        select(ParkedNotice).order_by(ParkedNotice.received_at, ParkedNotice.id).limit(1000)
    ).all():
        heard = report(session, notice.alert_id, notice.status, now=now, actor=actor, park=False)
        over = heard is Heard.PARKED and notice.received_at + PARKED_FOR <= now
        if over:
            log.warning("news of an alert there is not", item=str(notice.alert_id))
        if over or heard is not Heard.PARKED:
            session.delete(notice)
            settled += 1
    session.flush()
    return settled


def to_ask_about(session: Session, *, now: datetime, limit: int = 200) -> list[Asking]:
    """Take the alerts whose provider is to be asked now, and plan the next question of each.

    The last stays planned until `unheard_of` or news of the alert ends it: nobody is forgotten
    where the process dies in between.
    """
    alerts = session.scalars(
        select(Alert)
        .where(Alert.next_poll_at.is_not(None), Alert.next_poll_at <= now)
        .order_by(Alert.next_poll_at, Alert.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    found = []
    for alert in alerts:
        alert.polls, alert.next_poll_at = alert.polls + 1, None
        if alert.state is not AlertState.HANDED_OVER or alert.handed_over_at is None:
            continue
        last = alert.polls >= len(POLL_MINUTES)
        alert.next_poll_at = (
            now + LAST_AGAIN
            if last
            else alert.handed_over_at + timedelta(minutes=POLL_MINUTES[alert.polls])
        )
        found.append(Asking(alert.id, alert.channel.value, last))
    session.flush()
    return found


def unheard_of(session: Session, alert_ids: Sequence[UUID], *, now: datetime, actor: str) -> None:
    """Nothing was heard to the end: the next person is asked, and the call sheet takes over."""
    covered = covered_by(session, alert_ids)
    for alert in session.scalars(
        select(Alert).where(Alert.id.in_(alert_ids), Alert.state == AlertState.HANDED_OVER)
    ).all():
        alert.next_poll_at = None
        _note(session, alert, Event.ALERT_UNHEARD_OF, "no_status", now=now, actor=actor)
        ask_the_next(session, alert, covered[alert.id], now=now)


def silent_alerts(session: Session, *, now: datetime) -> list[UUID]:
    """Return the alerts of today that their provider took and said no more of: for the alarms.

    For fifteen minutes, or from five minutes before nine for any that were taken before then.
    """
    nine = at_london(london_date(now), _NINE)
    since = now if nine - _BEFORE_NINE <= now < nine else now - SILENT_AFTER
    return list(
        session.scalars(
            select(Alert.id)
            .where(
                Alert.state == AlertState.HANDED_OVER,
                Alert.channel.in_(REPORTING),
                Alert.delivery_status == DeliveryStatus.SENDING,
                Alert.handed_over_at <= since,
                Alert.handed_over_at > now - timedelta(days=1),
            )
            .order_by(Alert.due_at, Alert.id)
        )
    )


def _is_news(alert: Alert, status: DeliveryStatus) -> bool:
    if status is DeliveryStatus.DELIVERED:
        return True
    # A failure of an earlier try says nothing of an alert that is to be tried again anyway.
    return status in _FAILURES and alert.state is not AlertState.PLANNED


def _reached(session: Session, alert: Alert, *, now: datetime, actor: str) -> None:
    covered = covered_by(session, [alert.id])[alert.id]
    if alert.handed_over_at is None:
        alert.handed_over_at = alert.settled_at = now
        add_receipts(session, alert, ReceiptKind.HANDED_OVER, covered, now=now, actor=actor)
    add_receipts(session, alert, ReceiptKind.REACHED_MAILBOX, covered, now=now, actor=actor)
    alert.state, alert.next_poll_at = AlertState.REACHED_MAILBOX, None
    _note(session, alert, Event.ALERT_REACHED, None, now=now, actor=actor)


def _bounced(
    session: Session, alert: Alert, status: DeliveryStatus, *, now: datetime, actor: str
) -> None:
    alert.state, alert.next_poll_at = AlertState.BOUNCED, None
    alert.settled_at = alert.settled_at or now
    _note(session, alert, Event.ALERT_BOUNCED, status.value, now=now, actor=actor)
    if status is DeliveryStatus.PERMANENT_FAILURE:
        address_failed(session, alert, code=f"{Phase.RECIPIENT}_bounced", now=now, actor=actor)
    ask_the_next(session, alert, covered_by(session, [alert.id])[alert.id], now=now)


def _note(
    session: Session, alert: Alert, event: Event, reason: str | None, *, now: datetime, actor: str
) -> None:
    audit.record(
        session, event=event, actor=actor, force=alert.force, subject=f"alert:{alert.id}", now=now,
        reason_code=reason, detail={"channel": alert.channel.value},
    )  # fmt: skip
