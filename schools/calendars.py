"""Calendars as rows: bank holidays of the nation, then the council's, then the school's own."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TextIO

from govuk_bank_holidays.bank_holidays import BankHolidays
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.ids import new_id
from schools.imports import BadRow, ImportReport, Row, RowError, Tally, read_rows
from schools.models import CalendarDay, Establishment, SchoolHours, Term
from schools.term_dates import DayKind, Nation, SchoolCalendar

COLUMNS = ("Owner", "Kind", "From", "To", "DoorsOpen", "RegisterClose", "PupilsLeave", "Note")
_DAY_KINDS = {kind.value: kind for kind in (DayKind.CLOSED, DayKind.INSET, DayKind.OPEN)}
_LONGEST_TERM = timedelta(days=140)
_LONGEST_CLOSURE = timedelta(days=366)
_WELSH_COUNCILS = range(660, 682)


def calendar_of(session: Session, urn: int) -> SchoolCalendar:
    """Return the calendar of one establishment; one without any has weekdays and bank holidays."""
    return calendars_of(session, [urn])[urn]


def calendars_of(session: Session, urns: Iterable[int]) -> dict[int, SchoolCalendar]:
    """Return the calendars of several establishments with four queries."""
    wanted = set(urns)
    rows = session.execute(
        select(Establishment.urn, Establishment.la_code, Establishment.nation).where(
            Establishment.urn.in_(wanted)
        )
    )
    place = {urn: (f"council:{la_code}", nation) for urn, la_code, nation in rows}
    owners = {owner for council, nation in place.values() for owner in (council, _nation(nation))}
    owners |= {f"urn:{urn}" for urn in wanted} | {_nation(Nation.ENGLAND)}
    terms, days = _terms_of(session, owners), _days_of(session, owners)
    hours = {
        row.urn: row
        for row in session.scalars(select(SchoolHours).where(SchoolHours.urn.in_(wanted)))
    }
    return {
        urn: _merged(
            [f"urn:{urn}", *place.get(urn, ())[:1]],
            place.get(urn, ("", Nation.ENGLAND))[1], terms, days, hours.get(urn),
        )
        for urn in wanted
    }  # fmt: skip


def council_calendar(session: Session, council: str) -> SchoolCalendar:
    """Return a council's own calendar: its terms and days over its nation's bank holidays."""
    nation = Nation.WALES if int(council) in _WELSH_COUNCILS else Nation.ENGLAND
    owner = f"council:{council}"
    owners = {owner, _nation(nation)}
    return _merged([owner], nation, _terms_of(session, owners), _days_of(session, owners), None)


def seed_bank_holidays(session: Session) -> int:
    """Store the bank holidays of the feed that ships with the product; return how many are new."""
    feed = BankHolidays(use_cached_holidays=True)
    holidays = feed.get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    owners = [_nation(nation) for nation in Nation]
    stored = _days_of(session, set(owners))
    new = 0
    for owner in owners:
        for holiday in holidays:
            if holiday["date"] not in stored.get(owner, {}):
                session.add(
                    CalendarDay(
                        owner=owner, on_date=holiday["date"], kind=DayKind.BANK_HOLIDAY,
                        note=holiday["title"][:100],
                    )
                )  # fmt: skip
                new += 1
    session.flush()
    return new


def import_calendar(
    session: Session, source: TextIO, *, now: datetime, dry_run: bool = False
) -> ImportReport:
    """Read terms, closures, INSET days, opened days and hours; `Owner` is a URN or council:CODE.

    A term with the same owner and first day is replaced; everything else is kept.
    """
    del now  # kept in the signature of every import; calendar rows carry no time
    tally = Tally(dry_run=dry_run)
    known = _Owners(session)
    for row in read_rows(source, required=COLUMNS[:3], known=COLUMNS):
        if isinstance(row, RowError):
            tally.reject(row)
            continue
        try:
            changed = _take(session, row, known.owner_of(row), dry_run=dry_run)
        except BadRow as bad:
            tally.reject(RowError(row.line, bad.code, bad.message))
        else:
            tally.take(changed=changed)
    session.flush()
    return tally.report()


class _Owners:
    """Knows which schools and councils the register holds."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(select(Establishment.urn, Establishment.la_code)).all()
        self._urns = {urn for urn, _ in rows}
        self._councils = {la_code for _, la_code in rows}

    def owner_of(self, row: Row) -> str:
        said = row.needed("Owner").lower().removeprefix("urn:")
        kind, _, code = said.partition(":")
        if kind == "council" and code in self._councils:
            return f"council:{code}"
        if said.isdigit() and int(said) in self._urns:
            return f"urn:{said}"
        raise BadRow("unknown_owner", "Owner must be a URN or council:CODE of the register.")


