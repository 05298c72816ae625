"""Giving an involved child its next outcome: a guarded update whose row count is looked at."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason, may_become


def move_child(
    session: Session,
    child: InvolvedChild,
    *,
    to: Outcome,
    now: datetime,
    reason: OutcomeReason | None = None,
    due_at: datetime | None = None,
) -> None:
    """Move a child to its next outcome; raise `Conflict` where somebody else moved it first.

    `due_at` replaces the child's deadline where it is given.
    """
    before = child.outcome
    if not may_become(before, to):
        raise Conflict(f"A child that is {before.value} cannot become {to.value}.")
    moved = session.execute(
        update(InvolvedChild)
        .where(InvolvedChild.id == child.id, InvolvedChild.outcome == before)
        .values(
            outcome=to, outcome_reason=reason, outcome_at=now, due_at=due_at or child.due_at
        )
        .returning(InvolvedChild.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    if not moved:
        raise Conflict("Somebody else decided about this child first: load the page again.")
    session.refresh(child)
