"""Calendars from a CSV file: terms, closures, INSET days, opened days and hours, by owner."""

from datetime import date, datetime
from typing import TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from schools import calendar_editing
from schools.imports import BadRow, ImportReport, Row, RowError, Tally, read_rows
from schools.models import Establishment

COLUMNS = ("Owner", "Kind", "From", "To", "DoorsOpen", "RegisterClose", "PupilsLeave", "Note")
_DAY_KINDS = {kind.value: kind for kind in calendar_editing.SCHOOL_KINDS}


def import_calendar(
    session: Session, source: TextIO, *, now: datetime, dry_run: bool = False,
    actor: str = "operator",
) -> ImportReport:  # fmt: skip
    """Read terms, closures, INSET days, opened days and hours; `Owner` is a URN or council:CODE.

    A term with the same owner and first day is replaced; everything else is kept. Each owner whose
    calendar changed is noted once, so that deadlines follow.
    """
    tally = Tally(dry_run=dry_run)
    known = _Owners(session)
    owners: dict[str, None] = {}
    for row in read_rows(source, required=COLUMNS[:3], known=COLUMNS):
        if isinstance(row, RowError):
            tally.reject(row)
            continue
        try:
            owner = known.owner_of(row)
            changed = _take(session, row, owner, write=not dry_run)
        except BadRow as bad:
            tally.reject(RowError(row.line, bad.code, bad.message))
            continue
        tally.take(changed=changed)
        if changed and not dry_run:
            owners[owner] = None
    for owner in owners:
        calendar_editing.note_change(session, owner, now=now, actor=actor)
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


def _take(session: Session, row: Row, owner: str, *, write: bool) -> bool:
    """Take one row; what the editing refuses is a bad row, with the same code and message."""
    kind = row.needed("Kind").lower()
    try:
        if kind == "term":
            return calendar_editing.set_term(session, owner, *_from_to(row), write=write)
        if kind == "hours":
            return _take_hours(session, row, owner, write=write)
        if kind in _DAY_KINDS:
            return calendar_editing.set_days(
                session, owner, *_from_to(row), _DAY_KINDS[kind],
                note=row.text("Note", longest=100), write=write,
            )  # fmt: skip
    except Invalid as wrong:
        first = wrong.errors[0]
        raise BadRow(first.code, first.message) from None
    raise BadRow("kind", "Kind must be term, closed, inset, open or hours.")


def _take_hours(session: Session, row: Row, owner: str, *, write: bool) -> bool:
    kind, _, urn = owner.partition(":")
    if kind != "urn":
        raise BadRow("hours_owner", "Hours belong to one school: give its URN as Owner.")
    doors, register, leave = (row.time(name) for name in COLUMNS[4:7])
    return calendar_editing.set_hours(session, int(urn), doors, register, leave, write=write)


def _from_to(row: Row) -> tuple[date, date]:
    first = row.date("From")
    if first is None:
        raise BadRow("missing", "From is blank: fill it in.")
    return first, row.date("To") or first
