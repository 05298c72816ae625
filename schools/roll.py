"""Pupil rolls from a school or a council: sealed on the way in, found again by keyed block keys.

No screen or call searches a roll; only the matching of an involved child does (domain.md §3).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TextIO

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.clock import at_london, london_date
from app.core.errors import Refused
from schools.imports import ImportReport, Row, RowError, Tally, read_rows
from schools.models import Establishment
from schools.roll_dates import school_year_began
from schools.roll_doubles import find_doubles
from schools.roll_models import Pupil, Roll, RollState
from schools.roll_reader import COLUMNS, NEEDED, RollReader
from schools.roll_store import Enrolled, RollWriter, Unit, erase_pupils

# A national roll has nine million pupils.
MAX_PUPILS = 10_000_000
_BATCH = 500
# Erased in one unit of work where there are many.
_ERASED = 5_000
# A roll that was begun and never became current is erased after so long.
ABANDONED = timedelta(days=1)

Progress = Callable[[int], None]


def import_roll(
    session: Session, cipher: Cipher, source: TextIO, *, owner: str, now: datetime,
    dry_run: bool = False, accept_fewer: bool = False, progress: Progress | None = None,
) -> ImportReport:  # fmt: skip
    """Replace the roll of a school (`urn:…`) or council (`council:…`) in the caller's transaction.

    As `stage_roll`: for a small roll, or a dry run.
    """
    return stage_roll(
        lambda: nullcontext(session), cipher, source, owner=owner, now=now, dry_run=dry_run,
        accept_fewer=accept_fewer, progress=progress,
    )  # fmt: skip


def stage_roll(
    unit: Unit, cipher: Cipher, source: TextIO, *, owner: str, now: datetime,
    dry_run: bool = False, accept_fewer: bool = False, progress: Progress | None = None,
    done: Callable[[Session, ImportReport], object] | None = None,
) -> ImportReport:  # fmt: skip
    """Replace the roll of a school (`urn:…`) or council (`council:…`) by the one in the file.

    The new roll is written in many short units of work under a number that nobody is matched to;
    one more makes it the current one, and tells `done`; then the old pupils are erased. An import
    that ends before leaves the old roll as it was, and what it wrote is erased with the next
    import or after a day.

    The file must be one that can be read again from its beginning. Pupils whose row is bad are
    reported and left out. Raises `Refused` where no pupil could be read, where fewer than half as
    many were as the old roll has (unless `accept_fewer`), where another import of the same roll
    came in between, or the owner is not in the register.
    """
    with unit() as session:
        schools, before = _schools_of(session, owner), _pupils_now(session, owner)
    reader = RollReader(owner, schools, london_date(now), find_doubles(_readings(source)))
    tally = Tally(dry_run=dry_run)
    roll_id = None if dry_run else _begun(unit, owner, now)
    writer = None if roll_id is None else RollWriter(unit, cipher, roll_id)
    try:
        for pupils in _batches(reader, _rows(source), tally):
            if writer is not None:
                writer.add(pupils)
            if progress is not None:
                progress(len(pupils))
        _check_enough(tally.accepted, before, accept_fewer=accept_fewer)
    except Refused:
        if roll_id is not None:
            _erase_all(unit, [roll_id])
        raise
    report = replace(tally.report(), replaces=before)
    if roll_id is not None and writer is not None:
        writer.finish()
        with unit() as session:
            old = _made_current(session, roll_id, pupils=tally.accepted)
            if done is not None:
                done(session, report)
        _erase_all(unit, old)
    return report


def _check_enough(accepted: int, before: int, *, accept_fewer: bool) -> None:
    if not accepted:
        raise Refused("No pupil could be read from the file: the roll held before stays.")
    if accepted * 2 < before and not accept_fewer:
        raise Refused(
            f"The file gave {accepted} pupils, the roll held before has {before}: it stays."
            " If the file is whole, import it with --accept-fewer."
        )


def _erase_all(unit: Unit, roll_ids: Sequence[int]) -> None:
    erased = 1 if roll_ids else 0
    while erased:
        with unit() as session:
            erased = _erase_some(session, roll_ids)


def _erase_some(session: Session, roll_ids: Sequence[int]) -> int:
    """Erase some pupils of those rolls that do not serve; one may have come to serve since."""
    replaced = session.scalars(
        select(Roll.id)
        .where(Roll.id.in_(roll_ids), Roll.state == RollState.REPLACED)
        .order_by(Roll.id)
        .with_for_update()
    ).all()
    return erase_pupils(session, replaced, most=_ERASED) if replaced else 0


def erase_abandoned(session: Session, *, now: datetime) -> int:
    """Erase some pupils of rolls that never became current within a day; return how many."""
    left = select(Pupil.id).where(Pupil.roll_id == Roll.id).exists()
    ids = session.scalars(
        select(Roll.id).where(
            Roll.state == RollState.REPLACED, Roll.imported_at <= now - ABANDONED, left
        )
    ).all()
    return _erase_some(session, ids)


def erase_roll(session: Session, owner: str) -> int:
    """Erase all pupils of an owner (agreement withdrawn, end of the school year); return them."""
    rolls = _locked(session, owner)
    for roll in rolls:
        roll.state = RollState.REPLACED
    session.flush()
    return erase_pupils(session, [roll.id for roll in rolls])


def erase_last_years_rolls(session: Session, *, now: datetime) -> int:
    """Erase every roll supplied before the last 31 August; return how many pupils it held."""
    before = at_london(school_year_began(london_date(now)), time())
    rolls = session.scalars(
        select(Roll).where(Roll.state == RollState.CURRENT, Roll.imported_at < before)
    ).all()
    for roll in rolls:
        roll.state = RollState.REPLACED
    session.flush()
    return erase_pupils(session, [roll.id for roll in rolls])


def _begun(unit: Unit, owner: str, now: datetime) -> int:
    """Return the number of a new roll that nobody is matched to yet."""
    with unit() as session:
        roll = Roll(owner=owner, state=RollState.REPLACED, pupils=0, imported_at=now)
        session.add(roll)
        session.flush()
        return roll.id


def _pupils_now(session: Session, owner: str) -> int:
    held = select(Roll.pupils).where(Roll.owner == owner, Roll.state == RollState.CURRENT)
    return sum(session.scalars(held))


def _rows(source: TextIO) -> Iterator[Row | RowError]:
    """Yield the rows from the beginning of the file; it is never held whole."""
    source.seek(0)
    yield from read_rows(source, required=NEEDED, known=COLUMNS, most_rows=MAX_PUPILS)


def _readings(source: TextIO) -> tuple[Iterator[Row | RowError], Iterator[Row | RowError]]:
    return _rows(source), _rows(source)


def _batches(
    reader: RollReader, rows: Iterator[Row | RowError], tally: Tally
) -> Iterator[list[Enrolled]]:
    """Yield the pupils that can be taken, some at a time."""
    waiting: list[Enrolled] = []
    for row in rows:
        pupil, warnings = reader.read(row)
        for warning in warnings:
            tally.warn(warning)
        if isinstance(pupil, RowError):
            tally.reject(pupil)
            continue
        tally.take(changed=True)
        waiting.append(pupil)
        if len(waiting) == _BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


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


def _made_current(session: Session, roll_id: int, *, pupils: int) -> list[int]:
    """Let a roll that is whole serve in place of its owner's others; return those.

    Of two imports at once one waits for the other here, before it counts what is left of its own.
    """
    roll = session.get_one(Roll, roll_id)
    others = [one.id for one in _locked(session, roll.owner) if one.id != roll_id]
    stored = session.scalar(select(func.count()).where(Pupil.roll_id == roll_id))
    if stored != pupils:
        raise Refused("Another import of this roll came in between: import the file again.")
    session.execute(
        update(Roll).where(Roll.id.in_(others)).values(state=RollState.REPLACED),
        execution_options={"synchronize_session": False},
    )
    roll.state, roll.pupils = RollState.CURRENT, pupils
    session.flush()
    return others


def _locked(session: Session, owner: str) -> Sequence[Roll]:
    """Return an owner's rolls as they are now, locked in the order of their numbers."""
    return session.scalars(
        select(Roll)
        .where(Roll.owner == owner)
        .order_by(Roll.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
