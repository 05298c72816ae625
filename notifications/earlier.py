"""How many incidents of a child were told before: counts for a school, yes or no for elsewhere.

A year is longer than content is kept: what was erased is counted by its date alone (domain.md §9).
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core.clock import london_date
from app.core.ids import new_id
from notifications.earlier_models import ChildCount
from notifications.models import Notification, Occurrence
from notifications.states import ENDED

YEAR = 365


class EarlierCounts(NamedTuple):
    """Incidents, not notifications, at this school; `elsewhere` in the last 365 days."""

    days_30: int
    days_90: int
    days_365: int
    elsewhere: bool


def earlier_counts(
    session: Session, *, person_digest: bytes, urn: int | None, force: str, at: datetime,
    but: UUID | None = None, protected: bool = False,
    apart: frozenset[UUID] = frozenset(),
) -> EarlierCounts:  # fmt: skip
    """Return the counts as of `at`, leaving out one incident (the one being told now).

    An incident counts once, however often it was told; what was recalled or superseded is not
    counted: it was not this child, or not true. Days are London's, and the 30th still counts.

    What one person alone was told of counts only in a message that is itself `protected`: a number
    says to everybody else that there was something. So it is with incidents that are kept `apart`.
    """
    on = london_date(at)
    since = on - timedelta(days=YEAR)
    told = _told(
        session, person_digest, force, since=since, but=but, protected=protected, apart=apart
    )
    here = [on - day for where, day in told if where == urn]
    return EarlierCounts(
        days_30=sum(age <= timedelta(days=30) for age in here),
        days_90=sum(age <= timedelta(days=90) for age in here),
        days_365=len(here),
        elsewhere=any(where != urn for where, _ in told),
    )


def keep_counts(session: Session, *, incident_id: UUID, restricted: bool = False) -> None:
    """Let go of the children's digests of an incident that is erased, and keep dates to count by.

    A notification that joined further incidents is counted for each of them, once; one of a
    restricted incident as what everybody else must not see in a number.
    """
    notifications = session.scalars(
        select(Notification).where(
            Notification.incident_id == incident_id, Notification.person_digest.is_not(None)
        )
    ).all()
    for notification in notifications:
        if notification.state not in ENDED:
            session.add_all(_counted(session, notification, restricted=restricted))
    session.execute(
        update(Notification)
        .where(Notification.incident_id == incident_id)
        .values(person_digest=None)
    )


def forget_counts(session: Session, *, on: date) -> None:
    """Drop what was counted longer ago than a year."""
    over = ChildCount.counted_on < on - timedelta(days=YEAR)
    session.execute(delete(ChildCount).where(over))


def _counted(
    session: Session, notification: Notification, *, restricted: bool
) -> Iterable[ChildCount]:
    joined = session.scalars(
        select(Occurrence.joined_at).where(Occurrence.notification_id == notification.id)
    )
    return [
        ChildCount(
            id=new_id(), force=notification.force, person_digest=notification.person_digest,
            urn=notification.urn, counted_on=london_date(at),
            protected=restricted or notification.shown_only_to is not None,
        )
        for at in joined
    ]  # fmt: skip


def _told(
    session: Session, person_digest: bytes, force: str, *, since: date, but: UUID | None,
    protected: bool, apart: frozenset[UUID],
) -> list[tuple[int | None, date]]:  # fmt: skip
    """Return school and day of each incident that was told since, each once at each school."""
    for_all = [] if protected else [Notification.shown_only_to.is_(None)]
    kept_for_all = [] if protected else [ChildCount.protected.is_(False)]
    live = session.execute(
        select(Occurrence.incident_id, Occurrence.urn, Occurrence.joined_at)
        .join(Notification, Notification.id == Occurrence.notification_id)
        .where(
            Notification.person_digest == person_digest,
            Notification.force == force,
            Notification.state.not_in(ENDED),
            *for_all,
        )
        .order_by(Occurrence.joined_at)
    ).all()
    kept = session.execute(
        select(ChildCount.urn, ChildCount.counted_on).where(
            ChildCount.person_digest == person_digest,
            ChildCount.force == force,
            ChildCount.counted_on >= since,
            *kept_for_all,
        )
    ).all()
    days = {(row.incident_id, row.urn): london_date(row.joined_at) for row in live}
    told = [
        (urn, day)
        for (incident, urn), day in days.items()
        if incident != but and incident not in apart and day >= since
    ]
    return told + [(row.urn, row.counted_on) for row in kept]
