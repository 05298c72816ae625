"""Calendars as rows: bank holidays of the nation, then the council's, then the school's own."""

from collections.abc import Iterable, Mapping
from datetime import date

from govuk_bank_holidays.bank_holidays import BankHolidays
from sqlalchemy import select
from sqlalchemy.orm import Session

from schools.calendar_file import import_calendar
from schools.models import CalendarDay, Establishment, SchoolHours, Term
from schools.term_dates import DayKind, Nation, SchoolCalendar

__all__ = [
    "calendar_of", "calendars_of", "council_calendar", "import_calendar", "nation_of_council",
    "seed_bank_holidays",
]  # fmt: skip

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
    nation = nation_of_council(council)
    owner = f"council:{council}"
    owners = {owner, _nation(nation)}
    return _merged([owner], nation, _terms_of(session, owners), _days_of(session, owners), None)


def nation_of_council(council: str) -> Nation:
    """Return the nation of a council by its three-digit code."""
    return Nation.WALES if int(council) in _WELSH_COUNCILS else Nation.ENGLAND


def seed_bank_holidays(session: Session) -> int:
    """Store the bank holidays of the feed that ships with the product; return how many are new.

    A date that somebody has decided about, either way, is left as it is.
    """
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


def _nation(nation: Nation) -> str:
    return f"nation:{nation.value}"


def _terms_of(session: Session, owners: Iterable[str]) -> dict[str, list[tuple[date, date]]]:
    terms: dict[str, list[tuple[date, date]]] = {}
    rows = session.execute(
        select(Term.owner, Term.first_on, Term.last_on)
        .where(Term.owner.in_(set(owners)))
        .order_by(Term.first_on)
    )
    for owner, first_on, last_on in rows:
        terms.setdefault(owner, []).append((first_on, last_on))
    return terms


def _days_of(session: Session, owners: Iterable[str]) -> dict[str, dict[date, DayKind]]:
    days: dict[str, dict[date, DayKind]] = {}
    rows = session.execute(
        select(CalendarDay.owner, CalendarDay.on_date, CalendarDay.kind).where(
            CalendarDay.owner.in_(set(owners))
        )
    )
    for owner, on_date, kind in rows:
        days.setdefault(owner, {})[on_date] = kind
    return days


def _merged(
    owners: list[str], nation: Nation, terms: Mapping[str, list[tuple[date, date]]],
    days: Mapping[str, dict[date, DayKind]], hours: SchoolHours | None,
) -> SchoolCalendar:  # fmt: skip
    """Merge the layers; `owners` are nearest first, and the nearest with any terms gives them.

    A nation opens no school: its open day is a bank holiday taken back, an ordinary date.
    """
    national = days.get(_nation(nation), {})
    merged: dict[date, DayKind] = {
        on: kind for on, kind in national.items() if kind is not DayKind.OPEN
    }
    for owner in reversed(owners):
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
