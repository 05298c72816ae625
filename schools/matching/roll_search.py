"""Pupils who may be a child: found by keyed block keys alone, and opened only to be compared.

Three statements for all children of an incident, however large the rolls are.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from sqlalchemy import Integer, Table, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.core import logs
from app.core.cipher import Cipher
from schools.matching import rules
from schools.matching.blocks import child_findable, lookup_values
from schools.matching.details import ChildIdentity, PupilFacts
from schools.roll_dates import used_since
from schools.roll_marks import marked
from schools.roll_models import Pupil, PupilKey, Roll, RollState
from schools.roll_record import open_pupil

_log = logs.get(__name__)

# Built once, on the tables alone: putting a statement together costs more than answering it.
_KEYS, _PUPILS, _ROLLS = (cast(Table, one.__table__) for one in (PupilKey, Pupil, Roll))
_IN_USE = (_ROLLS.c.state == RollState.CURRENT, _ROLLS.c.imported_at >= bindparam("since"))
_ENROLLED = select(func.coalesce(func.sum(_ROLLS.c.pupils), 0)).where(*_IN_USE)
_SIZES = select(_KEYS.c.block, func.count()).group_by(_KEYS.c.block)
_SEALED = (
    select(
        _KEYS.c.block, _PUPILS.c.id, _PUPILS.c.roll_id, _PUPILS.c.line, _PUPILS.c.urn,
        _PUPILS.c.sealed,
    )
    .join(_PUPILS, _PUPILS.c.id == _KEYS.c.pupil_id)
    .join(_ROLLS, _ROLLS.c.id == _PUPILS.c.roll_id)
    .where(*_IN_USE)
)  # fmt: skip
_LISTED = _KEYS.c.block.in_(bindparam("blocks", expanding=True))
# One text whatever their number, which PostgreSQL prepares once.
_ANY = _KEYS.c.block == any_(bindparam("blocks", type_=ARRAY(Integer)))
_STATEMENTS = {
    "sqlite": (_SIZES.where(_LISTED), _SEALED.where(_LISTED)),
    "postgresql": (_SIZES.where(_ANY), _SEALED.where(_ANY)),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates for one child in order of their ids, and how many live at its postcodes."""

    pupils: tuple[PupilFacts, ...] = ()
    at_postcode: Mapping[str, int] = field(default_factory=dict)


class RollSearch:
    """The current rolls, no older than a term on the day of the incident."""

    def __init__(self, session: Session, cipher: Cipher, on: date) -> None:
        self._session = session
        self._cipher = cipher
        self._key = cipher.register_key()
        self._on = on
        self._since = used_since(on)
        self._count, self._read = _STATEMENTS[session.get_bind().dialect.name]
        self.size: int = session.execute(_ENROLLED, {"since": self._since}).scalar_one()

    def find(self, children: Sequence[ChildIdentity]) -> list[Found]:
        """Return for each child the pupils who share a block key with it; leavers are marked."""
        wanted = [self._blocks(child) for child in children]
        if not self.size or not any(wanted):
            return [Found() for _ in children]
        sizes = self._sizes({block for blocks in wanted for block in blocks.values()})
        if wide := sum(size > rules.BLOCK_CAP for size in sizes.values()):
            # `encompass roll list` counts them over all rolls.
            _log.warning("block_over_cap", count=wide)
        nowhere = marked(self._session, {block for blocks in wanted for block in blocks.values()})
        sizes |= dict.fromkeys(nowhere, rules.POPULATION)
        usable = [_narrowest(blocks.values(), sizes) for blocks in wanted]
        under, pupils = self._pupils({block for blocks in usable for block in blocks})
        return [
            Found(
                tuple(pupils[one] for one in sorted({i for b in some for i in under.get(b, ())})),
                {
                    value.removeprefix(_POSTCODE): sizes.get(block, 0)
                    for value, block in blocks.items()
                    if value.startswith(_POSTCODE)
                },
            )
            for blocks, some in zip(wanted, usable, strict=True)
        ]

    def _blocks(self, child: ChildIdentity) -> dict[str, int]:
        values = lookup_values(child_findable(child, on=self._on))
        return {value: self._cipher.block_key(value) for value in values}

    def _sizes(self, blocks: Collection[int]) -> dict[int, int]:
        counted = self._session.execute(self._count, {"blocks": list(blocks)})
        return {row[0]: row[1] for row in counted}

    def _pupils(
        self, blocks: Collection[int]
    ) -> tuple[dict[int, list[int]], dict[int, PupilFacts]]:
        """Return the pupils' ids by block, and each of them opened once."""
        asked = {"blocks": list(blocks), "since": self._since}
        rows = self._session.execute(self._read, asked) if blocks else ()
        under: dict[int, list[int]] = {}
        opened: dict[int, PupilFacts | None] = {}
        for row in rows:
            if row.id not in opened:
                opened[row.id] = self._opened(row)
            if opened[row.id] is not None:
                under.setdefault(row.block, []).append(row.id)
        return under, {one: pupil for one, pupil in opened.items() if pupil is not None}

    def _opened(self, row: Any) -> PupilFacts | None:
        """Return the pupil, or None who had not entered that school by then."""
        one = open_pupil(self._cipher, row.sealed, roll=row.roll_id, line=row.line, key=self._key)
        if one.entered_on is not None and one.entered_on > self._on:
            return None
        return PupilFacts(
            pupil_id=row.id, urn=row.urn, forename=one.forename, surname=one.surname,
            middle_names=one.middle_names, preferred_surname=one.preferred_surname,
            former_surname=one.former_surname, date_of_birth=one.date_of_birth, sex=one.sex,
            upn=one.upn, postcode=one.postcode, preferred_forename=one.preferred_forename,
            former_upn=one.former_upn, previous_postcode=one.previous_postcode,
            left=one.leaves_on is not None and one.leaves_on <= self._on,
        )  # fmt: skip


_POSTCODE = "postcode|"


def _narrowest(blocks: Iterable[int], sizes: Mapping[int, int]) -> list[int]:
    """Return the blocks to open: each within the cap, the narrowest first until it is reached.

    A block over the cap is a placeholder or an institution, and tells nothing.
    """
    kept, total = [], 0
    for size, block in sorted((sizes[block], block) for block in set(blocks) if block in sizes):
        total += size
        if size > rules.BLOCK_CAP or total > rules.CANDIDATE_CAP:
            break
        kept.append(block)
    return kept
