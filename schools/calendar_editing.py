"""Changing a calendar: terms, single days, hours and bank holidays; each change is noted as a row.

An owner is `urn:990001`, `council:999` or `nation:england`. The note is what makes the job move
the deadlines of what nobody has opened yet, so every change here is followed by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.core.ids import new_id
from schools.models import CalendarDay, SchoolHours, Term
from schools.register_models import CalendarChange
from schools.term_dates import DayKind, Nation

LONGEST_TERM = timedelta(days=140)
LONGEST_CLOSURE = timedelta(days=366)
SCHOOL_KINDS = (DayKind.CLOSED, DayKind.INSET, DayKind.OPEN)


@dataclass(frozen=True, slots=True)
class Planned:
    """What one owner has entered itself, in order of date; nothing of the layers below."""

    terms: tuple[tuple[date, date], ...]
    days: tuple[CalendarDay, ...]
    hours: SchoolHours | None


def planned(session: Session, owner: str, *, since: date) -> Planned:
    """Return an owner's own terms and days that end on or after `since`, and its hours."""
    terms = session.scalars(
        select(Term).where(Term.owner == owner, Term.last_on >= since).order_by(Term.first_on)
    )
    days = session.scalars(
        select(CalendarDay)
        .where(CalendarDay.owner == owner, CalendarDay.on_date >= since)
        .order_by(CalendarDay.on_date)
    )
    kind, _, code = owner.partition(":")
    hours = session.get(SchoolHours, int(code)) if kind == "urn" else None
    return Planned(tuple((one.first_on, one.last_on) for one in terms), tuple(days), hours)


def set_term(session: Session, owner: str, first: date, last: date, *, write: bool = True) -> bool:
    """Add a term, or give the one with this first day another end; return whether that is new.

    Raises `Invalid` for one that ends before it begins, is too long or overlaps another.
    """
    _check_order(
        first, last, LONGEST_TERM,
        f"To must be From or later, by {LONGEST_TERM.days} days at most.",
    )  # fmt: skip
    terms = session.scalars(select(Term).where(Term.owner == owner)).all()
    same = next((term for term in terms if term.first_on == first), None)
    if any(term is not same and term.first_on <= last and first <= term.last_on for term in terms):
        raise _wrong(
            "From", "overlaps", "The term overlaps another of the same owner: correct one."
        )
    if same is not None and same.last_on == last:
        return False
    if not write:
        return True
    if same is None:
        session.add(Term(id=new_id(), owner=owner, first_on=first, last_on=last))
    else:
        same.last_on = last
    session.flush()
    return True


def remove_term(session: Session, owner: str, first: date) -> bool:
    """Take a term out by its first day; return whether there was one."""
    gone = session.execute(
        delete(Term).where(Term.owner == owner, Term.first_on == first).returning(Term.id)
    ).all()
    return bool(gone)


def set_days(
    session: Session, owner: str, first: date, last: date, kind: DayKind,
    *, note: str | None = None, write: bool = True,
) -> bool:  # fmt: skip
    """Mark every day from `first` to `last`; return whether one of them is new or different."""
    _check_order(
        first, last, LONGEST_CLOSURE,
        f"To must be From or later, by {LONGEST_CLOSURE.days} days at most.",
    )  # fmt: skip
    changed = False
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        stored = session.get(CalendarDay, (owner, on))
        if stored is not None and (stored.kind, stored.note) == (kind, note):
            continue
        changed = True
        if not write:
            continue
        if stored is None:
            session.add(CalendarDay(owner=owner, on_date=on, kind=kind, note=note))
        else:
            stored.kind, stored.note = kind, note
    session.flush()
    return changed


def clear_day(session: Session, owner: str, on: date) -> bool:
    """Make a day ordinary again for this owner; return whether it was marked."""
    stored = session.get(CalendarDay, (owner, on))
    if stored is None:
        return False
    session.delete(stored)
    session.flush()
    return True


def set_hours(
    session: Session, urn: int, doors: time | None, register: time | None, leave: time | None,
    *, write: bool = True,
) -> bool:  # fmt: skip
    """Store when doors open, the register closes and pupils leave; return whether that is new.

    Raises `Invalid` where none is given or they are not in the order of the day.
    """
    given = [clock for clock in (doors, register, leave) if clock is not None]
    if not given:
        raise _wrong(
            "DoorsOpen", "missing", "Give at least one of DoorsOpen, RegisterClose and PupilsLeave."
        )
    if given != sorted(given):
        raise _wrong(
            "DoorsOpen", "order",
            "Doors open before the register closes, and pupils leave after it.",
        )  # fmt: skip
    stored = session.get(SchoolHours, urn)
    held = stored and (stored.doors_open, stored.register_close, stored.pupils_leave)
    if held == (doors, register, leave):
        return False
    if write:
        session.merge(
            SchoolHours(urn=urn, doors_open=doors, register_close=register, pupils_leave=leave)
        )
        session.flush()
    return True


def add_bank_holiday(
    session: Session, on: date, *, title: str, nations: Iterable[Nation] = tuple(Nation)
) -> Sequence[str]:
    """Add a bank holiday that the bundled feed does not know; return the owners that changed."""
    owners = [f"nation:{nation.value}" for nation in nations]
    return [one for one in owners if set_days(session, one, on, on, DayKind.BANK_HOLIDAY,
                                              note=title)]  # fmt: skip


def remove_bank_holiday(
    session: Session, on: date, *, title: str, nations: Iterable[Nation] = tuple(Nation)
) -> Sequence[str]:
    """Take a bank holiday back, so that the feed does not bring it again; return who changed.

    The day is kept as open: for a nation that only says that it is an ordinary date.
    """
    owners = [f"nation:{nation.value}" for nation in nations]
    return [one for one in owners if set_days(session, one, on, on, DayKind.OPEN, note=title)]


def note_change(session: Session, owner: str, *, now: datetime, actor: str) -> None:
    """Say that a calendar changed: the next tick moves the deadlines that hang on it."""
    session.add(CalendarChange(id=new_id(), owner=owner, changed_at=now, changed_by=actor))
    session.flush()


def _check_order(first: date, last: date, longest: timedelta, problem: str) -> None:
    if not timedelta() <= last - first <= longest:
        raise _wrong("To", "order", problem)


def _wrong(place: str, code: str, message: str) -> Invalid:
    return Invalid(message, [FieldError(place, code, message)])
