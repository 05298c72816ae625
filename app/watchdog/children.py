"""The question everything else serves: which child is due, not told, and in nobody's hands.

Source: domain.md §6, reliability.md 4.6. A child is in somebody's hands while a named person can
be expected to act on it: a caller or a staffed desk with an open line, a key adult who was alerted
before the line opens, a reviewer or a staffed review room.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select

from app.access.models import Force
from app.access.permissions import Role
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome
from app.watchdog.codes import Code, Finding
from app.watchdog.looking import Group, Look, groups, staffed
from notifications.desk_calls import call_wanted
from notifications.models import (
    Alert,
    AlertCover,
    CallSheetLine,
    EscalationStep,
    Notification,
    Occurrence,
)
from notifications.states import AlertState, NotificationState, StepKind, StepState
from schools.matching.models import Review, ReviewState

# From when a child counts as near its deadline: when the call sheet opens.
NEAR = timedelta(minutes=60)
# How long a step that is due may take to be taken.
GRACE = timedelta(minutes=5)
# A call or a review that somebody should have begun by then.
BEGUN_BEFORE = timedelta(minutes=10)
_PATIENCE = timedelta(minutes=15)

_WITH_DESK = (Outcome.RECEIVED, Outcome.DETAILS_AWAITED, Outcome.HELD)
_ASKED = (
    AlertState.PLANNED, AlertState.ATTEMPTING, AlertState.UNKNOWN, AlertState.HANDED_OVER,
    AlertState.REACHED_MAILBOX,
)  # fmt: skip


def untold_unheld(look: Look) -> Iterator[Finding]:
    """Near or past its deadline, not told, and nobody named has it."""
    due = [*_unheld_before_sending(look), *_unheld_messages(look)]
    if due:
        yield Finding(Code.UNTOLD_UNHELD, len(due), min(due))


def _unheld_before_sending(look: Look) -> Iterator[datetime]:
    """Children without a school yet: the desk's, or the reviewers'."""
    desk, reviewers = staffed(look, Role.FORCE_DESK), staffed(look, Role.REVIEWER)
    rows = look.session.execute(
        select(
            InvolvedChild.force, InvolvedChild.outcome, InvolvedChild.due_at, Review.claimed_by,
            Incident.restricted_access,
        )
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .outerjoin(
            Review,
            and_(
                Review.involved_child_id == InvolvedChild.id, Review.state == ReviewState.OPEN
            ),
        )
        .where(
            # By force, as the index of open outcomes goes.
            InvolvedChild.force.in_(select(Force.code)),
            InvolvedChild.outcome.in_((*_WITH_DESK, Outcome.IN_REVIEW)),
            InvolvedChild.due_at < look.now + NEAR,
        )
    ).all()  # fmt: skip
    apart = groups(look, {force for force, *_, restricted in rows if restricted})
    for force, outcome, due_at, claimed_by, restricted in rows:
        in_review = outcome is Outcome.IN_REVIEW
        if restricted and force in apart:
            held = _held_apart(
                apart[force], claimed_by, Role.REVIEWER if in_review else Role.FORCE_DESK
            )
        else:
            held = claimed_by is not None or force in (reviewers if in_review else desk)
        if not held and due_at is not None:
            yield due_at


def _held_apart(group: Group, claimed_by: UUID | None, role: Role) -> bool:
    """Return whether somebody who may know of it has a restricted child, or can be expected to."""
    return claimed_by in group.accounts or role in group.roles


def _unheld_messages(look: Look) -> Iterator[datetime]:
    """Messages nobody opened, neither with the call sheet's people nor with who is asked."""
    desk = staffed(look, Role.FORCE_DESK)
    rows = look.session.execute(
        select(
            Notification.id, Notification.force, Notification.due_at, CallSheetLine.id.is_not(None),
            CallSheetLine.claimed_until, CallSheetLine.claimed_by, _restricted(),
        )
        .outerjoin(CallSheetLine, _open_line())
        .where(
            Notification.state == NotificationState.READY,
            Notification.told_at.is_(None),
            Notification.due_at < look.now + NEAR,
        )
    ).all()  # fmt: skip
    asked = _asked_before_the_sheet(look, [row[0] for row in rows])
    apart = groups(look, {row[1] for row in rows if row[-1]})
    for ident, force, due_at, has_line, claimed_until, claimed_by, restricted in rows:
        claimed = claimed_until is not None and claimed_until > look.now
        if restricted and force in apart:
            caller = claimed_by if claimed else None
            with_the_sheet = has_line and _held_apart(apart[force], caller, Role.FORCE_DESK)
        else:
            with_the_sheet = has_line and (claimed or force in desk)
        if not with_the_sheet and ident not in asked:
            yield due_at


