"""What test systems push: answered as if it were real, kept apart, and told to nobody.

A vendor tries its messages against the true rules; what is kept is a digest and codes, in a table
that no job, report or count of the service reads.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.core import audit
from app.core.cipher import Cipher
from app.core.clock import at_london
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.policies import current_policy
from app.intake.models import TrialIncident
from app.intake.nights import Totals
from app.intake.outcomes import IncidentState, Outcome
from app.intake.payload import UNNAMED
from app.intake.receive import Kind, ReceivedChild, Result, Submission, body_digest
from app.intake.shelf import Shelf

KEPT = timedelta(days=30)
_BEGINS = time(6, 0)


def try_out(
    session: Session, cipher: Cipher, submissions: Sequence[Submission], *, now: datetime
) -> list[Result]:
    """Take a list of trials; return one result each, in their order, as `receive` would."""
    results: dict[int, Result] = {}
    order = sorted(range(len(submissions)), key=lambda place: submissions[place].message.version)
    for place in order:
        results[place] = _one(session, cipher, submissions[place], now=now)
    return [results[place] for place in range(len(submissions))]


def _one(session: Session, cipher: Cipher, submission: Submission, *, now: datetime) -> Result:
    message = submission.message
    versions = {one.version: one for one in versions_of(session, *submission.key)}
    digest = body_digest(cipher, submission.force, message)
    row, kind = versions.get(message.version), Kind.REPLAYED
    if row is None:
        row, kind = _stored(session, cipher, submission, digest, now=now), Kind.CREATED
    elif row.body_digest != digest:
        kind = Kind.CONFLICT
    newest = max([*versions, row.version])
    return Result(
        kind=kind, id=row.id, reference=row.reference, version=row.version,
        received_at=row.received_at, children=children_of(row),
        superseded_by=newest if newest > row.version else None, trial=True,
    )  # fmt: skip


def _stored(
    session: Session, cipher: Cipher, submission: Submission, digest: bytes, *, now: datetime
) -> TrialIncident:
    force, message = submission.force, submission.message
    # Made ready as intake would, then left unwritten: only what it came to is kept.
    new = Shelf(cipher, now).put(
        force=force, client_id=submission.client_id, message=message, digest=digest,
        state=IncidentState.NEWEST, superseded_by=None, request_id=submission.request_id,
        policy=current_policy(session, force, at=now)[1],
    )  # fmt: skip
    row = TrialIncident(
        id=new_id(), force=force, reference=message.reference, version=message.version,
        client_id=submission.client_id, occurred_from=message.occurred_from, received_at=now,
        body_digest=digest,
        children=[
            {"ref": child.ref, "outcome": child.outcome.value,
             "reason": child.reason.value if child.reason else None,
             "warnings": list(child.warnings)}
            for child in new.children
        ],
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, event=audit.Event.TRIAL_RECEIVED, actor=submission.actor, force=force,
        subject=f"trial_incident:{row.id}", now=now,
    )  # fmt: skip
    return row


def children_of(row: TrialIncident) -> tuple[ReceivedChild, ...]:
    """Return what a trial's answer says of its children."""
    return tuple(
        ReceivedChild(one["ref"], Outcome(one["outcome"]), tuple(one["warnings"]))
        for one in row.children
    )


def versions_of(session: Session, force: str, reference: str) -> Sequence[TrialIncident]:
    """Return the versions tried under a reference, the newest first."""
    return session.scalars(
        select(TrialIncident)
        .where(TrialIncident.force == force, TrialIncident.reference == reference)
        .order_by(TrialIncident.version.desc())
    ).all()


def newest_of(session: Session, force: str, reference: str) -> TrialIncident:
    """Return the newest version tried under a reference; raise `NotFound`."""
    found = versions_of(session, force, reference)
    if not found:
        raise NotFound("No incident has this reference: check it and ask again.")
    return found[0]


def take_back(session: Session, row: TrialIncident, *, now: datetime) -> None:
    """Withdraw every version of a trial; a repeat keeps the first date."""
    session.execute(
        update(TrialIncident)
        .where(
            TrialIncident.force == row.force, TrialIncident.reference == row.reference,
            TrialIncident.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )  # fmt: skip


def arrived(session: Session, force: str, *, on: date, now: datetime) -> Totals:
    """Count the trials of the night that ends on a London date, by reference."""
    newest: dict[str, TrialIncident] = {}
    rows = session.scalars(
        select(TrialIncident)
        .where(
            TrialIncident.force == force,
            TrialIncident.received_at > at_london(on - timedelta(days=1), _BEGINS),
            TrialIncident.received_at <= min(now, at_london(on + timedelta(days=1), _BEGINS)),
        )
        .order_by(TrialIncident.version)
    )
    for row in rows:
        newest[row.reference] = row
    listed = [
        sum(not child["ref"].startswith(UNNAMED) for child in row.children)
        for row in newest.values()
    ]
    return Totals(len(listed), sum(number > 0 for number in listed), sum(listed))


def tried(session: Session, force: str, *, since: datetime) -> int:
    """Return how many versions test systems of a force pushed since an instant."""
    return (
        session.scalar(
            select(func.count(TrialIncident.id)).where(
                TrialIncident.force == force, TrialIncident.received_at >= since
            )
        )
        or 0
    )


def forget_trials(session: Session, *, now: datetime) -> None:
    """Forget what was tried a month ago."""
    session.execute(delete(TrialIncident).where(TrialIncident.received_at < now - KEPT))


def page_of(
    session: Session, force: str, *, since: datetime | None, after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[TrialIncident]:  # fmt: skip
    """Return trials in the order they arrived, every version, after one arrival."""
    wanted = [TrialIncident.force == force]
    if since is not None:
        wanted.append(TrialIncident.received_at >= since)
    if after is not None:
        at, last = after
        same = (TrialIncident.received_at == at) & (TrialIncident.id > last)
        wanted.append((TrialIncident.received_at > at) | same)
    return session.scalars(
        select(TrialIncident)
        .where(*wanted)
        .order_by(TrialIncident.received_at, TrialIncident.id)
        .limit(limit)
    ).all()
