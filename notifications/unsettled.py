"""Children whose school is not settled: their ladder is opened, stopped, and its rows kept.

What each step does is in `notifications.review_steps`. Whoever settles a child calls
`stop_review_ladder` in the same transaction, so that nobody is chased for nothing.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.ids import new_id
from app.core.policy import Policy
from notifications.alerting import stop_alerts
from notifications.models import ReviewStep, UnsettledChild
from notifications.review_ladder import plan_review
from notifications.states import StepState

# Why a step was skipped that would have told somebody outside the group of a restricted child.
RESTRICTED = "restricted"


def about(unsettled: UnsettledChild) -> str:
    """Return what the alerts of this ladder are about."""
    return f"review:{unsettled.id}"


def open_review_ladder(
    session: Session, *, force: str, involved_child_id: UUID, due_at: datetime, policy: Policy,
    now: datetime, protected: bool = False,
) -> UnsettledChild:  # fmt: skip
    """Begin the ladder of a child, frozen under the policy of now; one that runs is returned."""
    found = unsettled_of(session, involved_child_id)
    if found is not None:
        return found
    made = UnsettledChild(
        id=new_id(), force=force, involved_child_id=involved_child_id, opened_at=now, due_at=due_at
    )
    session.add(made)
    session.flush()
    steps = plan_review(
        due_at=due_at, opened_at=now, ladder=policy.review_ladder, gap=policy.ladder.spread_gap,
        protected=protected,
    )  # fmt: skip
    session.add_all(
        ReviewStep(
            id=new_id(), force=force, unsettled_id=made.id, kind=step.kind,
            planned_at=step.planned_at, state=StepState.PLANNED,
        )
        for step in steps
    )  # fmt: skip
    session.flush()
    return made


def unsettled_of(session: Session, involved_child_id: UUID) -> UnsettledChild | None:
    """Return the ladder that runs for a child, if there is one."""
    return session.scalars(
        select(UnsettledChild).where(
            UnsettledChild.involved_child_id == involved_child_id,
            UnsettledChild.closed_at.is_(None),
        )
    ).one_or_none()


def due_unsettled(
    session: Session, *, now: datetime, limit: int, force: str | None = None
) -> list[UUID]:
    """Return the ladders with a step to take, of one force or of all, longest due first."""
    return list(
        session.scalars(
            select(ReviewStep.unsettled_id)
            .where(
                ReviewStep.state == StepState.PLANNED,
                ReviewStep.planned_at <= now,
                *([ReviewStep.force == force] if force is not None else []),
            )
            .group_by(ReviewStep.unsettled_id)
            .order_by(func.min(ReviewStep.planned_at), ReviewStep.unsettled_id)
            .limit(limit)
        )
    )


def locked(session: Session, unsettled_id: UUID) -> UnsettledChild:
    """Return one ladder, locked: who settles at this moment waits for this, or was first."""
    return session.scalars(
        select(UnsettledChild)
        .where(UnsettledChild.id == unsettled_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def lock_ladder(session: Session, involved_child_id: UUID) -> None:
    """Wait for the ladder of a child, if one runs, before its review is changed.

    The steps lock the ladder first and the review after it (`hand_over`): in the other order, who
    settles and the step of that moment would wait for each other.
    """
    found = unsettled_of(session, involved_child_id)
    if found is not None:
        locked(session, found.id)


def take_up_restricted(session: Session, children: Collection[UUID], *, now: datetime) -> None:
    """Plan for now what the ladders of these children left out because they were restricted."""
    left_out = session.execute(
        select(ReviewStep.force, ReviewStep.unsettled_id, ReviewStep.kind)
        .join(UnsettledChild, UnsettledChild.id == ReviewStep.unsettled_id)
        .where(
            UnsettledChild.involved_child_id.in_(children), UnsettledChild.closed_at.is_(None),
            ReviewStep.state == StepState.SKIPPED, ReviewStep.reason_code == RESTRICTED,
        )
        .distinct()
    )  # fmt: skip
    session.add_all(
        ReviewStep(
            id=new_id(), force=one.force, unsettled_id=one.unsettled_id, kind=one.kind,
            planned_at=now, state=StepState.PLANNED,
        )
        for one in left_out
    )  # fmt: skip


def stop_review_ladder(
    session: Session, involved_child_id: UUID, *, code: str, now: datetime, actor: str
) -> bool:
    """End a child's ladder: skip what is planned, take back what is not sent.

    Returns whether one ran. Called in the transaction that settles or closes.
    """
    found = unsettled_of(session, involved_child_id)
    if found is None:
        return False
    found = locked(session, found.id)
    if found.closed_at is not None:
        return False
    found.closed_at, found.close_code = now, code
    alerts = stop_alerts(session, about(found), now)
    planned = session.scalars(
        select(ReviewStep).where(
            ReviewStep.unsettled_id == found.id, ReviewStep.state == StepState.PLANNED
        )
    ).all()
    for step in planned:
        step.state, step.reason_code, step.settled_at = StepState.SKIPPED, code, now
    audit.record(
        session, event=audit.Event.REVIEW_LADDER_STOPPED, actor=actor, force=found.force,
        subject=f"involved_child:{involved_child_id}", now=now, reason_code=code,
        detail={"steps": sorted({step.kind.value for step in planned}), "alerts": alerts},
    )  # fmt: skip
    session.flush()
    return True
