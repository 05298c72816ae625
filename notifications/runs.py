"""A run: one calendar date of one force, with the policy it began under."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.database import insert_unless_there
from app.core.ids import new_id
from app.core.policies import current_policy
from app.core.policy import Policy, read_stored
from notifications.models import Run


def ensure_run(session: Session, *, force: str, on: date, now: datetime) -> Run:
    """Return the run of a London date, made with the policy in force now where there is none.

    Two that ask at the same time get the same row: the unique key decides.
    """
    found = _run(session, force, on)
    if found is not None:
        return found
    version, policy = current_policy(session, force, at=now)
    insert_unless_there(
        session, Run, id=new_id(), force=force, on_date=on, made_at=now,
        policy_version=version, policy=policy.model_dump(mode="json"),
    )  # fmt: skip
    made = _run(session, force, on)
    if made is None:
        raise LookupError("a run that was just made is outside the scope of this work")
    return made


def policy_of(run: Run) -> Policy:
    """Return the policy frozen into a run; a later change does not reach into it."""
    return read_stored(run.policy)


def _run(session: Session, force: str, on: date) -> Run | None:
    return session.scalars(select(Run).where(Run.force == force, Run.on_date == on)).one_or_none()
