"""Restricted incidents: what of them exists for a person, and whom alone the service asks.

Source: domain.md §4. Inside the force only its group knows of them (`app.access.restricted`); for
everybody else they are closed in the scope of the request, so that no list, count or search finds
them. The school is told as always.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import restricted
from app.access.permissions import Actor
from app.core.clock import london_date
from app.core.scope import close, scope_of
from app.intake.models import Incident
from notifications.models import Occurrence


def close_to(session: Session, actor: Actor, *, now: datetime) -> None:
    """Close to a person, for the rest of this request, what only a group they are not of sees."""
    reach = restricted.reach_of(session, actor, now=now)
    if not reach.closed:
        return
    opened: set[UUID] = set()
    for force, reference in sorted(reach.opened):
        opened |= set(
            session.scalars(
                select(Incident.id).where(Incident.force == force, Incident.reference == reference)
            )
        )
    close(session, reach.closed, opened=frozenset(opened))


def only_for(
    session: Session, incidents: Collection[UUID], *, now: datetime
) -> frozenset[UUID] | None:
    """Return the accounts that alone may be asked about these incidents; None for everybody.

    Empty where the force has neither a group nor a lead.
    """
    forces = session.scalars(
        select(Incident.force)
        .where(Incident.id.in_(set(incidents)), Incident.restricted_access.is_(True))
        .distinct()
    ).all()
    return _allowed(session, forces, now=now)


def only_for_message(
    session: Session, notification_id: UUID, *, now: datetime
) -> frozenset[UUID] | None:
    """Return the accounts that alone may be asked about what a message tells of."""
    forces = session.scalars(
        select(Incident.force)
        .join(Occurrence, Occurrence.incident_id == Incident.id)
        .where(
            Occurrence.notification_id == notification_id, Incident.restricted_access.is_(True)
        )
        .limit(1)
    ).all()  # fmt: skip
    return _allowed(session, forces, now=now)


def closed_messages(session: Session, told: Mapping[UUID, Collection[UUID]]) -> set[UUID]:
    """Return those of these messages that do not exist for the force's side of who acts.

    Keys are messages, values their incidents. Somebody may have reached one as a key adult: as a
    desk or a reviewer they still do not find it.
    """
    if not scope_of(session).closed:
        return set()
    wanted = {one for incidents in told.values() for one in incidents}
    seen = set(session.scalars(select(Incident.id).where(Incident.id.in_(wanted))))
    return {ident for ident, incidents in told.items() if not seen.issuperset(incidents)}


def _allowed(session: Session, forces: Collection[str], *, now: datetime) -> frozenset[UUID] | None:
    if not forces:
        return None
    on = london_date(now)
    return frozenset().union(*(restricted.allowed(session, force, on=on) for force in forces))
