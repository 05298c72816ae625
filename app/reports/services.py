"""Whether a person recorded which other service was told of a child whom no school is told of."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.intake.models import Incident, InvolvedChild
from notifications.models import ServiceTold


def services_told(session: Session, child_ids: Collection[UUID]) -> set[UUID]:
    """Return the children among these of whom another service was told."""
    wanted = (
        select(InvolvedChild.id)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(InvolvedChild.id.in_(set(child_ids)), service_told())
    )
    return set(session.scalars(wanted)) if child_ids else set()


def service_told() -> ColumnElement[bool]:
    """A service was told of this child; the statement is over `InvolvedChild` and `Incident`.

    What was recorded under one version of an incident holds for every version, as long as the
    reason for which no school is told is the same: for another, another service may have to be. A
    record without a reason holds for its own row alone.
    """
    row, incident = aliased(InvolvedChild), aliased(Incident)
    return exists().where(
        ServiceTold.involved_child_id == row.id,
        incident.id == row.incident_id,
        incident.force == Incident.force,
        incident.reference == Incident.reference,
        row.ref == InvolvedChild.ref,
        or_(
            ServiceTold.reason_code == InvolvedChild.outcome_reason,
            and_(ServiceTold.reason_code.is_(None), row.id == InvolvedChild.id),
        ),
    )  # fmt: skip
