"""How pupils lie in the database: one small sealed row each, and the block keys that find it."""

import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

from sqlalchemy import Integer, Table, bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from schools.matching.blocks import Findable, block_values
from schools.roll_models import Pupil, PupilKey
from schools.roll_record import PupilDetails, seal_pupil

# Keys are inserted in order, many at a time: pages of the index then fill, and are met once.
_KEYS_HELD = 1_000_000
_KEYS_SENT = 20_000
_ERASED_AT_ONCE = 1_000
_QUIETLY = {"synchronize_session": False}
# On the tables alone: the session would keep books of each row.
_PUPILS, _KEYS = (cast(Table, one.__table__) for one in (Pupil, PupilKey))
_INSERTED = insert(_PUPILS).returning(_PUPILS.c.id, sort_by_parameter_order=True)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One row of a roll, read; `line` is its row number in the file."""

    line: int
    urn: int
    details: PupilDetails = field(repr=False)


# Where each piece of work is stored: the caller's transaction, or a short one of its own.
Unit = Callable[[], AbstractContextManager[Session]]


class RollWriter:
    """Seals and inserts the pupils of one roll and the block keys that find them again.

    What costs time, sealing and keys, is done outside of `unit`; inside are inserts alone, of pages
    that lie together, so that a unit of its own each is over in a fraction of a second.
    """

    def __init__(self, unit: Unit, cipher: Cipher, roll_id: int) -> None:
        self._unit = unit
        self._cipher = cipher
        self._roll_id = roll_id
        self._key = cipher.register_key()
        self._blocks = array("i")
        self._ids = array("i")

    def add(self, pupils: Sequence[Enrolled]) -> None:
        """Insert pupils; their keys wait until `finish`, or until there are very many."""
        if not pupils:
            return
        blocks = [self._blocks_of(one.details) for one in pupils]
        rows = [self._row(one, keys) for one, keys in zip(pupils, blocks, strict=True)]
        with self._unit() as session:
            ids = session.scalars(_INSERTED, rows).all()
        for pupil_id, keys in zip(ids, blocks, strict=True):
            self._blocks.extend(keys)
            self._ids.extend([pupil_id] * len(keys))
        if len(self._ids) >= _KEYS_HELD:
            self.finish()

    def finish(self) -> None:
        """Insert the keys that wait."""
        order = iter(sorted(range(len(self._ids)), key=self._blocks.__getitem__))
        while batch := list(islice(order, _KEYS_SENT)):
            blocks, ids = [self._blocks[at] for at in batch], [self._ids[at] for at in batch]
            with self._unit() as session:
                _insert_keys(session, blocks, ids)
        self._blocks, self._ids = array("i"), array("i")

    def _blocks_of(self, details: PupilDetails) -> list[int]:
        return sorted({self._cipher.block_key(value) for value in stored_under(details)})

    def _row(self, one: Enrolled, blocks: Sequence[int]) -> dict[str, object]:
        sealed = seal_pupil(
            self._cipher, one.details, roll=self._roll_id, line=one.line, key=self._key
        )
        return {
            "roll_id": self._roll_id, "line": one.line, "urn": one.urn, "sealed": sealed,
            "blocks": struct.pack(f">{len(blocks)}i", *blocks),
        }  # fmt: skip


def stored_under(details: PupilDetails) -> frozenset[str]:
    """Return the values under which a pupil is found."""
    return block_values(
        Findable(
            forenames=(details.forename, details.preferred_forename),
            surnames=(details.surname, details.preferred_surname, details.former_surname),
            date_of_birth=details.date_of_birth,
            upn=details.upn,
            former_upn=details.former_upn,
            postcodes=(details.postcode, details.previous_postcode),
        )
    )


def erase_pupils(session: Session, roll_ids: Sequence[int], *, most: int | None = None) -> int:
    """Erase the pupils of these rolls with every key of theirs, at most so many; return them."""
    erased = 0
    for pupils in _batches(session, roll_ids):
        blocks: list[int] = []
        ids: list[int] = []
        for pupil_id, packed in pupils:
            keys = struct.unpack(f">{len(packed) // 4}i", packed)
            blocks.extend(keys)
            ids.extend([pupil_id] * len(keys))
        _delete_keys(session, blocks, ids)
        gone = delete(Pupil).where(Pupil.id.in_([pupil_id for pupil_id, _ in pupils]))
        session.execute(gone, execution_options=_QUIETLY)
        erased += len(pupils)
        if most is not None and erased >= most:
            break
    return erased


def _batches(session: Session, roll_ids: Sequence[int]) -> Iterator[list[tuple[int, bytes]]]:
    """Yield what is left of these rolls, some at a time; the caller erases each."""
    wanted = select(Pupil.id, Pupil.blocks).where(Pupil.roll_id.in_(roll_ids))
    while found := session.execute(wanted.limit(_ERASED_AT_ONCE)).all():
        yield [(pupil_id, packed) for pupil_id, packed in found]


def _insert_keys(session: Session, blocks: list[int], ids: list[int]) -> None:
    if session.get_bind().dialect.name == "postgresql":
        pairs = _unnested(blocks, ids)
        chosen = select(pairs.c.block, pairs.c.pupil_id)
        session.execute(insert(PupilKey).from_select(["block", "pupil_id"], chosen))
        return
    rows = [{"block": block, "pupil_id": one} for block, one in zip(blocks, ids, strict=True)]
    session.connection().execute(insert(_KEYS), rows)


def _delete_keys(session: Session, blocks: list[int], ids: list[int]) -> None:
    if not blocks:
        return
    if session.get_bind().dialect.name == "postgresql":
        pairs = _unnested(blocks, ids)
        gone = delete(PupilKey).where(
            PupilKey.block == pairs.c.block, PupilKey.pupil_id == pairs.c.pupil_id
        )
        session.execute(gone, execution_options=_QUIETLY)
        return
    one_key = delete(_KEYS).where(
        _KEYS.c.block == bindparam("of_block"), _KEYS.c.pupil_id == bindparam("of_pupil")
    )
    rows = [{"of_block": block, "of_pupil": one} for block, one in zip(blocks, ids, strict=True)]
    session.connection().execute(one_key, rows)


def _unnested(blocks: list[int], ids: list[int]) -> Any:
    """Return two arrays as rows: one statement for thousands of keys."""
    return (
        func.unnest(bindparam(None, blocks, ARRAY(Integer)), bindparam(None, ids, ARRAY(Integer)))
        .table_valued("block", "pupil_id")
        .render_derived()
    )
