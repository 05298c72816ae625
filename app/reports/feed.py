"""How a force's night stands: closed with equal totals, closed with others, or silent.

Silence is not zero: a force that pushed nothing closes its night with zeros (features.md IN10).
"""

from datetime import date, datetime, time, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.access import forces
from app.access.models import ClientKind, ClientUse, Door, PoliceClient, Verdict
from app.core.clock import at_london
from app.intake.models import NightClose
from app.reports.night_feed import Feed, NightFeed, Refusals

# When a night must be closed; from then on silence is an answer.
CLOSED_BY = time(6, 0)
_REMEMBERED = timedelta(hours=24)
_MINUTE = timedelta(minutes=1)
# What was turned away at these doors may be a child.
_PUSHING = (Door.TOKEN, Door.PUSH, Door.BATCH)


def feeds(session: Session, *, on: date, now: datetime) -> list[NightFeed]:
    """Return the night that ends on a London date, of every force."""
    codes = forces.codes(session)
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
    """Return whether the force had a live system before this night began, and has one still."""
    first = session.scalar(
        select(func.min(PoliceClient.added_at)).where(
            PoliceClient.force == force, PoliceClient.revoked_at.is_(None),
            PoliceClient.kind == ClientKind.LIVE,
        )
    )  # fmt: skip
    return first is not None and first < at_london(on, time(0, 0))


def refused_pushes(session: Session, force: str, *, now: datetime) -> Refusals | None:
    """Return the pushes of a day that were turned away and may be missing still, or `None`.

    A night that was closed since with equal totals says that nothing is missing. What a test
    system pushed as if it were real counts: it may be the feed under the wrong credentials; what
    else a test met does not.
    """
    closed = session.scalar(
        select(func.max(NightClose.closed_at)).where(
            NightClose.force == force, NightClose.equal.is_(True)
        )
    )
    since = max(now - _REMEMBERED, closed or now - _REMEMBERED)
    found = session.execute(
        select(
            PoliceClient.name, func.sum(ClientUse.times), func.min(ClientUse.minute_at),
            func.max(ClientUse.minute_at),
        )
        .join(PoliceClient, PoliceClient.id == ClientUse.client_id)
        .where(
            PoliceClient.force == force, ClientUse.door.in_(_PUSHING),
            ClientUse.verdict != Verdict.TAKEN, ClientUse.minute_at > since - _MINUTE,
            or_(PoliceClient.kind == ClientKind.LIVE, ClientUse.verdict == Verdict.WRONG_KIND),
        )
        .group_by(PoliceClient.name)
        .order_by(PoliceClient.name)
    ).all()  # fmt: skip
    if not found:
        return None
    return Refusals(
        count=sum(times for _, times, _, _ in found),
        first_at=min(first for _, _, first, _ in found),
        last_at=max(last for _, _, _, last in found),
        systems=tuple(name for name, *_ in found),
    )
