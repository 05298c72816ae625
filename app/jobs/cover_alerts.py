"""Cover alerts, where a force's policy has them: once a week to each mailbox, as real ones come.

The last step of the pipeline, and capped: what somebody waits for is planned and sent before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access import forces
from app.access.forces import councils_of
from app.core.cipher import Cipher
from app.core.clock import at_london, london_date, london_time
from app.core.policies import current_policy
from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications.alerting import Addressee, stop_alerts
from notifications.cover import (
    SLACK,
    cover_id,
    days_in_turn,
    plan_cover,
    real_ones_wait,
    send_at,
    unsettled_covers,
)
from notifications.models import Alert
from notifications.providers import troubles
from notifications.states import Medium
from notifications.timing import school_due_time
from schools.calendars import calendars_of
from schools.key_adults import contacts_of
from schools.models import KeyAdult
from schools.queries import places_of_councils
from schools.term_dates import SchoolCalendar, is_school_day

# No school's morning lies outside these London times.
_FROM, _UNTIL = time(6, 0), time(9, 30)
# At most so many in one tick, and no more of what a provider may be handed in a minute.
CAP, _SHARE = 100, 10


@dataclass(frozen=True, slots=True)
class Turn:
    """One mailbox whose turn it is now."""

    to: Addressee
    mailbox: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Morning:
    """A force's policy and this date, for which its schools are looked at."""

    force: str
    policy: Policy
    on: date
    now: datetime

    def due_at(self, calendar: SchoolCalendar) -> datetime:
        return at_london(self.on, school_due_time(calendar, self.policy.timing))

    def is_hour_of(self, place: int, calendar: SchoolCalendar) -> bool:
        due_at = self.due_at(calendar)
        at = send_at(due_at, place, self.policy)
        return at <= self.now < min(at + SLACK, due_at)


def cover_alerts(tick: Tick) -> StepReport:
    """Take back what its morning is over for, then plan for each mailbox whose turn it is."""
    with tick.wiring.database.read(PLATFORM) as session:
        over = list(_over(session, tick.now))
        turns = list(_turns(session, tick)) if _may_plan(session, tick) else []
    stopped = tick.each(over, lambda session, about: stop_alerts(session, about, tick.now))
    planned = tick.each(
        turns[: _cap(tick)],
        lambda session, turn: plan_cover(
            session, tick.wiring.cipher, turn.to, mailbox=turn.mailbox, now=tick.now
        ),
    )
    return StepReport(tick.step, stopped.done + planned.done, stopped.failed + planned.failed)


def _cap(tick: Tick) -> int:
    """Return how many may go at once, so that what comes in the next minute finds room."""
    limits = [
        one.per_minute
        for one in tick.wiring.channels
        if one.medium is Medium.EMAIL and one.per_minute is not None
    ]
    return min(CAP, max(1, min(limits) // _SHARE)) if limits else CAP


def _may_plan(session: Session, tick: Tick) -> bool:
    """Return whether it is morning and nothing real waits, nor any provider is left alone."""
    if not _FROM <= london_time(tick.now) < _UNTIL:
        return False
    return not real_ones_wait(session, now=tick.now) and not troubles(session)


def _over(session: Session, now: datetime) -> Iterator[str]:
    """Yield those not sent yet whose school's deadline is past, or whose force wants no more."""
    unsettled = unsettled_covers(session)
    calendars = calendars_of(session, {urn for _, _, urn, _ in unsettled})
    for about, force, urn, planned_at in unsettled:
        _, policy = current_policy(session, force, at=now)
        morning = _Morning(force, policy, london_date(planned_at), now)
        if not policy.weekly_cover or now >= morning.due_at(calendars[urn]):
            yield about


def _turns(session: Session, tick: Tick) -> Iterator[Turn]:
    on = london_date(tick.now)
    for force in forces.codes(session):
        _, policy = current_policy(session, force, at=tick.now)
        if policy.weekly_cover and tick.force in {None, force}:
            yield from _of_force(session, tick.wiring.cipher, _Morning(force, policy, on, tick.now))


def _of_force(session: Session, cipher: Cipher, morning: _Morning) -> Iterator[Turn]:
    """Yield whose day and hour it is, of the schools in the force's area that are open today."""
    places = dict(places_of_councils(session, councils_of(session, morning.force)))
    calendars = calendars_of(session, places)
    now_open = {
        urn
        for urn in places
        if is_school_day(calendars[urn], morning.on)
        and any(morning.is_hour_of(place, calendars[urn]) for place in range(3))
    }
    drawn = _drawn(session, cipher, morning, {urn: calendars[urn] for urn in now_open})
    for urn in sorted({urn for urn, _ in drawn.values()}):
        people = contacts_of(session, cipher, urn, on=morning.on, policy=morning.policy)
        able = [one.key_adult_id for one in people if one.can_receive]
        for place, key_adult_id in enumerate(able):
            if key_adult_id in drawn and morning.is_hour_of(place, calendars[urn]):
                to = Addressee(morning.force, urn, places[urn], key_adult_id=key_adult_id)
                yield Turn(to, drawn[key_adult_id][1])


def _drawn(
    session: Session, cipher: Cipher, morning: _Morning, calendars: dict[int, SchoolCalendar]
) -> dict[UUID, tuple[int, bytes]]:
    """Return the key adults whose mailbox has its day today and no alert of this week yet."""
    rows = session.execute(
        select(KeyAdult.id, KeyAdult.urn, KeyAdult.email_digest).where(
            KeyAdult.urn.in_(calendars),
            or_(KeyAdult.left_on.is_(None), KeyAdult.left_on > morning.on),
        )
    )
    found = {
        key_adult_id: (urn, mailbox)
        for key_adult_id, urn, mailbox in rows
        if mailbox and _day_of(cipher, mailbox, morning.on, calendars[urn]) == morning.on
    }
    ids = {cover_id(cipher, mailbox, morning.on): one for one, (_, mailbox) in found.items()}
    had = session.scalars(select(Alert.id).where(Alert.id.in_(ids))).all()
    return {one: value for one, value in found.items() if one not in {ids[i] for i in had}}


def _day_of(cipher: Cipher, mailbox: bytes, on: date, calendar: SchoolCalendar) -> date | None:
    days = days_in_turn(cipher, mailbox, on)
    return next((day for day in days if is_school_day(calendar, day)), None)
