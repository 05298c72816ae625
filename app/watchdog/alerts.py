"""Alerts that do not arrive: no status, unknown, set aside, refused, stopped, never opened."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.watchdog.codes import Code, Finding
from app.watchdog.looking import Look
from notifications.alerting import COVER, for_cover
from notifications.breaker import ProviderState
from notifications.cover import SEEN
from notifications.models import Alert, AlertAbout, AlertCover, Notification
from notifications.provider_models import Provider
from notifications.reported import silent_alerts
from notifications.states import VISIBLE, AlertState, NotificationState, Template

_NINE = time(9, 0)
# Before nine each minute counts (features.md DL9).
_BEFORE_NINE, _ELSE = timedelta(minutes=5), timedelta(minutes=15)
_CAN_WAIT = (Template.DRILL, Template.INVITATION, Template.ACCOUNT)
_SENT = (AlertState.HANDED_OVER, AlertState.REACHED_MAILBOX)
_FAILED = (AlertState.FAILED, AlertState.BOUNCED, AlertState.SET_ASIDE)
# Fewer than this say nothing of a provider.
_SAYS_SOMETHING = 3
# Cover is read when there is time: a few that nobody came to see within the hour say nothing.
_COVERS_SAY_SOMETHING = 10
_NONE = (0, 0)


def without_status(look: Look) -> Iterator[Finding]:
    """Alerts that somebody waits for, of which nobody knows that they were handed over."""
    before = look.now - (_BEFORE_NINE if look.clock_time < _NINE else _ELSE)
    for code, states in (
        (Code.UNKNOWN_OLD, (AlertState.UNKNOWN,)),
        (Code.NO_STATUS, (AlertState.PLANNED, AlertState.ATTEMPTING)),
    ):
        found = _counted(
            look, Alert.planned_at, Alert.state.in_(states), Alert.planned_at < before,
            Alert.template.not_in(_CAN_WAIT), _wanted(),
        )  # fmt: skip
        if found is not None:
            yield Finding(code, *found)


def still_sending(look: Look) -> Iterator[Finding]:
    """Alerts of children nobody is told of, which their provider took and said no more of."""
    silent = silent_alerts(look.session, now=look.now)
    found = _counted(look, Alert.handed_over_at, Alert.id.in_(silent), _untold())
    if found is not None:
        yield Finding(Code.STILL_SENDING, *found)


def set_aside(look: Look) -> Iterator[Finding]:
    """Alerts that failed on themselves time and again, while somebody still waits for them."""
    found = _counted(
        look, Alert.settled_at, Alert.state == AlertState.SET_ASIDE,
        Alert.settled_at > look.ago(hours=24), _untold(),
    )  # fmt: skip
    if found is not None:
        yield Finding(Code.SET_ASIDE, *found)


def delivery_failing(look: Look) -> Iterator[Finding]:
    """Within an hour several were refused and not one was taken: it is not the addresses."""
    since = look.ago(hours=1)
    failed = _counted(
        look, Alert.settled_at, Alert.state.in_(_FAILED), Alert.settled_at > since, ~for_cover()
    )
    if failed is None or failed[0] < _SAYS_SOMETHING:
        return
    taken = look.session.scalar(
        select(func.count()).select_from(Alert).where(Alert.handed_over_at > since, ~for_cover())
    )
    if not taken:
        yield Finding(Code.DELIVERY_FAILING, *failed)


def providers(look: Look) -> Iterator[Finding]:
    """A provider was given up for now, whether it failed, refused us or our clock (F31)."""
    count, since = look.session.execute(
        select(func.count(), func.min(Provider.changed_at)).where(
            Provider.state != ProviderState.CLOSED
        )
    ).one()
    if count:
        yield Finding(Code.PROVIDER_STOPPED, count, since)


def nobody_opens(look: Look) -> Iterator[Finding]:
    """The provider takes everything and nobody opens anything, though people usually do.

    Of the messages of a council whose first alert was taken an hour ago or more, none is opened by
    anybody, while in the two weeks before at least three in ten were within the hour before due.
    Where a force sends weekly cover, that counts with them on mornings of few messages: it adds a
    reason to ring and never takes one away (F35).
    """
    start, hour_ago = look.at(time(0, 0)), look.ago(hours=1)
    messages, covers = _messages_today(look), _covers(look, start, hour_ago)
    for council in sorted(messages.keys() | covers.keys(), key=str):
        alerted, opened = messages.get(council, _NONE)
        tested, seen = covers.get(council, _NONE)
        before = _opened_before(look, council)
        both = _covers(look, start - timedelta(days=14), start).get(council, _NONE)
        alone = alerted >= _SAYS_SOMETHING and not opened and _usually_open(*before)
        together = tested >= _COVERS_SAY_SOMETHING and not opened and not seen
        if alone:
            yield Finding(Code.NOBODY_OPENS, alerted)
        elif together and _usually_open(before[0] + both[0], before[1] + both[1]):
            yield Finding(Code.NOBODY_OPENS, alerted + tested)


def _usually_open(alerted: int, opened: int) -> bool:
    return alerted >= 2 * _SAYS_SOMETHING and opened >= 0.3 * alerted


def _messages_today(look: Look) -> dict[str | None, tuple[int, int]]:
    """Return by council how many were alerted for an hour, and how many of them are opened."""
    rows = look.session.execute(
        select(Notification.council, func.count(), func.count(Notification.told_at))
        .where(
            Notification.due_at >= look.at(time(0, 0)),
            Notification.due_at < look.at(time(23, 59)),
            Notification.state.in_(VISIBLE),
            _taken_before(look.ago(hours=1)),
        )
        .group_by(Notification.council)
    )
    return {council: (count, told) for council, count, told in rows}


def _covers(look: Look, since: datetime, until: datetime) -> dict[str | None, tuple[int, int]]:
    """Return by council how many cover alerts were taken, and how many people came to see."""
    seen = exists(literal(1)).where(AlertAbout.alert_id == Alert.id, AlertAbout.about == SEEN)
    rows = look.session.execute(
        select(Alert.council, func.count(), func.count().filter(seen))
        .where(
            for_cover(), Alert.state.in_(_SENT), Alert.handed_over_at >= since,
            Alert.handed_over_at < until,
        )
        .group_by(Alert.council)
    )  # fmt: skip
    return {council: (count, found) for council, count, found in rows}


def _opened_before(look: Look, council: str | None) -> tuple[int, int]:
    """Return of the two weeks before today how many were alerted and opened by their deadline."""
    start = look.at(time(0, 0))
    alerted, opened = look.session.execute(
        select(
            func.count(), func.count().filter(Notification.told_at <= Notification.due_at)
        )
        .where(
            Notification.council == council,
            Notification.due_at >= start - timedelta(days=14),
            Notification.due_at < start,
            Notification.state.in_(VISIBLE),
            _taken_before(look.now),
        )
    ).one()  # fmt: skip
    return alerted, opened


def _taken_before(at: datetime) -> ColumnElement[bool]:
    return exists(literal(1)).where(
        AlertCover.notification_id == Notification.id,
        Alert.id == AlertCover.alert_id,
        Alert.state.in_(_SENT),
        Alert.handed_over_at < at,
    )


def _untold() -> ColumnElement[bool]:
    return exists(literal(1)).where(
        AlertCover.alert_id == Alert.id,
        Notification.id == AlertCover.notification_id,
        Notification.told_at.is_(None),
        Notification.state == NotificationState.READY,
    )


def _wanted() -> ColumnElement[bool]:
    about = exists(literal(1)).where(
        AlertAbout.alert_id == Alert.id, AlertAbout.about.not_like(f"{COVER}%")
    )
    return or_(_untold(), about)


def _counted(
    look: Look, since: InstrumentedAttribute[Any], *where: ColumnElement[bool]
) -> tuple[int, datetime | None] | None:
    """Return how many alerts and the earliest of an instant of theirs, or None where none."""
    count, oldest = look.session.execute(
        select(func.count(), func.min(since)).select_from(Alert).where(*where)
    ).one()
    return (count, oldest) if count else None
