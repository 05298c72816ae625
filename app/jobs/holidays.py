"""What a force does with a child whose school is on holiday: deliver, hold, or tell the council.

Source: domain.md §6. Whatever the force chose, nothing is dropped: on the first pupil morning the
child is matched again (`app.jobs.match_again`) and its school of that day is told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.core import audit
from app.core.policy import HolidayPolicy, Policy
from app.intake.models import InvolvedChild
from app.intake.moves import move_child
from app.intake.outcomes import Outcome, OutcomeReason
from notifications.errors import ClaimedByAnother
from notifications.models import Notification
from notifications.placing import Order
from notifications.replanning import Replanned, replan
from notifications.timing import Due, due_for_council, returns_at
from schools.calendars import council_calendar
from schools.term_dates import is_school_day, next_school_day


def holiday_way(child: InvolvedChild, orders: Sequence[Order], policy: Policy) -> HolidayPolicy:
    """Return which way this child goes now: the force's choice where all its schools are away.

    One of two schools in session is told at once, and the other with it. A child matched again is
    delivered, so that no second holiday holds it back.
    """
    away = bool(orders) and all(order.due.return_on is not None for order in orders)
    return policy.timing.holiday if away and child.rematched_at is None else HolidayPolicy.DELIVER


def hold_for_pupils(
    session: Session, child: InvolvedChild, orders: Sequence[Order], *, now: datetime, actor: str
) -> None:
    """Hold a child until the first pupil morning; not told meanwhile, and shown as such."""
    mornings = [order.due.return_on for order in orders if order.due.return_on is not None]
    child.return_on = min(mornings)
    move_child(
        session, child, to=Outcome.HELD, reason=OutcomeReason.FORCE_HOLD,
        due_at=returns_at(child.return_on), now=now,
    )  # fmt: skip
    audit.record(
        session, event=audit.Event.CHILD_HELD, actor=actor, force=child.force,
        subject=f"involved_child:{child.id}", now=now, reason_code="school_holiday",
        detail={"return_on": child.return_on.isoformat()},
    )  # fmt: skip


def at_councils(session: Session, orders: Sequence[Order], policy: Policy) -> list[Order]:
    """Address each council once instead of its schools, on the council's working calendar."""
    found: dict[str, Order] = {}
    for order in orders:
        if order.council is None or order.council in found:
            continue
        due = due_for_council(
            council_calendar(session, order.council), accepted_at=order.accepted_at,
            incident_at=order.facts.occurred_at, timing=policy.timing,
        )  # fmt: skip
        found[order.council] = replace(
            order, urn=None, recipient=f"council:{order.council}",
            due=replace(due, return_on=order.due.return_on),
        )  # fmt: skip
    return list(found.values())


def pupils_back(session: Session, council: str, on: date) -> date | None:
    """Return the first pupil morning of a council's schools where this date is in a holiday.

    A child handed over in August has a school still to be found: it is looked for again then.
    """
    calendar = council_calendar(session, council)
    return None if is_school_day(calendar, on) else next_school_day(calendar, on)


def later_morning(dues: Iterable[Due]) -> date | None:
    """Return when a child just matched again is looked for once more: a school is still away."""
    return min((due.return_on for due in dues if due.return_on is not None), default=None)


def begin_again(
    session: Session, orders: Sequence[Order], placed: Sequence[Notification], *,
    policy: Policy, now: datetime, actor: str,
) -> None:  # fmt: skip
    """Begin the ladder again where the school is the same and nobody there was told yet.

    Raises `ClaimedByAnother` while a caller has that school: the step comes again.
    """
    for order, notification in zip(orders, placed, strict=True):
        if notification.told_at is None and notification.accepted_at < order.accepted_at:
            begun = replan(
                session, notification.id, order.due, policy=policy,
                reason_code="first_pupil_morning", now=now, actor=actor,
            )  # fmt: skip
            if begun is Replanned.CLAIMED:
                raise ClaimedByAnother("A caller has this school now: its ladder begins after.")
