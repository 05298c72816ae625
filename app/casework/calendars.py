"""Keeping calendars: a school's by its key adults, a council's by its lead, all by the register.

Every change is noted for the job that moves the deadlines hanging on it, and is on the trail.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy.orm import Session

from app.access.forces import councils_of
from app.access.permissions import Action, Actor, Relation, Role, may
from app.casework.acting import Acting, Denied, require
from app.casework.school_reach import school_reached
from app.core import audit
from app.core.clock import london_date
from app.core.errors import Conflict
from schools import calendar_editing
from schools.calendar_editing import Planned
from schools.councils import council_names
from schools.term_dates import DayKind, Nation

NATIONS = "nation"


@dataclass(frozen=True, slots=True)
class OwnCalendar:
    """What one owner entered itself, from this school year on; `above` says what lies below it."""

    owner: str
    title: str
    urn: int | None
    council: str | None
    planned: Planned


def calendar(session: Session, acting: Acting, *, owner: str) -> OwnCalendar:
    """Return the calendar of a school, a council or both nations, in this person's reach."""
    title, council = _reached(session, acting, owner)
    today = london_date(acting.now)
    since = date(today.year if today.month >= 9 else today.year - 1, 9, 1)
    kept = f"nation:{Nation.ENGLAND.value}" if owner == NATIONS else owner
    kind, _, code = owner.partition(":")
    urn = int(code) if kind == "urn" else None
    return OwnCalendar(
        owner, title, urn, council, calendar_editing.planned(session, kept, since=since)
    )


def councils(session: Session, acting: Acting) -> dict[str, str]:
    """Return the councils whose calendars this person keeps, by code."""
    areas = _areas(session, acting.actor)
    return {
        code: name
        for code, name in council_names(session).items()
        if _keeps(acting.actor, code, areas)
    }


def set_term(session: Session, acting: Acting, *, owner: str, first: date, last: date) -> None:
    """Add a term or change its end; raise `Invalid` for one that cannot be."""
    _reached(session, acting, owner)
    _no_nation(owner)
    if calendar_editing.set_term(session, owner, first, last):
        _changed(session, acting, [owner], "term_set", first)


def remove_term(session: Session, acting: Acting, *, owner: str, first: date) -> None:
    """Take a term out."""
    _reached(session, acting, owner)
    if calendar_editing.remove_term(session, owner, first):
        _changed(session, acting, [owner], "term_removed", first)


def set_days(
    session: Session, acting: Acting, *, owner: str, first: date, last: date, kind: DayKind,
    note: str,
) -> None:  # fmt: skip
    """Close, open or make training days of some days; for both nations, bank holidays.

    What was closed for today reaches the next tick: nothing that waits unopened is dropped.
    """
    _reached(session, acting, owner)
    said = note.strip()[:100] or None
    if owner == NATIONS:
        owners = calendar_editing.add_bank_holiday(session, first, title=said or "Bank holiday")
        _changed(session, acting, owners, "bank_holiday_added", first)
        return
    if kind not in calendar_editing.SCHOOL_KINDS:
        raise Conflict("Choose closed, training day or open.")
    if calendar_editing.set_days(session, owner, first, last, kind, note=said):
        _changed(session, acting, [owner], f"days_{kind.value}", first)


def clear_day(session: Session, acting: Acting, *, owner: str, on: date) -> None:
    """Make a day ordinary again; for both nations, take a bank holiday back."""
    _reached(session, acting, owner)
    if owner == NATIONS:
        owners = calendar_editing.remove_bank_holiday(session, on, title="No bank holiday")
        _changed(session, acting, owners, "bank_holiday_removed", on)
    elif calendar_editing.clear_day(session, owner, on):
        _changed(session, acting, [owner], "day_cleared", on)


def set_hours(
    session: Session, acting: Acting, *, urn: int, doors: time | None, register: time | None,
    leave: time | None,
) -> None:  # fmt: skip
    """Store a school's clock times; raise `Invalid` where they are not in the order of the day."""
    owner = f"urn:{urn}"
    _reached(session, acting, owner)
    if calendar_editing.set_hours(session, urn, doors, register, leave):
        _changed(session, acting, [owner], "hours_set", london_date(acting.now))


def _reached(session: Session, acting: Acting, owner: str) -> tuple[str, str | None]:
    """Return the title and the council of a calendar this person keeps; raise `Denied`."""
    kind, _, code = owner.partition(":")
    if owner == NATIONS:
        require(acting, Action.MANAGE_REGISTER, Relation())
        return "Bank holidays of England and Wales", None
    if kind == "urn" and code.isdecimal():
        place = school_reached(session, acting, Action.MANAGE_CALENDAR, int(code))
        return place.name, place.la_code
    known = council_names(session).get(code) if kind == "council" else None
    if known is None or not _keeps(acting.actor, code, _areas(session, acting.actor)):
        raise Denied(Action.MANAGE_CALENDAR, Relation(council=code if known else None))
    return known, code


def _keeps(actor: Actor, council: str, areas: Collection[str]) -> bool:
    """Return whether a council's calendar is this person's: the own, a force's area's, or any."""
    return council in areas or any(
        may(actor, Action.MANAGE_CALENDAR, relation)
        for relation in (Relation(council=council), Relation())
    )


def _areas(session: Session, actor: Actor) -> frozenset[str]:
    """Return the councils in the areas of the forces whose register this person keeps."""
    forces = actor.forces(Role.REGISTER_ADMIN)
    return frozenset().union(*(councils_of(session, force) for force in forces))


def _no_nation(owner: str) -> None:
    if owner == NATIONS:
        raise Conflict("Terms belong to a council or a school.")


def _changed(
    session: Session, acting: Acting, owners: Sequence[str], reason_code: str, on: date
) -> None:
    for owner in owners:
        calendar_editing.note_change(session, owner, now=acting.now, actor=acting.actor.id)
        audit.record(
            session, event=audit.Event.CALENDAR_CHANGED, actor=acting.actor.id, force=None,
            subject=f"calendar:{owner}", now=acting.now, reason_code=reason_code,
            detail={"on": on.isoformat()},
        )  # fmt: skip
