"""The balance: evidence held against outcome, child by child.

It never sums outcomes, which cannot fail; each rule asks other tables whether what an outcome says
really happened. Any row it returns is a child somebody may not have been told about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from app.access.models import Force
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.types import Utc, plainly
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import SENT, IncidentState, Outcome
from notifications.models import (
    Alert,
    AlertCover,
    CallSheetLine,
    EscalationStep,
    Notification,
    Occurrence,
    ReviewStep,
    UnsettledChild,
)
from notifications.states import UNSETTLED, VISIBLE, AlertState, NotificationState, StepState
from schools.matching.details import Band
from schools.matching.models import Match, Review, ReviewState

WAITING = timedelta(minutes=10)
# How long a due step may take to become an alert, or an alert to be tried: three ticks and a retry.
GRACE = timedelta(minutes=5)
# Outcomes older than this were held against their evidence on the days before. A tick looks at the
# newest of them; what it found stays with the watchdog for the whole time.
LOOKED_BACK = timedelta(days=7)
AT_A_TICK = timedelta(days=2)

_WAITED = bindparam("waited", type_=Utc())
_EXCUSED = bindparam("excused", type_=Utc())
_SINCE = bindparam("since", type_=Utc())
# By force, so that an index of it leads to the few: no table is read whole at every tick.
_FORCES = select(Force.code)
_SENT_ALERTS = (AlertState.HANDED_OVER, AlertState.REACHED_MAILBOX)


class Imbalanced(StrEnum):
    """What does not add up."""

    NO_CHILD_ROWS = "no_child_rows"
    RECEIVED_TOO_LONG = "received_too_long"
    REVIEW_MISSING = "review_missing"
    HELD_TOO_LONG = "held_too_long"
    STEP_OVERDUE = "step_overdue"
    SCHOOL_NOT_NOTIFIED = "school_not_notified"
    NOBODY_ALERTED = "nobody_alerted"
    NO_REASON_ON_TRAIL = "no_reason_on_trail"
    STILL_VISIBLE = "still_visible"
    COUNCIL_NOT_NOTIFIED = "council_not_notified"
    NOBODY_PURSUES = "nobody_pursues"
    REVIEW_STEP_OVERDUE = "review_step_overdue"


@dataclass(frozen=True, slots=True)
class Imbalance:
    """One child (or incident) whose outcome has no evidence, by id and code alone."""

    force: str
    subject: UUID
    code: Imbalanced


def balance(
    session: Session, *, now: datetime, force: str | None = None, back: timedelta = LOOKED_BACK
) -> list[Imbalance]:
    """Return everything that does not add up at `now`, of one force or of all.

    What is still open is looked at however old it is, what was decided as far `back`.
    """
    since = now - back
    limits = {"waited": now - WAITING, "excused": now - GRACE, "since": since}
    found = [
        Imbalance(row_force, subject, code)
        for code, statement in _built()
        for row_force, subject in session.execute(statement, limits)
    ]
    found += [*_missing_schools(session, since), *_missing_reasons(session, since)]
    return [one for one in found if force is None or one.force == force]


@cache
def _built() -> tuple[tuple[Imbalanced, Select[str, UUID]], ...]:
    """Return the rules, built once: they are asked at every tick."""
    return tuple(_rules())


def _rules() -> Iterator[tuple[Imbalanced, Select[str, UUID]]]:
    child = select(InvolvedChild.force, InvolvedChild.id)
    open_child = child.where(InvolvedChild.force.in_(_FORCES))
    yield (
        Imbalanced.NO_CHILD_ROWS,
        (
            select(Incident.force, Incident.id)
            .where(Incident.force.in_(_FORCES), Incident.received_at > _SINCE)
            .where(Incident.state == IncidentState.NEWEST, Incident.children_seen > 0)
            .where(~exists().where(InvolvedChild.incident_id == Incident.id))
        ),
    )
    yield (
        Imbalanced.RECEIVED_TOO_LONG,
        open_child.where(
            InvolvedChild.outcome == Outcome.RECEIVED, InvolvedChild.outcome_at < _WAITED
        ),
    )
    yield (
        Imbalanced.REVIEW_MISSING,
        open_child.where(
            InvolvedChild.outcome == Outcome.IN_REVIEW, ~_has_open_review(), ~_has_fresh_match()
        ),
    )
    yield (
        Imbalanced.HELD_TOO_LONG,
        open_child.where(
            InvolvedChild.outcome == Outcome.HELD,
            or_(InvolvedChild.due_at.is_(None), InvolvedChild.due_at < _WAITED),
        ),
    )
    yield from _rules_of_telling(child)
    yield from _rules_of_pursuing(open_child)


def _rules_of_telling(
    child: Select[str, UUID],
) -> Iterator[tuple[Imbalanced, Select[str, UUID]]]:
    yield (
        Imbalanced.STEP_OVERDUE,
        child.join(Notification, Notification.involved_child_id == InvolvedChild.id).where(
            *_untold(), _step_overdue()
        ),
    )
    yield (
        Imbalanced.NOBODY_ALERTED,
        child.join(Occurrence, Occurrence.involved_child_id == InvolvedChild.id)
        .join(Notification, Notification.id == Occurrence.notification_id)
        .where(
            InvolvedChild.outcome.in_(SENT),
            *_untold(),
            ~_somebody_asked(),
        ),
    )
    yield (
        Imbalanced.COUNCIL_NOT_NOTIFIED,
        child.where(
            InvolvedChild.outcome_at > _SINCE,
            InvolvedChild.outcome == Outcome.SENT_TO_COUNCIL,
            ~_at_a_council(),
        ),
    )
    yield (
        Imbalanced.STILL_VISIBLE,
        child.join(Notification, Notification.involved_child_id == InvolvedChild.id).where(
            InvolvedChild.outcome_at > _SINCE,
            InvolvedChild.outcome == Outcome.WITHDRAWN,
            Notification.state.in_(VISIBLE),
        ),
    )


def _rules_of_pursuing(
    child: Select[str, UUID],
) -> Iterator[tuple[Imbalanced, Select[str, UUID]]]:
    """A child whose school is not settled has a ladder that runs, and whose steps are taken."""
    runs = exists().where(
        UnsettledChild.involved_child_id == InvolvedChild.id, UnsettledChild.closed_at.is_(None)
    )
    yield (
        Imbalanced.NOBODY_PURSUES,
        child.where(
            or_(
                InvolvedChild.outcome == Outcome.DETAILS_AWAITED,
                and_(InvolvedChild.outcome == Outcome.IN_REVIEW, ~_has_fresh_match()),
            ),
            InvolvedChild.outcome_at < _WAITED,
            ~runs,
        ),
    )
    yield (
        Imbalanced.REVIEW_STEP_OVERDUE,
        child.join(UnsettledChild, UnsettledChild.involved_child_id == InvolvedChild.id)
        .join(ReviewStep, ReviewStep.unsettled_id == UnsettledChild.id)
        .where(ReviewStep.state == StepState.PLANNED, ReviewStep.planned_at < _EXCUSED)
        .distinct(),
    )


def _untold() -> tuple[ColumnElement[bool], ...]:
    """Shown and not told: of what is shown only `ready` can be untold (a CHECK of the table)."""
    ready = plainly(NotificationState, [NotificationState.READY])
    return Notification.state.in_(ready), Notification.told_at.is_(None)


def _at_a_council() -> ColumnElement[bool]:
    return exists().where(
        Occurrence.involved_child_id == InvolvedChild.id,
        Notification.id == Occurrence.notification_id,
        Notification.urn.is_(None),
        Notification.state.in_((*VISIBLE, NotificationState.HELD)),
    )


def _has_open_review() -> ColumnElement[bool]:
    return exists().where(
        Review.involved_child_id == InvolvedChild.id,
        Review.state == ReviewState.OPEN,
        Review.due_at.is_not(None),
    )


def _has_fresh_match() -> ColumnElement[bool]:
    """A person has just settled it and the next tick composes."""
    return exists().where(
        Match.involved_child_id == InvolvedChild.id,
        Match.band == Band.MATCHED,
        Match.composed_at.is_(None),
        Match.decided_at > _WAITED,
    )


def _step_overdue() -> ColumnElement[bool]:
    """A later step to come excuses nobody for one that should have been taken."""
    return exists().where(
        EscalationStep.notification_id == Notification.id,
        EscalationStep.state == StepState.PLANNED,
        EscalationStep.planned_at < _EXCUSED,
    )


def _somebody_asked() -> ColumnElement[bool]:
    """A step still to come, an alert on its way or handed over, or a line on the call sheet."""
    step_to_come = exists().where(
        EscalationStep.notification_id == Notification.id,
        EscalationStep.state == StepState.PLANNED,
        EscalationStep.planned_at > _EXCUSED,
    )
    alerted = exists().where(
        AlertCover.notification_id == Notification.id,
        Alert.id == AlertCover.alert_id,
        or_(
            Alert.state.in_(_SENT_ALERTS),
            and_(Alert.state.in_(UNSETTLED), Alert.next_attempt_at > _EXCUSED),
        ),
    )
    on_the_sheet = exists().where(
        CallSheetLine.notification_id == Notification.id, CallSheetLine.closed_at.is_(None)
    )
    return or_(step_to_come, alerted, on_the_sheet)


def _missing_reasons(session: Session, since: datetime) -> Iterator[Imbalance]:
    """A decision not to notify is on the trail with its reason, or it was not taken properly."""
    decided = session.execute(
        select(InvolvedChild.force, InvolvedChild.id).where(
            InvolvedChild.outcome == Outcome.NOT_NOTIFIED, InvolvedChild.outcome_at > since
        )
    ).all()
    subjects = {f"involved_child:{child_id}": (force, child_id) for force, child_id in decided}
    if not subjects:
        return
    on_trail = session.scalars(
        select(AuditEntry.subject).where(
            AuditEntry.subject.in_(list(subjects)), AuditEntry.event == Event.CHILD_NOT_NOTIFIED
        )
    )
    for subject in set(subjects) - set(on_trail):
        yield Imbalance(*subjects[subject], Imbalanced.NO_REASON_ON_TRAIL)


def _missing_schools(session: Session, since: datetime) -> Iterator[Imbalance]:
    """Each school of the decision that was composed must have a notification of its own."""
    newest = (
        select(Match.involved_child_id, Match.force, Match.urns, Match.decided_at)
        .join(InvolvedChild, InvolvedChild.id == Match.involved_child_id)
        .where(
            InvolvedChild.outcome == Outcome.SENT_TO_SCHOOL,
            InvolvedChild.outcome_at > since,
            Match.band == Band.MATCHED,
            Match.composed_at.is_not(None),
        )
        .order_by(Match.decided_at)
    )
    decided = {child: (force, urns) for child, force, urns, _ in session.execute(newest)}
    sent: dict[UUID, set[int | None]] = {}
    for child, urn in session.execute(
        select(Occurrence.involved_child_id, Notification.urn)
        .join(Notification, Notification.id == Occurrence.notification_id)
        .join(InvolvedChild, InvolvedChild.id == Occurrence.involved_child_id)
        .where(
            InvolvedChild.outcome == Outcome.SENT_TO_SCHOOL,
            InvolvedChild.outcome_at > since,
            Notification.state.in_(VISIBLE),
        )
    ):
        sent.setdefault(child, set()).add(urn)
    for child, (force, urns) in decided.items():
        if not set(urns) <= sent.get(child, set()):
            yield Imbalance(force, child, Imbalanced.SCHOOL_NOT_NOTIFIED)
