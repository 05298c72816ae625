"""A child who was seen but not listed: the desk says who it is, or why nobody has to be told."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import require_untied, tie_to_incident
from app.core import audit, keys
from app.core.cipher import Erased
from app.core.clock import london_date
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.policies import current_policy
from app.intake import eligibility
from app.intake.details import Education, Residence
from app.intake.models import Incident, InvolvedChild
from app.intake.moves import move_child
from app.intake.opening import open_children, open_incident
from app.intake.outcomes import Outcome, OutcomeReason
from app.intake.person import person_digest
from notifications.unsettled import stop_review_ladder

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


class WhyNobody(StrEnum):
    """Why nobody is told of a child who was counted."""

    MISCOUNTED = "miscounted"
    LISTED_ALREADY = "listed_already"
    OVER_18 = "over_18"
    NOT_RELATED = "not_related"


_REASONS = {
    WhyNobody.MISCOUNTED: OutcomeReason.NOT_AFFECTED,
    WhyNobody.LISTED_ALREADY: OutcomeReason.NOT_AFFECTED,
    WhyNobody.OVER_18: OutcomeReason.OVER_18,
    WhyNobody.NOT_RELATED: OutcomeReason.NOT_RELATED,
}


@dataclass(frozen=True, slots=True)
class Awaited:
    """Which child it is, by references alone: nothing else is known."""

    child_id: UUID
    reference: str
    child_ref: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Who:
    """Who the child is, as the desk was told."""

    forename: str = field(default="", repr=False)
    surname: str = field(default="", repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    postcode: str = field(default="", repr=False)
    school_name: str = field(default="", repr=False)
    town: str = field(default="", repr=False)


def look(session: Session, acting: Acting, *, child_id: UUID) -> Awaited:
    """Return one child whose details are awaited; raise `NotFound`, `Conflict` where none are."""
    child, incident = _awaited(session, acting, child_id)
    return Awaited(child.id, incident.reference, child.ref, child.due_at)


def name(session: Session, acting: Acting, *, child_id: UUID, who: Who) -> None:
    """Record who the child is: it goes the way of a child the force lists, from now on.

    Raises `Invalid` without both names, `Conflict` where the content is erased.
    """
    child, incident = _awaited(session, acting, child_id)
    faults = _faults(who, acting.now)
    if faults:
        raise Invalid("The child is not named yet.", faults)
    try:
        key = keys.open_key(session, acting.cipher, incident.content_key_id)
    except Erased:
        raise Conflict("What was kept of this incident is erased: ask for a new record.") from None
    (before,) = open_children(acting.cipher, [child], key)
    details = replace(
        before, forename=_tidy(who.forename), surname=_tidy(who.surname),
        date_of_birth=who.date_of_birth,
        residences=(Residence(_tidy(who.postcode)),) if who.postcode.strip() else (),
        education=Education(school_name=_tidy(who.school_name), town=_tidy(who.town)),
    )  # fmt: skip
    child.sealed = acting.cipher.seal(
        details, table="involved_child", row=child.id, force=child.force, key=key
    )
    child.person_digest = person_digest(
        acting.cipher, child.force, forename=details.forename, surname=details.surname,
        born=details.date_of_birth,
    )  # fmt: skip
    child.school_given = details.education.school_name is not None
    _, policy = current_policy(session, child.force, at=acting.now)
    facts = open_incident(acting.cipher, incident, key)
    hold = facts.hold if facts.hold is not None and facts.hold.until > acting.now else None
    outcome, reason = eligibility.decide(details, replace(facts, hold=hold), policy=policy)
    held = outcome is Outcome.HELD and hold is not None
    _settle(
        session, acting, child, to=outcome, reason=reason, event=audit.Event.CHILD_NAMED,
        due_at=hold.until if hold is not None and held else None,
    )  # fmt: skip
    child.received_at = acting.now


def end(session: Session, acting: Acting, *, child_id: UUID, why: WhyNobody) -> None:
    """Record why nobody has to be told; raise `NotFound`, `Conflict`."""
    child, _ = _awaited(session, acting, child_id)
    _settle(
        session, acting, child, to=Outcome.NOT_NOTIFIED, reason=_REASONS[why],
        event=audit.Event.CHILD_NOT_NOTIFIED, because=why.value,
    )  # fmt: skip


def _settle(
    session: Session, acting: Acting, child: InvolvedChild, *, to: Outcome,
    reason: OutcomeReason | None, event: audit.Event, because: str | None = None,
    due_at: datetime | None = None,
) -> None:  # fmt: skip
    stop_review_ladder(session, child.id, code="settled", now=acting.now, actor=acting.actor.id)
    move_child(session, child, to=to, reason=reason, due_at=due_at, now=acting.now)
    audit.record(
        session, event=event, actor=acting.actor.id, force=child.force,
        subject=f"involved_child:{child.id}", now=acting.now, reason_code=because or reason,
    )  # fmt: skip


def _awaited(session: Session, acting: Acting, child_id: UUID) -> tuple[InvolvedChild, Incident]:
    child = session.get(InvolvedChild, child_id)
    if child is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, Action.SETTLE_AWAITED, Relation(force=child.force))
    incident = session.get_one(Incident, child.incident_id)
    require_untied(tie_to_incident(session, acting, incident_id=incident.id, force=child.force))
    if child.outcome is not Outcome.DETAILS_AWAITED:
        raise Conflict("This child is not waited for any more: load the board again.")
    return child, incident


def _faults(who: Who, now: datetime) -> list[FieldError]:
    found = []
    for part, said in (("forename", who.forename), ("surname", who.surname)):
        if _tidy(said) is None:
            found.append(FieldError(part, "missing", f"Give the child’s {part}"))
    if who.date_of_birth is not None and who.date_of_birth > london_date(now):
        found.append(FieldError("date_of_birth", "future", "Give a date of birth in the past"))
    return found


def _tidy(text: str) -> str | None:
    return " ".join(text.split()) or None
