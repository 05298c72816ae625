"""Cover mail: alerts with nothing behind them, so that an alert's arrival tells nobody anything.

Off unless a force's policy turns it on (reliability.md F79). What goes out is the alert that a
message would have, at the hour it would have; signed in, one finds that nothing waits. It is also
each school's weekly test that mail arrives: a refused address is flagged as by any other alert.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.forces import councils_of
from app.access.models import Force
from app.core import audit
from app.core.cipher import Cipher
from app.core.clock import at_london, london_date, london_time
from app.core.policies import current_policy
from app.core.policy import CoverMail
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications.alerting import alert_key_adult
from notifications.models import Alert, AlertAbout
from notifications.states import Template
from schools.calendars import calendars_of
from schools.key_adults import contacts_of
from schools.queries import places_of_councils
from schools.term_dates import is_school_day

ACTOR = "job:cover_mail"
# London: from the first alerts of a morning to when an unanswered one has become a call.
SENT_FROM, SENT_UNTIL = time(6, 30), time(8, 30)
# Whatever waits for somebody goes first: the outbox takes the nearest deadline.
_DUE = time(18, 0)
_SCHOOL_DAYS = 5


def cover_mail(tick: Tick) -> StepReport:
    """Send each school without an alert this morning one of its own, where the policy asks."""
    if not SENT_FROM <= london_time(tick.now) < SENT_UNTIL:
        return StepReport(tick.step)
    with tick.wiring.database.read(PLATFORM) as session:
        wanted = list(_wanted(session, tick))
    return tick.each(wanted, lambda s, key: send(s, tick.wiring.cipher, *key, now=tick.now))


def send(session: Session, cipher: Cipher, force: str, urn: int, *, now: datetime) -> None:
    """Plan one school's cover alert of this day, to whom a message would go first; once."""
    on = london_date(now)
    about = _about(on, urn)
    done = select(AlertAbout.alert_id).where(AlertAbout.about == about)
    if session.scalars(done).first() is not None:
        return
    _, policy = current_policy(session, force, at=now)
    first = next(
        (one for one in contacts_of(session, cipher, urn, on=on, policy=policy) if one.can_receive),
        None,
    )
    if first is None:
        return
    alert = alert_key_adult(
        session, key_adult_id=first.key_adult_id, urn=urn, force=force, about=about,
        due_at=at_london(on, _DUE), now=now, template=Template.WAITING,
    )  # fmt: skip
    audit.record(
        session, event=audit.Event.COVER_PLANNED, actor=ACTOR, force=force,
        subject=f"alert:{alert.id}", now=now, detail={"urn": urn},
    )  # fmt: skip


def is_its_day(cipher: Cipher, urn: int, on: date) -> bool:
    """Return whether a school's weekly cover alert falls on this London date.

    The day changes from week to week by a keyed digest, so that nobody outside can know it.
    """
    year, week, weekday = on.isocalendar()
    drawn = cipher.digest("cover_mail", f"{urn}:{year}-{week}")[0] % _SCHOOL_DAYS
    return weekday == drawn + 1


def _wanted(session: Session, tick: Tick) -> Iterator[tuple[str, int]]:
    """Yield force and school: those with school today, whose turn it is and who had no alert."""
    on, cipher = london_date(tick.now), tick.wiring.cipher
    for force in session.scalars(select(Force.code).order_by(Force.code)).all():
        _, policy = current_policy(session, force, at=tick.now)
        if policy.cover_mail is CoverMail.OFF or tick.force not in {None, force}:
            continue
        urns = {urn for urn, _ in places_of_councils(session, councils_of(session, force))}
        if policy.cover_mail is CoverMail.WEEKLY:
            urns = {urn for urn in urns if is_its_day(cipher, urn, on)}
        urns -= _alerted_today(session, urns, on)
        calendars = calendars_of(session, urns)
        yield from ((force, urn) for urn in sorted(urns) if is_school_day(calendars[urn], on))


def _alerted_today(session: Session, urns: Collection[int], on: date) -> set[int]:
    """Return which schools have an alert of this London date, for a message or for cover."""
    found = session.scalars(
        select(Alert.urn).where(
            Alert.urn.in_(urns),
            Alert.template == Template.WAITING,
            Alert.planned_at >= at_london(on, time(0)),
        )
    )
    return {urn for urn in found if urn is not None}


def _about(on: date, urn: int) -> str:
    return f"cover:{on.isoformat()}:{urn}"
