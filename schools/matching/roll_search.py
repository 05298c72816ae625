"""Pupils who may be a child: found by keyed block keys alone, and opened only to be compared.

A handful of statements for all children that are asked for together, however large the rolls are:
how many share each key, who they are, and each pupil's sealed row once.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Integer,
    Select,
    Table,
    any_,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.core import logs
from app.core.cipher import CannotOpen, Cipher
from schools.matching import rules
from schools.matching.blocks import child_findable, first_values, lookup_values
from schools.matching.details import ChildIdentity, PupilFacts
from schools.matching.normalise import (
    forename,
    postcode,
    real_birth_date,
    same_pupil_number,
    surname,
)
from schools.roll_dates import used_since
from schools.roll_marks import marked
from schools.roll_models import Pupil, PupilKey, Roll, RollState
from schools.roll_record import day_of, open_values

_log = logs.get(__name__)

# Built once, on the tables alone: putting a statement together costs more than answering it.
_KEYS, _PUPILS, _ROLLS = (cast(Table, one.__table__) for one in (PupilKey, Pupil, Roll))
_IN_USE = (_ROLLS.c.state == RollState.CURRENT, _ROLLS.c.imported_at >= bindparam("since"))
_ENROLLED = select(func.coalesce(func.sum(_ROLLS.c.pupils), 0)).where(*_IN_USE)
_SIZES = select(_KEYS.c.block, func.count()).group_by(_KEYS.c.block)
_SHARING = select(_KEYS.c.block, _KEYS.c.pupil_id)
_SEALED = (
    select(_PUPILS.c.id, _PUPILS.c.roll_id, _PUPILS.c.line, _PUPILS.c.urn, _PUPILS.c.sealed)
    .join(_ROLLS, _ROLLS.c.id == _PUPILS.c.roll_id)
    .where(*_IN_USE)
)


@dataclass(frozen=True, slots=True)
class _Statements:
    """What is asked, with the numbers in one parameter: one text, prepared once."""

    sizes: Select[Any]
    sharing: Select[Any]
    sealed: Select[Any]

    @classmethod
    def among(cls, numbers: Callable[[Column[Any]], ColumnElement[bool]]) -> "_Statements":
        block, pupil = numbers(_KEYS.c.block), numbers(_PUPILS.c.id)
        return cls(_SIZES.where(block), _SHARING.where(block), _SEALED.where(pupil))


_ARRAY = bindparam("numbers", type_=ARRAY(Integer))
_LIST = func.json_each(bindparam("numbers", type_=JSON)).table_valued(column("value", Integer))
_STATEMENTS = {
    "sqlite": _Statements.among(lambda one: one.in_(select(_LIST.c.value))),
    "postgresql": _Statements.among(lambda one: one == any_(_ARRAY)),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates for one child in order of their ids, and how many live at its postcodes.

    `unreadable` says that a row beside them did not open: it may be the child's own.
    """

    pupils: tuple[PupilFacts, ...] = ()
    at_postcode: Mapping[str, int] = field(default_factory=dict)
    unreadable: bool = False


