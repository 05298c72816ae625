"""Whom a message was taken away from, and why: for one named role of the force alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import UNREADABLE, names_of
from app.core.cipher import CannotOpen, Cipher
from app.intake.models import Incident
from schools.connected_models import ChangeReason, RecipientChange
from schools.key_adult_details import open_details
from schools.models import KeyAdult
from schools.officers import officer_names
from schools.recipient_changes import KEPT

SHOWN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One person who was passed over; `about` is a notification, a review or a call."""

    at: datetime
    incident_id: UUID
    reference: str
    about: str
    person: str
    reason: ChangeReason


def recipient_changes(
    session: Session, cipher: Cipher, *, force: str, now: datetime
) -> list[ChangeRow]:
    """Return who was passed over in the last thirty days, newest first."""
    rows = session.execute(
        select(RecipientChange, Incident.reference)
        .join(Incident, Incident.id == RecipientChange.incident_id)
        .where(
            RecipientChange.force == force, RecipientChange.found_at > now - SHOWN,
            # What is kept for later messages stands here with the message of which it was said.
            ~RecipientChange.about.startswith(KEPT),
        )
        .order_by(RecipientChange.found_at.desc(), RecipientChange.id)
    ).all()  # fmt: skip
    people = _names(session, cipher, {change.person for change, _ in rows})
    return [
        ChangeRow(
            change.found_at, change.incident_id, reference, change.about.partition(":")[0],
            people.get(change.person, UNREADABLE), change.reason,
        )
        for change, reference in rows
    ]  # fmt: skip


def _names(session: Session, cipher: Cipher, people: set[str]) -> dict[str, str]:
    """Return a name for each account, key adult and officer whose record opens."""
    ids: dict[str, list[UUID]] = {"account": [], "key_adult": [], "officer": []}
    for person in people:
        kind, _, ident = person.partition(":")
        ids[kind].append(UUID(ident))
    accounts = names_of(session, cipher, ids["account"])
    officers = officer_names(session, cipher, ids["officer"])
    found = {f"account:{ident}": name for ident, name in accounts.items()}
    found |= {f"officer:{ident}": name for ident, name in officers.items()}
    for row in session.scalars(select(KeyAdult).where(KeyAdult.id.in_(ids["key_adult"]))):
        try:
            found[f"key_adult:{row.id}"] = open_details(cipher, row).name
        except CannotOpen:
            continue
    return found
