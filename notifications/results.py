"""Settling tries: what came of each is written by fence, and what it means for the provider, too.

Only what is an alert's own fault counts against it; an outage, a limit or a refused key is the
provider's (docs/decisions/0022, 0095).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Event
from app.core.bulk import insert_rows
from app.core.ids import new_id
from app.core.paired import paired
from app.core.scope import must_admit
from notifications import providers
from notifications.alerting import still_wanted
from notifications.attempts import RETRY_SECONDS, AlertResult, ResultKind
from notifications.bounces import address_failed
from notifications.guarded import changed
from notifications.hastening import hasten, hasten_reviews
from notifications.models import Alert, AlertCover, Notification, Receipt
from notifications.states import ENDED, REPORTING, AlertState, Channel, DeliveryStatus, ReceiptKind

ACTOR = "job:send_due"
SET_ASIDE_AFTER = 5
# A provider that reports is asked of our own accord so many minutes after it took an alert.
POLL_MINUTES = (2, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Settling:
    """What every result of a block is settled with."""

    session: Session
    now: datetime
    actor: str
    news: providers.News


@dataclass(frozen=True, slots=True)
class Held:
    """An alert of the block as its row is now."""

    id: UUID
    force: str
    state: AlertState
    fence: int
    attempts: int


def record(
    session: Session, results: Sequence[AlertResult], *, now: datetime, actor: str = ACTOR
) -> int:
    """Settle claimed alerts; return how many results counted.

    A result whose fence is no longer the row's changes nothing: another claim has taken over, and
    this one is kept on the trail as a late fact.
    """
    settling = Settling(session, now, actor, providers.heard(session, results, now=now))
    by_id = {result.alert_id: result for result in results}
    held = _held(session, by_id)
    counting = [one for one in held if _counts(one, by_id[one.id])]
    for one in held:
        if not _counts(one, by_id[one.id]):
            event = Event.ALERT_HANDED_OVER if by_id[one.id].ok else Event.ALERT_FAILED
            _note(session, one, event, now=now, actor=actor, reason_code="stale_result")
    _hand_over_all(settling, [one for one in counting if by_id[one.id].ok], by_id)
    others = [one.id for one in counting if not by_id[one.id].ok]
    covered = covered_by(session, others)
    for alert in session.scalars(
        select(Alert)
        .where(Alert.id.in_(others))
        .order_by(Alert.id)
        .execution_options(populate_existing=True)
    ).all():
        _settle(settling, alert, by_id[alert.id], covered[alert.id])
    session.flush()
    return len(counting)


def _held(session: Session, alert_ids: Collection[UUID]) -> Sequence[Held]:
    """Lock the alerts of a block, and read only what settling most of them needs."""
    rows = session.execute(
        select(Alert.id, Alert.force, Alert.state, Alert.fence, Alert.attempts)
        .where(Alert.id.in_(alert_ids))
        .order_by(Alert.id)
        .with_for_update()
    )
    return [Held(*row) for row in rows]


def _counts(held: Held, result: AlertResult) -> bool:
    return held.state is AlertState.ATTEMPTING and held.fence == result.fence


def _hand_over_all(
    settling: Settling, held: Sequence[Held], results: Mapping[UUID, AlertResult]
) -> None:
    """Handed to mail is one fact for each notification an alert stands for; it tells nobody yet.

    All of a block in a few statements: most results are this one, and mornings have thousands.
    """
    if not held:
        return
    session, now, actor = settling.session, settling.now, settling.actor
    alike: dict[tuple[str, str | None], list[AlertResult]] = {}
    for one in held:
        result = results[one.id]
        alike.setdefault((result.channel, result.code), []).append(result)
    for group in alike.values():
        _write_handed_over(session, group, now)
    covers = session.execute(
        select(
            AlertCover.alert_id, Notification.id, Notification.force, Notification.urn,
            Notification.council, Notification.content_version,
        )
        .join(Notification, Notification.id == AlertCover.notification_id)
        .where(
            AlertCover.alert_id.in_([one.id for one in held]), Notification.state.not_in(ENDED)
        )
        .order_by(AlertCover.alert_id, AlertCover.notification_id)
    ).all()  # fmt: skip
    rungs = [
        {
            "id": new_id(), "force": one.force, "urn": one.urn, "council": one.council,
            "notification_id": one.id, "kind": ReceiptKind.HANDED_OVER, "at": now, "actor": actor,
            "source": results[one.alert_id].channel, "alert_id": one.alert_id,
            "content_version": one.content_version,
        }
        for one in covers
    ]  # fmt: skip
    must_admit(session, {one["force"] for one in rungs})
    insert_rows(session.connection(), Receipt, rungs)
    for one in held:
        _note(session, one, Event.ALERT_HANDED_OVER, now=now, actor=actor)


def _write_handed_over(session: Session, results: Sequence[AlertResult], now: datetime) -> None:
    """Write what is alike of a block and each one's reference, in one statement.

    The rows are locked: each must be as it was claimed.
    """
    channel, code = Channel(results[0].channel), results[0].code
    reports = channel in REPORTING
    references = paired({one.alert_id: one.reference for one in results})
    written = changed(
        session,
        update(Alert)
        .where(
            # Leased is attempting, by a CHECK; and what is leased is few.
            Alert.id == references.id, Alert.lease_until.is_not(None),
        )
        .values(
            provider_reference=references.text,
            state=AlertState.HANDED_OVER, lease_owner=None, lease_until=None, channel=channel,
            last_code=code, handed_over_at=now, settled_at=now,
            delivery_status=DeliveryStatus.SENDING if reports else None,
            status_at=now if reports else None,
            next_poll_at=now + timedelta(minutes=POLL_MINUTES[0]) if reports else None,
        ),
    )  # fmt: skip
    if written != len(results):
        raise RuntimeError("an alert that is locked was changed by another: a defect of ours")


def _settle(
    settling: Settling, alert: Alert, result: AlertResult, covered: Sequence[Notification]
) -> None:
    alert.lease_owner, alert.lease_until = None, None
    alert.channel, alert.last_code = Channel(result.channel), result.code
    match result.kind:
        case ResultKind.PERMANENT:
            _refused_for_good(settling, alert, result, covered)
        case ResultKind.UNKNOWN | ResultKind.BROKEN:
            _perhaps_its_own_fault(settling, alert, result, covered)
        case ResultKind.UNASKED:
            alert.state = AlertState.UNKNOWN
            alert.next_attempt_at = _again_at(settling, alert, result)
        case ResultKind.TEMPORARY | ResultKind.CONNECTION:
            alert.state = AlertState.PLANNED
            alert.next_attempt_at = _again_at(settling, alert, result)
        case ResultKind.BUSY | ResultKind.REFUSED:
            alert.state, alert.attempts = AlertState.PLANNED, alert.attempts - 1
            alert.next_attempt_at = _again_at(settling, alert, result)
        case ResultKind.NOT_TRIED:
            alert.state, alert.attempts = AlertState.PLANNED, alert.attempts - 1
            alert.next_attempt_at = settling.now + timedelta(seconds=1)
    if alert.state in {AlertState.PLANNED, AlertState.UNKNOWN}:
        if result.kind is not ResultKind.NOT_TRIED and result.kind is not ResultKind.UNASKED:
            _note_try(settling, alert, result)
        settling.session.flush()
        if not still_wanted(settling.session, [alert.id]):
            alert.state, alert.settled_at = AlertState.NOT_NEEDED, settling.now


def _note_try(settling: Settling, alert: Alert, result: AlertResult) -> None:
    """Put a try that did not succeed, and will be followed by another, on the trail."""
    audit.record(
        settling.session, event=Event.ALERT_TRIED, actor=settling.actor, force=alert.force,
        subject=f"alert:{alert.id}", now=settling.now, reason_code=result.code,
        detail={"attempts": alert.attempts, "by": result.channel},
    )  # fmt: skip


def _refused_for_good(
    settling: Settling, alert: Alert, result: AlertResult, covered: Sequence[Notification]
) -> None:
    session, now, actor = settling.session, settling.now, settling.actor
    alert.state, alert.settled_at = AlertState.FAILED, now
    _note(session, alert, Event.ALERT_FAILED, now=now, actor=actor, reason_code=result.code)
    address_failed(session, alert, code=result.code, now=now, actor=actor)
    ask_the_next(session, alert, covered, now=now)


def _perhaps_its_own_fault(
    settling: Settling, alert: Alert, result: AlertResult, covered: Sequence[Notification]
) -> None:
    """Count what failed while its provider worked for others; the fifth sets the alert aside."""
    if settling.news.works(result.channel) or not result.blames_provider:
        alert.own_failures += 1
    if alert.own_failures >= SET_ASIDE_AFTER:
        set_aside(settling.session, alert, covered, now=settling.now, actor=settling.actor)
        return
    unknown = result.kind is ResultKind.UNKNOWN
    alert.state = AlertState.UNKNOWN if unknown else AlertState.PLANNED
    alert.next_attempt_at = _again_at(settling, alert, result)


def _again_at(settling: Settling, alert: Alert, result: AlertResult) -> datetime:
    """Return when to try again: now, where this provider is left alone and another works."""
    if not settling.news.works(result.channel) and settling.news.another(alert.medium):
        return settling.now
    return settling.now + _until_next(alert.attempts)


def _until_next(attempts: int) -> timedelta:
    return timedelta(seconds=RETRY_SECONDS[min(max(attempts, 1), len(RETRY_SECONDS)) - 1])


def add_receipts(
    session: Session, alert: Alert, kind: ReceiptKind, covered: Sequence[Notification],
    *, now: datetime, actor: str,
) -> None:  # fmt: skip
    """Write one rung of evidence for every notification that an alert stands for."""
    session.add_all(
        Receipt(
            id=new_id(), force=one.force, urn=one.urn, council=one.council, notification_id=one.id,
            kind=kind, at=now, actor=actor, source=alert.channel, alert_id=alert.id,
            content_version=one.content_version,
        )
        for one in covered
    )  # fmt: skip


def ask_the_next(
    session: Session, alert: Alert, covered: Sequence[Notification], *, now: datetime
) -> None:
    """Bring the next person forward for everything that this alert will not bring about."""
    hasten_reviews(session, alert.id, now=now)
    for notification in covered:
        if notification.told_at is None:
            hasten(session, notification, now=now)


def set_aside(
    session: Session, alert: Alert, covered: Sequence[Notification], *, now: datetime, actor: str
) -> None:
    """Give an alert up, on the trail, and ask the next."""
    alert.state, alert.settled_at = AlertState.SET_ASIDE, now
    _note(session, alert, Event.ALERT_SET_ASIDE, now=now, actor=actor, reason_code=alert.last_code)
    ask_the_next(session, alert, covered, now=now)


def covered_by(session: Session, alert_ids: Collection[UUID]) -> dict[UUID, list[Notification]]:
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
    session: Session, alert: Alert | Held, event: Event, *, now: datetime, actor: str,
    reason_code: str | None = None,
) -> None:  # fmt: skip
    audit.record(
        session, event=event, actor=actor, force=alert.force, subject=f"alert:{alert.id}", now=now,
        reason_code=reason_code, detail={"attempts": alert.attempts},
    )  # fmt: skip
