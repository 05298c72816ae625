"""The holiday backlog of a force: who is held, and whose school is looked for again, from when."""

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.intake.models import InvolvedChild
from app.intake.outcomes import SENT, Outcome
from app.reports.rows import HolidayBacklog


def holiday_backlog(session: Session, *, force: str) -> HolidayBacklog:
    """Return what waits for pupils to be back, of every night so far."""
    morning = func.coalesce(InvolvedChild.again_on, InvolvedChild.return_on)
    rows = session.execute(
        select(InvolvedChild.outcome, func.count(), func.min(morning))
        .where(
            InvolvedChild.force == force,
            or_(
                InvolvedChild.again_on.is_not(None),
                and_(InvolvedChild.return_on.is_not(None), InvolvedChild.rematched_at.is_(None)),
            ),
            InvolvedChild.outcome.in_((*SENT, Outcome.HELD)),
        )
        .group_by(InvolvedChild.outcome)
    ).all()
    return HolidayBacklog(
        held=sum(count for outcome, count, _ in rows if outcome is Outcome.HELD),
        to_match_again=sum(count for outcome, count, _ in rows if outcome in SENT),
        next_on=min((first for _, _, first in rows), default=None),
    )
