"""What the next version of a record takes over: the clock of whom nobody told, a person's ending.

What only changed is amended (`app.casework.amending`) and keeps all of it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.intake.models import Incident, InvolvedChild
from app.intake.moves import move_child
from app.intake.outcomes import SENT, IncidentState, Outcome, OutcomeReason
from notifications.models import Notification, Occurrence
from notifications.recall import recall_incident
from schools.matching.models import DecidedBy, Match

_WAITING = frozenset({Outcome.RECEIVED, Outcome.DETAILS_AWAITED, Outcome.IN_REVIEW})


def take_over(session: Session, outcomes: Mapping[UUID, Outcome], *, now: datetime) -> None:
    """Let children who begin anew go on from the versions before; `outcomes` are how far they were.

    A child nobody was told of keeps its clock: a force that corrects its record each hour would
    move the deadline each hour. Where a person had said that nobody is told, one looks again.
    """
    waiting = {child for child, outcome in outcomes.items() if outcome in _WAITING}
    sent = {child for child, outcome in outcomes.items() if outcome in SENT}
    waiting |= _not_told(session, sent)
    for old, new in _successors(session, waiting):
        # What was amended has its clock already, and is sent.
        if new.outcome in _WAITING:
            new.received_at = min(new.received_at, old.received_at)
    ended = {child for child, outcome in outcomes.items() if outcome is Outcome.NOT_NOTIFIED}
    for _, new in _successors(session, _ended_by_person(session, ended)):
        if new.outcome is Outcome.RECEIVED:
            move_child(
                session, new, to=Outcome.IN_REVIEW, reason=OutcomeReason.EVIDENCE_DISAGREES,
                now=now,
            )  # fmt: skip
    session.flush()


def send_anew(
    session: Session, *, incident_id: UUID, reason_code: str, actor: str, now: datetime
) -> None:
    """Take back what an incident sent, and let its children be placed again as it is now."""
    recall_incident(
        session, incident_ids=[incident_id], reason_code=reason_code, actor=actor, now=now
    )
    children = session.scalars(
        select(InvolvedChild)
        .where(InvolvedChild.incident_id == incident_id, InvolvedChild.outcome.in_(SENT))
        .order_by(InvolvedChild.id)
    )
    for child in children.all():
        move_child(session, child, to=Outcome.RECEIVED, now=now)


def _not_told(session: Session, children: Collection[UUID]) -> set[UUID]:
    """Return those of whom a message was sent that nobody has read or was told."""
    return set(
        session.scalars(
            select(Occurrence.involved_child_id)
            .join(Notification, Notification.id == Occurrence.notification_id)
            .where(
                Occurrence.involved_child_id.in_(children), Notification.told_at.is_(None)
            )
        )
    )  # fmt: skip


def _ended_by_person(session: Session, children: Iterable[UUID]) -> set[UUID]:
    """Return those about whom the newest decision is a person's."""
    found = set[UUID]()
    for child in children:
        newest = session.scalars(
            select(Match.decided_by)
            .where(Match.involved_child_id == child, Match.undone_at.is_(None))
            .order_by(Match.decided_at.desc())
            .limit(1)
        ).first()
        if newest is DecidedBy.PERSON:
            found.add(child)
    return found


def _successors(
    session: Session, children: Collection[UUID]
) -> list[tuple[InvolvedChild, InvolvedChild]]:
    """Return each of these children with the row that is acted on now, where there is one."""
    if not children:
        return []
    incident, new, after = aliased(Incident), aliased(InvolvedChild), aliased(Incident)
    rows = session.execute(
        select(InvolvedChild, new)
        .join(incident, incident.id == InvolvedChild.incident_id)
        .join(
            after,
            (after.force == incident.force)
            & (after.reference == incident.reference)
            & (after.state == IncidentState.NEWEST),
        )
        .join(new, (new.incident_id == after.id) & (new.ref == InvolvedChild.ref))
        .where(InvolvedChild.id.in_(children))
    )
    return [(old, successor) for old, successor in rows]
