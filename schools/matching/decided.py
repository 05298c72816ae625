"""When a decision about a child was taken: after the one before it, whatever the clock says."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schools.matching.models import Match


def decided_now(session: Session, involved_child_id: UUID, now: datetime) -> datetime:
    """Return `now`, or just after this child's last decision where the clock says it is earlier.

    The newest decision is the one that counts: a clock that was set back must not make it an older
    one, nor a clock that stands still leave two of the same instant.
    """
    last = session.scalar(
        select(func.max(Match.decided_at)).where(Match.involved_child_id == involved_child_id)
    )
    return now if last is None or last < now else last + timedelta(microseconds=1)
