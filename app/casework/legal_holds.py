"""Keeping the content of an incident beyond its time, and letting it go again.

Keeping takes one force lead, letting go two (domain.md §6: hiding takes one person, un-hiding two;
erasure two). A force with one lead keeps it until there is a second. What a school is shown does
not change; what is kept is opened by nobody for it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.connections import Tie, require_untied, tie_to_incident
from app.core import audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.ids import new_id
from app.core.models import ContentKey
from app.intake import legal_holds
from app.intake.legal_holds import LegalHold, WhyEnded, WhyKept
from app.intake.models import Incident
from app.intake.outcomes import IncidentState

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


@dataclass(frozen=True, slots=True)
class Kept:
    """One incident under a hold; `asked_by_other` says that this person may end it."""

    id: UUID
    reference: str
    reason: WhyKept
    set_at: datetime
    set_by: str
    end_reason: WhyEnded | None
    asked_by: str
    asked_by_other: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The forces that this person leads, and what of them is kept."""

    forces: tuple[str, ...]
    kept: tuple[Kept, ...]


def look(session: Session, acting: Acting) -> Page:
    """Return what is kept of the forces a person leads; raise `NotFound` for who leads none."""
    forces = sorted(acting.actor.forces(Role.LEAD))
    if not forces:
        raise NotFound(_NOTHING_HERE)
    rows = [
        (hold, incident)
        for hold, incident in legal_holds.of_forces(session, forces)
        if tie_to_incident(session, acting, incident_id=incident.id, force=hold.force)
        is not Tie.OUT
    ]
    people = {one for hold, _ in rows for one in (hold.set_by, hold.end_asked_by) if one}
    names = names_of(session, acting.cipher, people)
    return Page(tuple(forces), tuple(_kept(hold, row, names, acting) for hold, row in rows))


def keep(session: Session, acting: Acting, *, force: str, reference: str, reason: WhyKept) -> None:
    """Keep the content of an incident until two people end it.

    Raises `NotFound` for who does not lead the force, `Invalid` where there is no such incident
    or its content is gone, `Conflict` where it is kept already.
    """
    require(acting, Action.KEEP_CONTENT, Relation(force=force))
    incident = session.scalars(
        select(Incident).where(
            Incident.force == force, Incident.reference == reference.strip(),
            Incident.state.in_((IncidentState.NEWEST, IncidentState.WITHDRAWN)),
        )
    ).first()  # fmt: skip
    if incident is None or (
        tie_to_incident(session, acting, incident_id=incident.id, force=force) is Tie.OUT
    ):
        raise _wrong("There is no incident with this police reference")
    if _erased(session, incident):
        raise _wrong("The content of this incident is erased: there is nothing left to keep")
    if legal_holds.is_held(session, incident.id):
        raise Conflict("This incident is kept already.")
    row = LegalHold(
        id=new_id(), force=force, incident_id=incident.id, reason=reason,
        set_by=_account(acting), set_at=acting.now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _record(session, acting, row, audit.Event.HOLD_SET, reason.value)


def ask_to_end(session: Session, acting: Acting, *, hold_id: UUID, reason: WhyEnded) -> None:
    """Ask that a second lead end a hold; raise `NotFound`, or `Conflict` where somebody asked."""
    row = _found(session, acting, hold_id)
    if not legal_holds.ask_to_end(session, row.id, by=_account(acting), reason=reason):
        raise Conflict("Somebody asked before, or it is over: load the page again.")
    _record(session, acting, row, audit.Event.HOLD_END_ASKED, reason.value)


def answer(session: Session, acting: Acting, *, hold_id: UUID, ends: bool) -> None:
    """End a hold as somebody else asked, or leave it on; whoever asked may take it back.

    Raises `NotFound` for who does not lead the force, `Conflict` for who would end alone.
    """
    row = _found(session, acting, hold_id)
    by, reason = _account(acting), row.end_reason
    done = (
        legal_holds.end(session, row.id, by=by, now=acting.now)
        if ends
        else legal_holds.leave(session, row.id)
    )
    if not done:
        raise Conflict("A second person has to ask before it ends: load the page again.")
    event = audit.Event.HOLD_ENDED if ends else audit.Event.HOLD_LEFT
    _record(session, acting, row, event, None if reason is None else reason.value)


def _erased(session: Session, incident: Incident) -> bool:
    """Return whether the content is gone; an erasure under way of any version is waited for."""
    versions = select(Incident.content_key_id).where(
        Incident.force == incident.force, Incident.reference == incident.reference
    )
    keys = session.scalars(
        select(ContentKey)
        .where(ContentKey.id.in_(versions))
        .order_by(ContentKey.id)
        .with_for_update(of=ContentKey)
    ).all()
    return any(one.destroyed_at for one in keys if one.id == incident.content_key_id)


def _found(session: Session, acting: Acting, hold_id: UUID) -> LegalHold:
    row = session.get(LegalHold, hold_id)
    if row is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, Action.END_HOLD, Relation(force=row.force))
    require_untied(tie_to_incident(session, acting, incident_id=row.incident_id, force=row.force))
    return row


def _account(acting: Acting) -> UUID:
    if acting.actor.account_id is None:
        raise NotFound(_NOTHING_HERE)
    return acting.actor.account_id


def _wrong(problem: str) -> Invalid:
    return Invalid("Nothing was changed.", [FieldError("reference", "reference", problem)])


def _kept(hold: LegalHold, incident: Incident, names: dict[UUID, str], acting: Acting) -> Kept:
    asked = hold.end_asked_by
    return Kept(
        hold.id, incident.reference, hold.reason, hold.set_at, names.get(hold.set_by, ""),
        hold.end_reason, "" if asked is None else names.get(asked, ""),
        asked_by_other=asked is not None and asked != acting.actor.account_id,
    )  # fmt: skip


def _record(
    session: Session, acting: Acting, row: LegalHold, event: audit.Event, reason: str | None
) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=row.force,
        subject=f"incident:{row.incident_id}", now=acting.now, reason_code=reason,
        detail={"hold": str(row.id)},
    )  # fmt: skip
