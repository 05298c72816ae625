"""Everything held of one child, and to whom it was shown, for the controller to answer a request.

Source: Data Protection Act 2018 s.45 (access), s.46 (rectification); domain.md §9. A draft: the
data protection officer releases it, after a safeguarding check of who asks. Left out by default is
what concerns others or could lead to the child: homes, school, council, staff, who reported, other
people, patterns, why somebody is protected.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import ties_to_children
from app.casework.timeline import People
from app.core import audit, keys
from app.core.audit import Event
from app.core.cipher import Erased
from app.core.errors import FieldError, Invalid
from app.core.models import AuditEntry
from app.intake.details import ChildDetails
from app.intake.models import Incident, InvolvedChild
from app.intake.opening import open_children
from app.intake.outcomes import IncidentState, Outcome, OutcomeReason
from notifications.models import Occurrence
from schools.matching.models import Review

# Whoever saw something of the child, or was told it, in the words of the trail.
SHOWN = frozenset(
    {
        Event.NOTIFICATION_FIRST_STEP, Event.NOTIFICATION_OPENED, Event.NOTIFICATION_READ,
        Event.NOTIFICATION_PRINTED, Event.NOTIFICATION_EXPORTED, Event.AMENDMENT_READ,
        Event.TOLD_BY_PHONE, Event.CALL_CONTENT_SHOWN, Event.RELEASE_SHOWN, Event.REVIEW_VIEWED,
        Event.INCIDENT_READ, Event.CHILD_SERVICE_TOLD, Event.DOSSIER_MADE,
    }
)  # fmt: skip
_SAID = {None: "", True: "yes", False: "no"}


class WhyMade(StrEnum):
    """What the dossier is for."""

    SUBJECT_ACCESS = "subject_access"
    RECTIFICATION = "rectification"
    COMMISSIONER = "commissioner"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One time that something of the child was shown or told: when, what, to whom by role."""

    at: datetime
    what: str
    who: str


@dataclass(frozen=True, slots=True)
class Held:
    """What is held from one version of one incident; `facts` are none where it was erased."""

    reference: str
    version: int
    received_at: datetime
    occurred_from: datetime
    outcome: Outcome
    outcome_reason: OutcomeReason | None
    facts: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One child of one force."""

    reason: WhyMade
    held: tuple[Held, ...]
    disclosures: tuple[Disclosure, ...]


def make(
    session: Session, acting: Acting, *, force: str, reference: str, child_ref: str,
    reason: WhyMade,
) -> Dossier:  # fmt: skip
    """Return everything held of a child, named by one of its incidents; on the trail for each.

    The same child in other incidents of the force is recognised by its digest, as the rules do.
    Raises `NotFound` for who does not lead the force, `Invalid` where there is no such child for
    this person.
    """
    require(acting, Action.MAKE_DOSSIER, Relation(force=force))
    children = _same(session, force, reference.strip(), child_ref.strip())
    out = ties_to_children(session, acting, [one.id for one in children], force=force)
    if not children or out:
        problem = "There is no child under this reference and name"
        raise Invalid("Nothing was made.", [FieldError("reference", "reference", problem)])
    held = tuple(_held(session, acting, child) for child in children)
    disclosures = tuple(_disclosures(session, children))
    for child in children:
        audit.record(
            session, event=Event.DOSSIER_MADE, actor=acting.actor.id, force=force,
            subject=f"involved_child:{child.id}", now=acting.now, reason_code=reason.value,
        )  # fmt: skip
    return Dossier(reason, held, disclosures)


def _same(session: Session, force: str, reference: str, child_ref: str) -> Sequence[InvolvedChild]:
    """Return the child's rows, the oldest first: of all versions, and of its other incidents."""
    named = session.scalars(
        select(InvolvedChild)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(
            Incident.force == force, Incident.reference == reference, InvolvedChild.ref == child_ref
        )
    ).all()
    digests = {one.person_digest for one in named if one.person_digest is not None}
    known = session.scalars(
        select(InvolvedChild).where(
            InvolvedChild.force == force, InvolvedChild.person_digest.in_(digests)
        )
    ).all()
    return sorted({one.id: one for one in (*named, *known)}.values(), key=_since)


def _since(child: InvolvedChild) -> tuple[datetime, UUID]:
    return child.received_at, child.id


def _held(session: Session, acting: Acting, child: InvolvedChild) -> Held:
    incident = session.get_one(Incident, child.incident_id)
    try:
        key = keys.open_key(session, acting.cipher, incident.content_key_id)
        (details,) = open_children(acting.cipher, [child], key)
        facts = tuple(_facts(details))
    except Erased:
        facts = None
    superseded = incident.state is IncidentState.SUPERSEDED
    return Held(
        incident.reference, incident.version, incident.received_at, incident.occurred_from,
        Outcome.SUPERSEDED if superseded else child.outcome, child.outcome_reason, facts,
    )  # fmt: skip


def _facts(child: ChildDetails) -> Iterator[tuple[str, str]]:
    """Yield what is the child's own, each with its name; nothing where nothing was recorded."""
    names = (child.forename, child.middle_names, child.surname)
    yield "Name", " ".join(one for one in names if one) or "Not named"
    born = child.date_of_birth
    values = {
        "Also known as": ", ".join(child.known_as), "Former surname": child.former_surname,
        "Date of birth": born.strftime("%d/%m/%Y") if born else child.birth_year,
        "Sex": child.sex, "Pupil number": child.upn, "Presence": child.presence,
        "Involvement": child.involvement, "Spoken with": child.voice.spoken_with,
        "Why not spoken with": child.voice.reason_not, "Demeanour": child.voice.demeanour,
        "In the child’s words": child.voice.words, "Seen safe": _SAID[child.voice.seen_safe],
        "Social care told": _SAID[child.social_care_told],
        "Looked after": _SAID[child.looked_after],
    }  # fmt: skip
    yield from ((name, str(value).replace("_", " ")) for name, value in values.items() if value)


def _disclosures(session: Session, children: Sequence[InvolvedChild]) -> Iterator[Disclosure]:
    rows = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject.in_(_subjects(session, children)), AuditEntry.event.in_(SHOWN))
        .order_by(AuditEntry.at, AuditEntry.seq)
    ).all()
    people = People(session, (row.actor for row in rows))
    for row in rows:
        yield Disclosure(row.at, row.event, people.of(row.actor))


def _subjects(session: Session, children: Sequence[InvolvedChild]) -> list[str]:
    """Return what the trail calls everything that shows something of these children."""
    ids = [one.id for one in children]
    found = [f"involved_child:{one}" for one in ids]
    found += [f"incident:{one.incident_id}" for one in children]
    messages = session.scalars(
        select(Occurrence.notification_id).where(Occurrence.involved_child_id.in_(ids))
    ).all()
    found += [f"notification:{one}" for one in messages]
    reviews = select(Review.id).where(Review.involved_child_id.in_(ids))
    found += [f"review:{one}" for one in session.scalars(reviews)]
    return found
