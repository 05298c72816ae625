"""How many incidents of a child were told before: counts for a school, yes or no for elsewhere."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Notification, Occurrence
from notifications.states import ENDED


class EarlierCounts(NamedTuple):
    """Incidents, not notifications, at this school; `elsewhere` in the last 365 days."""

    days_30: int
    days_90: int
    days_365: int
    elsewhere: bool


def earlier_counts(
    session: Session, *, person_digest: bytes, urn: int | None, force: str, at: datetime,
    but: UUID | None = None,
) -> EarlierCounts:  # fmt: skip
    """Return the counts as of `at`, leaving out one incident (the one being told now).

    What was recalled or superseded is not counted: it was not this child, or not true.
    """
    rows = session.execute(
        select(Occurrence.incident_id, Occurrence.joined_at, Occurrence.urn)
        .join(Notification, Notification.id == Occurrence.notification_id)
        .where(
            Notification.person_digest == person_digest,
            Notification.force == force,
            Notification.state.not_in(ENDED),
            Occurrence.joined_at > at - timedelta(days=365),
        )
    ).all()
    told = [row for row in rows if row.incident_id != but]
    here = {row.incident_id: at - row.joined_at for row in told if row.urn == urn}
    return EarlierCounts(
        days_30=sum(age <= timedelta(days=30) for age in here.values()),
        days_90=sum(age <= timedelta(days=90) for age in here.values()),
        days_365=len(here),
        elsewhere=any(row.urn != urn for row in told),
    )
