"""Officers who may be asked about an incident: those tied to its family are left out."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from notifications.models import Notification
from notifications.passing_over import told_of
from schools.connected import Hit, PersonOfInterest, connected
from schools.officers import Duty, OfficerContact, officers_of

# The duties of a force in the order in which its people can help with a child.
_OF_FORCE = (Duty.REVIEWER, Duty.DUTY_OFFICER, Duty.FORCE_LEAD)


@dataclass(frozen=True, slots=True)
class Family:
    """Whose incident it is; `declared` are the accounts that said to be tied to the family.

    `only` are the accounts that alone may know of a restricted incident; None for any other.
    """

    incidents: frozenset[UUID]
    children: frozenset[UUID]
    declared: frozenset[str] = frozenset()
    only: frozenset[UUID] | None = None


def family_of(
    session: Session, notification: Notification, declared: frozenset[str] = frozenset(),
    only: frozenset[UUID] | None = None,
) -> Family:  # fmt: skip
    """Return whom a notification tells of; nobody is declared where the caller knows of nobody."""
    found = told_of(session, [notification.id]).get(notification.id)
    if found is None:
        return Family(frozenset({notification.incident_id}), frozenset(), declared, only)
    return Family(frozenset(found.incidents), frozenset(found.children), declared, only)


def free_officers(
    session: Session, cipher: Cipher, *, owner: str, duty: Duty, on: date, family: Family,
    but: Collection[UUID] = (),
) -> tuple[list[OfficerContact], str]:  # fmt: skip
    """Return who has a duty and is not tied to the family, in order, and the code for nobody.

    Of a restricted incident only those are asked who may know of it: with this duty, else with any
    other of the force, else the force leads, so that somebody is.
    """
    nobody = "no_such_officer"
    for found in _asked_in_turn(session, cipher, owner, duty, on=on, only=family.only):
        left = [one for one in found if one.officer_id not in but]
        free = _untied(session, cipher, left, family)
        if family.only is None or any(one.can_receive for one in free):
            return free, "connected" if left else nobody
    return [], nobody


def _asked_in_turn(
    session: Session, cipher: Cipher, owner: str, duty: Duty, *, on: date,
    only: frozenset[UUID] | None,
) -> Iterator[list[OfficerContact]]:  # fmt: skip
    """Yield who is asked, those of a later list only where nobody of an earlier one is able."""
    with_duty = officers_of(session, cipher, owner, duty, on=on)
    if only is None or not owner.startswith("force:"):
        yield with_duty
        return
    yield [one for one in with_duty if one.account_id in only]
    if duty is Duty.DATA_PROTECTION:
        return  # nobody else decides whether a breach is reported
    members: dict[UUID, OfficerContact] = {}
    for other in _OF_FORCE:
        for one in officers_of(session, cipher, owner, other, on=on):
            if one.account_id in only and one.can_receive:
                members.setdefault(one.account_id, one)
    yield list(members.values())
    yield officers_of(session, cipher, owner, Duty.FORCE_LEAD, on=on)


def _untied(
    session: Session, cipher: Cipher, people: Sequence[OfficerContact], family: Family
) -> list[OfficerContact]:
    if not people:
        return []
    hits = connected(
        session, cipher, incident_ids=family.incidents, child_ids=family.children,
        people=[
            PersonOfInterest(one.officer_id, one.name, one.email, one.telephone) for one in people
        ],
    )  # fmt: skip
    return [
        one
        for one in people
        if hits.get(one.officer_id) is not Hit.IDENTITY
        and f"account:{one.account_id}" not in family.declared
    ]
