"""Alerts that do not arrive: no status, unknown, set aside, refused, stopped, never opened."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.watchdog.codes import Code, Finding
from app.watchdog.looking import Look
from notifications.alerting import COVER, for_cover
from notifications.breaker import ProviderState
from notifications.cover import SEEN
from notifications.models import Alert, AlertAbout, AlertCover, Notification
from notifications.provider_models import Provider
from notifications.reported import silent_alerts
from notifications.states import VISIBLE, AlertState, NotificationState, Template, ToldHow

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
# Looked at every five minutes of some twenty mornings, for each council of a force.
_NO_CHANCE = 1 / 500
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

    Of the schools of a council that were alerted an hour ago or more, none has opened anything
    today, and by what the same council did in the two weeks before, at as long before the deadline
    of each, that is chance less than once in five hundred. A school counts once a morning, as one
    person opens all of it or none. Where a force sends weekly cover, that counts with them: it adds
    a reason to ring and never takes one away (F35).
    """
    start, hour_ago = look.at(time(0, 0)), look.ago(hours=1)
    mornings, covers = _mornings_today(look), _covers(look, start, hour_ago)
    for council in sorted(mornings.keys() | covers.keys(), key=str):
        lefts = mornings.get(council, [])
        tested, seen = covers.get(council, _NONE)
        if None in lefts:
            continue
        asked: list[tuple[int, int]] = []
        if len(lefts) >= _SAYS_SOMETHING:
            before = _mornings_before(look, council)
            asked = [_opened_by(before, left) for left in lefts if left is not None]
        chance = none_by_chance(asked)
        if tested >= _COVERS_SAY_SOMETHING and not seen:
            both = _covers(look, start - timedelta(days=14), start).get(council, _NONE)
            chance *= none_by_chance([both] * tested)
        if chance <= _NO_CHANCE:
            yield Finding(Code.NOBODY_OPENS, len(lefts) + (0 if seen else tested))


def none_by_chance(asked: Sequence[tuple[int, int]]) -> float:
    """Return how likely it is that none of these opens; for each: how many before it, and opened.

    Pure. Each is as likely to open as those before it and two more, of whom one did and one did
    not; that the ones already counted here did not makes it less likely of the next (the rule of
    succession). Where too few went before, one says nothing; 1 where all say nothing.
    """
    chance = 1.0
    telling = [one for one in asked if one[0] >= 2 * _SAYS_SOMETHING]
    for place, (before, opened) in enumerate(telling):
        chance *= (before - opened + 1 + place) / (before + 2 + place)
    return chance


class _Morning(NamedTuple):
    """How long before its deadline a school opened, or was told by telephone; None for neither."""

    opened: timedelta | None
    told: timedelta | None


def _mornings_today(look: Look) -> dict[str | None, list[timedelta | None]]:
    """Return by council the schools alerted for an hour: the time left, None for one that opened.

    One told by telephone had not opened until then. What was opened the day before says nothing.
    """
    start, now = look.at(time(0, 0)), look.now
    rows = look.session.execute(_sent_to(start, look.at(time(23, 59)), look.ago(hours=1))).all()
    schools: dict[tuple[str | None, str], list[timedelta | None]] = {}
    for row in rows:
        if row.told_at is not None and row.told_at < start:
            continue
        opened = row.told_how is ToldHow.OPENED
        left = None if opened else max(timedelta(0), row.due_at - (row.told_at or now))
        schools.setdefault((row.council, row.recipient), []).append(left)
    found: dict[str | None, list[timedelta | None]] = {}
    for (council, _), lefts in sorted(schools.items(), key=str):
        waiting = [left for left in lefts if left is not None]
        one = max(waiting) if len(waiting) == len(lefts) else None
        found.setdefault(council, []).append(one)
    return found


def _mornings_before(look: Look, council: str | None) -> list[_Morning]:
    """Return each morning of each school of a council in the two weeks before today."""
    start = look.at(time(0, 0))
    rows = look.session.execute(
        _sent_to(start - timedelta(days=14), start, look.now).where(Notification.council == council)
    ).all()
    found: dict[tuple[str, date], _Morning] = {}
    for row in rows:
        key = (row.recipient, row.due_at.date())
        opened, told = found.get(key, _Morning(None, None))
        if row.told_at is not None and row.told_how is ToldHow.OPENED:
            opened = max(row.due_at - row.told_at, opened or row.due_at - row.told_at)
        elif row.told_at is not None:
            told = max(row.due_at - row.told_at, told or row.due_at - row.told_at)
        found[key] = _Morning(opened, told)
    return list(found.values())


def _opened_by(mornings: Sequence[_Morning], left: timedelta) -> tuple[int, int]:
    """Return of how many mornings it is known whether they were opened with so much time left.

    And of how many they were. One told by telephone before that might have been opened else.
    """
    opened = sum(one.opened is not None and one.opened >= left for one in mornings)
    unknown = sum(
        one.told is not None and one.told > left and not (one.opened and one.opened >= left)
        for one in mornings
    )
    return len(mornings) - unknown, opened


def _sent_to(
    since: datetime, until: datetime, taken_before: datetime
) -> Select[str | None, str, datetime, datetime | None, ToldHow | None]:
    """Return what is due between two instants and was alerted, with when and how it was told."""
    return select(
        Notification.council, Notification.recipient, Notification.due_at, Notification.told_at,
        Notification.told_how,
    ).where(
        Notification.due_at >= since, Notification.due_at < until,
        Notification.state.in_(VISIBLE), _taken_before(taken_before),
    )  # fmt: skip


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
