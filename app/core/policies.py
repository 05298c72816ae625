"""Reading and adding the policy of a force; a change is a new row, never an edit."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

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


def changed_parts(session: Session, force: str, *, body: Policy, at: datetime) -> frozenset[str]:
    """Return the names of the parts in which a policy differs from the one in force at an instant.

    What is stored is compared as it stands: a version that cannot be read has its parts, too.
    """
    stored = session.scalars(
        select(PolicyRow.body)
        .where(PolicyRow.force == force, PolicyRow.valid_from <= at)
        .order_by(PolicyRow.version.desc())
        .limit(1)
    ).first()
    before = {name: _over(part, (stored or {}).get(name)) for name, part in _dumped(Policy())}
    return frozenset(name for name, part in _dumped(body) if part != before[name])


def _dumped(policy: Policy) -> Iterable[tuple[str, Any]]:
    return policy.model_dump(mode="json").items()


def _over(default: Any, stored: Any) -> Any:
    """Return a stored part, with the default of what it lacks."""
    if isinstance(default, dict) and isinstance(stored, dict):
        return {name: stored.get(name, value) for name, value in default.items()}
    return default if stored is None else stored


def add_policy(
    session: Session, force: str, *, body: Policy, valid_from: datetime, approved_by: str,
    now: datetime, proposed_by: str | None = None, parts: Sequence[str] = (),
) -> int:  # fmt: skip
    """Store the next version of a force's policy and return its number.

    `parts` are those that two people decided, `proposed_by` the first of them. Raises `Invalid`
    with each place at which it asks for what cannot happen.
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
        detail={"proposed_by": proposed_by, "parts": list(parts)} if parts else None,
    )  # fmt: skip
    return version
