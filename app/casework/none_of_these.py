"""None of the candidates: who looks next, the council's officers, or a coded reason to tell nobody.

A child never leaves the reviewers without one of the three (domain.md §2).
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action
from app.casework.acting import Acting
from app.casework.other_services import Service, reference_faults
from app.casework.remembering import remember_review
from app.casework.reviewing import account_of, claimed_review, record_on, shown_urns
from app.casework.settling import only_by_voice, sealed_choice, word_faults
from app.casework.to_ring import to_ring
from app.core import audit, keys
from app.core.errors import FieldError, Invalid
from app.core.ids import new_id
from app.intake.models import Incident, InvolvedChild
from app.intake.moves import move_child
from app.intake.opening import open_children
from app.intake.outcomes import NEEDS_SERVICE, Outcome, OutcomeReason
from notifications.hastening import bring_forward
from notifications.models import ServiceTold
from notifications.recall import recall_child
from notifications.states import ReviewStepKind
from notifications.unsettled import lock_ladder, stop_review_ladder, unsettled_of
from schools.matching import review as reviews
from schools.matching import second_look
from schools.matching.details import Verdict
from schools.matching.models import PassedTo, Review, ReviewReason
from schools.queries import council_known

# To the officers of the residence council, once a person has confirmed it.
COUNCIL = (OutcomeReason.HOME_EDUCATED, OutcomeReason.NOT_IN_EDUCATION)
NOBODY = (
    OutcomeReason.OTHER_JURISDICTION, OutcomeReason.OVER_18, OutcomeReason.UNBORN,
    OutcomeReason.PRE_SCHOOL_NOT_REGISTERED, OutcomeReason.NOT_RELATED,
    OutcomeReason.NOT_AFFECTED, OutcomeReason.IS_SUSPECT, OutcomeReason.UNDER_16_PARTIES,
    OutcomeReason.REGULATIONS,
)  # fmt: skip
_RUNGS = {
    PassedTo.SECOND_REVIEWER: ReviewStepKind.SECOND_REVIEWER,
    PassedTo.COUNCIL_LOOKUP: ReviewStepKind.COUNCIL_LOOKUP,
    PassedTo.DESK: ReviewStepKind.DUTY_OFFICER,
}


@dataclass(frozen=True, slots=True)
class NoneOfThese:
    """What a reviewer says where no candidate is right; exactly one of three ways on.

    `certain` says that the child is at none of them; otherwise nobody can tell, and another
    person looks. `service_told_at` is an instant in UTC.
    """

    reason: ReviewReason | None
    certain: bool
    words: str = field(default="", repr=False)
    passed_to: PassedTo | None = None
    outcome: OutcomeReason | None = None
    council: str | None = None
    service: Service | None = None
    service_reference: str = ""
    service_told_at: datetime | None = None
    legal_reference: str = ""


def say_none(session: Session, acting: Acting, *, review_id: UUID, answer: NoneOfThese) -> None:
    """Record that no candidate is right, and what happens with the child now.

    Raises `Invalid` without a reason or a way on, `Conflict` where the review is not claimed by
    this person any more.
    """
    found = claimed_review(session, acting, review_id, action=Action.SETTLE_REVIEW)
    child = session.get_one(InvolvedChild, found.involved_child_id)
    errors = [
        *_faults(session, answer, acting.now), *_nobody_looks_up(session, acting, child, answer),
        *word_faults(answer.reason, answer.words),
    ]  # fmt: skip
    if errors or answer.reason is None:
        raise Invalid("The decision is not complete.", errors)
    choice = sealed_choice(
        session, acting.cipher, found, reason=answer.reason, words=answer.words,
        council=answer.council if answer.outcome in COUNCIL else None,
        reason_code=answer.outcome.value if answer.outcome else None,
        legal_reference=answer.legal_reference.strip() or None,
    )  # fmt: skip
    lock_ladder(session, child.id)
    if answer.passed_to is not None:
        _pass_on(session, acting, found, choice, answer.passed_to)
    else:
        _settle(session, acting, found, choice, child=child, answer=answer)
    verdict = Verdict.NO if answer.certain else Verdict.UNSURE
    remember_review(
        session, acting, child, [(urn, verdict) for urn in shown_urns(session, found)],
        match_id=choice.match_id, reason_code=choice.reason.value,
    )  # fmt: skip


def council_of(session: Session, acting: Acting, *, review_id: UUID) -> str | None:
    """Return the council in which the child lives, as far as the force was told."""
    found = claimed_review(session, acting, review_id, action=Action.SETTLE_REVIEW)
    child = session.get_one(InvolvedChild, found.involved_child_id)
    incident = session.get_one(Incident, child.incident_id)
    key = keys.open_key(session, acting.cipher, incident.content_key_id)
    (details,) = open_children(acting.cipher, [child], key)
    homes = [home.authority for home in details.residences if home.authority]
    return homes[0] if homes else None


def _pass_on(
    session: Session, acting: Acting, found: Review, choice: reviews.Choice, to: PassedTo
) -> None:
    second_look.pass_on(
        session, found.id, account_id=account_of(acting), actor=acting.actor.id, choice=choice,
        to=to, now=acting.now,
    )  # fmt: skip
    _ask_now(session, found, to, acting.now)
    record_on(session, acting, found, audit.Event.REVIEW_PASSED_ON, reason_code=to.value)


def _ask_now(session: Session, found: Review, to: PassedTo, now: datetime) -> None:
    """Let the ladder ask at once whom the reviewer passes the child on to."""
    unsettled = unsettled_of(session, found.involved_child_id)
    if unsettled is not None:
        bring_forward(session, unsettled.id, (_RUNGS[to],), now=now)


def _settle(
    session: Session, acting: Acting, found: Review, choice: reviews.Choice, *,
    child: InvolvedChild, answer: NoneOfThese,
) -> None:  # fmt: skip
    match = reviews.settle(
        session, found.id, account_id=account_of(acting), actor=acting.actor.id, choice=choice,
        now=acting.now,
    )  # fmt: skip
    if choice.tells:
        only_by_voice(child, match)
    # Until somebody is named who is told of a protected child, people are asked.
    if match.shown_only_to is None:
        stop_review_ladder(session, child.id, code="settled", now=acting.now, actor=acting.actor.id)
    record_on(session, acting, found, audit.Event.REVIEW_SETTLED, reason_code=choice.reason_code)
    if choice.tells:
        return
    # A second school of this child may have been told before the other one refused.
    recall_child(
        session, involved_child_id=child.id, incident_id=child.incident_id,
        reason_code="not_notified", actor=acting.actor.id, now=acting.now,
    )  # fmt: skip
    move_child(session, child, to=Outcome.NOT_NOTIFIED, reason=answer.outcome, now=acting.now)
    audit.record(
        session, event=audit.Event.CHILD_NOT_NOTIFIED, actor=acting.actor.id, force=child.force,
        subject=f"involved_child:{child.id}", now=acting.now, reason_code=choice.reason_code,
        detail={"match": str(choice.match_id)},
    )  # fmt: skip
    if answer.service is not None and answer.service_told_at is not None:
        session.add(
            ServiceTold(
                id=new_id(), force=child.force, involved_child_id=child.id,
                service=answer.service.value, reference=answer.service_reference.strip(),
                told_at=answer.service_told_at, recorded_by=account_of(acting),
                reason_code=answer.outcome.value if answer.outcome else None,
            )
        )  # fmt: skip


def _faults(session: Session, answer: NoneOfThese, now: datetime) -> list[FieldError]:
    if (answer.passed_to is None) == (answer.outcome is None):
        return [FieldError("then", "missing", "Say what happens with the child now")]
    if answer.outcome is None:
        return []
    if not answer.certain:
        message = "Who cannot tell passes the child on: choose who looks next"
        return [FieldError("then", "unsure", message)]
    if answer.outcome in COUNCIL:
        known = answer.council is not None and council_known(session, answer.council)
        message = "Give the three-digit code of the council where the child lives"
        return [] if known else [FieldError("council", "council", message)]
    if answer.outcome not in NOBODY:
        return [FieldError("then", "unknown", "Choose one of the reasons of the list")]
    if answer.outcome is OutcomeReason.REGULATIONS and not answer.legal_reference.strip():
        return [FieldError("legal_reference", "missing", "Name the regulation")]
    return _service_faults(answer, now)


def _nobody_looks_up(
    session: Session, acting: Acting, child: InvolvedChild, answer: NoneOfThese
) -> list[FieldError]:
    """A child passed on to nobody would wait until its deadline for an answer that never comes."""
    if answer.passed_to is not PassedTo.COUNCIL_LOOKUP:
        return []
    if session.get_one(Incident, child.incident_id).restricted_access:
        message = "A restricted incident: ring the look-up contact yourself, then settle it"
        return [FieldError("then", "restricted", message)]
    if to_ring(session, acting, child).lookups:
        return []
    message = (
        "No look-up contact is named for this child’s council: choose the force desk, or a second "
        "reviewer"
    )
    return [FieldError("then", "no_lookup", message)]


def _service_faults(answer: NoneOfThese, now: datetime) -> list[FieldError]:
    told = (answer.service, answer.service_told_at, answer.service_reference.strip())
    if not any(told) and answer.outcome not in NEEDS_SERVICE:
        return []
    found = []
    if answer.service is None:
        found.append(FieldError("service", "missing", "Say which other service was told"))
    if answer.service_told_at is None or answer.service_told_at > now:
        found.append(FieldError("service_time", "time", "Give the time today when it was told"))
    return [*found, *reference_faults("service_reference", answer.service_reference)]
