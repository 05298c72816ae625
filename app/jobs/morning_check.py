"""Keeps every force's runs, gives every child a morning, and holds outcomes against evidence."""

from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import forces
from app.core import logs
from app.core.clock import london_date, london_time
from app.core.policies import current_policy
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome
from app.jobs.runner import StepReport, Tick
from app.reports.balance import AT_A_TICK, balance
from notifications.runs import ensure_run
from notifications.timing import due_when_unknown

log = logs.get(__name__)

# The run of the next date is made the evening before, with the policy as it stands then.
EVENING = time(18, 0)
BLOCK = 1000


def morning_check(tick: Tick) -> StepReport:
    """Make the runs, date the children that have no deadline yet, and report imbalances."""
    report = tick.each(
        _forces(tick), lambda session, force: open_runs(session, force, now=tick.now)
    )
    report.done += tick.each(
        _undated(tick), lambda session, child: give_a_morning(session, child, now=tick.now)
    ).done
    with tick.wiring.database.read(PLATFORM) as session:
        imbalances = balance(session, now=tick.now, force=tick.force, back=AT_A_TICK)
    for one in imbalances:
        log.error("imbalance", job=tick.step, force=one.force, item=str(one.subject), code=one.code)
    report.failed += len(imbalances)
    return report


def open_runs(session: Session, force: str, *, now: datetime) -> None:
    """Make today's run of a force, and from the evening on tomorrow's."""
    today = london_date(now)
    ensure_run(session, force=force, on=today, now=now)
    if london_time(now) >= EVENING:
        ensure_run(session, force=force, on=today + timedelta(days=1), now=now)


def give_a_morning(session: Session, child_id: UUID, *, now: datetime) -> None:
    """Set the deadline by which a child that needs no matching appears on a morning's board."""
    child = session.get_one(InvolvedChild, child_id)
    incident = session.get_one(Incident, child.incident_id)
    _, policy = current_policy(session, child.force, at=now)
    due = due_when_unknown(incident.received_at, incident.occurred_from, policy.timing)
    child.due_at = due.due_at


def _forces(tick: Tick) -> list[str]:
    with tick.wiring.database.read() as session:
        codes = forces.codes(session)
        return [code for code in codes if tick.force in {None, code}]


def _undated(tick: Tick) -> list[UUID]:
    statement = (
        select(InvolvedChild.id)
        .where(
            InvolvedChild.due_at.is_(None),
            InvolvedChild.outcome.not_in((Outcome.RECEIVED, Outcome.SUPERSEDED)),
        )
        .limit(BLOCK)
    )
    if tick.force is not None:
        statement = statement.where(InvolvedChild.force == tick.force)
    with tick.wiring.database.read(PLATFORM) as session:
        return list(session.scalars(statement))
