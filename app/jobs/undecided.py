"""Children that wait for the rules to decide, and that nobody else decides about meanwhile."""

from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core.database import Contended
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from schools.matching.details import Band
from schools.matching.models import Match, Review


def undecided_children() -> Select[InvolvedChild]:
    """Select the children about whom the rules have not decided, or whom nobody looked up yet."""
    decided = exists().where(
        Match.involved_child_id == InvolvedChild.id,
        Match.band == Band.MATCHED,
        Match.composed_at.is_(None),
    )
    looked_up = exists().where(Review.involved_child_id == InvolvedChild.id)
    return (
        select(InvolvedChild)
        .where(
            or_(
                and_(InvolvedChild.outcome == Outcome.RECEIVED, ~decided),
                and_(InvolvedChild.outcome == Outcome.IN_REVIEW, ~looked_up),
            )
        )
        .order_by(InvolvedChild.position)
    )


def waiting_incidents(session: Session, force: str | None, *, limit: int) -> list[UUID]:
    """Return the incidents with such children, of one force or of all, oldest first."""
    statement = (
        undecided_children()
        .with_only_columns(InvolvedChild.incident_id)
        .order_by(None)
        .group_by(InvolvedChild.incident_id)
        .order_by(func.min(InvolvedChild.received_at))
        .limit(limit)
    )
    if force is not None:
        statement = statement.where(InvolvedChild.force == force)
    return list(session.scalars(statement))


def hold(session: Session, incident: Incident, waiting: set[UUID]) -> None:
    """Hold the children from here to the end; raise `Contended` where they were decided meanwhile.

    A process that slept through its lease wakes in the midst of this: what it read is no longer so.
    Asked after the lock and in a statement of its own, which sees what the other one stored.
    """
    mine = InvolvedChild.id.in_(waiting)
    session.execute(
        select(InvolvedChild.id)
        .where(mine)
        .order_by(InvolvedChild.id)
        .with_for_update(key_share=True)
    ).all()
    newest = select(Incident.id).where(
        Incident.id == incident.id, Incident.state == IncidentState.NEWEST
    )
    still = session.scalars(
        undecided_children()
        .with_only_columns(InvolvedChild.id)
        .order_by(None)
        .where(mine, newest.exists())
    )
    if set(still) != waiting:
        raise Contended("Somebody else decided about these children: look again.")
