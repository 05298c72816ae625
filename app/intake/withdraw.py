"""Taking an incident back: its children get the outcome `withdrawn`, in every version."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import keys
from app.core.cipher import Cipher, Erased
from app.core.errors import NotFound, Unavailable
from app.intake.details import IncidentDetails
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome

# Each look after the first waits for one more version that arrives meanwhile.
_LOOKS = 5


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was taken back; `already` where it had been before."""

    incident: Incident
    versions: tuple[UUID, ...]
    children: tuple[UUID, ...]
    already: bool


def withdraw(
    session: Session, cipher: Cipher, *, force: str, reference: str, reason_code: str,
    reason: str | None, now: datetime,
) -> Withdrawn:  # fmt: skip
    """Withdraw what is acted on under a reference; raise `NotFound` for an unknown one.

    Raises `Unavailable` where newer versions arrive faster than they can be locked. A higher
    version pushed afterwards is acted on again: the force has then said so itself.
    """
    incidents = _locked(session, force, reference)
    if not incidents:
        raise NotFound("No incident has this reference: check it and send it again.")
    versions = tuple(incident.id for incident in incidents)
    newest = next((one for one in incidents if one.state is IncidentState.NEWEST), None)
    if newest is None:
        return Withdrawn(incidents[-1], versions, (), already=True)
    newest.state = IncidentState.WITHDRAWN
    newest.withdrawn_at = now
    newest.withdrawal_reason = reason_code
    _keep_words(session, cipher, newest, reason)
    return Withdrawn(newest, versions, _end_children(session, [newest.id], now), already=False)


def _locked(session: Session, force: str, reference: str) -> Sequence[Incident]:
    """Return every version under a reference, lowest first, locked.

    A lock that waited for a newer version finds the older one superseded and does not see the
    newer, which was not there when the statement began: the next statement does.
    """
    wanted = (
        select(Incident)
        .where(Incident.force == force, Incident.reference == reference)
        .order_by(Incident.version)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for _ in range(_LOOKS):
        incidents = session.scalars(wanted).all()
        if not incidents or incidents[-1].state is not IncidentState.SUPERSEDED:
            return incidents
    raise Unavailable("A newer version is just arriving: send the withdrawal again.")


def _end_children(
    session: Session, incident_ids: Sequence[UUID], now: datetime
) -> tuple[UUID, ...]:
    waiting = (
        InvolvedChild.incident_id.in_(incident_ids), InvolvedChild.outcome != Outcome.SUPERSEDED
    )  # fmt: skip
    ids = tuple(session.scalars(select(InvolvedChild.id).where(*waiting)))
    session.execute(
        update(InvolvedChild)
        .where(InvolvedChild.id.in_(ids))
        .values(outcome=Outcome.WITHDRAWN, outcome_reason=None, outcome_at=now)
        .execution_options(synchronize_session=False)
    )
    return ids


def _keep_words(session: Session, cipher: Cipher, incident: Incident, reason: str | None) -> None:
    """Keep the words of the force with the sealed record: they may name somebody."""
    if reason is None:
        return
    try:
        key = keys.open_key(session, cipher, incident.content_key_id)
    except Erased:
        return
    details = cipher.open(
        IncidentDetails, incident.sealed, table="incident", row=incident.id,
        force=incident.force, key=key,
    )  # fmt: skip
    incident.sealed = cipher.seal(
        replace(details, withdrawal=reason), table="incident", row=incident.id,
        force=incident.force, key=key,
    )  # fmt: skip