def _take(session: Session, row: Row, owner: str, *, dry_run: bool) -> bool:
    kind = row.needed("Kind").lower()
    if kind == "term":
        return _take_term(session, row, owner, dry_run=dry_run)
    if kind == "hours":
        return _take_hours(session, row, owner, dry_run=dry_run)
    if kind in _DAY_KINDS:
        return _take_days(session, row, owner, _DAY_KINDS[kind], dry_run=dry_run)
    raise BadRow("kind", "Kind must be term, closed, inset, open or hours.")


def _take_term(session: Session, row: Row, owner: str, *, dry_run: bool) -> bool:
    first, last = _from_to(row, _LONGEST_TERM)
    terms = session.scalars(select(Term).where(Term.owner == owner)).all()
    same = next((term for term in terms if term.first_on == first), None)
    if any(term is not same and term.first_on <= last and first <= term.last_on for term in terms):
        raise BadRow("overlaps", "The term overlaps another of the same owner: correct one.")
    if same is not None and same.last_on == last:
        return False
    if dry_run:
        return True
    if same is None:
        session.add(Term(id=new_id(), owner=owner, first_on=first, last_on=last))
    else:
        same.last_on = last
    session.flush()
    return True


def _take_days(session: Session, row: Row, owner: str, kind: DayKind, *, dry_run: bool) -> bool:
    first, last = _from_to(row, _LONGEST_CLOSURE)
    note = row.text("Note", longest=100)
    changed = False
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        stored = session.get(CalendarDay, (owner, on))
        if stored is not None and (stored.kind, stored.note) == (kind, note):
            continue
        changed = True
        if dry_run:
            continue
        if stored is None:
            session.add(CalendarDay(owner=owner, on_date=on, kind=kind, note=note))
        else:
            stored.kind, stored.note = kind, note
    session.flush()
    return changed


def _take_hours(session: Session, row: Row, owner: str, *, dry_run: bool) -> bool:
    kind, _, urn = owner.partition(":")
    if kind != "urn":
        raise BadRow("hours_owner", "Hours belong to one school: give its URN as Owner.")
    doors, register, leave = (row.time(name) for name in COLUMNS[4:7])
    _check_hours(doors, register, leave)
    stored = session.get(SchoolHours, int(urn))
    now_held = stored and (stored.doors_open, stored.register_close, stored.pupils_leave)
    if now_held == (doors, register, leave):
        return False
    if not dry_run:
        session.merge(
            SchoolHours(urn=int(urn), doors_open=doors, register_close=register, pupils_leave=leave)
        )
        session.flush()
    return True


def _check_hours(doors: time | None, register: time | None, leave: time | None) -> None:
    given = [clock for clock in (doors, register, leave) if clock is not None]
    if not given:
        raise BadRow("missing", "Give at least one of DoorsOpen, RegisterClose and PupilsLeave.")
    if given != sorted(given):
        raise BadRow("order", "Doors open before the register closes, and pupils leave after it.")


def _from_to(row: Row, longest: timedelta) -> tuple[date, date]:
    first = row.date("From")
    if first is None:
        raise BadRow("missing", "From is blank: fill it in.")
    last = row.date("To") or first
    if not timedelta() <= last - first <= longest:
        raise BadRow("order", f"To must be From or later, by {longest.days} days at most.")
    return first, last


def _nation(nation: Nation) -> str:
    return f"nation:{nation.value}"


def _terms_of(session: Session, owners: Iterable[str]) -> dict[str, list[tuple[date, date]]]:
    terms: dict[str, list[tuple[date, date]]] = {}
    rows = session.scalars(select(Term).where(Term.owner.in_(set(owners))).order_by(Term.first_on))
    for row in rows:
        terms.setdefault(row.owner, []).append((row.first_on, row.last_on))
    return terms


def _days_of(session: Session, owners: Iterable[str]) -> dict[str, dict[date, DayKind]]:
    days: dict[str, dict[date, DayKind]] = {}
    for row in session.scalars(select(CalendarDay).where(CalendarDay.owner.in_(set(owners)))):
        days.setdefault(row.owner, {})[row.on_date] = row.kind
    return days


def _merged(
    owners: list[str], nation: Nation, terms: Mapping[str, list[tuple[date, date]]],
    days: Mapping[str, dict[date, DayKind]], hours: SchoolHours | None,
) -> SchoolCalendar:  # fmt: skip
    """Merge the layers; `owners` are nearest first, and the nearest with any terms gives them."""
    merged: dict[date, DayKind] = {}
    for owner in (_nation(nation), *reversed(owners)):
        merged |= days.get(owner, {})
    planned: list[tuple[date, date]] = next((terms[one] for one in owners if one in terms), [])
    return SchoolCalendar(
        terms=tuple(planned),
        days=merged,
        nation=nation,
        doors_open=hours.doors_open if hours else None,
        register_close=hours.register_close if hours else None,
        pupils_leave=hours.pupils_leave if hours else None,
    )
