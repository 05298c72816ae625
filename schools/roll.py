"""Pupil rolls from a school or a council: sealed on the way in, found again by keyed block keys.

No screen or call searches a roll; only the matching of an involved child does (domain.md §3).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TextIO
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.errors import Refused
from app.core.ids import new_id
from schools.imports import BadRow, ImportReport, Row, RowError, Tally, read_rows
from schools.matching.blocks import Findable, block_values
from schools.matching.normalise import person_name, postcode
from schools.models import Establishment, Pupil, PupilKey, Roll, RollState

COLUMNS = (
    "UPN", "Surname", "Forename", "MiddleNames", "PreferredSurname", "FormerSurname", "DOB", "Sex",
    "PostCode", "URN", "EntryDate", "LeavingDate",
)  # fmt: skip
_BATCH = 500
_OLDEST = 26
_SEXES = {"f": "F", "female": "F", "m": "M", "male": "M", "x": "X", "u": None, "unknown": None}


@dataclass(frozen=True, slots=True)
class PupilDetails:
    """What is sealed of one pupil; the row binding is `<roll id>:<line>`."""

    forename: str = field(repr=False)
    surname: str = field(repr=False)
    middle_names: str | None = field(default=None, repr=False)
    preferred_surname: str | None = field(default=None, repr=False)
    former_surname: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    sex: str | None = None
    upn: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Enrolled:
    """One row of the file, read."""

    line: int
    urn: int
    entered_on: date | None
    leaves_on: date | None
    details: PupilDetails


def import_roll(
    session: Session, cipher: Cipher, source: TextIO, *, owner: str, now: datetime,
    dry_run: bool = False, progress: Callable[[int], None] | None = None,
) -> ImportReport:  # fmt: skip
    """Replace the roll of a school (`urn:…`) or council (`council:…`) by the one in the file.

    Pupils whose row is bad are reported and left out. The old roll serves until the new one is
    whole, then its pupils are erased. Raises `Refused` where no pupil could be read, or the owner
    is not in the register.
    """
    reader = _Reader(owner, _schools_of(session, owner), now.date())
    tally = Tally(dry_run=dry_run)
    roll = Roll(id=new_id(), owner=owner, state=RollState.REPLACED, pupils=0, imported_at=now)
    if not dry_run:
        session.add(roll)
        session.flush()
    waiting: list[_Enrolled] = []
    for row in read_rows(source, required=("Surname", "Forename", "DOB"), known=COLUMNS):
        pupil = _read(reader, row, tally)
        if pupil is not None:
            waiting.append(pupil)
        if len(waiting) == _BATCH:
            _store(session, cipher, roll.id, waiting, dry_run=dry_run)
            _report(progress, len(waiting))
            waiting.clear()
    _store(session, cipher, roll.id, waiting, dry_run=dry_run)
    _report(progress, len(waiting))
    if not tally.accepted:
        raise Refused("No pupil could be read from the file: the roll held before stays.")
    if not dry_run:
        _replace(session, roll, pupils=tally.accepted)
    return tally.report()


def erase_roll(session: Session, owner: str) -> int:
    """Erase all pupils of an owner (agreement withdrawn, end of the school year); return them."""
    rolls = select(Roll.id).where(Roll.owner == owner)
    erased = session.scalars(select(Pupil.id).where(Pupil.roll_id.in_(rolls))).all()
    session.execute(
        delete(Pupil).where(Pupil.roll_id.in_(rolls)).execution_options(synchronize_session=False)
    )
    session.execute(
        update(Roll)
        .where(Roll.owner == owner)
        .values(state=RollState.REPLACED)
        .execution_options(synchronize_session=False)
    )
    return len(erased)


class _Reader:
    """Reads the rows of one owner's file."""

    def __init__(self, owner: str, schools: Collection[int], today: date) -> None:
        self._owner = owner
        self._schools = schools
        self._today = today

    def pupil(self, row: Row) -> _Enrolled:
        """Return the pupil of a row; raise `BadRow`."""
        entered_on, leaves_on = row.date("EntryDate"), row.date("LeavingDate")
        if entered_on and leaves_on and leaves_on < entered_on:
            raise BadRow("order", "LeavingDate is before EntryDate: correct one.")
        return _Enrolled(row.line, self._urn(row), entered_on, leaves_on, self._details(row))

    def _urn(self, row: Row) -> int:
        kind, _, code = self._owner.partition(":")
        if kind == "urn" and row.text("URN") is None:
            return int(code)
        urn = row.urn()
        if urn not in self._schools:
            raise BadRow("other_school", "URN is not a school that this roll may speak for.")
        return urn

    def _details(self, row: Row) -> PupilDetails:
        forename, surname = row.needed("Forename", longest=100), row.needed("Surname", longest=100)
        if not person_name(forename) or not person_name(surname):
            raise BadRow("name", "Forename and Surname must hold letters.")
        return PupilDetails(
            forename=forename,
            surname=surname,
            middle_names=row.text("MiddleNames", longest=200),
            preferred_surname=row.text("PreferredSurname", longest=100),
            former_surname=row.text("FormerSurname", longest=100),
            date_of_birth=self._born(row),
            sex=self._sex(row),
            upn=row.text("UPN", longest=20),
            postcode=postcode(row.text("PostCode")),
        )

    def _born(self, row: Row) -> date:
        born = row.date("DOB")
        if born is None:
            raise BadRow("missing", "DOB is blank: fill it in.")
        if not 0 <= self._today.year - born.year <= _OLDEST or born > self._today:
            raise BadRow("birth", "DOB is not that of a pupil: check the year.")
        return born

    @staticmethod
    def _sex(row: Row) -> str | None:
        said = (row.text("Sex") or "unknown").lower()
        if said not in _SEXES:
            raise BadRow("sex", "Sex must be F, M, X or blank.")
        return _SEXES[said]


