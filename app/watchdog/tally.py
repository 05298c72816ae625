"""The balance of one morning in numbers: due, told, not told and by whom held, not needed."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import at_london, london_date
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import SENT, IncidentState, Outcome
from app.reports import candidates
from app.reports.services import services_told
from app.reports.told import Telling, Told, told_of
from notifications.models import CallSheetLine, Notification, Occurrence
from schools.matching.models import Review, ReviewState


@dataclass(frozen=True, slots=True)
class Tally:
    """One London date over all forces: `due` is the sum of the three, or somebody is missing."""

    due: int
    told: int
    not_told: int
    not_needed: int
    late: int
    # Not told, by where it lies: being matched, with reviewers, with the desk, at a school.
    held: dict[str, int]

    @property
    def balanced(self) -> bool:
        return self.due == self.told + self.not_told + self.not_needed


def tally(session: Session, *, now: datetime) -> Tally:
    """Count every child due today, and every one of earlier days that is still not told."""
    start = at_london(london_date(now), time(0, 0))
    children = session.execute(
        select(
            InvolvedChild.id, InvolvedChild.outcome, InvolvedChild.outcome_reason,
            InvolvedChild.due_at,
        )
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(
            Incident.state != IncidentState.SUPERSEDED,
            candidates.of_morning(None, start, start + timedelta(days=1)),
        )
    ).all()  # fmt: skip
    ids = [row[0] for row in children]
    tellings, served = _tellings(session, ids), services_told(session, ids)
    told: Counter[Told] = Counter()
    held: Counter[str] = Counter()
    late = 0
    for child, outcome, reason, due_at in children:
        answer = told_of(
            outcome, tellings[child], reason=reason, service_told=child in served
        )  # fmt: skip
        told[answer] += 1
        if answer is Told.NOT_TOLD:
            held[_where(session, child, outcome)] += 1
            late += due_at is not None and due_at < now
    return Tally(
        len(children), told[Told.TOLD], told[Told.NOT_TOLD], told[Told.NOT_NEEDED], late,
        dict(sorted(held.items())),
    )  # fmt: skip


def _tellings(session: Session, ids: list[UUID]) -> dict[UUID, list[Telling]]:
    found: dict[UUID, list[Telling]] = defaultdict(list)
    rows = session.execute(
        select(Occurrence.involved_child_id, Notification.state, Notification.told_at)
        .join(Notification, Notification.id == Occurrence.notification_id)
        .where(Occurrence.involved_child_id.in_(ids))
    )
    for child, state, told_at in rows:
        found[child].append(Telling(state, told_at))
    return found


def _where(session: Session, child: UUID, outcome: Outcome) -> str:
    """Return the room that has a child; a person's name is on the board, behind the sign-in."""
    if outcome is Outcome.IN_REVIEW:
        claimed = select(Review.id).where(
            Review.involved_child_id == child, Review.state == ReviewState.OPEN,
            Review.claimed_by.is_not(None),
        )  # fmt: skip
        return "review_claimed" if session.scalar(claimed) else "review"
    if outcome not in SENT:
        return "desk"
    line = select(CallSheetLine.id).where(
        CallSheetLine.notification_id == Notification.id, CallSheetLine.closed_at.is_(None)
    )
    ringing = (
        select(Occurrence.involved_child_id)
        .join(Notification, Notification.id == Occurrence.notification_id)
        .where(Occurrence.involved_child_id == child, line.exists())
    )
    return "call_sheet" if session.scalar(ringing.limit(1)) else "recipient"