class RollSearch:
    """The current rolls, no older than a term on the day of the incident."""

    def __init__(self, session: Session, cipher: Cipher, on: date) -> None:
        self._session = session
        self._cipher = cipher
        self._key = cipher.register_key()
        self._on = on
        self._since = used_since(on)
        self._ask = _STATEMENTS[session.get_bind().dialect.name]
        self.size: int = session.execute(_ENROLLED, {"since": self._since}).scalar_one()

    def find(self, children: Sequence[ChildIdentity]) -> list[Found]:
        """Return for each child the pupils who share a block key with it; leavers are marked.

        A child who stands on a roll exactly as it was typed is looked for no further.
        """
        if not self.size:
            return [Found() for _ in children]
        findable = [child_findable(child, on=self._on) for child in children]
        wanted = [self._blocks(first_values(one)) for one in findable]
        known = _Known()
        self._learn(known, wanted)
        further = [
            index
            for index, (child, blocks) in enumerate(zip(children, wanted, strict=True))
            if not any(_as_typed(child, one) for one in known.sharing(blocks))
        ]
        for index in further:
            wanted[index] = self._blocks(lookup_values(findable[index])) | wanted[index]
        self._learn(known, [wanted[index] for index in further])
        return [
            Found(known.sharing(blocks), known.at_postcodes(blocks), known.unreadable(blocks))
            for blocks in wanted
        ]

    def _learn(self, known: "_Known", wanted: Sequence[Mapping[str, int]]) -> None:
        """Count who shares these block keys, and open the pupils under all that tell something."""
        new = {block for blocks in wanted for block in blocks.values()} - known.asked
        if new:
            sizes = self._sizes(new)
            if wide := sum(size > rules.BLOCK_CAP for size in sizes.values()):
                # `encompass roll list` counts them over all rolls.
                _log.warning("block_over_cap", count=wide)
            sizes |= dict.fromkeys(marked(self._session, new), rules.POPULATION)
            known.asked |= new
            known.sizes |= sizes
        usable = {block for blocks in wanted for block in known.usable(blocks)}
        self._open(known, usable - known.under.keys())

    def _blocks(self, values: Iterable[str]) -> dict[str, int]:
        return {value: self._cipher.block_key(value) for value in values}

    def _sizes(self, blocks: Collection[int]) -> dict[int, int]:
        counted = self._session.execute(self._ask.sizes, {"numbers": list(blocks)})
        return {row[0]: row[1] for row in counted.all()}

    def _open(self, known: "_Known", blocks: Collection[int]) -> None:
        """Read who lies under these blocks, and open whom nobody opened before."""
        if not blocks:
            return
        known.under |= {block: [] for block in blocks}
        sharing = self._session.execute(self._ask.sharing, {"numbers": list(blocks)})
        for block, pupil_id in sharing.all():
            known.under[block].append(pupil_id)
        ids = {one for block in blocks for one in known.under[block]} - known.pupils.keys()
        if ids:
            asked = {"numbers": list(ids), "since": self._since}
            damaged = set()
            for row in self._session.execute(self._ask.sealed, asked).all():
                try:
                    known.pupils[row[0]] = self._opened(*row)
                except CannotOpen:
                    known.pupils[row[0]] = None
                    damaged.add(row[0])
            if damaged:
                known.damaged |= damaged
                _log.error("pupils_not_opened", count=len(damaged))

    def _opened(
        self, pupil_id: int, roll: int, line: int, urn: int, sealed: bytes
    ) -> PupilFacts | None:
        """Return the pupil, or None who had not entered that school by then."""
        (
            given, family, middle, preferred, former, born, sex, upn, home, entered, leaves,
            former_upn, known_as, previous,
        ) = open_values(self._cipher, sealed, roll=roll, line=line, key=self._key)  # fmt: skip
        entered_on, leaves_on = day_of(entered), day_of(leaves)
        if entered_on is not None and entered_on > self._on:
            return None
        left = leaves_on is not None and leaves_on <= self._on
        return PupilFacts(
            pupil_id, urn, given or "", family or "", middle, preferred, former, day_of(born), sex,
            upn, home, known_as, former_upn, previous, left,
        )  # fmt: skip


_POSTCODE = "postcode|"


@dataclass(slots=True)
class _Known:
    """What was asked of the rolls so far for one batch of children."""

    asked: set[int] = field(default_factory=set)
    sizes: dict[int, int] = field(default_factory=dict)
    under: dict[int, list[int]] = field(default_factory=dict)
    # None for who had not entered that school by then.
    pupils: dict[int, PupilFacts | None] = field(default_factory=dict)
    # Who could not be opened: nobody knows who that is.
    damaged: set[int] = field(default_factory=set)

    def usable(self, blocks: Mapping[str, int]) -> list[int]:
        """Return the blocks to open: each within the cap, the narrowest first until it is reached.

        A block over the cap is a placeholder or an institution, and tells nothing.
        """
        kept, total, sizes = [], 0, self.sizes
        for size, block in sorted((sizes[one], one) for one in {*blocks.values()} if one in sizes):
            total += size
            if size > rules.BLOCK_CAP or total > rules.CANDIDATE_CAP:
                break
            kept.append(block)
        return kept

    def sharing(self, blocks: Mapping[str, int]) -> tuple[PupilFacts, ...]:
        """Return the pupils who share a usable block, in the order of their ids."""
        ids = {one for block in self.usable(blocks) for one in self.under[block]}
        found = (self.pupils.get(one) for one in sorted(ids))
        return tuple(one for one in found if one is not None)

    def unreadable(self, blocks: Mapping[str, int]) -> bool:
        """Return whether somebody under a usable block could not be opened."""
        return bool(self.damaged) and any(
            not self.damaged.isdisjoint(self.under[block]) for block in self.usable(blocks)
        )

    def at_postcodes(self, blocks: Mapping[str, int]) -> dict[str, int]:
        """Return how many live at each postcode: on the rolls in use, where they were opened.

        A roll that is being written has keys already, and pupils that nobody is matched to.
        """
        opened = set(self.usable(blocks))
        return {
            value.removeprefix(_POSTCODE): (
                sum(self.pupils.get(one) is not None for one in self.under[block])
                if block in opened
                else self.sizes.get(block, 0)
            )
            for value, block in blocks.items()
            if value.startswith(_POSTCODE)
        }


def _as_typed(child: ChildIdentity, pupil: PupilFacts) -> bool:
    """Return whether a pupil who is there now has the child's names, birth date and postcode."""
    born = real_birth_date(child.date_of_birth)
    return (
        born is not None
        and born == pupil.date_of_birth
        and not pupil.left
        and bool(code := postcode(pupil.postcode))
        and code in map(postcode, child.postcodes)
        and bool(first := forename(child.forename))
        and bool(last := surname(child.surname))
        and first == forename(pupil.forename)
        and last == surname(pupil.surname)
        and same_pupil_number(child.upn, pupil.upn, formerly=pupil.former_upn) is not False
    )
