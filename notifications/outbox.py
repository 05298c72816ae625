"""The outbox: alerts are claimed with a lease, sent with no transaction open, and settled by fence.

The intent is stored before anything is said, and what is not known is called `unknown`: under
random kills this loses nothing and repeats at most an empty message (reliability.md X12, 4.3).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, update
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Event
from app.core.cipher import Cipher
from app.core.ids import new_id
from notifications.addressing import Resolvers, addresses, fillings, in_welsh
from notifications.alerting import still_wanted
from notifications.attempts import AlertResult, ClaimedAlert, ResultKind
from notifications.bounces import address_failed
from notifications.guarded import changed
from notifications.hastening import hasten, hasten_reviews
from notifications.models import Alert, AlertAbout, AlertCover, Notification, Receipt
from notifications.states import (
    ENDED,
    AlertState,
    Channel,
    NotificationState,
    ReceiptKind,
    Template,
)

ACTOR = "job:send_due"
# Until the second, third, fourth try …; then always the last.
RETRY_SECONDS = (15, 60, 180, 300)
SET_ASIDE_AFTER = 5
# Sent after everything a child waits for.
_CAN_WAIT = (Template.DRILL, Template.INVITATION, Template.ACCOUNT)
_NO_RESOLVERS: Resolvers = MappingProxyType({})


def claim(
    session: Session, cipher: Cipher, *, owner: str, now: datetime, limit: int = 200,
    lease_seconds: int = 60, force: str | None = None, resolvers: Resolvers = _NO_RESOLVERS,
) -> list[ClaimedAlert]:  # fmt: skip
    """Take alerts that are due and that somebody still waits for, least time left first.

    Of one force where an operator asks for it, else of all; drills and invitations come last.
    `resolvers` fill in the alerts about their kind; one that returns None ends its alert.

    Several may claim at once: rows that another is taking are passed over. An alert whose lease
    ran out was perhaps sent; it is taken again, and its repeat is the same bytes. One whose sending
    took the process down time and again is set aside instead.
    """
    _set_aside_what_keeps_failing(session, now)
    alerts = session.scalars(
        select(Alert)
        .where(
            _due(now),
            _somebody_waits(),
            *([Alert.force == force] if force is not None else []),
        )
        .order_by(_rank(), Alert.due_at, Alert.planned_at, Alert.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    filled = fillings(session, cipher, alerts, resolvers)
    for alert in alerts:
        if filled[alert.id] is None:
            _not_needed(alert, now)
    session.flush()
    alerts = [alert for alert in alerts if filled[alert.id] is not None]
    changed(
        session,
        update(Alert)
        .where(Alert.id.in_([alert.id for alert in alerts]))
        .values(
            state=AlertState.ATTEMPTING, lease_owner=owner, fence=Alert.fence + 1,
            lease_until=now + timedelta(seconds=lease_seconds), attempts=Alert.attempts + 1,
            own_failures=Alert.own_failures
            + case((Alert.state == AlertState.ATTEMPTING, 1), else_=0),
        ),
    )  # fmt: skip
    return _claimed(session, cipher, alerts, filled)


def record(
    session: Session, results: Sequence[AlertResult], *, now: datetime, actor: str = ACTOR
) -> int:
    """Settle claimed alerts; return how many results counted.

    A result whose fence is no longer the row's changes nothing: another claim has taken over, and
    this one is kept on the trail as a late fact.
    """
    by_id = {result.alert_id: result for result in results}
    alerts = session.scalars(
        select(Alert)
        .where(Alert.id.in_(by_id))
        .order_by(Alert.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    covered = _covered(session, by_id)
    counted = 0
    for alert in alerts:
        result = by_id[alert.id]
        if alert.state is not AlertState.ATTEMPTING or alert.fence != result.fence:
            event = Event.ALERT_HANDED_OVER if result.ok else Event.ALERT_FAILED
            _note(session, alert, event, now=now, actor=actor, reason_code="stale_result")
            continue
        counted += 1
        _settle(session, alert, result, covered[alert.id], now=now, actor=actor)
    session.flush()
    return counted


def _settle(
    session: Session, alert: Alert, result: AlertResult, covered: Sequence[Notification], *,
    now: datetime, actor: str,
) -> None:  # fmt: skip
    alert.lease_owner, alert.lease_until = None, None
    alert.channel, alert.last_code = Channel(result.channel), result.code
    waiting = [one for one in covered if one.told_at is None]
    match result.kind:
        case ResultKind.HANDED_OVER:
            _handed_over(session, alert, result, covered, now=now, actor=actor)
        case ResultKind.PERMANENT:
            alert.state, alert.settled_at = AlertState.FAILED, now
            _note(session, alert, Event.ALERT_FAILED, now=now, actor=actor, reason_code=result.code)
            address_failed(session, alert, result, now=now, actor=actor)
            _hasten(session, alert, waiting, now)
        case ResultKind.UNKNOWN | ResultKind.BROKEN:
            alert.own_failures += 1
            if alert.own_failures >= SET_ASIDE_AFTER:
                _set_aside(session, alert, now=now, actor=actor)
                _hasten(session, alert, waiting, now)
            else:
                unknown = result.kind is ResultKind.UNKNOWN
                alert.state = AlertState.UNKNOWN if unknown else AlertState.PLANNED
                alert.next_attempt_at = now + _until_next(alert.attempts)
        case ResultKind.TEMPORARY | ResultKind.CONNECTION:
            alert.state = AlertState.PLANNED
            alert.next_attempt_at = now + _until_next(alert.attempts)
        case ResultKind.NOT_TRIED:
            alert.state, alert.attempts = AlertState.PLANNED, alert.attempts - 1
            alert.next_attempt_at = now + timedelta(seconds=1)
    if alert.state in {AlertState.PLANNED, AlertState.UNKNOWN}:
        session.flush()
        if not still_wanted(session, [alert.id]):
            _not_needed(alert, now)


def _handed_over(
    session: Session, alert: Alert, result: AlertResult, covered: Sequence[Notification], *,
    now: datetime, actor: str,
) -> None:  # fmt: skip
    """Handed to mail is one fact for each notification it stands for; it tells nobody yet."""
    alert.state, alert.handed_over_at, alert.settled_at = AlertState.HANDED_OVER, now, now
    alert.provider_reference = result.reference
    session.add_all(
        Receipt(
            id=new_id(), force=one.force, urn=one.urn, council=one.council, notification_id=one.id,
            kind=ReceiptKind.HANDED_OVER, at=now, actor=actor, source=result.channel,
            alert_id=alert.id, content_version=one.content_version,
        )
        for one in covered
    )  # fmt: skip
    _note(session, alert, Event.ALERT_HANDED_OVER, now=now, actor=actor)


def _until_next(attempts: int) -> timedelta:
    return timedelta(seconds=RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1])


def _hasten(session: Session, alert: Alert, waiting: Sequence[Notification], now: datetime) -> None:
    hasten_reviews(session, alert.id, now=now)
    for notification in waiting:
        hasten(session, notification, now=now)


def _set_aside(session: Session, alert: Alert, *, now: datetime, actor: str) -> None:
    alert.state, alert.settled_at = AlertState.SET_ASIDE, now
    _note(session, alert, Event.ALERT_SET_ASIDE, now=now, actor=actor, reason_code=alert.last_code)


def _set_aside_what_keeps_failing(session: Session, now: datetime) -> None:
    """Give up alerts whose claims ran out for the fifth time without a result."""
    alerts = session.scalars(
        select(Alert)
        .where(
            Alert.state == AlertState.ATTEMPTING,
            Alert.lease_until <= now,
            Alert.own_failures >= SET_ASIDE_AFTER - 1,
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    covered = _covered(session, [alert.id for alert in alerts])
    for alert in alerts:
        alert.own_failures += 1
        alert.lease_owner, alert.lease_until, alert.last_code = None, None, "no_result"
        _set_aside(session, alert, now=now, actor=ACTOR)
        _hasten(session, alert, [one for one in covered[alert.id] if one.told_at is None], now)
    session.flush()


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(
            Alert.state.in_((AlertState.PLANNED, AlertState.UNKNOWN)),
            Alert.next_attempt_at <= now,
        ),
        and_(Alert.state == AlertState.ATTEMPTING, Alert.lease_until <= now),
    )


def _rank() -> ColumnElement[int]:
    return case((Alert.template.in_(_CAN_WAIT), 1), else_=0)


def _somebody_waits() -> ColumnElement[bool]:
    untold = exists().where(
        AlertCover.alert_id == Alert.id,
        Notification.id == AlertCover.notification_id,
        Notification.told_at.is_(None),
        Notification.state == NotificationState.READY,
    )
    return or_(untold, exists().where(AlertAbout.alert_id == Alert.id))


def _not_needed(alert: Alert, now: datetime) -> None:
    alert.state, alert.settled_at = AlertState.NOT_NEEDED, now
    alert.lease_owner, alert.lease_until = None, None


def _claimed(
    session: Session, cipher: Cipher, alerts: Sequence[Alert],
    filled: Mapping[UUID, Mapping[str, str] | None],
) -> list[ClaimedAlert]:  # fmt: skip
    where, welsh = addresses(session, cipher, alerts), in_welsh(session, alerts)
    return [
        ClaimedAlert(
            alert.id, alert.fence + 1, where[alert.id], alert.template, alert.id in welsh,
            alert.planned_at, filled[alert.id] or {},
        )
        for alert in alerts
    ]  # fmt: skip


def _covered(session: Session, alert_ids: Collection[UUID]) -> dict[UUID, list[Notification]]:
    """Return the notifications that each alert stands for and that may still be shown."""
    pairs = session.execute(
        select(AlertCover.alert_id, Notification)
        .join(Notification, Notification.id == AlertCover.notification_id)
        .where(AlertCover.alert_id.in_(alert_ids), Notification.state.not_in(ENDED))
        .order_by(AlertCover.notification_id)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[Notification]] = {alert_id: [] for alert_id in alert_ids}
    for alert_id, notification in pairs:
        found[alert_id].append(notification)
    return found


def _note(
    session: Session, alert: Alert, event: Event, *, now: datetime, actor: str,
    reason_code: str | None = None,
) -> None:  # fmt: skip
    audit.record(
        session, event=event, actor=actor, force=alert.force, subject=f"alert:{alert.id}", now=now,
        reason_code=reason_code, detail={"attempts": alert.attempts},
    )  # fmt: skip