def _restricted() -> ColumnElement[bool]:
    """A message is its group's alone where any one of the incidents it tells of is restricted."""
    return exists(literal(1)).where(
        Occurrence.notification_id == Notification.id, Incident.id == Occurrence.incident_id,
        Incident.restricted_access,
    )  # fmt: skip


def _open_line() -> ColumnElement[bool]:
    return and_(CallSheetLine.notification_id == Notification.id, CallSheetLine.closed_at.is_(None))


def _asked_before_the_sheet(look: Look, ids: list[UUID]) -> set[UUID]:
    """Return those whose line is still to open, on time, while a person was or will be asked."""
    line_to_come = exists(literal(1)).where(
        EscalationStep.notification_id == Notification.id,
        EscalationStep.kind == StepKind.CALL_SHEET,
        EscalationStep.state == StepState.PLANNED,
        EscalationStep.planned_at > look.now - GRACE,
    )
    alerted = exists(literal(1)).where(
        AlertCover.notification_id == Notification.id,
        Alert.id == AlertCover.alert_id,
        Alert.state.in_(_ASKED),
    )
    to_be_asked = exists(literal(1)).where(
        EscalationStep.notification_id == Notification.id,
        EscalationStep.kind != StepKind.CALL_SHEET,
        EscalationStep.state == StepState.PLANNED,
        EscalationStep.planned_at > look.now - GRACE,
    )
    wanted = select(Notification.id).where(
        Notification.id.in_(ids), line_to_come, or_(alerted, to_be_asked)
    )
    return set(look.session.scalars(wanted))


def calls_not_begun(look: Look) -> Iterator[Finding]:
    """A line of the call sheet that nobody claimed or rang, ten minutes before its deadline."""
    count, oldest = look.session.execute(
        select(func.count(), func.min(CallSheetLine.opened_at))
        .join(Notification, Notification.id == CallSheetLine.notification_id)
        .where(
            CallSheetLine.closed_at.is_(None),
            CallSheetLine.attempts == 0,
            or_(
                CallSheetLine.claimed_until.is_(None), CallSheetLine.claimed_until <= look.now
            ),
            CallSheetLine.due_at < look.now + BEGUN_BEFORE,
            CallSheetLine.opened_at < look.now - _PATIENCE,
            or_(
                and_(
                    Notification.state == NotificationState.READY, Notification.told_at.is_(None)
                ),
                call_wanted(),
            ),
        )
    ).one()  # fmt: skip
    if count:
        yield Finding(Code.CALL_NOT_BEGUN, count, oldest)


def reviews_not_begun(look: Look) -> Iterator[Finding]:
    """An open review that nobody has, half an hour before its deadline."""
    count, oldest = look.session.execute(
        select(func.count(), func.min(Review.opened_at)).where(
            Review.state == ReviewState.OPEN,
            or_(Review.claimed_by.is_(None), Review.claimed_until <= look.now),
            Review.due_at < look.now + NEAR / 2,
            Review.opened_at < look.now - _PATIENCE,
        )
    ).one()
    if count:
        yield Finding(Code.REVIEW_NOT_BEGUN, count, oldest)
