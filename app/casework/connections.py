"""How the person who acts is tied to an incident: not at all, by a name that asks, or out of it."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.access.accounts import details_of
from app.access.models import Account
from app.casework.acting import Acting
from app.casework.restricted import closed_messages
from app.core.cipher import CannotOpen
from app.core.errors import NotFound
from app.core.scope import acting_for
from app.intake.models import Incident, InvolvedChild
from notifications.models import Notification
from notifications.passing_over import ToldOf, told_of
from schools.connected import Hit, PersonOfInterest, connected_incidents
from schools.connected_models import ChangeReason, ConnectedDigest, RecipientChange
from schools.key_adult_details import open_details
from schools.matching.models import Review
from schools.models import KeyAdult
from schools.officers import Officer, officer_details
from schools.recipient_changes import note_change

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


class Tie(StrEnum):
    """What a connection means for what a person may see."""

    # Somebody of this name is concerned: they are asked before anything of the child is shown.
    ASK = "ask"
    # For this person the incident does not exist.
    OUT = "out"


_TIES = {Hit.IDENTITY: Tie.OUT, Hit.NAMED_AT_SCHOOL: Tie.ASK, Hit.NAME_ONLY: Tie.ASK}


def ties(
    session: Session, acting: Acting, concerned: Mapping[UUID, ToldOf], *, force: str
) -> dict[UUID, Tie]:
    """Return how the acting person is tied to these things of one force; untied ones are left out.

    Keys are the caller's own. The person may reach them otherwise: this only takes away.
    """
    incidents = {one for told in concerned.values() for one in told.incidents}
    children = {one for told in concerned.values() for one in told.children}
    with acting_for(session, force):
        by_incident = _by_incident(session, acting, incidents, children)
    found: dict[UUID, Tie] = {}
    for key, told in concerned.items():
        held = {by_incident[one] for one in told.incidents if one in by_incident}
        if held:
            found[key] = Tie.OUT if Tie.OUT in held else Tie.ASK
    return found


def ties_to_notifications(
    session: Session, acting: Acting, ids: Mapping[UUID, str]
) -> dict[UUID, Tie]:
    """Return how the acting person is tied to notifications, given with their forces."""
    told = told_of(session, ids.keys())
    found: dict[UUID, Tie] = {}
    for force in sorted(set(ids.values())):
        of_force = {key: one for key, one in told.items() if ids[key] == force}
        found |= ties(session, acting, of_force, force=force)
    return found


def desk_ties(session: Session, acting: Acting, ids: Mapping[UUID, str]) -> dict[UUID, Tie]:
    """Return the same for somebody who acts for the force: out of what is closed to them, too."""
    told = {ident: one.incidents for ident, one in told_of(session, ids.keys()).items()}
    closed = closed_messages(session, told)
    return ties_to_notifications(session, acting, ids) | dict.fromkeys(closed, Tie.OUT)


def desk_tie(session: Session, acting: Acting, notification: Notification) -> Tie | None:
    """Return the same of one notification."""
    return desk_ties(session, acting, {notification.id: notification.force}).get(notification.id)


def tie_to_incident(
    session: Session, acting: Acting, *, incident_id: UUID, force: str
) -> Tie | None:
    """Return how the acting person is tied to one incident of one force."""
    told = ToldOf({incident_id})
    return ties(session, acting, {incident_id: told}, force=force).get(incident_id)


def tie_to_notification(session: Session, acting: Acting, notification: Notification) -> Tie | None:
    """Return how the acting person is tied to any incident that a notification tells of."""
    ids = {notification.id: notification.force}
    return ties_to_notifications(session, acting, ids).get(notification.id)


def tie_to_review(session: Session, acting: Acting, review: Review) -> Tie | None:
    """Return how the acting person is tied to the incident of a review."""
    return _ties_to_reviews(session, acting, [review]).get(review.id)


def without_own_family(session: Session, acting: Acting, reviews: Sequence[Review]) -> list[Review]:
    """Return the reviews without those that do not exist for the acting person."""
    tied = _ties_to_reviews(session, acting, reviews)
    return [review for review in reviews if tied.get(review.id) is not Tie.OUT]


def ties_to_children(
    session: Session, acting: Acting, child_ids: Collection[UUID], *, force: str
) -> set[UUID]:
    """Return the involved children of one force that do not exist for the acting person."""
    told = {one: ToldOf({incident}) for one, incident in _incidents(session, child_ids).items()}
    tied = ties(session, acting, told, force=force)
    return {one for one, tie in tied.items() if tie is Tie.OUT}


def _ties_to_reviews(
    session: Session, acting: Acting, reviews: Sequence[Review]
) -> dict[UUID, Tie]:
    incidents = _incidents(session, [review.involved_child_id for review in reviews])
    found: dict[UUID, Tie] = {}
    for force in sorted({review.force for review in reviews}):
        told = {
            review.id: ToldOf({incidents[review.involved_child_id]})
            for review in reviews
            if review.force == force and review.involved_child_id in incidents
        }
        found |= ties(session, acting, told, force=force)
    return found


def _incidents(session: Session, child_ids: Collection[UUID]) -> dict[UUID, UUID]:
    rows = session.execute(
        select(InvolvedChild.id, InvolvedChild.incident_id).where(
            InvolvedChild.id.in_(set(child_ids))
        )
    )
    return {row.id: row.incident_id for row in rows}


def require_untied(tie: Tie | None) -> None:
    """Raise `NotFound`, as if the thing did not exist, for somebody who is out of it."""
    if tie is Tie.OUT:
        raise NotFound(_NOTHING_HERE)


def declare(session: Session, acting: Acting, *, about: str, incident_id: UUID, force: str) -> None:
    """Note that the acting person said to be related to or involved with the family."""
    note_change(
        session, force=force, incident_id=incident_id, about=about,
        person=acting.actor.id, reason=ChangeReason.SAID_RELATED, now=acting.now,
        actor=acting.actor.id,
    )  # fmt: skip


def _by_incident(
    session: Session, acting: Acting, incidents: set[UUID], children: set[UUID]
) -> dict[UUID, Tie]:
    found = dict.fromkeys(_declared(session, acting, incidents), Tie.OUT)
    kept = select(ConnectedDigest.id).where(ConnectedDigest.incident_id.in_(incidents)).limit(1)
    if not incidents or session.scalars(kept).first() is None:
        return found
    hits = connected_incidents(
        session, acting.cipher, incident_ids=incidents, child_ids=children,
        records=_records(session, acting),
    )  # fmt: skip
    return {incident_id: _TIES[hit] for incident_id, hit in hits.items()} | found


def _declared(session: Session, acting: Acting, incidents: set[UUID]) -> set[UUID]:
    """Return the incidents whose family an officer said to be tied to.

    A key adult who says so is remembered by a receipt: their message stays, for a colleague. What
    was said of one version of an incident is true of all of them.
    """
    said = _said_tied(session, incidents)
    return {one for one, persons in said.items() if acting.actor.id in persons}


def declared(session: Session, incidents: set[UUID]) -> frozenset[str]:
    """Return the accounts that said to be tied to the family of one of these incidents."""
    return frozenset().union(*_said_tied(session, incidents).values())


def declared_of(session: Session, notification_id: UUID) -> frozenset[str]:
    """Return the accounts that said to be tied to the family a notification tells of."""
    told = told_of(session, [notification_id]).get(notification_id)
    return frozenset() if told is None else declared(session, told.incidents)


def _said_tied(session: Session, incidents: set[UUID]) -> dict[UUID, set[str]]:
    """Return who said to be tied to each of these incidents, in whichever version of it."""
    which = (Incident.force, Incident.reference)
    wanted = {
        row.id: (row.force, row.reference)
        for row in session.execute(select(Incident.id, *which).where(Incident.id.in_(incidents)))
    }
    said: dict[tuple[str, str], set[str]] = {}
    rows = session.execute(
        select(*which, RecipientChange.person)
        .join(RecipientChange, RecipientChange.incident_id == Incident.id)
        .where(
            tuple_(*which).in_(set(wanted.values())),
            RecipientChange.about.not_like("notification:%"),
        )
    )
    for force, reference, person in rows:
        said.setdefault((force, reference), set()).add(person)
    return {incident: said[key] for incident, key in wanted.items() if key in said}


def _records(session: Session, acting: Acting) -> list[PersonOfInterest]:
    """Return all that is known of the person who acts: account, key adult, council or force."""
    found: list[PersonOfInterest] = []
    account = session.get(Account, acting.actor.account_id) if acting.actor.account_id else None
    if account is None:
        return found
    try:
        own = details_of(acting.cipher, account)
        found.append(PersonOfInterest(account.id, own.name, own.email))
    except CannotOpen:
        pass  # an account that does not open is known by its entries alone
    for row in session.scalars(select(KeyAdult).where(KeyAdult.account_id == account.id)):
        try:
            entry = open_details(acting.cipher, row)
        except CannotOpen:
            continue
        born = getattr(entry, "date_of_birth", None)
        found.append(PersonOfInterest(account.id, entry.name, entry.email, entry.telephone, born))
    for officer in session.scalars(select(Officer).where(Officer.account_id == account.id)):
        try:
            duty = officer_details(acting.cipher, officer)
        except CannotOpen:
            continue
        found.append(PersonOfInterest(account.id, duty.name, duty.email, duty.telephone))
    return found
