"""Which children may be on the board of a morning, found from what is open and never from the past.

Every statement here begins at an index that holds only what is open or due that day: the board of
a force with years of messages costs what its morning costs. What is found is looked at again in
Python (`app.reports.told`), so one too many does no harm; one too few would be a child on no board.
A child is sent to a school or council in the transaction that places its first message, so that
one who was sent is found by its messages (`tests/simulation/test_boards.py`).
"""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, and_, exists, or_, select, union

from app.access.models import Force
from app.core.types import plainly
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import NEEDS_SERVICE, SENT, Outcome, OutcomeReason
from app.reports.services import service_told
from notifications.models import Notification, Occurrence
from notifications.states import NOT_VISIBLE, VISIBLE, NotificationState

UNSETTLED = (Outcome.RECEIVED, Outcome.DETAILS_AWAITED, Outcome.IN_REVIEW, Outcome.HELD)
_NOTE, _TOLD_OF = cast(Table, Notification.__table__), cast(Table, Occurrence.__table__)
# All but those whom a newer version of the incident has.
_UNDATED = tuple(one for one in Outcome if one is not Outcome.SUPERSEDED)


def of_morning(force: str | None, start: datetime, end: datetime) -> ColumnElement[bool]:
    """Return whether a child is due between two instants, or of before and perhaps not told.

    Of one force, or of all. Also one of before with a message that is due between them.
    """
    due_at, of_force = InvolvedChild.due_at, InvolvedChild.force
    mine = of_force.in_(select(Force.code)) if force is None else of_force == force
    rows = select(InvolvedChild.id).where(mine)
    found = union(
        rows.where(due_at >= start, due_at < end),
        # No morning is known for it yet, as of one that matching has not looked at.
        rows.where(InvolvedChild.outcome.in_(_UNDATED), due_at.is_(None)),
        rows.where(InvolvedChild.outcome.in_(UNSETTLED), due_at < start),
        _without_service(rows.where(due_at < start)),
        _by_message(force, _untold()).where(InvolvedChild.outcome.in_(SENT), due_at < start),
        _by_message(force, _nothing_shown()).where(InvolvedChild.outcome.in_(SENT), due_at < start),
        # Told in a holiday and matched again since, or at two schools of which one had longer.
        _by_message(force, _NOTE.c.due_at >= start, _NOTE.c.due_at < end).where(
            or_(
                InvolvedChild.rematched_at.is_not(None),
                and_(InvolvedChild.outcome.in_(SENT), due_at < start),
            )
        ),
    )
    return InvolvedChild.id.in_(found)


def _without_service(rows: Select[UUID]) -> Select[UUID]:
    """Children whom no school is told of, and of whom no other service was told yet."""
    return rows.join(Incident, Incident.id == InvolvedChild.incident_id).where(
        InvolvedChild.outcome.in_(plainly(Outcome, [Outcome.NOT_NOTIFIED])),
        InvolvedChild.outcome_reason.in_(plainly(OutcomeReason, NEEDS_SERVICE)),
        ~service_told(),
    )


def _by_message(force: str | None, *which: ColumnElement[bool]) -> Select[UUID]:
    """The children whom some messages of a force tell of.

    Of the tables and not of what the scope leaves of them: a message that tells of a restricted
    incident as well is closed to most, and the other child it tells of is not. Which children are
    shown is for the statement around.
    """
    of_force = _NOTE.c.force.in_(select(Force.code)) if force is None else _NOTE.c.force == force
    told = _NOTE.join(_TOLD_OF, _TOLD_OF.c.notification_id == _NOTE.c.id)
    found: Any = (
        select(InvolvedChild.id)
        .select_from(told)
        .join(InvolvedChild, InvolvedChild.id == _TOLD_OF.c.involved_child_id)
        .where(of_force, *which)
    )
    return found  # type: ignore[no-any-return]


def _untold() -> ColumnElement[bool]:
    ready = plainly(NotificationState, [NotificationState.READY])
    return and_(_NOTE.c.state.in_(ready), _NOTE.c.told_at.is_(None))


def _nothing_shown() -> ColumnElement[bool]:
    """A message that is shown to nobody, where no other about the same child is shown."""
    other, its = _NOTE.alias("other"), _TOLD_OF.alias("its")
    shown = exists().where(
        its.c.involved_child_id == _TOLD_OF.c.involved_child_id,
        other.c.id == its.c.notification_id, other.c.state.in_(sorted(VISIBLE)),
    )  # fmt: skip
    return and_(_NOTE.c.state.in_(plainly(NotificationState, NOT_VISIBLE)), ~shown)
