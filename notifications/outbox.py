"""The outbox: alerts are claimed with a lease, sent with no transaction open, and settled by fence.

The intent is stored before anything is said, and what is not known is called `unknown`: under
random kills this loses nothing and repeats at most an empty message (reliability.md X12, 4.3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import case, select, true, update
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from notifications import providers
from notifications.addressing import Resolvers, addresses, fillings, in_welsh
from notifications.attempts import LEASE_SECONDS, ClaimedAlert, WaitingAlert
from notifications.channels.base import AlertChannel, Answering
from notifications.guarded import changed
from notifications.models import Alert
from notifications.providers import Room
from notifications.results import ACTOR, SET_ASIDE_AFTER, covered_by, record, set_aside
from notifications.states import AlertState
from notifications.waiting import PERHAPS_SENT, due, end, lease_ran_out, sendable, waiting

__all__ = ["claim", "record"]

_NO_RESOLVERS: Resolvers = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Way:
    """By which provider one alert goes, and whether that one is asked first."""

    channel: str = ""
    ask: bool = False


_ONLY_ONE = Way()


def claim(
    session: Session, cipher: Cipher, *, owner: str, now: datetime, limit: int = 200,
    lease_seconds: int = LEASE_SECONDS, force: str | None = None,
    resolvers: Resolvers = _NO_RESOLVERS, channels: Sequence[AlertChannel] = (),
) -> list[ClaimedAlert]:  # fmt: skip
    """Take alerts that are due and that somebody still waits for, least time left first.

    Of one force where an operator asks for it, else of all; drills and invitations come last.
    `resolvers` fill in the alerts about their kind; one that returns None ends its alert.
    `channels` are the providers in order: none is handed more than it may be now, and what none
    can take stays planned. Without them the caller has one and minds it alone.

    Several may claim at once: rows that another is taking are passed over. An alert whose lease
    ran out was perhaps sent; it is taken again, and its provider is asked, or its repeat is the
    same bytes. One whose sending took the process down time and again is set aside instead.
    """
    if session.scalars(select(Alert.id).where(due(now)).limit(1)).first() is None:
        return []
    # Providers first, alerts after: as results are recorded, so that neither holds up the other.
    rooms = providers.rooms(session, channels, limit=limit, now=now)
    _set_aside_what_keeps_failing(session, now)
    some = min(limit, sum(room.left for room in rooms)) if channels else limit
    alerts = waiting(session, now, sendable(rooms) if channels else true(), force, some)
    filled = fillings(session, cipher, alerts, resolvers)
    end(session, [alert.id for alert in alerts if filled[alert.id] is None], now)
    wanted = [alert for alert in alerts if filled[alert.id] is not None]
    ways = _ways(wanted, rooms) if channels else {alert.id: _ONLY_ONE for alert in wanted}
    taken = [alert for alert in wanted if alert.id in ways]
    _lease(session, taken, ways, owner=owner, until=now + timedelta(seconds=lease_seconds))
    providers.spend(session, rooms, now=now)
    return _claimed(session, cipher, taken, filled, ways)


def _ways(alerts: Sequence[WaitingAlert], rooms: Sequence[Room]) -> dict[UUID, Way]:
    """Give each alert the first provider that may take it.

    What was perhaps sent goes back to its own, to be asked, and waits where that one is only out of
    room. Where it is down, the next sends the same empty message once more rather than wait; and
    should that fail, the first is asked when the alert comes back to it.
    """
    found: dict[UUID, Way] = {}
    for alert in alerts:
        of_kind = [
            room
            for room in rooms
            if room.channel.medium == alert.medium and room.channel.carries(alert.template)
        ]
        own = [room for room in of_kind if _perhaps_has(room, alert)]
        if any(room.only_full for room in own):
            continue
        for room in ([one for one in own if one.left] or [one for one in of_kind if one.left])[:1]:
            room.take()
            had = room in own or _had_another(room, alert)
            ask = had and isinstance(room.channel, Answering)
            found[alert.id] = Way(room.channel.name, ask)
    return found


def _perhaps_has(room: Room, alert: WaitingAlert) -> bool:
    return alert.state in PERHAPS_SENT and room.channel.name == alert.channel


def _had_another(room: Room, alert: WaitingAlert) -> bool:
    """Return whether the try before this was another provider's.

    This one may have had it before that: what is kept of an alert is its last provider alone.
    """
    return alert.attempts > 0 and alert.channel not in {None, room.channel.name}


def _lease(
    session: Session, alerts: Sequence[WaitingAlert], ways: Mapping[UUID, Way], *, owner: str,
    until: datetime,
) -> None:  # fmt: skip
    """Store the intent, with the provider it is for, before anything is said to anybody."""
    for name in {way.channel for way in ways.values()}:
        ids = [alert.id for alert in alerts if ways[alert.id].channel == name]
        changed(
            session,
            update(Alert)
            .where(Alert.id.in_(ids))
            .values(
                state=AlertState.ATTEMPTING, lease_owner=owner, fence=Alert.fence + 1,
                lease_until=until, attempts=Alert.attempts + 1,
                own_failures=Alert.own_failures
                + case((Alert.state == AlertState.ATTEMPTING, 1), else_=0),
                **({"channel": name} if name else {}),
            ),
        )  # fmt: skip


def _set_aside_what_keeps_failing(session: Session, now: datetime) -> None:
    """Give up alerts whose claims ran out for the fifth time without a result."""
    alerts = session.scalars(
        select(Alert)
        .where(
            # Leased is attempting, by a CHECK; and what is leased is few.
            Alert.lease_until.is_not(None),
            lease_ran_out(now),
            Alert.own_failures >= SET_ASIDE_AFTER - 1,
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    covered = covered_by(session, [alert.id for alert in alerts])
    for alert in alerts:
        alert.own_failures += 1
        alert.lease_owner, alert.lease_until, alert.last_code = None, None, "no_result"
        set_aside(session, alert, covered[alert.id], now=now, actor=ACTOR)
    session.flush()


def _claimed(
    session: Session, cipher: Cipher, alerts: Sequence[WaitingAlert],
    filled: Mapping[UUID, Mapping[str, str] | None], ways: Mapping[UUID, Way],
) -> list[ClaimedAlert]:  # fmt: skip
    where, welsh = addresses(session, cipher, alerts), in_welsh(session, alerts)
    return [
        ClaimedAlert(
            alert.id, alert.fence + 1, where[alert.id], alert.template, alert.id in welsh,
            alert.planned_at, filled[alert.id] or {}, ways[alert.id].channel, ways[alert.id].ask,
            alert.template_version or "",
        )
        for alert in alerts
    ]  # fmt: skip
