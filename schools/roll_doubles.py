"""Finds what stands twice in a roll, in memory that does not grow with the file.

One reading marks every value in a fixed table of bits; only values that met a set bit are looked
at again. So a file of millions of rows is checked whole before one pupil is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from schools.imports import Row
from schools.matching.normalise import upn

# 32 MiB: of two million rows about one in a hundred is looked at again for nothing.
_BITS = 2**28


@dataclass(frozen=True, slots=True)
class Doubles:
    """Lines that repeat a pupil of an earlier line, and numbers that two pupils share.

    `alike` are lines with the name, date of birth and school of an earlier one and another number.
    """

    repeated: dict[int, int] = field(default_factory=dict)
    shared_numbers: frozenset[str] = field(default=frozenset(), repr=False)
    alike: dict[int, int] = field(default_factory=dict)


def find_doubles(readings: tuple[Iterable[object], Iterable[object]]) -> Doubles:
    """Return what stands twice; the rows are read twice, the second time only for suspects.

    A pupil is repeated where name, date of birth and school are written alike and the pupil numbers
    do not differ. One number at two schools with one name and date of birth is a dual registration.
    """
    suspects = _met_twice(readings[0])
    return _sorted_out(readings[1], suspects) if suspects else Doubles()


def _met_twice(rows: Iterable[object]) -> set[bytes]:
    seen, suspects = bytearray(_BITS // 8), set()
    for row in rows:
        if not isinstance(row, Row):
            continue
        for mark in _marks(row):
            place = int.from_bytes(mark[:4], "big") % _BITS
            byte, bit = place >> 3, 1 << (place & 7)
            if seen[byte] & bit:
                suspects.add(mark)
            seen[byte] |= bit
    return suspects


def _sorted_out(rows: Iterable[object], suspects: set[bytes]) -> Doubles:
    first: dict[bytes, dict[str | None, int]] = {}
    holders: dict[str, set[bytes]] = {}
    repeated: dict[int, int] = {}
    alike: dict[int, int] = {}
    for row in rows:
        if not isinstance(row, Row):
            continue
        number = upn(row.cells.get("UPN"))
        if number is not None and _mark(number) in suspects:
            holders.setdefault(number, set()).add(_person(row))
        if (pupil := _at_school(row)) in suspects:
            lines = first.setdefault(pupil, {})
            earlier = _earlier(lines, number)
            if earlier is None:
                alike |= {row.line: min(lines.values())} if lines else {}
                lines[number] = row.line
            else:
                repeated[row.line] = earlier
    shared = frozenset(number for number, people in holders.items() if len(people) > 1)
    return Doubles(repeated, shared, alike)


def _earlier(lines: dict[str | None, int], number: str | None) -> int | None:
    """Return the line that this pupil stood in before; another valid number is another pupil."""
    if number is None:
        return next(iter(lines.values()), None)
    return lines.get(number, lines.get(None))


def _marks(row: Row) -> list[bytes]:
    number = _squeezed(row, "UPN")
    return [_at_school(row), _mark(number)] if number else [_at_school(row)]


def _at_school(row: Row) -> bytes:
    return _mark(_person(row).hex() + _squeezed(row, "URN"))


def _person(row: Row) -> bytes:
    return _mark("|".join(_squeezed(row, column) for column in ("Forename", "Surname", "DOB")))


def _squeezed(row: Row, column: str) -> str:
    return "".join(row.cells.get(column, "").split()).upper()


def _mark(value: str) -> bytes:
    return blake2b(value.encode(), digest_size=8).digest()
