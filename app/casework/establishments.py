"""One school in the register: its facts, further names, and whose pupils it serves now.

The register's administrator also sees what became of each official file, and says that a refused
one is right.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.forces import every_force
from app.access.permissions import Action, Relation, may_at_all
from app.casework.acting import Acting, require
from app.casework.school_reach import may_at, school_reached
from app.core import audit
from app.core.audit import Event
from app.core.clock import london_date
from app.core.errors import Conflict, NotFound
from app.core.scope import scope, scope_of
from notifications.queries import unsettled_schools
from schools import names_of_schools, register_upkeep, successors
from schools.models import Establishment, SchoolHours
from schools.queries import establishment, find_establishments, single_successor
from schools.register_folder import newest_file
from schools.register_models import EstablishmentAlias, RegisterImport

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."
# More than fit on a page are looked through, because most may be out of this person's reach.
_LOOKED_THROUGH, _SHOWN = 200, 30


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A closed school that this one followed; `confirmed_on` is when its people said so."""

    place: Establishment
    confirmed_on: date | None


@dataclass(frozen=True, slots=True)
class School:
    """What a person may see of a school, and which of the acts are theirs."""

    place: Establishment
    names: tuple[EstablishmentAlias, ...]
    hours: SchoolHours | None
    predecessors: tuple[Predecessor, ...]
    successor: Establishment | None
    may_name: bool
    may_confirm: bool
    may_plan: bool


def school(session: Session, acting: Acting, *, urn: int) -> School:
    """Return a school in this person's reach; raise `NotFound` for any other."""
    place = school_reached(session, acting, Action.SEE_REGISTER, urn)
    confirmed = successors.confirmations(session, urn)
    before = successors.predecessors(session, urn)
    heir = single_successor(session, urn)
    return School(
        place, tuple(names_of_schools.names_of(session, urn)), session.get(SchoolHours, urn),
        tuple(
            Predecessor(one, london_date(held.confirmed_at) if (held := confirmed.get(one.urn))
                        else None)
            for one in before
        ),
        establishment(session, heir) if heir is not None else None,
        may_name=may_at(session, acting.actor, Action.NAME_SCHOOL, place),
        may_confirm=may_at(session, acting.actor, Action.CONFIRM_SUCCESSOR, place),
        may_plan=may_at(session, acting.actor, Action.MANAGE_CALENDAR, place),
    )  # fmt: skip


def find(session: Session, acting: Acting, *, text: str) -> list[Establishment]:
    """Return open schools in this person's reach by name, town, postcode or number."""
    if not may_at_all(acting.actor, Action.SEE_REGISTER):
        raise NotFound(_NOTHING_HERE)
    found = find_establishments(session, text, limit=_LOOKED_THROUGH)
    reached = [one for one in found if may_at(session, acting.actor, Action.SEE_REGISTER, one)]
    return reached[:_SHOWN]


def add_name(session: Session, acting: Acting, *, urn: int, name: str) -> None:
    """Add a name under which officers may tell the school; raise `Invalid` for one of no use."""
    place = school_reached(session, acting, Action.NAME_SCHOOL, urn)
    added = names_of_schools.add_name(session, place, name, now=acting.now, actor=acting.actor.id)
    _record(session, acting, Event.SCHOOL_NAMED, urn, name=str(added.id))


def remove_name(session: Session, acting: Acting, *, urn: int, alias_id: UUID) -> None:
    """Take a name out of use; raise `NotFound` where it is not this school's."""
    school_reached(session, acting, Action.NAME_SCHOOL, urn)
    removed = names_of_schools.remove_name(
        session, urn, alias_id, now=acting.now, actor=acting.actor.id
    )
    if removed is None:
        raise NotFound(_NOTHING_HERE)
    _record(session, acting, Event.SCHOOL_NAME_REMOVED, urn, name=str(alias_id))


def confirm_successor(session: Session, acting: Acting, *, urn: int, predecessor_urn: int) -> None:
    """Say that this school serves the pupils of a closed one (domain.md §3)."""
    school_reached(session, acting, Action.CONFIRM_SUCCESSOR, urn)
    successors.confirm_successor(
        session, urn, predecessor_urn, now=acting.now, actor=acting.actor.id
    )
    _record(session, acting, Event.SUCCESSOR_CONFIRMED, urn, predecessor=predecessor_urn)


def imports(session: Session, acting: Acting) -> list[RegisterImport]:
    """Return what became of the newest official files."""
    require(acting, Action.MANAGE_REGISTER, Relation())
    return register_upkeep.imports(session)


def look_at_newest(session: Session, acting: Acting, *, folder: Path | None) -> RegisterImport:
    """Say what the newest file of the folder would do; raise `Conflict` where there is none."""
    require(acting, Action.MANAGE_REGISTER, Relation())
    file = newest_file(folder) if folder is not None else None
    if file is None:
        raise Conflict("No official file lies in the folder yet: ask the operator to put it there.")
    return register_upkeep.look_at(
        session, file, waiting=_waiting_everywhere(session), now=acting.now, actor=acting.actor.id
    )


def accept_import(session: Session, acting: Acting, *, import_id: UUID) -> None:
    """Say that a refused file is right: it is applied the next night."""
    require(acting, Action.MANAGE_REGISTER, Relation())
    row = register_upkeep.accept(session, import_id, now=acting.now, actor=acting.actor.id)
    if row is None:
        raise Conflict("This file was not refused, or cannot be read: nothing was changed.")
    audit.record(
        session, event=Event.REGISTER_ACCEPTED, actor=acting.actor.id, force=None,
        subject=f"register_import:{import_id}", now=acting.now, reason_code=row.reason_code,
    )  # fmt: skip


def _waiting_everywhere(session: Session) -> set[int]:
    """Return the schools with messages of any force: their numbers, and nothing of a message."""
    before = scope_of(session)
    scope(session, every_force(session))
    try:
        return unsettled_schools(session)
    finally:
        scope(session, before)


def _record(session: Session, acting: Acting, event: Event, urn: int, **detail: str | int) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=None, subject=f"establishment:{urn}",
        now=acting.now, detail=detail,
    )  # fmt: skip
