"""Whom a notification is for, in the order asked: its school's key adults, its council's officers.

A protected child's has one person at most: whom it was released to (domain.md §3).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.policy import Policy
from notifications.alerting import Addressee
from notifications.holiday_desk import holiday_order, in_holiday
from notifications.models import Notification
from schools.key_adults import Contact, contacts_of, contacts_of_each
from schools.officers import Duty, OfficerContact, officers_of


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person who may be told, and why they may not be alerted today."""

    id: UUID
    is_officer: bool
    account_id: UUID | None
    name: str = field(repr=False)
    email: str = field(repr=False)
    telephone: str | None = field(repr=False)
    can_receive: bool
    reason_code: str | None
    lapsed: bool = False
    date_of_birth: date | None = field(default=None, repr=False)
    # A mobile that a code proved.
    mobile: str | None = field(default=None, repr=False)

    @property
    def person(self) -> str:
        """Return how the trail names this person."""
        return f"{'officer' if self.is_officer else 'key_adult'}:{self.id}"


def recipients_of(
    session: Session, cipher: Cipher, notification: Notification, *, on: date, policy: Policy
) -> list[Recipient]:
    """Return who may be told of one notification on a London date, in the order asked."""
    urn, council = notification.urn, notification.council
    if urn is not None and in_holiday(notification, on=on):
        contacts = contacts_of(session, cipher, urn, on=on, policy=policy)
        found = [_key_adult(one) for one in holiday_order(session, urn, contacts, on=on)]
        # While pupils are away the council's desk comes after everybody at the school.
        found += people_of(session, cipher, urn=None, council=council, on=on, policy=policy)
    else:
        found = people_of(session, cipher, urn=urn, council=council, on=on, policy=policy)
    return those_shown(found, notification.shown_only_to)


def people_of(
    session: Session, cipher: Cipher, *, urn: int | None, council: str | None, on: date,
    policy: Policy,
) -> list[Recipient]:  # fmt: skip
    """Return a school's key adults, or the officers of a council that is itself the recipient."""
    if urn is not None:
        return [_key_adult(one) for one in contacts_of(session, cipher, urn, on=on, policy=policy)]
    if council is None:
        return []
    officers = officers_of(session, cipher, f"council:{council}", Duty.COUNCIL_OFFICER, on=on)
    return [_officer(one) for one in officers]


def people_of_each(
    session: Session, cipher: Cipher, urns: Collection[int], *, on: date, policy: Policy
) -> dict[int, list[Recipient]]:
    """Return the key adults of several schools, each in its own order, read at once."""
    found = contacts_of_each(session, cipher, urns, on=on, policy=policy)
    return {urn: [_key_adult(one) for one in contacts] for urn, contacts in found.items()}


def those_shown(people: list[Recipient], shown_only_to: str | None) -> list[Recipient]:
    """Return everybody, or of a protected child's the one person it was released to."""
    if shown_only_to is None:
        return people
    return [one for one in people if shown_only_to in {f"account:{one.account_id}", one.person}]


def addressee(notification: Notification, to: Recipient) -> Addressee:
    """Return an alert's address: this person, in the scope of the notification."""
    return Addressee(
        notification.force, notification.urn, notification.council,
        key_adult_id=None if to.is_officer else to.id, officer_id=to.id if to.is_officer else None,
    )  # fmt: skip


def _key_adult(one: Contact) -> Recipient:
    return Recipient(
        one.key_adult_id, False, one.account_id, one.name, one.email, one.telephone,
        one.can_receive, one.reason_code, one.lapsed, one.date_of_birth, one.mobile,
    )  # fmt: skip


def _officer(one: OfficerContact) -> Recipient:
    return Recipient(
        one.officer_id, True, one.account_id, one.name, one.email, one.telephone,
        one.can_receive, one.reason_code,
    )  # fmt: skip
