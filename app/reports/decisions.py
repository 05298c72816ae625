"""Every decision not to tell, or not yet: holds, exclusions and withdrawals, with who and why.

Read from the trail, where each is recorded with the act itself: one that ended since is here too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.models import PoliceClient
from app.core import keys
from app.core.audit import Event
from app.core.cipher import Cipher, Erased
from app.core.models import AuditEntry
from app.intake.models import Incident, InvolvedChild
from app.intake.opening import open_incident
from app.intake.outcomes import Outcome
from app.reports.quality import day_before

_KINDS = {
    Event.CHILD_NOT_NOTIFIED: "excluded",
    Event.CHILD_HELD: "held",
    Event.INCIDENT_WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision; `child_ref` is empty where it was about a whole incident.

    `decided_by` is the person or the system; `account` whom the force named for a hold; `now` the
    child's outcome today.
    """

    at: datetime
    kind: str
    reference: str
    child_ref: str
    reason: str
    decided_by: str
    account: str
    now: Outcome | None


def decisions(session: Session, cipher: Cipher, *, force: str, on: date) -> list[DecisionRow]:
    """Return the decisions of the 24 hours up to six on a London morning, oldest first."""
    first, last = day_before(on)
    entries = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.force == force, AuditEntry.at > first, AuditEntry.at <= last,
            AuditEntry.event.in_([event.value for event in _KINDS]),
        )
        .order_by(AuditEntry.at, AuditEntry.seq)
    ).all()  # fmt: skip
    children = _children(session, entries)
    incidents = _incidents(session, entries, children.values())
    by = _deciders(session, cipher, entries)
    held_ids = {
        children[_subject(entry)].incident_id
        for entry in entries
        if entry.event == Event.CHILD_HELD and _subject(entry) in children
    }
    accounts = _hold_accounts(session, cipher, [incidents[one] for one in held_ids])
    rows = []
    for entry in entries:
        child = children.get(_subject(entry))
        incident = incidents.get(child.incident_id if child else _subject(entry))
        if incident is None:
            continue
        held = _KINDS[Event(entry.event)] == "held"
        rows.append(
            DecisionRow(
                at=entry.at, kind=_KINDS[Event(entry.event)], reference=incident.reference,
                child_ref=child.ref if child else "", reason=entry.reason_code or "",
                decided_by=by.get(entry.actor, entry.actor.partition(":")[0]),
                account=accounts.get(incident.id, "") if held else "",
                now=child.outcome if child else None,
            )
        )  # fmt: skip
    return rows


def _subject(entry: AuditEntry) -> UUID:
    return UUID(entry.subject.partition(":")[2])


def _children(session: Session, entries: Sequence[AuditEntry]) -> dict[UUID, InvolvedChild]:
    ids = {_subject(one) for one in entries if one.subject.startswith("involved_child:")}
    rows = session.scalars(select(InvolvedChild).where(InvolvedChild.id.in_(ids)))
    return {row.id: row for row in rows}


def _incidents(
    session: Session, entries: Sequence[AuditEntry], children: Iterable[InvolvedChild]
) -> dict[UUID, Incident]:
    ids = {_subject(one) for one in entries if one.subject.startswith("incident:")}
    ids |= {child.incident_id for child in children}
    return {row.id: row for row in session.scalars(select(Incident).where(Incident.id.in_(ids)))}


def _deciders(session: Session, cipher: Cipher, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Return a name for each actor who has one: a person, or a police system."""
    held: dict[str, set[UUID]] = {"account": set(), "client": set()}
    for actor in {entry.actor for entry in entries}:
        kind, _, ident = actor.partition(":")
        if kind in held:
            held[kind].add(UUID(ident))
    systems = session.scalars(select(PoliceClient).where(PoliceClient.id.in_(held["client"])))
    people = names_of(session, cipher, held["account"])
    return {f"client:{one.id}": one.name for one in systems} | {
        f"account:{ident}": name for ident, name in people.items()
    }


def _hold_accounts(
    session: Session, cipher: Cipher, incidents: Iterable[Incident]
) -> dict[UUID, str]:
    """Return the account that the force named for the hold of each incident that has one."""
    found = {}
    for incident in incidents:
        try:
            key = keys.open_key(session, cipher, incident.content_key_id)
        except Erased:
            continue
        hold = open_incident(cipher, incident, key).hold
        if hold is not None:
            found[incident.id] = hold.account
    return found
