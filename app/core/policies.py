"""Reading and adding the policy of a force; a change is a new row, never an edit."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.errors import Invalid
from app.core.followable import wrong_with
from app.core.models import PolicyRow
from app.core.policy import Policy, read_stored


def current_policy(session: Session, force: str, *, at: datetime) -> tuple[int, Policy]:
    """Return the version and body in force at an instant; version 0 is the scheme's default."""
    row = session.scalars(
        select(PolicyRow)
        .where(PolicyRow.force == force, PolicyRow.valid_from <= at)
        .order_by(PolicyRow.version.desc())
        .limit(1)
    ).first()
    return (row.version, read_stored(row.body)) if row else (0, Policy())


def policy_of_version(session: Session, force: str, version: int) -> Policy | None:
    """Return the body of one version, also of one that is over; None where there is none."""
    if version == 0:
        return Policy()
    row = session.get(PolicyRow, (force, version))
    return read_stored(row.body) if row is not None else None


def add_policy(
    session: Session, force: str, *, body: Policy, valid_from: datetime, approved_by: str,
    now: datetime,
) -> int:  # fmt: skip
    """Store the next version of a force's policy and return its number.

    Raises `Invalid` with each place at which it asks for what cannot happen.
    """
    if wrong := wrong_with(body):
        raise Invalid("Nobody could follow this policy: correct the file.", wrong)
    newest = session.scalar(select(func.max(PolicyRow.version)).where(PolicyRow.force == force))
    version = (newest or 0) + 1
    session.add(
        PolicyRow(
            force=force, version=version, body=body.model_dump(mode="json"),
            valid_from=valid_from, approved_by=approved_by,
        )
    )  # fmt: skip
    audit.record(
        session, event=audit.Event.POLICY_CHANGED, actor=approved_by, force=force,
        subject=f"policy:{version}", now=now,
    )  # fmt: skip
    return version
