"""A new master key takes over: what is under the old one is moved to it, some rows at a time.

Add a key, let every process have it, turn to it and move the rows, and after a while take the old
one away (decision 120). Nothing stands still meanwhile: a row opens with the key it names, before
it is moved and after. Whoever is interrupted begins again and finds what is left.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Row,
    Table,
    and_,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.core import audit
from app.core.cipher import CannotOpen, Cipher
from app.core.crash_points import CrashPoint, crash_point
from app.core.database import Base, Database
from app.core.errors import Conflict
from app.core.key_file import Keys, put_in_place
from app.core.key_seal import KeyService
from app.core.models import ContentKey
from app.core.scope import PLATFORM

BATCH = 500
# Work that was begun before the turn wraps with the old key until it ends: an import takes longest.
RETIRED_AFTER = timedelta(hours=24)
# What others write while a pass runs is found by the next.
_PASSES = 5
_CONTENT_KEYS = cast(Table, ContentKey.__table__)

Counts = dict[str, int]
Move = Callable[[Mapping[str, Any]], bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    """One column that names a master key in its first bytes, and how a value of it is moved."""

    column: Column[bytes]
    under: ColumnElement[bool]
    moved: Move

    @property
    def name(self) -> str:
        return f"{self.column.table.name}.{self.column.name}"


@dataclass(frozen=True, slots=True)
class _Act:
    """What is done to the file, and by whom, as the trail keeps it."""

    event: audit.Event
    now: datetime
    actor: str


def add_key(
    database: Database, path: Path, service: KeyService | None = None, *, now: datetime, actor: str
) -> Keys:
    """Put a fresh master key into the file, used for nothing yet; raise `Conflict` where two are.

    Every process must have it before anything is under it: copy the file to every host.
    """
    keys = Keys.load(path, service).with_another()
    _replace(database, path, keys, service, _Act(audit.Event.KEY_ADDED, now, actor))
    return keys


def turn(
    database: Database, path: Path, service: KeyService | None = None, *, now: datetime, actor: str
) -> Keys:
    """Make the newest master key the active one; raise `Conflict` where there is only one.

    Done again it changes nothing.
    """
    keys = Keys.load(path, service)
    if len(keys.masters) == 1:
        raise Conflict("There is one master key: make another with `encompass keys add` first.")
    if keys.active != keys.newest:
        keys = keys.turned(now)
        _replace(database, path, keys, service, _Act(audit.Event.KEY_TURNED, now, actor))
    return keys


def move_all(
    database: Database, cipher: Cipher, said: Callable[[int], None] | None = None
) -> Counts:
    """Move every row to the active master key and return what was moved, by column.

    In transactions of `BATCH` rows; `said` hears how many each moved. A row that does not open
    is left as it is. Beside writers that go on, passes until one finds nothing.
    """
    moved: Counts = {}
    for _ in range(_PASSES):
        before = sum(moved.values())
        for kept in _all_kept(cipher):
            for count in _batches(database, kept):
                moved[kept.name] = moved.get(kept.name, 0) + count
                if said is not None:
                    said(count)
        if sum(moved.values()) == before:
            break
    return moved


def left_behind(database: Database, cipher: Cipher) -> Counts:
    """Return how many rows are not under the active master key, by column; those with none out."""
    found = {}
    with database.read(PLATFORM) as session:
        for kept in _all_kept(cipher):
            rows = select(func.count()).select_from(kept.column.table).where(kept.under)
            if count := session.connection().scalar(rows):
                found[kept.name] = count
    return found


def note_moved(database: Database, counts: Counts, *, now: datetime, actor: str) -> None:
    """Put on the trail how many rows were moved."""
    with database.write(PLATFORM) as session:
        act = _Act(audit.Event.KEYS_MOVED, now, actor)
        _record(session, act, {"count": sum(counts.values())})


def retire(
    database: Database,
    cipher: Cipher,
    path: Path,
    service: KeyService | None = None,
    *,
    now: datetime,
    actor: str,
) -> str:
    """Take the old master key out of the file and return its name.

    Raises `Conflict` where rows are left under it, or where it was in use a day ago: what was
    begun then could still be stored under it. Backups made before need it: keep it with them.
    """
    keys = Keys.load(path, service)
    old = [name for name in keys.masters if name != keys.active]
    if not old:
        raise Conflict("There is one master key: nothing to take away.")
    if keys.active_since is None or keys.active != keys.newest:
        raise Conflict("The new master key is not in use yet: `encompass keys rotate` first.")
    if now - keys.active_since < RETIRED_AFTER:
        raise Conflict("The old master key was in use less than a day ago: retire it tomorrow.")
    if left := left_behind(database, cipher):
        rows = ", ".join(f"{count:,} of {name}" for name, count in left.items())
        raise Conflict(f"Under the old master key: {rows}. Run `encompass keys rotate` again.")
    _replace(database, path, keys.alone(), service, _Act(audit.Event.KEY_RETIRED, now, actor))
    return old[0]


def note_sealed(database: Database, *, now: datetime, actor: str) -> None:
    """Put on the trail that the key file was sealed by the key service."""
    with database.write(PLATFORM) as session:
        _record(session, _Act(audit.Event.KEY_FILE_CHANGED, now, actor), {"sealed": 1})


def open_file(
    database: Database, path: Path, service: KeyService, *, now: datetime, actor: str
) -> Keys:
    """Put a plain key file in the place of a sealed one, to leave a key service."""
    keys = Keys.load(path, service)
    _replace(database, path, keys, None, _Act(audit.Event.KEY_FILE_CHANGED, now, actor))
    return keys


def _replace(
    database: Database, path: Path, keys: Keys, service: KeyService | None, act: _Act
) -> None:
    # Sealed before: no transaction is open while another service is asked.
    contents = keys.contents(service)
    with database.write(PLATFORM) as session:
        _record(session, act, {"masters": len(keys.masters), "sealed": int(service is not None)})
        put_in_place(path, contents)
        crash_point(CrashPoint.KEYS_TURNED)


def _record(session: Session, act: _Act, detail: Counts) -> None:
    audit.record(
        session, event=act.event, actor=act.actor, force=None, subject="keys:master", now=act.now,
        detail=dict(detail),
    )  # fmt: skip


def _all_kept(cipher: Cipher) -> Iterator[_Kept]:
    """Yield the content keys, and each column that its model says is of the register."""
    key = _CONTENT_KEYS.c.wrapped_key
    yield _Kept(
        key, _not_under(key, cipher.wrapped_now()),
        lambda row: cipher.rewrap(row["id"], row["force"], row["wrapped_key"]),
    )  # fmt: skip
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if "place" in column.info:
                yield _of_register(cipher, column)


def _of_register(cipher: Cipher, column: Column[Any]) -> _Kept:
    place: str = column.info["place"]

    def moved(row: Mapping[str, Any]) -> bytes:
        return cipher.resealed(row[column.name], place=place.format(**row))

    return _Kept(column, _not_under(column, *cipher.sealed_now()), moved)


def _not_under(column: Column[Any], *begins: bytes) -> ColumnElement[bool]:
    other = (
        func.substr(column, 1, len(begin), type_=LargeBinary()) != bindparam(None, begin)
        for begin in begins
    )
    return and_(column.is_not(None), *other)


def _batches(database: Database, kept: _Kept) -> Iterator[int]:
    """Move a column's rows in the order of their ids; yield how many of each batch were moved."""
    after: object = None
    while True:

        def step(session: Session, after: object = after) -> tuple[int, object]:
            return _step(session, kept, after)

        count, last = database.retrying(step, PLATFORM)
        if last is None:
            return
        crash_point(CrashPoint.KEYS_TURNED)
        yield count
        after = last


def _step(session: Session, kept: _Kept, after: object) -> tuple[int, object]:
    """Move the next rows; return how many, and the last one's id or None where there was none."""
    table = kept.column.table
    connection, ident = session.connection(), table.c.id
    rows = select(table).where(kept.under).order_by(ident).limit(BATCH)
    found = connection.execute(rows if after is None else rows.where(ident > after)).all()
    if not found:
        return 0, None
    moves = list(_moves(kept, found))
    if moves:
        # Whoever changed a row since, or destroyed its key, wins.
        connection.execute(
            update(table)
            .where(ident == bindparam("row"), kept.column == bindparam("before"))
            .values({kept.column.name: bindparam("moved")}),
            moves,
        )
        crash_point(CrashPoint.KEYS_TURNED)
    return len(moves), found[-1].id


def _moves(kept: _Kept, rows: Sequence[Row[Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        values = row._asdict()
        try:
            moved = kept.moved(values)
        except CannotOpen:
            continue
        yield {"row": values["id"], "before": values[kept.column.name], "moved": moved}