def _read(reader: _Reader, row: Row | RowError, tally: Tally) -> _Enrolled | None:
    if isinstance(row, RowError):
        tally.reject(row)
        return None
    try:
        pupil = reader.pupil(row)
    except BadRow as bad:
        tally.reject(RowError(row.line, bad.code, bad.message))
        return None
    tally.take(changed=True)
    return pupil


def _schools_of(session: Session, owner: str) -> set[int]:
    """Return the schools that an owner may speak for; raise `Refused` where there are none."""
    kind, _, code = owner.partition(":")
    query = select(Establishment.urn)
    if kind == "urn" and code.isdigit():
        query = query.where(Establishment.urn == int(code))
    elif kind == "council":
        query = query.where(Establishment.la_code == code)
    else:
        raise Refused("A roll belongs to `urn:<number>` or `council:<code>`.")
    found = set(session.scalars(query))
    if not found:
        raise Refused("The register holds no such school or council: import the register first.")
    return found


def _store(
    session: Session, cipher: Cipher, roll_id: UUID, pupils: list[_Enrolled], *, dry_run: bool
) -> None:
    """Seal and insert pupils and the block keys that find them again."""
    if dry_run or not pupils:
        return
    key = cipher.register_key()
    rows = [
        {
            "roll_id": roll_id, "line": one.line, "urn": one.urn, "entered_on": one.entered_on,
            "leaves_on": one.leaves_on,
            "sealed": cipher.seal(
                one.details, table="pupil", row=f"{roll_id}:{one.line}", force=None, key=key
            ),
        }
        for one in pupils
    ]  # fmt: skip
    inserted = insert(Pupil).returning(Pupil.id, sort_by_parameter_order=True)
    ids = session.scalars(inserted, rows).all()
    keys = [
        {"block": block, "pupil_id": pupil_id}
        for pupil_id, one in zip(ids, pupils, strict=True)
        for block in sorted({cipher.block_key(value) for value in _values(one.details)})
    ]
    session.execute(insert(PupilKey), keys)


def _values(details: PupilDetails) -> frozenset[str]:
    surnames = (details.surname, details.preferred_surname, details.former_surname)
    return block_values(
        Findable(
            forenames=(details.forename,), surnames=surnames, date_of_birth=details.date_of_birth,
            upn=details.upn, postcodes=(details.postcode,),
        )
    )  # fmt: skip


def _replace(session: Session, roll: Roll, *, pupils: int) -> None:
    old = select(Roll.id).where(Roll.owner == roll.owner, Roll.id != roll.id)
    quietly = {"synchronize_session": False}
    session.execute(delete(Pupil).where(Pupil.roll_id.in_(old)), execution_options=quietly)
    session.execute(
        update(Roll)
        .where(Roll.owner == roll.owner, Roll.id != roll.id)
        .values(state=RollState.REPLACED),
        execution_options=quietly,
    )
    roll.state, roll.pupils = RollState.CURRENT, pupils
    session.flush()


def _report(progress: Callable[[int], None] | None, done: int) -> None:
    if progress is not None and done:
        progress(done)
