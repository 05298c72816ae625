"""Reviewing: a person settles which school a child is at, before the deadline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.permissions import Action, Relation, Role, may_at_all
from app.casework.acting import Acting, require
from app.casework.connections import Tie, require_untied, tie_to_review, without_own_family
from app.casework.remembering import rows_before
from app.casework.to_ring import ToRing, to_ring
from app.core import audit, keys
from app.core.errors import Conflict, NotFound
from app.intake.models import Incident, InvolvedChild
from app.intake.opening import open_children
from schools import queries
from schools.matching import judgements
from schools.matching import review as reviews
from schools.matching.details import Verdict
from schools.matching.models import JudgementSource, Match, PassedTo, Review, ReviewState
from schools.models import Establishment

NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One child whose school is not settled; nothing of the child beyond the force's own refs."""

    review_id: UUID
    reference: str
    child_ref: str
    reason_code: str
    due_at: datetime
    claimed_by: str | None
    mine: bool
    claimed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ComparedChild:
    """The fields that were compared, and no others: no address, no sex, nothing of the incident."""

    forename: str | None
    middle_names: str | None
    surname: str | None
    known_as: tuple[str, ...]
    date_of_birth: date | None
    birth_year: int | None
    school_told: str | None
    town_told: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One school with the evidence for it; `fields` says how well each compared field agrees."""

    establishment: Establishment
    score: float
    source: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    """What somebody said of this child at one school before: codes and a date, no person."""

    school: str
    verdict: Verdict
    source: JudgementSource
    reason_code: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a first person chose where two have to; `mine` says that it was this one."""

    schools: tuple[str, ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One review; child and candidates are shown to the person who claimed it."""

    line: QueueLine
    child: ComparedChild | None
    candidates: tuple[Candidate, ...]
    earlier: tuple[EarlierAnswer, ...] = ()
    proposal: Proposal | None = None
    passed_to: PassedTo | None = None
    # What was decided, for a second look.
    chosen: tuple[str, ...] = ()
    # Somebody of this reviewer's name is concerned: they say that they are not before claiming.
    asks_tie: bool = False
    # Nothing is sent: the desk rings, and releases it to one named person.
    protected: bool = False
    ring: ToRing | None = None


def queue(session: Session, acting: Acting) -> list[QueueLine]:
    """Return what waits for a decision in this reviewer's forces, least time left first."""
    if not may_at_all(acting.actor, Action.SEE_REVIEWS):
        raise NotFound(NOTHING_HERE)
    forces = acting.actor.forces(Role.REVIEWER)
    waiting = reviews.queue(session, now=acting.now)
    mine = [row for row in waiting if row.force in forces]
    return _lines(session, acting, without_own_family(session, acting, mine))


def case(session: Session, acting: Acting, *, review_id: UUID) -> Case:
    """Return one review; claimed by this person, with the child and the candidates, and logged."""
    found = _review_for(session, acting, review_id, action=Action.SEE_REVIEWS)
    (line,) = _lines(session, acting, [found])
    if not line.mine:
        asks = tie_to_review(session, acting, found) is Tie.ASK
        return Case(line, None, (), passed_to=found.passed_to, asks_tie=asks)
    return _whole(session, acting, found, line)


def settled_case(session: Session, acting: Acting, *, review_id: UUID) -> Case:
    """Return a decision that another person has to look at again, as they decide it; logged."""
    found = session.get(Review, review_id)
    if found is None:
        raise NotFound(NOTHING_HERE)
    require(acting, Action.LOOK_AGAIN, Relation(force=found.force))
    require_untied(tie_to_review(session, acting, found))
    waits = found.second_due_at is not None and found.second_at is None
    if not waits or found.settled_by == acting.actor.account_id:
        raise Conflict("Nobody waits for your second look here: go back to the queue.")
    (line,) = _lines(session, acting, [found])
    return _whole(session, acting, found, line)


def claim(session: Session, acting: Acting, *, review_id: UUID, untied: bool = False) -> None:
    """Take a review for 15 minutes; raise `Conflict` where somebody else has it.

    So it is where the reviewer has to say first that they are not tied to the family (`untied`).
    """
    found = _review_for(session, acting, review_id, action=Action.SETTLE_REVIEW)
    if not untied and tie_to_review(session, acting, found) is Tie.ASK:
        raise Conflict("Say first whether you are related to or involved with this family.")
    reviews.claim(session, found.id, account_id=account_of(acting), now=acting.now)
    record_on(session, acting, found, audit.Event.REVIEW_CLAIMED)


def give_back(session: Session, acting: Acting, *, review_id: UUID) -> None:
    """Let a claimed review go before the time is up: a colleague may take it at once."""
    found = claimed_review(session, acting, review_id, action=Action.SETTLE_REVIEW)
    found.claimed_by = found.claimed_until = None
    session.flush()
    record_on(session, acting, found, audit.Event.REVIEW_GIVEN_BACK)


def settled_line(session: Session, acting: Acting, *, review_id: UUID) -> QueueLine | None:
    """Return a review that waits no more; None for one that does, and for one that is not there."""
    found = session.get(Review, review_id)
    if found is None or found.state is ReviewState.OPEN:
        return None
    require(acting, Action.SEE_REVIEWS, Relation(force=found.force))
    require_untied(tie_to_review(session, acting, found))
    return _lines(session, acting, [found])[0]


def other_schools(
    session: Session, acting: Acting, *, review_id: UUID, text: str
) -> Sequence[Establishment]:
    """Return open schools by name, town, postcode or URN, for a school not among the candidates."""
    _review_for(session, acting, review_id, action=Action.SETTLE_REVIEW)
    return queries.find_establishments(session, text.strip(), limit=10) if text.strip() else []


def claimed_review(session: Session, acting: Acting, review_id: UUID, *, action: Action) -> Review:
    """Return a review that this person may act on and holds; raise `NotFound` or `Conflict`."""
    found = _review_for(session, acting, review_id, action=action)
    if not _mine(found, acting):
        raise Conflict("You no longer have this one: claim it again from the queue.")
    return found


def shown_urns(session: Session, found: Review) -> tuple[int, ...]:
    """Return the candidates that a reviewer was shown."""
    return tuple(one.establishment.urn for one in _candidates(session, found))


def references(session: Session, child_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return the force's own references of children: of the incident, and of the child in it."""
    rows = session.execute(
        select(InvolvedChild.id, Incident.reference, InvolvedChild.ref)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(InvolvedChild.id.in_(child_ids))
    )
    return {child_id: (reference, ref) for child_id, reference, ref in rows}


def _whole(session: Session, acting: Acting, found: Review, line: QueueLine) -> Case:
    record_on(session, acting, found, audit.Event.REVIEW_VIEWED)
    child = session.get_one(InvolvedChild, found.involved_child_id)
    return Case(
        line, _compared(session, acting, child), _candidates(session, found),
        earlier=_earlier(session, child), proposal=_proposal(session, acting, found),
        passed_to=found.passed_to, chosen=_schools_of(session, found.settled_match_id),
        protected=child.protected, ring=to_ring(session, acting, child),
    )  # fmt: skip


def _review_for(session: Session, acting: Acting, review_id: UUID, *, action: Action) -> Review:
    found = session.get(Review, review_id)
    if found is None:
        raise NotFound(NOTHING_HERE)
    require(acting, action, Relation(force=found.force))
    require_untied(tie_to_review(session, acting, found))
    if found.state is not ReviewState.OPEN:
        raise Conflict("This one is settled already: go back to the queue.")
    return found


def _lines(session: Session, acting: Acting, found: Sequence[Review]) -> list[QueueLine]:
    refs = references(session, [row.involved_child_id for row in found])
    claimed = {row.id: row.claimed_by for row in found if _claimed(row, acting.now)}
    names = names_of(session, acting.cipher, {who for who in claimed.values() if who})
    return [
        QueueLine(
            row.id, *refs[row.involved_child_id], row.reason_code, row.due_at,
            names.get(who) if (who := claimed.get(row.id)) else None, _mine(row, acting),
            row.claimed_until if row.id in claimed else None,
        )
        for row in found
    ]  # fmt: skip


def _compared(session: Session, acting: Acting, child: InvolvedChild) -> ComparedChild:
    incident = session.get_one(Incident, child.incident_id)
    key = keys.open_key(session, acting.cipher, incident.content_key_id)
    (details,) = open_children(acting.cipher, [child], key)
    return ComparedChild(
        details.forename, details.middle_names, details.surname, details.known_as,
        details.date_of_birth, details.birth_year, details.education.school_name,
        details.education.town, details.education.status,
    )  # fmt: skip


def _candidates(session: Session, found: Review) -> tuple[Candidate, ...]:
    match = session.get(Match, found.match_id) if found.match_id else None
    evidence = match.evidence if match else []
    places = queries.establishments(session, {item["urn"] for item in evidence})
    return tuple(
        Candidate(places[item["urn"]], item["score"], item["source"], tuple(item["fields"].items()))
        for item in evidence
        if item["urn"] in places
    )


def _earlier(session: Session, child: InvolvedChild) -> tuple[EarlierAnswer, ...]:
    """Return what is said of this child so far, newest first."""
    rows = judgements.of_person(
        session, child.force, child.person_digest, involved_child_id=child.id,
        earlier_rows=rows_before(session, child),
    )  # fmt: skip
    names = queries.establishments(session, {row.urn for row in rows if row.urn is not None})
    return tuple(
        EarlierAnswer(names[row.urn].name, row.verdict, row.source, row.reason_code, row.made_at)
        for row in reversed(rows)
        if row.urn is not None and row.urn in names
    )


def _proposal(session: Session, acting: Acting, found: Review) -> Proposal | None:
    if found.proposed_match_id is None or found.state is not ReviewState.OPEN:
        return None
    mine = found.proposed_by == acting.actor.account_id
    return Proposal(_schools_of(session, found.proposed_match_id), mine)


def _schools_of(session: Session, match_id: UUID | None) -> tuple[str, ...]:
    match = session.get(Match, match_id) if match_id is not None else None
    places = queries.establishments(session, match.urns) if match else {}
    return tuple(place.name for place in places.values())


def _claimed(row: Review, now: datetime) -> bool:
    return row.claimed_by is not None and row.claimed_until is not None and row.claimed_until > now


def _mine(row: Review, acting: Acting) -> bool:
    return _claimed(row, acting.now) and row.claimed_by == acting.actor.account_id


def account_of(acting: Acting) -> UUID:
    """Return the account of the person who acts; a system has none and finds nothing."""
    if acting.actor.account_id is None:
        raise NotFound(NOTHING_HERE)
    return acting.actor.account_id


def record_on(
    session: Session, acting: Acting, found: Review, event: audit.Event, *,
    reason_code: str | None = None, detail: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Put one act on a review on the trail."""
    audit.record(
        session, event=event, actor=acting.actor.id, force=found.force,
        subject=f"review:{found.id}", now=acting.now, reason_code=reason_code, detail=detail,
    )  # fmt: skip
