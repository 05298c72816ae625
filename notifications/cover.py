"""Cover: an alert behind which nothing waits, so that an alert's arrival tells an onlooker nothing.

It has the words, the sender and the hour of a real one (reliability.md F79). Each mailbox has its
own turn once a week, whatever its school is told: that somebody got one, or did not, says nothing
of a message. It is a row of its own: no real alert ever joins it, waits for it or gives way to it.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import exists, literal, select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.clock import at_london, london_date
from app.core.database import insert_unless_there
from app.core.policy import Ladder, Policy
from app.core.types import plainly
from notifications.alerting import COVER, Addressee, for_cover
from notifications.approving import alert_version
from notifications.models import Alert, AlertAbout
from notifications.states import UNSETTLED, AlertState, Channel, Medium, Template
from notifications.wording import alert_digest
from schools.models import KeyAdult

# A second row about an alert that its addressee came to see: no reason to send it.
SEEN = f"{COVER}seen"
# Whatever waits for somebody has a deadline before this London time and goes first.
_LAST_OF_ALL = time(18, 0)
_SCHOOL_WEEK = 5
# A mail minutes after the hour of real ones would show itself: later ones are left out.
SLACK = timedelta(minutes=15)
_TAKEN = (AlertState.HANDED_OVER, AlertState.REACHED_MAILBOX)


def week_of(on: date) -> str:
    """Return the ISO week of a London date, as `2026-W47`."""
    year, week, _ = on.isocalendar()
    return f"{year}-W{week:02}"


def days_in_turn(cipher: Cipher, mailbox: bytes, on: date) -> list[date]:
    """Return Monday to Friday of this week in the order drawn for a mailbox.

    By a keyed digest: the same at every start, and known to nobody outside. The first of them on
    which its school is open is its day.
    """
    drawn = cipher.digest("cover-day", f"{mailbox.hex()}:{week_of(on)}")
    monday = on - timedelta(days=on.isoweekday() - 1)
    order = sorted(range(_SCHOOL_WEEK), key=lambda day: (drawn[2 * day : 2 * day + 2], day))
    return [monday + timedelta(days=day) for day in order]


def cover_id(cipher: Cipher, mailbox: bytes, on: date) -> UUID:
    """Return the id of a mailbox's one alert of this week: who plans it twice plans one."""
    drawn = cipher.digest("cover-alert", f"{mailbox.hex()}:{week_of(on)}")
    return UUID(bytes=drawn[:16], version=4)


def send_at(due_at: datetime, place: int, policy: Policy) -> datetime:
    """Return when a real alert would reach whoever is at this place (0 is first) of a school.

    `due_at` is the school's deadline of a morning.
    """
    first_alert = at_london(london_date(due_at), policy.timing.first_alert)
    return max(due_at + timedelta(minutes=_minutes(place, policy.ladder)), first_alert)


def _minutes(place: int, ladder: Ladder) -> int:
    rungs = (ladder.key_adult, ladder.second_key_adult)
    return rungs[place] if place < len(rungs) else ladder.all_key_adults


def plan_cover(
    session: Session, cipher: Cipher, to: Addressee, *, mailbox: bytes, now: datetime
) -> bool:
    """Plan the one alert of a mailbox in this week; return whether there is a new one.

    Whoever was alerted today about something that waits is covered by that.
    """
    on = london_date(now)
    alert_id = cover_id(cipher, mailbox, on)
    if session.get(Alert, alert_id) is not None or _alerted(session, mailbox, on):
        return False
    version, about = alert_version(session, now=now), f"{COVER}{to.urn}:{week_of(on)}"
    insert_unless_there(
        session, Alert, **to.owned, id=alert_id, key_adult_id=to.key_adult_id, about=about,
        medium=Medium.EMAIL, channel=Channel.SMTP, state=AlertState.PLANNED,
        template=Template.WAITING, template_version=version,
        wording_digest=alert_digest(Template.WAITING, version), planned_at=now,
        next_attempt_at=now, due_at=at_london(on, _LAST_OF_ALL),
    )  # fmt: skip
    insert_unless_there(session, AlertAbout, **to.owned, alert_id=alert_id, about=about)
    return True


def _alerted(session: Session, mailbox: bytes, on: date) -> bool:
    """Return whether this mailbox had an alert of this date about something that waits."""
    real = exists(literal(1)).where(
        Alert.key_adult_id == KeyAdult.id,
        KeyAdult.email_digest == mailbox,
        Alert.template == Template.WAITING,
        Alert.planned_at >= at_london(on, time(0)),
        ~for_cover(),
    )
    return bool(session.scalar(select(real)))


def real_ones_wait(session: Session, *, now: datetime) -> bool:
    """Return whether e-mails that somebody waits for were not tried yet."""
    waiting = select(Alert.id).where(
        Alert.state.in_(plainly(AlertState, UNSETTLED)),
        Alert.state == AlertState.PLANNED,
        Alert.template == Template.WAITING,
        Alert.medium == Medium.EMAIL,
        Alert.attempts == 0,
        Alert.next_attempt_at <= now,
        ~for_cover(),
    )
    return session.scalars(waiting.limit(1)).first() is not None


def unsettled_covers(session: Session) -> Sequence[tuple[str, str, int, datetime]]:
    """Return what each that is not sent yet is about, its force, school and when it was planned."""
    rows = session.execute(
        select(Alert.about, Alert.force, Alert.urn, Alert.planned_at)
        .where(Alert.state.in_(plainly(AlertState, UNSETTLED)), for_cover())
        .order_by(Alert.planned_at)
    )
    return [(about, force, urn, at) for about, force, urn, at in rows if about and urn]


def newest_cover(session: Session, key_adults: Sequence[UUID], *, since: datetime) -> Alert | None:
    """Return the newest alert without a message that went to one of these people."""
    return session.scalars(
        select(Alert)
        .where(
            Alert.key_adult_id.in_(key_adults), for_cover(), Alert.state.in_(_TAKEN),
            Alert.handed_over_at >= since,
        )
        .order_by(Alert.handed_over_at.desc())
        .limit(1)
    ).first()  # fmt: skip


def note_seen(session: Session, alert: Alert) -> bool:
    """Note that its addressee came to see what waits; return whether that is news."""
    if session.get(AlertAbout, (alert.id, SEEN)) is not None:
        return False
    owned = {"force": alert.force, "urn": alert.urn, "council": alert.council}
    session.add(AlertAbout(**owned, alert_id=alert.id, about=SEEN))
    session.flush()
    return True
