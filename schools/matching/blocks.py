"""Block keys: under which values a pupil is found, before anything is compared. Pure.

Each value is only ever stored as a keyed 32-bit digest (`cipher.block_key`). None is a date of
birth or a flag alone: equality of a key must not tell much (architecture.md, sealing). A pupil is
stored under few keys (its usual spelling), a child is looked for under many (short forms, the
neighbouring years, names in each other's boxes): a look-up costs less than a row in a table of
fifty million.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from schools.matching.details import ChildIdentity
from schools.matching.naming import family_parts
from schools.matching.normalise import (
    forename,
    name_words,
    phonetic,
    postcode,
    real_birth_date,
    real_birth_year,
    related,
    spelt,
    surname,
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
    # Years in which it may be born, where only an age was seen.
    birth_years: tuple[int, ...] = field(default=(), repr=False)
    # Looked for only: as a forename in use, and as a family name (patronymics, two surnames).
    middle_names: str | None = field(default=None, repr=False)


def child_findable(child: ChildIdentity, *, on: date) -> Findable:
    """Return what a child is looked for by; `on` is the London date on which its age was seen."""
    youngest, oldest = child.age_range or (0, -1)
    years = range(on.year - oldest - 1, on.year - youngest + 1)
    return Findable(
        forenames=(child.forename, *child.known_as),
        surnames=(child.surname, child.former_surname),
        date_of_birth=child.date_of_birth,
        birth_year=child.birth_year,
        birth_years=tuple(years) if len(years) <= _MOST_YEARS else (),
        upn=child.upn,
        postcodes=child.postcodes,
        middle_names=child.middle_names,
    )


# A wider guess says nothing.
_MOST_YEARS = 8


def postcode_value(written: str | None) -> str | None:
    """Return the value of a postcode, None for what is not one."""
    code = postcode(written)
    return f"postcode|{code}" if code else None


def block_values(one: Findable) -> frozenset[str]:
    """Return the values that a pupil is stored under."""
    forenames = _sounds(usual for name in one.forenames for usual in spelt(forename(name)))
    years = {real_birth_year(one.date_of_birth), one.birth_year}
    return _values(one, forenames, _surnames(one.surnames), years)


def first_values(one: Findable) -> frozenset[str]:
    """Return the few values under which a pupil lies who is written as the child is.

    Its number, its address, and its day of birth with either name: where the pupil found there is
    the same in all of these, nothing else that it may be written as is worth looking under.
    """
    forenames = _sounds(usual for name in one.forenames for usual in spelt(forename(name)))
    return _values(one, forenames, _surnames(one.surnames), ())


def lookup_values(one: Findable) -> frozenset[str]:
    """Return the values to look under: every pupil's own, and what else it may be written as."""
    values = set(_looked_for(one))
    values |= _looked_for(replace(one, forenames=one.surnames, surnames=one.forenames))
    other = swapped(real_birth_date(one.date_of_birth))
    if other:
        values |= _looked_for(replace(one, date_of_birth=other, upn=None, postcodes=()))
    if one.middle_names:
        words = name_words(one.middle_names)
        without = replace(one, upn=None, postcodes=(), birth_year=None, birth_years=())
        values |= _looked_for(replace(without, forenames=words, surnames=()))
        values |= _looked_for(replace(without, forenames=(), surnames=words))
    return frozenset(values)


def _looked_for(one: Findable) -> frozenset[str]:
    forenames = _sounds(
        usual for name in one.forenames for part in _given(name) for usual in related(part)
    )
    born = real_birth_year(one.date_of_birth)
    near = {born - 1, born, born + 1} if born else {one.birth_year, *one.birth_years}
    return _values(one, forenames, _surnames(one.surnames), near)


def _values(
    one: Findable, forenames: frozenset[str], surnames: frozenset[str], years: Iterable[int | None]
) -> frozenset[str]:
    born = real_birth_date(one.date_of_birth)
    values = {value for value in map(postcode_value, one.postcodes) if value}
    values |= {f"upn|{number}" for number in map(upn, (one.upn, one.former_upn)) if number}
    if born:
        values |= {f"surname|{born}|{name}" for name in surnames}
        values |= {f"forename|{born}|{name}" for name in forenames}
    values |= {
        f"names|{year}|{last}|{first}"
        for year in years
        if year
        for last in surnames
        for first in forenames
    }
    return frozenset(values)


def _surnames(names: Iterable[str | None]) -> frozenset[str]:
    return _sounds(part for name in names if surname(name) for part in family_parts(name))


def _given(name: str | None) -> frozenset[str]:
    """Return a forename whole, and the words of a double one: schools use the one or the other."""
    whole = forename(name)
    words = name_words(name)
    parts = (word for word in words if len(words) > 1 and len(word) >= 3)
    return frozenset({whole, *parts}) if whole else frozenset()


def _sounds(names: Iterable[str]) -> frozenset[str]:
    return frozenset(phonetic(name) for name in names if name)
