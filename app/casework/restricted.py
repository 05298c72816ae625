"""Restricted incidents: what of them exists for a person, and whom alone the service asks.

Source: domain.md §4. Inside the force only its group knows of them (`app.access.restricted`); for
everybody else they are closed in the scope of the request, so that no list, count or search finds
them. The school is told as always.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access import restricted
from app.access.permissions import Actor, Role
from app.casework.acting import Acting
from app.core.clock import london_date
from app.core.scope import acting_for, close, scope_of
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome
from notifications.alerting import alert_officer
from notifications.free_officers import Family, free_officers
from notifications.models import Notification, Occurrence
from notifications.states import NotificationState
from schools.officers import Duty

# As long before its deadline as all key adults are asked, and the head is rung.
LEADS_BEFORE = timedelta(minutes=45)
_UNSETTLED = (Outcome.RECEIVED, Outcome.DETAILS_AWAITED, Outcome.IN_REVIEW)


def close_to(session: Session, actor: Actor, *, now: datetime) -> None:
    """Close to a person, for the rest of this request, what only a group they are not of sees."""
    near = [one for one in actor.forces(Role.LEAD) if _near_and_untold(session, one, now=now)]
    reach = restricted.reach_of(session, actor, now=now, near=near)
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
    """Return the accounts that alone may be asked about these incidents; None for everybody."""
    forces = session.scalars(
        select(Incident.force)
        .where(Incident.id.in_(set(incidents)), Incident.restricted_access)
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
            Occurrence.notification_id == notification_id, Incident.restricted_access
        )
        .limit(1)
    ).all()  # fmt: skip
    return _allowed(session, forces, now=now)


def is_restricted(session: Session, notification: Notification) -> bool:
    """Return whether a message of somebody who may read it tells of a restricted incident."""
    with acting_for(session, notification.force):
        found = session.scalars(
            select(Incident.id)
            .join(Occurrence, Occurrence.incident_id == Incident.id)
            .where(
                Occurrence.notification_id == notification.id,
                Incident.restricted_access,
            )
            .limit(1)
        ).first()  # fmt: skip
    return found is not None


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


def alert_group(
    session: Session, acting: Acting, *, force: str, about: str, due_at: datetime,
    without: Callable[[UUID], bool] | None = None,
) -> None:  # fmt: skip
    """Alert who may answer a question about one: the members, or the leads who stand in.

    Never who asked, nor an account that `without` says so of. `about` is what the alert is for,
    `due_at` until when it can be answered.
    """
    only = restricted.allowed(session, force, on=london_date(acting.now))
    people, _ = free_officers(
        session, acting.cipher, owner=f"force:{force}", duty=Duty.FORCE_LEAD,
        on=london_date(acting.now),
        family=Family(frozenset(), frozenset(), frozenset({acting.actor.id}), only),
    )  # fmt: skip
    for one in people:
        left_out = without is not None and one.account_id is not None and without(one.account_id)
        if one.can_receive and not left_out:
            alert_officer(
                session, officer_id=one.officer_id, force=force, about=about, due_at=due_at,
                now=acting.now,
            )  # fmt: skip


def _allowed(session: Session, forces: Collection[str], *, now: datetime) -> frozenset[UUID] | None:
    found = [
        restricted.allowed(
            session, force, on=london_date(now), near=_near_and_untold(session, force, now=now)
        )
        for force in forces
    ]
    known = [one for one in found if one is not None]
    return frozenset().union(*known) if forces and len(known) == len(found) else None


def _near_and_untold(session: Session, force: str, *, now: datetime) -> bool:
    """Return whether a restricted child is near its deadline and neither told nor settled.

    The group may be off duty, or tied to the family: from then on the leads know of it, too.
    """
    # Every page of the force asks this, and most forces have none: first by their own short index.
    # SQLite takes that for the order it has, and any other of the force without.
    mine = session.scalars(
        select(Incident.id)
        .where(Incident.force == force, Incident.restricted_access)
        .order_by(Incident.reference)
    ).all()
    if not mine:
        return False
    latest = now + LEADS_BEFORE
    message = (
        select(Notification.id)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(
            Occurrence.incident_id.in_(mine), Notification.state == NotificationState.READY,
            Notification.told_at.is_(None), Notification.due_at < latest,
        )
    )  # fmt: skip
    child = select(InvolvedChild.id).where(
        InvolvedChild.incident_id.in_(mine), InvolvedChild.outcome.in_(_UNSETTLED),
        InvolvedChild.due_at < latest,
    )  # fmt: skip
    return bool(session.scalar(select(or_(message.exists(), child.exists()))))
