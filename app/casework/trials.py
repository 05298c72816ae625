"""What a test system is answered: of its own trials, and of nothing that is real."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.casework.answered import (
    ChildStatus,
    ClosedNight,
    IncidentStatus,
    Withdrawal,
    read_cursor,
    write_cursor,
)
from app.casework.police import PoliceActing
from app.core import audit
from app.core.ids import new_id
from app.intake import trial
from app.intake.models import NightClose, TrialIncident
from app.intake.nights import Totals
from app.intake.outcomes import IncidentState, Outcome
from app.reports.told import Told


def read(session: Session, acting: PoliceActing, *, reference: str) -> IncidentStatus:
    """Return the newest version tried under a reference; raise `NotFound`."""
    return _status(trial.newest_of(session, acting.force, reference))


def listed(
    session: Session, acting: PoliceActing, *, since: datetime | None,
    wanted: Callable[[IncidentStatus], bool], cursor: str | None, limit: int,
) -> tuple[list[IncidentStatus], str | None]:  # fmt: skip
    """Return trials in the order they arrived, and the cursor of the next page if there is one."""
    rows = trial.page_of(
        session, acting.force, since=since, after=read_cursor(cursor), limit=limit + 1
    )
    shown, more = rows[:limit], len(rows) > limit
    following = write_cursor((shown[-1].received_at, shown[-1].id)) if more else None
    return [status for row in shown if wanted(status := _status(row))], following


def withdraw(session: Session, acting: PoliceActing, *, reference: str, reason: str) -> Withdrawal:
    """Take a trial back; a repeat answers what the first time did. Raises `NotFound`."""
    row = trial.newest_of(session, acting.force, reference)
    if row.withdrawn_at is None:
        trial.take_back(session, row, now=acting.now)
        audit.record(
            session, event=audit.Event.TRIAL_WITHDRAWN, actor=acting.actor, force=acting.force,
            subject=f"trial_incident:{row.id}", now=acting.now, reason_code=reason,
        )  # fmt: skip
    return Withdrawal(
        reference=reference, version=row.version, withdrawn_at=row.withdrawn_at or acting.now,
        children=len(row.children), recalled=0, opened_by=0, alerts_stopped=0,
    )  # fmt: skip


def close(acting: PoliceActing, session: Session, *, on: date, told: Totals) -> ClosedNight:
    """Compare a test system's totals with its trials; the force's own night stays as it is."""
    arrived = trial.arrived(session, acting.force, on=on, now=acting.now)
    night = NightClose(
        id=new_id(), force=acting.force, on_date=on, client_id=acting.caller.client_id,
        closed_at=acting.now, told=told.as_json(), arrived=arrived.as_json(),
        equal=told == arrived,
    )  # fmt: skip
    return ClosedNight(night, trial=True)


def _status(row: TrialIncident) -> IncidentStatus:
    taken_back = row.withdrawn_at is not None
    return IncidentStatus(
        id=row.id,
        reference=row.reference,
        version=row.version,
        state=IncidentState.WITHDRAWN if taken_back else IncidentState.NEWEST,
        occurred_from=row.occurred_from,
        received_at=row.received_at,
        withdrawn_at=row.withdrawn_at,
        children=tuple(_child(row, one) for one in row.children),
        trial=True,
    )


def _child(row: TrialIncident, kept: dict[str, object]) -> ChildStatus:
    outcome = Outcome(str(kept["outcome"]))
    warnings = kept["warnings"]
    return ChildStatus(
        ref=str(kept["ref"]),
        outcome=outcome,
        outcome_reason=None if kept["reason"] is None else str(kept["reason"]),
        outcome_at=row.received_at,
        told=Told.NOT_TOLD,
        warnings=tuple(warnings) if isinstance(warnings, list) else (),
        band=None,
        rules_version=None,
        school_found=False,
        schools=(),
        notifications=(),
    )
