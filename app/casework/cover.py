"""What a person is told of an alert that was cover: to whom it was sent, and nobody else."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.casework.acting import Acting
from app.core.clock import london_date
from app.core.policies import current_policy
from app.core.scope import acting_for
from notifications.cover import newest_cover, note_seen
from schools.models import KeyAdult

_KEPT = timedelta(days=7)


def last_test(session: Session, acting: Acting) -> datetime | None:
    """Return when an alert went to this person that nothing stood behind, where that is news.

    News is what they have not come to see yet, and whatever came today. That they came is noted:
    the watchdog rings where nobody ever does (reliability.md F35).
    """
    mine = session.scalars(
        select(KeyAdult.id).where(KeyAdult.account_id == acting.actor.account_id)
    ).all()
    alert = newest_cover(session, mine, since=acting.now - _KEPT) if mine else None
    if alert is None or alert.handed_over_at is None:
        return None
    _, policy = current_policy(session, alert.force, at=acting.now)
    if not policy.weekly_cover:
        return None
    with acting_for(session, alert.force):
        news = note_seen(session, alert)
    today = london_date(alert.handed_over_at) == london_date(acting.now)
    return alert.handed_over_at if news or today else None
