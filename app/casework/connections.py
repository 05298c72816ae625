"""How the person who acts is tied to an incident: not at all, by a name that asks, or out of it."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from app.access.accounts import details_of
from app.access.models import Account
from app.casework.acting import Acting
from app.casework.restricted import closed_messages
from app.core.cipher import CannotOpen
from app.core.errors import NotFound
from app.core.scope import acting_for, scope_of
from app.intake.models import Incident, InvolvedChild
from notifications.models import Notification
from notifications.passing_over import ToldOf, told_of
from schools.connected import Hit, Mark, PersonOfInterest, connections_of, marks_of
from schools.connected_models import ChangeReason, RecipientChange
from schools.key_adult_details import open_details
from schools.matching.models import Review
from schools.models import KeyAdult
from schools.officers import Officer, officer_details
from schools.recipient_changes import KEPT, note_change

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


class Tie(StrEnum):
    """What a connection means for what a person may see."""

    # Somebody of this name is concerned: they are asked before anything of the child is shown.
    ASK = "ask"
    # For this person the incident does not exist.
    OUT = "out"


class _OwnTie(NamedTuple):
    """An incident the acting person is tied to, and the child where it is beside that alone."""

    incident_id: UUID
    child_id: UUID | None
    tie: Tie


# What was said of a message, or kept of it: it takes nobody out of the incident.
_OF_MESSAGES = or_(
    RecipientChange.about.startswith("notification:"), RecipientChange.about.startswith(KEPT)
)
_TIES = {Hit.IDENTITY: Tie.OUT, Hit.NAMED_AT_SCHOOL: Tie.ASK, Hit.NAME_ONLY: Tie.ASK}


def ties(
    session: Session, acting: Acting, concerned: Mapping[UUID, ToldOf], *, force: str
) -> dict[UUID, Tie]:
    """Return how the acting person is tied to these things of one force; untied ones are left out.

    Keys are the caller's own. The person may reach them otherwise: this only takes away.
    """
    return _among(_own_ties(session, acting, force), concerned)


def ties_to_notifications(
    session: Session, acting: Acting, ids: Mapping[UUID, str]
) -> dict[UUID, Tie]:
    """Return how the acting person is tied to notifications, given with their forces."""
    found: dict[UUID, Tie] = {}
    for force in sorted(set(ids.values())):
        # What the messages tell of is only read where somebody is tied to anything at all.
        if own := _own_ties(session, acting, force):
            found |= _among(own, told_of(session, [one for one in ids if ids[one] == force]))
    return found


def desk_ties(session: Session, acting: Acting, ids: Mapping[UUID, str]) -> dict[UUID, Tie]:
    """Return the same for somebody who acts for the force: out of what is closed to them, too."""
    found = ties_to_notifications(session, acting, ids)
    if not scope_of(session).closed:
        return found
    told = {ident: one.incidents for ident, one in told_of(session, ids.keys()).items()}
    return found | dict.fromkeys(closed_messages(session, told), Tie.OUT)


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
    own = _own_ties(session, acting, force)
    incidents = _incidents(session, child_ids) if own else {}
    tied = _among(own, {one: ToldOf({incident}) for one, incident in incidents.items()})
    return {one for one, tie in tied.items() if tie is Tie.OUT}


def _ties_to_reviews(
    session: Session, acting: Acting, reviews: Sequence[Review]
) -> dict[UUID, Tie]:
    found: dict[UUID, Tie] = {}
    for force in sorted({review.force for review in reviews}):
        own = _own_ties(session, acting, force)
        of_force = [review for review in reviews if own and review.force == force]
        incidents = _incidents(session, [review.involved_child_id for review in of_force])
        told = {
            review.id: ToldOf({incidents[review.involved_child_id]})
            for review in of_force
            if review.involved_child_id in incidents
        }
        found |= _among(own, told)
    return found


def _incidents(session: Session, child_ids: Collection[UUID]) -> dict[UUID, UUID]:
    if not child_ids:
        return {}
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


def _among(own: Sequence[_OwnTie], concerned: Mapping[UUID, ToldOf]) -> dict[UUID, Tie]:
    """Return which of these things the ties of a person concern, the strongest of each."""
    # Beside one child alone is beside any that is asked about: siblings go to other schools.
    children = {None}.union(*(told.children for told in concerned.values()))
    by_incident: dict[UUID, set[Tie]] = {}
    for one in own:
        if one.child_id in children:
            by_incident.setdefault(one.incident_id, set()).add(one.tie)
    found: dict[UUID, Tie] = {}
    for key, told in concerned.items():
        held = set().union(*(by_incident.get(one, ()) for one in told.incidents))
        if held:
            found[key] = Tie.OUT if Tie.OUT in held else Tie.ASK
    return found


def _own_ties(session: Session, acting: Acting, force: str) -> list[_OwnTie]:
    """Return all incidents of a force to which the acting person is tied; most are to none."""
    with acting_for(session, force):
        said = _declared(session, acting, force)
        connections = connections_of(session, force=force, marks=_own_marks(session, acting, force))
    return [
        *(_OwnTie(one, None, Tie.OUT) for one in said),
        *(_OwnTie(one.incident_id, one.child_id, _TIES[one.hit]) for one in connections),
    ]  # fmt: skip


def _own_marks(session: Session, acting: Acting, force: str) -> frozenset[Mark]:
    """Return all by which the person who acts could be meant, worked out once in a transaction."""
    known: dict[tuple[UUID | None, str], frozenset[Mark]] = session.info.setdefault("own_marks", {})
    whose = (acting.actor.account_id, force)
    if whose not in known:
        known[whose] = marks_of(acting.cipher, force, _records(session, acting))
    return known[whose]


def _declared(session: Session, acting: Acting, force: str) -> Sequence[UUID]:
    """Return the incidents of a force whose family an officer said to be tied to.

    A key adult who says so is remembered by a receipt: their message stays, for a colleague. What
    was said of one version of an incident is true of all of them.
    """
    said = session.scalars(
        select(RecipientChange.incident_id).where(
            RecipientChange.force == force, RecipientChange.person == acting.actor.id,
            ~_OF_MESSAGES,
        )
    ).all()  # fmt: skip
    if not said:
        return ()
    version = aliased(Incident)
    return session.scalars(
        select(version.id)
        .join(
            Incident,
            and_(Incident.force == version.force, Incident.reference == version.reference),
        )
        .where(Incident.id.in_(said))
        .distinct()
    ).all()


def declared(session: Session, incidents: set[UUID]) -> frozenset[str]:
    """Return the accounts that said to be tied to the family of one of these incidents.

    What was said of one version of an incident is true of all of them.
    """
    version = aliased(Incident)
    return frozenset(
        session.scalars(
            select(RecipientChange.person)
            .join(version, version.id == RecipientChange.incident_id)
            .join(
                Incident,
                and_(Incident.force == version.force, Incident.reference == version.reference),
            )
            .where(Incident.id.in_(incidents), ~_OF_MESSAGES)
        )
    )


def declared_of(session: Session, notification_id: UUID) -> frozenset[str]:
    """Return the accounts that said to be tied to the family a notification tells of."""
    told = told_of(session, [notification_id]).get(notification_id)
    return frozenset() if told is None else declared(session, told.incidents)


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
