"""Block keys: under which values a pupil is found, before anything is compared. Pure.

Each value is only ever stored as a keyed 64-bit digest (`cipher.block_key`). None is a date of
birth or a flag alone: equality of a key must not tell much (architecture.md, sealing).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from schools.matching.normalise import (
    halves,
    person_name,
    phonetic,
    postcode,
    real_birth_date,
    roots,
    swapped,
    upn,
)


@dataclass(frozen=True, slots=True)
class Findable:
    """What a pupil is stored under, or a child is looked for by."""

    forenames: tuple[str | None, ...] = field(repr=False)
    surnames: tuple[str | None, ...] = field(repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    birth_year: int | None = field(default=None, repr=False)
    upn: str | None = field(default=None, repr=False)
    former_upn: str | None = field(default=None, repr=False)
    postcodes: tuple[str | None, ...] = field(default=(), repr=False)


def block_values(one: Findable) -> frozenset[str]:
    """Return the values to store or to look under; the same function serves both sides."""
    surnames = _surnames(one.surnames)
    forenames = _forenames(one.forenames)
    born = real_birth_date(one.date_of_birth)
    year = one.date_of_birth.year if one.date_of_birth else one.birth_year
    values = {f"postcode|{code}" for code in map(postcode, one.postcodes) if code}
    values |= {f"upn|{number}" for number in map(upn, (one.upn, one.former_upn)) if number}
    if born:
        values |= {f"surname|{born}|{name}" for name in surnames}
        values |= {f"forename|{born}|{name}" for name in forenames}
    if year:
        values |= {f"names|{year}|{last}|{first}" for last in surnames for first in forenames}
    return frozenset(values)


def lookup_values(one: Findable) -> frozenset[str]:
    """Return the values to look under: also day and month, and the two names, exchanged."""
    values = set(block_values(one))
    values |= block_values(Findable(one.surnames, one.forenames, one.date_of_birth, one.birth_year))
    other = swapped(real_birth_date(one.date_of_birth))
    if other:
        values |= block_values(Findable(one.forenames, one.surnames, other))
    return frozenset(values)


def _surnames(names: Iterable[str | None]) -> frozenset[str]:
    wholes = {person_name(name) for name in names}
    parts = {part for name in names for part in halves(name)}
    return frozenset(phonetic(name) for name in wholes | parts if name)


def _forenames(names: Iterable[str | None]) -> frozenset[str]:
    usual = {full for name in names if name for full in roots(person_name(name))}
    return frozenset(phonetic(name) for name in usual if name)
