"""Who is left out of one notification: connected with the incident, or says to know the family.

The ladder, the call sheet and the board all ask here: none names whom another leaves out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.ids import new_id
from notifications.models import Notification, Occurrence, Receipt
from notifications.recipients import Recipient
from notifications.states import ReceiptKind
from schools.connected import Hit, PersonOfInterest, connected
from schools.connected_models import ChangeReason
from schools.recipient_changes import note_change

_REASONS = {
    Hit.IDENTITY: ChangeReason.IDENTITY, Hit.NAMED_AT_SCHOOL: ChangeReason.NAMED_AT_SCHOOL
}  # fmt: skip


@dataclass(slots=True)
class ToldOf:
    """The incidents and children that a notification tells of."""

    incidents: set[UUID] = field(default_factory=set)
    children: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Recipients who are left out: found by digests, with the reason, and by their own word."""

    connected: dict[UUID, ChangeReason]
    withheld: frozenset[UUID]
    # How the trail names those found by digests.
    persons: dict[UUID, str]

    @property
    def everybody(self) -> frozenset[UUID]:
        return self.withheld | self.connected.keys()


def told_of(session: Session, notification_ids: Collection[UUID]) -> dict[UUID, ToldOf]:
    """Return what each notification tells of."""
    rows = session.execute(
        select(
            Occurrence.notification_id, Occurrence.incident_id, Occurrence.involved_child_id
        ).where(Occurrence.notification_id.in_(set(notification_ids)))
    )
    found: dict[UUID, ToldOf] = {}
    for notification_id, incident_id, child_id in rows:
        told = found.setdefault(notification_id, ToldOf())
        told.incidents.add(incident_id)
        told.children.add(child_id)
    return found


def passed_over(
    session: Session, cipher: Cipher, notification_ids: Collection[UUID],
    contacts: Sequence[Recipient],
) -> PassedOver:  # fmt: skip
    """Return which of a school's or council's people are left out of any of these notifications.

    A name alone leaves nobody out: it is asked about at opening. Needs the force's scope.
    """
    told = told_of(session, notification_ids).values()
    hits = connected(
        session,
        cipher,
        incident_ids={incident for one in told for incident in one.incidents},
        child_ids={child for one in told for child in one.children},
        people=[as_person(contact) for contact in contacts],
    )
    said = _withheld(session, notification_ids)
    return PassedOver(
        {one.id: _REASONS[hit] for one in contacts if (hit := hits.get(one.id)) in _REASONS},
        frozenset(one.id for one in contacts if f"account:{one.account_id}" in said),
        {one.id: one.person for one in contacts if hits.get(one.id) in _REASONS},
    )


def note_passed_over(
    session: Session, notification: Notification, found: PassedOver, *, now: datetime, actor: str
) -> None:
    """Note each person whom the digests left out, once."""
    for ident, reason in found.connected.items():
        note_change(
            session, force=notification.force, incident_id=notification.incident_id,
            about=f"notification:{notification.id}", person=found.persons[ident],
            reason=reason, now=now, actor=actor,
        )  # fmt: skip


def carry_withheld(
    session: Session, notification: Notification, said: Mapping[str, ChangeReason], *,
    people: Collection[Recipient], now: datetime, actor: str,
) -> None:  # fmt: skip
    """Keep the content from those of its people who said earlier that they know this family.

    `said` is the account and what it said. Nobody is hurried: the ladder passes over them.
    """
    known = _withheld(session, [notification.id])
    for account in sorted({f"account:{one.account_id}" for one in people} & said.keys() - known):
        session.add(
            Receipt(
                id=new_id(), force=notification.force, urn=notification.urn,
                council=notification.council, notification_id=notification.id,
                kind=ReceiptKind.WITHHELD, at=now, actor=account, source="earlier",
            )
        )  # fmt: skip
        note_change(
            session, force=notification.force, incident_id=notification.incident_id,
            about=f"notification:{notification.id}", person=account, reason=said[account],
            now=now, actor=actor,
        )  # fmt: skip
    session.flush()


def as_person(one: Recipient) -> PersonOfInterest:
    """Return a recipient as somebody to compare."""
    return PersonOfInterest(one.id, one.name, one.email, one.telephone, one.date_of_birth)


def _withheld(session: Session, notification_ids: Collection[UUID]) -> set[str]:
    return set(
        session.scalars(
            select(Receipt.actor).where(
                Receipt.notification_id.in_(set(notification_ids)),
                Receipt.kind == ReceiptKind.WITHHELD,
            )
        )
    )
