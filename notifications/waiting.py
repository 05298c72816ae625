"""What the outbox takes next: a walk along all that is unsettled, least time left first.

How it asks, and why so, is in docs/decisions/0145.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, not_, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.clock import too_far_ahead
from app.core.database import along_an_index
from app.core.types import plainly
from notifications.alerting import still_wanted
from notifications.attempts import LONGEST_GAP, LONGEST_LEASE, WaitingAlert
from notifications.guarded import changed
from notifications.models import Alert, AlertAbout, AlertCover, Notification
from notifications.providers import Room
from notifications.states import UNSETTLED, AlertState, Channel, NotificationState, Template

# Sent after everything a child waits for.
_CAN_WAIT = (Template.DRILL, Template.INVITATION, Template.ACCOUNT)
# Least time left first, as the index of all that is open has them. Where two are alike the rows
# that lie beside each other go together: by their ids, which are chance, each would be in another
# page of the table.
_ORDER = (Alert.due_at, Alert.planned_at)
_OPEN = Alert.state.in_(plainly(AlertState, UNSETTLED))
# So many are looked at in one go, also where there is room for few.
_PAGE = 400
# What a provider was perhaps given already.
PERHAPS_SENT = frozenset({AlertState.UNKNOWN, AlertState.ATTEMPTING})


def due(now: datetime) -> ColumnElement[bool]:
    """Return whether an alert is to be tried now, or its last sender's time is over.

    `WaitingAlert.is_due` says the same of a row that was read.
    """
    return and_(
        _OPEN,
        or_(
            and_(
                Alert.state != AlertState.ATTEMPTING,
                _has_come(Alert.next_attempt_at, now, LONGEST_GAP),
            ),
            and_(Alert.state == AlertState.ATTEMPTING, lease_ran_out(now)),
        ),
    )


def lease_ran_out(now: datetime) -> ColumnElement[bool]:
    """Return whether the time of an alert's last sender is over."""
    return _has_come(Alert.lease_until, now, LONGEST_LEASE)


def _has_come(
    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], now: datetime,
    longest: timedelta,
) -> ColumnElement[bool]:  # fmt: skip
    """Say as `clock.has_come` does whether a clock was set back since, or the time has come."""
    return or_(at <= now, at > too_far_ahead(now, longest))


def sendable(rooms: Iterable[Room]) -> ColumnElement[bool]:
    """Return what some provider with room left has: what none can take must not fill a block."""
    full = [Channel(room.channel.name) for room in rooms if room.only_full]
    waits = and_(Alert.state.in_(PERHAPS_SENT), Alert.channel.is_not(None), Alert.channel.in_(full))
    able = (
        and_(
            Alert.medium == room.channel.medium,
            Alert.template.in_([one for one in Template if room.channel.carries(one)]),
        )
        for room in rooms
        if room.left
    )
    return and_(not_(waits), or_(false(), *able))


def waiting(
    session: Session, now: datetime, able: ColumnElement[bool], force: str | None, limit: int
) -> Sequence[WaitingAlert]:  # fmt: skip
    """Lock what is to be sent next, in order.

    What can wait is looked for where there is room left.
    """
    may_go = and_(due(now), able, *([Alert.force == force] if force is not None else []))
    found: list[WaitingAlert] = []
    for kind in (Alert.template.not_in(_CAN_WAIT), Alert.template.in_(_CAN_WAIT)):
        found += _of_kind(session, and_(may_go, kind), now, limit - len(found))
        if len(found) == limit:
            break
    return found


def _of_kind(
    session: Session, may_go: ColumnElement[bool], now: datetime, limit: int
) -> list[WaitingAlert]:  # fmt: skip
    """Walk along what is unsettled until so many are found that somebody waits for.

    In one statement with all else that is asked of them, every database sorts all there is, for
    each block anew (docs/decisions/0145).
    """
    found: list[WaitingAlert] = []
    seen: set[UUID] = set()
    page = max(limit, _PAGE)
    while len(found) < limit:
        walk = select(Alert.id).where(may_go).order_by(*_ORDER).limit(page)
        with along_an_index(session):
            walked = session.scalars(walk).all()
        ids = [one for one in walked if one not in seen]
        awaited = _awaited(session, ids)
        _end_what_ran_out(session, [one for one in ids if one not in awaited], now)
        wanted = [one for one in ids if one in awaited]
        while wanted and len(found) < limit:
            some = limit - len(found)
            found += _locked(session, wanted[:some], now)
            wanted = wanted[some:]
        if len(walked) < page:
            break
        # As far again, from the beginning: those found are locked, and some have ended.
        seen.update(ids)
        page *= 2
    return found


def _awaited(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the alerts that somebody still waits for."""
    if not ids:
        return set()
    untold = (
        select(AlertCover.alert_id)
        .join(Notification, Notification.id == AlertCover.notification_id)
        .where(
            AlertCover.alert_id.in_(ids), Notification.told_at.is_(None),
            Notification.state == NotificationState.READY,
        )
    )  # fmt: skip
    about = select(AlertAbout.alert_id).where(AlertAbout.alert_id.in_(ids))
    return {*session.scalars(untold), *session.scalars(about)}


def _end_what_ran_out(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Let those go whose sender never answered, and that nobody waits for any more.

    What ended meanwhile stops what is not on its way; these were, and would stay so for ever.
    """
    if not ids:
        return
    ran_out = session.scalars(
        select(Alert.id)
        .where(Alert.id.in_(ids), Alert.state == AlertState.ATTEMPTING, lease_ran_out(now))
        .with_for_update(skip_locked=True)
    ).all()
    kept = still_wanted(session, ran_out)
    end(session, [one for one in ran_out if one not in kept], now)


def _locked(session: Session, ids: Sequence[UUID], now: datetime) -> list[WaitingAlert]:
    """Lock those of the alerts that no other has, and return what is still to be sent, in order.

    Asked for by their ids alone, so that no database looks for them elsewhere; what their rows are
    now is looked at here.
    """
    rows = session.execute(
        select(*(getattr(Alert, name) for name in WaitingAlert._fields))
        .where(Alert.id.in_(ids))
        .with_for_update(skip_locked=True)
    )
    places = {one: place for place, one in enumerate(ids)}
    alerts = [alert for alert in map(WaitingAlert._make, rows) if alert.is_due(now)]
    return sorted(alerts, key=lambda alert: places[alert.id])


def end(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Let alerts go that nobody needs any more; they are locked."""
    if not ids:
        return
    changed(
        session,
        update(Alert)
        .where(Alert.id.in_(ids))
        .values(
            state=AlertState.NOT_NEEDED, settled_at=now, lease_owner=None, lease_until=None
        ),
    )  # fmt: skip
