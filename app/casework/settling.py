"""Settling a review: the school (two for a dual registration), by one person or by two."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action
from app.casework.acting import Acting
from app.casework.remembering import remember_review
from app.casework.reviewing import account_of, claimed_review, record_on
from app.core import audit, keys
from app.core.cipher import Cipher, Erased
from app.core.clock import at_london, london_date, london_time
from app.core.errors import FieldError, Invalid
from app.core.ids import new_id
from app.core.policies import current_policy
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import OutcomeReason
from notifications.states import NOBODY
from notifications.unsettled import lock_ladder, stop_review_ladder
from schools import queries
from schools.calendars import calendar_of
from schools.matching import review as reviews
from schools.matching import second_look
from schools.matching.details import Band, Verdict
from schools.matching.models import Match, Review, ReviewReason
from schools.term_dates import next_working_day

_SHORTEST_WORDS, _LONGEST_WORDS = 10, 500
# A child is registered at two schools at most.
_MOST_SCHOOLS = 2


class Settled(StrEnum):
    """What a choice led to."""

    SENT = "sent"
    WAITS_FOR_SECOND = "waits_for_second"


@dataclass(frozen=True, slots=True)
class Words:
    """What a reviewer wrote; kept with the incident's content and erased with it."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a reviewer says the child is, where it certainly is not, and how they know."""

    urns: tuple[int, ...]
    reason: ReviewReason | None
    words: str = field(default="", repr=False)
    not_here: tuple[int, ...] = ()


def settle(session: Session, acting: Acting, *, review_id: UUID, answer: Answer) -> Settled:
    """Decide the school, or give it to a second person where the policy asks for two.

    Raises `Invalid` without a school that is open or without a reason, `Conflict` where the review
    is not claimed by this person any more.
    """
    found = claimed_review(session, acting, review_id, action=Action.SETTLE_REVIEW)
    urns = tuple(dict.fromkeys(answer.urns))
    errors = [*_faults(session, urns, answer), *word_faults(answer.reason, answer.words)]
    if errors or answer.reason is None:
        raise Invalid("The decision is not complete.", errors)
    choice = sealed_choice(
        session, acting.cipher, found, reason=answer.reason, words=answer.words, urns=urns
    )
    child = session.get_one(InvolvedChild, found.involved_child_id)
    lock_ladder(session, child.id)
    account = account_of(acting)
    settled, second_due_at = _way(session, acting, found, urns)
    if settled is Settled.WAITS_FOR_SECOND:
        second_look.propose(
            session, found.id, account_id=account, actor=acting.actor.id, choice=choice,
            now=acting.now,
        )  # fmt: skip
        event = audit.Event.REVIEW_PROPOSED
    else:
        match = reviews.settle(
            session, found.id, account_id=account, actor=acting.actor.id, choice=choice,
            now=acting.now, second_due_at=second_due_at,
        )  # fmt: skip
        only_by_voice(child, match)
        if match.shown_only_to is None:
            stop_review_ladder(
                session, child.id, code="settled", now=acting.now, actor=acting.actor.id
            )
        event = audit.Event.REVIEW_SETTLED
    words = [(urn, Verdict.YES) for urn in urns]
    words += [(urn, Verdict.NO) for urn in dict.fromkeys(answer.not_here)]
    remember_review(
        session, acting, child, words, match_id=choice.match_id, reason_code=choice.reason.value
    )
    record_on(session, acting, found, event, detail={"urns": list(urns)})
    return settled


def sealed_choice(
    session: Session, cipher: Cipher, found: Review, *, reason: ReviewReason, words: str,
    urns: tuple[int, ...] = (), council: str | None = None, reason_code: str | None = None,
    legal_reference: str | None = None,
) -> reviews.Choice:  # fmt: skip
    """Return what a person chose, their own words sealed under the incident's content key."""
    match_id = new_id()
    return reviews.Choice(
        reason, urns, council, reason_code, legal_reference,
        _sealed(session, cipher, found, match_id, " ".join(words.split())), match_id,
    )  # fmt: skip


def words_of(session: Session, cipher: Cipher, match: Match) -> str | None:
    """Return what a person wrote with a decision; None where nothing was, or it is erased."""
    if match.sealed_reason is None:
        return None
    child = session.get_one(InvolvedChild, match.involved_child_id)
    incident = session.get_one(Incident, child.incident_id)
    try:
        key = keys.open_key(session, cipher, incident.content_key_id)
    except Erased:
        return None
    return cipher.open(
        Words, match.sealed_reason, table="match", row=match.id, force=match.force, key=key
    ).text


def word_faults(reason: ReviewReason | None, words: str) -> list[FieldError]:
    """Return what is missing of the reason; its code is enough, unless it is `other`."""
    found = []
    if reason is None:
        found.append(FieldError("reason", "missing", "Say how you know"))
    said = len(" ".join(words.split()))
    if reason is ReviewReason.OTHER and said < _SHORTEST_WORDS:
        found.append(FieldError("words", "missing", "Say how you know, in a few words"))
    if said > _LONGEST_WORDS:
        found.append(FieldError("words", "long", f"Use {_LONGEST_WORDS} characters at most"))
    return found


def _way(
    session: Session, acting: Acting, found: Review, urns: Sequence[int]
) -> tuple[Settled, datetime | None]:
    """Return whether a second person comes before sending, or until when after it."""
    _, policy = current_policy(session, found.force, at=acting.now)
    match = session.get(Match, found.match_id) if found.match_id is not None else None
    several = found.reason_code == OutcomeReason.SEVERAL_SCHOOLS
    several = several or (match is not None and match.band is Band.SEVERAL)
    if not (several and policy.matching.second_person_for_several):
        return Settled.SENT, None
    if policy.desk.size == 1:
        return Settled.SENT, _next_working_day(session, acting.now, urns[0])
    if second_look.agrees_with_first(session, found, urns, by=account_of(acting)):
        return Settled.SENT, None
    return Settled.WAITS_FOR_SECOND, None


def _next_working_day(session: Session, now: datetime, urn: int) -> datetime:
    on = next_working_day(calendar_of(session, urn), london_date(now))
    return at_london(on, london_time(now))


def only_by_voice(child: InvolvedChild, match: Match) -> None:
    """Keep what a protected child's school or council is told unread until the desk releases it.

    For whatever reason a person looked at the child: it is protected by what the force sent.
    """
    if child.protected:
        match.shown_only_to = NOBODY


def _sealed(
    session: Session, cipher: Cipher, found: Review, match_id: UUID, words: str
) -> bytes | None:
    if not words:
        return None
    child = session.get_one(InvolvedChild, found.involved_child_id)
    incident = session.get_one(Incident, child.incident_id)
    key = keys.open_key(session, cipher, incident.content_key_id)
    return cipher.seal(Words(words), table="match", row=match_id, force=found.force, key=key)


def _faults(session: Session, urns: tuple[int, ...], answer: Answer) -> list[FieldError]:
    known = queries.establishments(session, urns)
    if not urns or set(known) != set(urns):
        return [FieldError("urn", "missing", "Choose the school this child is at")]
    if len(urns) > _MOST_SCHOOLS:
        return [FieldError("urn", "many", "Choose two schools at most")]
    if set(urns) & set(answer.not_here):
        message = "You say yes and no of one school: take one of the two back"
        return [FieldError("urn", "both", message)]
    return []
