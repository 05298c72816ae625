"""No school here is told of a child who stays at risk: the desk records which service was told.

Source: domain.md §2. Until then the child counts as not told. Codes, a time and the service's own
reference: nothing of the child, and no name of anybody at that service.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import require_untied, tie_to_incident
from app.core import audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.ids import new_id
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import NEEDS_SERVICE, Outcome, OutcomeReason
from app.reports.services import services_told
from notifications.alerting import stop_alerts
from notifications.models import ServiceTold

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{1,63}")


class Service(StrEnum):
    """Who else can help a child whom no school here is told about."""

    CHILDRENS_SOCIAL_CARE = "childrens_social_care"
    MULTI_AGENCY_HUB = "multi_agency_hub"
    HEALTH_VISITOR = "health_visitor"
    MIDWIFE = "midwife"
    SCHOOL_ABROAD = "school_abroad"
    OTHER_POLICE = "other_police"


class Means(StrEnum):
    """How a service was told."""

    TELEPHONE = "telephone"
    SECURE_EMAIL = "secure_email"
    REFERRAL_FORM = "referral_form"
    IN_PERSON = "in_person"


@dataclass(frozen=True, slots=True)
class Untold:
    """Which child it is, by references alone, and why no school is told."""

    child_id: UUID
    reference: str
    child_ref: str
    reason: OutcomeReason
    due_at: datetime | None
    occurred_from: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """Which service was told, how, when (an instant in UTC), and its own reference."""

    service: Service | None
    means: Means | None
    told_at: datetime | None
    reference: str = field(default="", repr=False)


def look(session: Session, acting: Acting, *, child_id: UUID) -> Untold:
    """Return one child of whom another service is to be told; raise `NotFound`, `Conflict`."""
    child, incident = _waiting(session, acting, child_id)
    if child.outcome_reason is None:
        raise NotFound(_NOTHING_HERE)
    return Untold(
        child.id, incident.reference, child.ref, child.outcome_reason, child.due_at,
        incident.occurred_from,
    )  # fmt: skip


def record(session: Session, acting: Acting, *, child_id: UUID, said: Said) -> None:
    """Record who was told of the child, when and how; then nobody more has to be.

    Raises `NotFound`, `Conflict` where it is recorded already, `Invalid` where a part is missing.
    """
    child, incident = _waiting(session, acting, child_id)
    faults = _faults(said, since=incident.occurred_from, now=acting.now)
    if acting.actor.account_id is None:
        raise NotFound(_NOTHING_HERE)
    if faults or said.service is None or said.means is None or said.told_at is None:
        raise Invalid("What was told is not complete.", faults)
    session.add(
        ServiceTold(
            id=new_id(), force=child.force, involved_child_id=child.id,
            service=said.service.value, means=said.means.value, reason_code=child.outcome_reason,
            reference=said.reference.strip(), told_at=said.told_at,
            recorded_by=acting.actor.account_id,
        )
    )  # fmt: skip
    stop_alerts(session, about(child.id), acting.now)
    audit.record(
        session, event=audit.Event.CHILD_SERVICE_TOLD, actor=acting.actor.id, force=child.force,
        subject=f"involved_child:{child.id}", now=acting.now, reason_code=child.outcome_reason,
        detail={"service": said.service.value, "means": said.means.value},
    )  # fmt: skip


def about(child_id: UUID) -> str:
    """Return what the alerts are about that ask for the telling of another service."""
    return f"service:{child_id}"


def reference_faults(loc: str, reference: str) -> list[FieldError]:
    """Return what is wrong with another service's reference: it is no place for a name."""
    if _REFERENCE.fullmatch(reference.strip()):
        return []
    message = "Give that service’s reference: letters and figures, no names"
    return [FieldError(loc, "reference", message)]


def _waiting(session: Session, acting: Acting, child_id: UUID) -> tuple[InvolvedChild, Incident]:
    # Two people of the desk may press at once: the second finds it recorded.
    wanted = select(InvolvedChild).where(InvolvedChild.id == child_id).with_for_update()
    child = session.scalars(wanted).one_or_none()
    if child is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, Action.RECORD_SERVICE_TOLD, Relation(force=child.force))
    incident = session.get_one(Incident, child.incident_id)
    require_untied(tie_to_incident(session, acting, incident_id=incident.id, force=child.force))
    waits = child.outcome is Outcome.NOT_NOTIFIED and child.outcome_reason in NEEDS_SERVICE
    if not waits or services_told(session, [child.id]):
        raise Conflict("No other service has to be told of this child any more: load the board.")
    return child, incident


def _faults(said: Said, *, since: datetime, now: datetime) -> list[FieldError]:
    found = []
    if said.service is None:
        found.append(FieldError("service", "missing", "Say which other service was told"))
    if said.means is None:
        found.append(FieldError("means", "missing", "Say how it was told"))
    if said.told_at is None or not since <= said.told_at <= now:
        message = "Give the day and the time when it was told, after the incident and not to come"
        found.append(FieldError("told_time", "time", message))
    return [*found, *reference_faults("reference", said.reference)]
