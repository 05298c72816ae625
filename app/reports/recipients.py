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
        .where(RecipientChange.force == force, RecipientChange.found_at > now - SHOWN)
        .order_by(RecipientChange.found_at.desc(), RecipientChange.id)
    ).all()
    people = _names(session, cipher, {change.person for change, _ in rows})
    return [
        ChangeRow(
            change.found_at, change.incident_id, reference, change.about.partition(":")[0],
            people.get(change.person, UNREADABLE), change.reason,
        )
        for change, reference in rows
    ]  # fmt: skip


def _names(session: Session, cipher: Cipher, people: set[str]) -> dict[str, str]:
    ids = {person: UUID(person.partition(":")[2]) for person in people}
    accounts = {one: ident for one, ident in ids.items() if one.startswith("account:")}
    entries = {one: ident for one, ident in ids.items() if one.startswith("key_adult:")}
    names = names_of(session, cipher, accounts.values())
    found = {one: names[ident] for one, ident in accounts.items() if ident in names}
    for row in session.scalars(select(KeyAdult).where(KeyAdult.id.in_(entries.values()))):
        try:
            found[f"key_adult:{row.id}"] = open_details(cipher, row).name
        except CannotOpen:
            continue
    return found
