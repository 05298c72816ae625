"""A child beside a pupil, field by field: at which level the two agree. Pure.

Levels only; what a level weighs is data (`roll_weights`).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from schools.matching import normalise
from schools.matching.details import ChildIdentity, PupilFacts
from schools.matching.naming import NameRule, forename_rule, known_apart, surname_rule
from schools.matching.normalise import district, postcode, real_birth_date, spelt, swapped


class Level(StrEnum):
    """How one field of a pupil stands to the child's."""

    EXACT = "exact"
    KNOWN_AS = "known_as"
    SPELLING = "spelling"
    NICKNAME = "nickname"
    MIDDLE = "middle"
    HALF = "half"
    COMMON_HALF = "common_half"
    INITIAL = "initial"
    CLOSE = "close"
    ALIKE = "alike"
    # Like it, but a name of its own: Zara and Zahra.
    OTHER_NAME = "other_name"
    SWAPPED = "swapped"
    ONE_DIGIT = "one_digit"
    YEAR_OUT = "year_out"
    YEAR = "year"
    SECTOR = "sector"
    DISTRICT = "district"
    MISSING = "missing"
    DIFFERS = "differs"


def forename(ours: Sequence[str | None], theirs: PupilFacts) -> Level:
    """Return the level of a forename; the first of `ours` is as typed, the rest further names."""
    typed, given = ours[0], theirs.forename
    one, other = _forename(typed), _forename(given)
    if not one or not other:
        return Level.MISSING
    if one == other:
        return Level.EXACT
    if any(name and forename_rule(name, given) in _SURE for name in ours[1:]):
        return Level.KNOWN_AS
    both = f"{given} {theirs.middle_names}" if theirs.middle_names else None
    if both and one.startswith(other) and forename_rule(typed, both) in _SURE:
        return Level.KNOWN_AS
    rule = forename_rule(typed, given)
    if rule is not None:
        return _FORENAME_LEVEL[rule]
    if theirs.middle_names and not spelt(one).isdisjoint(_middle(theirs.middle_names)):
        return Level.MIDDLE
    level = _alike(one, other)
    return Level.OTHER_NAME if level is Level.CLOSE and known_apart(typed, given) else level


def surname(ours: Sequence[str | None], theirs: Sequence[str | None]) -> Level:
    """Return the level of a surname; the first of each side is the one in use."""
    said = {name: plain for name in ours if (plain := _surname(name))}
    others = {name: plain for name in theirs if (plain := _surname(name))}
    if not said or not others:
        return Level.MISSING
    typed, written = next(iter(said.values())), next(iter(others.values()))
    if typed == written:
        return Level.EXACT
    rules = {surname_rule(one, other) for one in said for other in others}
    if NameRule.SAME in rules:
        same = surname_rule(next(iter(said)), next(iter(others))) is NameRule.SAME
        return Level.EXACT if same else Level.KNOWN_AS
    for rule, level in _SURNAME_LEVEL:
        if rule in rules:
            return level
    alike = {_alike(one, other) for one in said.values() for other in others.values()}
    return next(level for level in _ALIKE if level in alike)


_SURE = frozenset({NameRule.SAME, NameRule.SPELLING})
_FORENAME_LEVEL = {
    NameRule.SPELLING: Level.SPELLING,
    NameRule.SHORT_FORM: Level.NICKNAME,
    NameRule.PART: Level.HALF,
    NameRule.COMMON_PART: Level.HALF,
    NameRule.INITIAL: Level.INITIAL,
}
# The surest first.
_SURNAME_LEVEL = (
    (NameRule.SPELLING, Level.SPELLING),
    (NameRule.PART, Level.HALF),
    (NameRule.COMMON_PART, Level.COMMON_HALF),
)
_ALIKE = (Level.CLOSE, Level.ALIKE, Level.DIFFERS)
_forename = lru_cache(maxsize=65536)(normalise.forename)
_surname = lru_cache(maxsize=65536)(normalise.surname)


@lru_cache(maxsize=16384)
def _middle(names: str) -> frozenset[str]:
    return frozenset(usual for word in names.split() for usual in spelt(_forename(word)))


def may_be_swapped(child: ChildIdentity, pupil: PupilFacts) -> bool:
    """Return whether both names begin as the other one does: all else is not worth comparing."""
    first, last = _forename(child.forename), _surname(child.surname)
    given, family = _forename(pupil.forename), _surname(pupil.surname)
    return first[:1] == family[:1] and last[:1] == given[:1]


def surnames_of(pupil: PupilFacts) -> tuple[str | None, ...]:
    return (pupil.surname, pupil.preferred_surname, pupil.former_surname)


def birth(child: ChildIdentity, theirs: date | None) -> Level:
    """Return the level of a date of birth; a placeholder is a year of birth."""
    ours, other = real_birth_date(child.date_of_birth), real_birth_date(theirs)
    if ours is not None and other is not None:
        return _dates(ours, other)
    year = child.date_of_birth.year if child.date_of_birth else child.birth_year
    if theirs is None:
        return Level.MISSING
    if year is not None:
        return Level.YEAR if year == theirs.year else Level.DIFFERS
    return Level.MISSING


def postcodes(ours: Iterable[str], theirs: str | None) -> Level:
    """Return the level of the likeliest of the child's postcodes."""
    said = [code for code in map(postcode, ours) if code]
    other = postcode(theirs)
    if not said or other is None:
        return Level.MISSING
    if other in said:
        return Level.EXACT
    near = [code for code in said if district(code) and district(code) == district(other)]
    if any(_one_slip(code, other) for code in said):
        return Level.CLOSE
    if any(code[:-2] == other[:-2] for code in near):
        return Level.SECTOR
    return Level.DISTRICT if near else Level.DIFFERS


def sex(ours: str, theirs: str | None) -> Level:
    if ours not in {"F", "M"} or theirs not in {"F", "M"}:
        return Level.MISSING
    return Level.EXACT if ours == theirs else Level.DIFFERS


def _dates(ours: date, other: date) -> Level:
    if ours == other:
        return Level.EXACT
    if swapped(ours) == other:
        return Level.SWAPPED
    if abs((ours - other).days) == 1 or _one_digit(ours, other):
        return Level.ONE_DIGIT
    same_day = (ours.month, ours.day) == (other.month, other.day)
    return Level.YEAR_OUT if same_day and abs(ours.year - other.year) == 1 else Level.DIFFERS


def _one_digit(ours: date, other: date) -> bool:
    return sum(a != b for a, b in zip(ours.isoformat(), other.isoformat(), strict=True)) == 1


def _one_slip(ours: str, theirs: str) -> bool:
    if len(ours) != len(theirs):
        return False
    return sum(a != b for a, b in zip(ours, theirs, strict=True)) == 1


@lru_cache(maxsize=65536)
def _alike(one: str, other: str) -> Level:
    likeness = JaroWinkler.similarity(one, other, score_cutoff=0.5)
    slip = min(len(one), len(other)) >= 4 and OSA.distance(one, other, score_cutoff=1) <= 1
    if likeness >= 0.92 or slip:
        return Level.CLOSE
    return Level.ALIKE if likeness >= 0.84 else Level.DIFFERS
