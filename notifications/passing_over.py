"""Who is left out of one notification: connected with the incident, or says to know the family.

The ladder, the call sheet and the board all ask here: none names whom another leaves out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.ids import new_id
from notifications.models import Notification, Occurrence, Receipt
from notifications.recipients import Recipient
from notifications.states import ReceiptKind
from schools.connected import Hit, PersonOfInterest, connected_by, digests_of
from schools.connected_models import ChangeReason, ConnectedDigest, RecipientChange
from schools.recipient_changes import keep_change, note_change

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
    if not notification_ids:
        return {}
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
    incidents = {incident for one in told for incident in one.incidents}
    children = {child for one in told for child in one.children}
    said = _withheld(session, notification_ids).values()
    return _passed_over(
        cipher, digests_of(session, incidents), children, frozenset().union(*said), contacts
    )


def passed_over_each(
    session: Session, cipher: Cipher, asked: Mapping[UUID, Sequence[Recipient]]
) -> dict[UUID, PassedOver]:
    """Return who is left out of each of these notifications, of its own people, read at once."""
    told = told_of(session, asked)
    kept: dict[UUID, list[ConnectedDigest]] = {}
    for row in digests_of(session, {one for its in told.values() for one in its.incidents}):
        kept.setdefault(row.incident_id, []).append(row)
    said = _withheld(session, asked)
    found = {}
    for ident, contacts in asked.items():
        its = told.get(ident, ToldOf())
        digests = [row for incident in its.incidents for row in kept.get(incident, ())]
        withheld = said.get(ident, frozenset())
        found[ident] = _passed_over(cipher, digests, its.children, withheld, contacts)
    return found


def _passed_over(
    cipher: Cipher, digests: Sequence[ConnectedDigest], children: Collection[UUID],
    said: Collection[str], contacts: Sequence[Recipient],
) -> PassedOver:  # fmt: skip
    people = [as_person(contact) for contact in contacts]
    hits = connected_by(cipher, digests, people, child_ids=children)
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
    known = _withheld(session, [notification.id]).get(notification.id, frozenset())
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


def said_of(
    session: Session, notification_ids: Collection[UUID] | Select[UUID]
) -> dict[str, ChangeReason]:
    """Return who said of one of these that they know the family, by account, and what they said."""
    rows = session.execute(
        select(Receipt.actor, Receipt.notification_id).where(
            Receipt.kind == ReceiptKind.WITHHELD, Receipt.notification_id.in_(notification_ids)
        )
    ).all()
    noted = session.execute(
        select(RecipientChange.person, RecipientChange.reason).where(
            RecipientChange.about.in_({f"notification:{row.notification_id}" for row in rows}),
            RecipientChange.person.in_({row.actor for row in rows}),
        )
    ).all()
    reasons = {row.person: row.reason for row in noted}
    return {row.actor: reasons.get(row.actor, ChangeReason.KNOWS_THE_FAMILY) for row in rows}


def keep_what_was_said(
    session: Session, notification: Notification, incident_ids: Collection[UUID], *, now: datetime
) -> None:
    """Keep who said that they know the family, before a message goes on without these incidents.

    Their next message looks for it by the incident, which nothing ties to this one any more.
    """
    for account, reason in said_of(session, [notification.id]).items():
        for incident_id in incident_ids:
            keep_change(
                session, force=notification.force, incident_id=incident_id, person=account,
                reason=reason, now=now,
            )  # fmt: skip


def as_person(one: Recipient) -> PersonOfInterest:
    """Return a recipient as somebody to compare."""
    return PersonOfInterest(one.id, one.name, one.email, one.telephone, one.date_of_birth)


def _withheld(session: Session, notification_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """Return the accounts that said of a notification that they know the family."""
    rows = session.execute(
        select(Receipt.notification_id, Receipt.actor).where(
            Receipt.notification_id.in_(set(notification_ids)),
            Receipt.kind == ReceiptKind.WITHHELD,
        )
    )
    found: dict[UUID, frozenset[str]] = {}
    for notification_id, actor in rows:
        found[notification_id] = found.get(notification_id, frozenset()) | {actor}
    return found
