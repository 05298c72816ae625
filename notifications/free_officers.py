"""Officers who may be asked about an incident: those tied to its family are left out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from notifications.models import Notification
from notifications.passing_over import told_of
from schools.connected import Hit, PersonOfInterest, connected
from schools.officers import Duty, OfficerContact, officers_of


@dataclass(frozen=True, slots=True)
class Family:
    """Whose incident it is; `declared` are the accounts that said to be tied to the family."""

    incidents: frozenset[UUID]
    children: frozenset[UUID]
    declared: frozenset[str] = frozenset()


def family_of(
    session: Session, notification: Notification, declared: frozenset[str] = frozenset()
) -> Family:
    """Return whom a notification tells of; nobody is declared where the caller knows of nobody."""
    found = told_of(session, [notification.id]).get(notification.id)
    if found is None:
        return Family(frozenset({notification.incident_id}), frozenset(), declared)
    return Family(frozenset(found.incidents), frozenset(found.children), declared)


def free_officers(
    session: Session, cipher: Cipher, *, owner: str, duty: Duty, on: date, family: Family,
    but: Collection[UUID] = (),
) -> tuple[list[OfficerContact], str]:  # fmt: skip
    """Return who has a duty and is not tied to the family, in order, and the code for nobody."""
    found = officers_of(session, cipher, owner, duty, on=on)
    left = [one for one in found if one.officer_id not in but]
    if not left:
        return [], "no_such_officer"
    hits = connected(
        session, cipher, incident_ids=family.incidents, child_ids=family.children,
        people=[
            PersonOfInterest(one.officer_id, one.name, one.email, one.telephone) for one in left
        ],
    )  # fmt: skip
    free = [
        one
        for one in left
        if hits.get(one.officer_id) is not Hit.IDENTITY
        and f"account:{one.account_id}" not in family.declared
    ]
    return free, "connected"
