"""How a force's night stands: closed with equal totals, closed with others, or silent.

Silence is not zero: a force that pushed nothing closes its night with zeros (features.md IN10).
"""

from datetime import date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access.models import Force, PoliceClient
from app.core.clock import at_london
from app.intake.models import NightClose
from app.reports.night_feed import Feed, NightFeed

# When a night must be closed; from then on silence is an answer.
CLOSED_BY = time(6, 0)


def feeds(session: Session, *, on: date, now: datetime) -> list[NightFeed]:
    """Return the night that ends on a London date, of every force."""
    codes = session.scalars(select(Force.code).order_by(Force.code))
    return [feed_of(session, code, on=on, now=now) for code in codes]


def feed_of(session: Session, force: str, *, on: date, now: datetime) -> NightFeed:
    """Return one force's night that ends on a London date."""
    close = session.execute(
        select(NightClose.told, NightClose.arrived, NightClose.equal, NightClose.closed_at).where(
            NightClose.force == force, NightClose.on_date == on
        )
    ).first()
    if close is None:
        silent = now >= at_london(on, CLOSED_BY) and _pushes(session, force, on)
        return NightFeed(force, on, Feed.SILENT if silent else Feed.WAITING)
    told, arrived, equal, closed_at = close
    return NightFeed(force, on, Feed.EQUAL if equal else Feed.UNEQUAL, told, arrived, closed_at)


def _pushes(session: Session, force: str, on: date) -> bool:
    """Return whether the force had a police system before this night began, and has one still."""
    first = session.scalar(
        select(func.min(PoliceClient.added_at)).where(
            PoliceClient.force == force, PoliceClient.revoked_at.is_(None)
        )
    )
    return first is not None and first < at_london(on, time(0, 0))
