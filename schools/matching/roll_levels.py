"""A child beside a pupil, field by field: at which level the two agree. Pure.

Levels only; what a level weighs is data (`roll_weights`).
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from schools.matching import normalise
from schools.matching.details import ChildIdentity, PupilFacts
from schools.matching.naming import NameRule, forename_rule, known_apart, surname_rule
from schools.matching.normalise import (
    district,
    postcode,
    real_birth_date,
    real_birth_year,
    roots,
    spelt,
    swapped,
)

# Names and pairs of names recur in every night; each memory is of some megabytes at the most.
_REMEMBERED = 32_768


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
    PREVIOUS = "previous"
    SECTOR = "sector"
    DISTRICT = "district"
    MISSING = "missing"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Sought:
    """What of a child is compared with every candidate: made ready once."""

    forenames: tuple[str | None, ...] = field(repr=False)
    middle: str | None = field(repr=False)
    surnames: tuple[str | None, ...] = field(repr=False)
    # The names as single words, and how they begin: names in each other's boxes.
    first: str = field(repr=False)
    last: str = field(repr=False)
    born: date | None = field(repr=False)
    year: int | None = field(repr=False)
    postcodes: tuple[str, ...] = field(repr=False)
    sex: str = "unknown"

    @classmethod
    def of(cls, child: ChildIdentity) -> "Sought":
        codes = (code for code in map(postcode, child.postcodes) if code)
        return cls(
            (child.forename, *child.known_as), child.middle_names,
            (child.surname, child.former_surname), _forename(child.forename),
            _surname(child.surname), real_birth_date(child.date_of_birth),
            real_birth_year(child.date_of_birth) or child.birth_year, tuple(codes), child.sex,
        )  # fmt: skip


def forename(ours: tuple[str | None, ...], theirs: PupilFacts, *, middle: str | None) -> Level:
    """Return the level of a forename; the first of `ours` is as typed, the rest further names.

    `middle` are the child's own middle names.
    """
    one, other = _forename(ours[0]), _forename(theirs.forename)
    if not one or not other:
        return Level.MISSING
    if one == other:
        return Level.EXACT
    return _forename_apart(
        ours, middle, theirs.forename, theirs.preferred_forename, theirs.middle_names
    )


@lru_cache(maxsize=_REMEMBERED)
def _forename_apart(
    ours: tuple[str | None, ...], middle: str | None, given: str, preferred: str | None,
    further: str | None,
) -> Level:  # fmt: skip
    """Return the level of two forenames that are not the same word."""
    typed = ours[0]
    one, other = _forename(typed), _forename(given)
    if any(name and forename_rule(name, given) in _SURE for name in ours[1:]):
        return Level.KNOWN_AS
    if preferred and forename_rule(typed, preferred) in _SURE:
        return Level.KNOWN_AS
    both = f"{given} {further}" if further else None
    if both and one.startswith(other) and forename_rule(typed, both) in _SURE:
        return Level.KNOWN_AS
    rule = forename_rule(typed, given)
    if rule is not None:
        return _FORENAME_LEVEL[rule]
    if further and not spelt(one).isdisjoint(_middle(further)):
        return Level.MIDDLE
    if middle and not spelt(other).isdisjoint(_middle(middle)):
        return Level.MIDDLE
    level = _alike(one, other)
    if level is Level.DIFFERS and _slip_of_short_or_full(one, other):
        level = Level.ALIKE if not known_apart(typed, given) else Level.DIFFERS
    if level is Level.CLOSE and known_apart(typed, given):
        return Level.OTHER_NAME
    # Mary-Jane and Mary-Kate are sisters.
    return Level.OTHER_NAME if level is not Level.DIFFERS and _both_double(typed, given) else level


@lru_cache(maxsize=_REMEMBERED)
def surname(ours: tuple[str | None, ...], theirs: tuple[str | None, ...]) -> Level:
    """Return the level of a surname; the first of each side is the one in use."""
    said = {name: plain for name in ours if (plain := _surname(name))}
    others = {name: plain for name in theirs if (plain := _surname(name))}
    if not said or not others:
        return Level.MISSING
    typed, written = next(iter(said.values())), next(iter(others.values()))
    if typed == written:
        return Level.EXACT
    if len(said) == 1 and len(others) == 1:
        rule = surname_rule(next(iter(said)), next(iter(others)))
        return _alike(typed, written) if rule is None else _SINGLE_SURNAME[rule]
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
_SINGLE_SURNAME = {NameRule.SAME: Level.EXACT, **dict(_SURNAME_LEVEL)}
_ALIKE = (Level.CLOSE, Level.ALIKE, Level.DIFFERS)
_forename = lru_cache(maxsize=_REMEMBERED)(normalise.forename)
_surname = lru_cache(maxsize=_REMEMBERED)(normalise.surname)


def _both_double(ours: str | None, theirs: str | None) -> bool:
    one, other = normalise.name_words(ours), normalise.name_words(theirs)
    return len(one) > 1 and len(other) > 1 and not set(one).isdisjoint(other)


@lru_cache(maxsize=16384)
def _middle(names: str) -> frozenset[str]:
    return frozenset(usual for word in names.split() for usual in spelt(_forename(word)))


def may_be_swapped(sought: Sought, pupil: PupilFacts) -> bool:
    """Return whether both names begin as the other one does: all else is not worth comparing."""
    given, family = _forename(pupil.forename), _surname(pupil.surname)
    return sought.first[:1] == family[:1] and sought.last[:1] == given[:1]


def surnames_of(pupil: PupilFacts) -> tuple[str | None, ...]:
    return (pupil.surname, pupil.preferred_surname, pupil.former_surname)


def birth(sought: Sought, theirs: date | None) -> Level:
    """Return the level of a date of birth; a placeholder is a year of birth."""
    ours, other = sought.born, real_birth_date(theirs)
    if ours is not None and other is not None:
        return Level.EXACT if ours == other else _dates(ours, other)
    year, their_year = sought.year, real_birth_year(theirs)
    if year is None or their_year is None:
        return Level.MISSING
    return Level.YEAR if year == their_year else Level.DIFFERS


def postcodes(said: tuple[str, ...], theirs: PupilFacts) -> Level:
    """Return the level of the likeliest of the child's postcodes, each as `postcode` gives it."""
    other = postcode(theirs.postcode)
    if not said or other is None:
        return Level.MISSING
    if other in said:
        return Level.EXACT
    if theirs.previous_postcode and postcode(theirs.previous_postcode) in said:
        return Level.PREVIOUS
    return _postcodes_apart(said, other)


@lru_cache(maxsize=_REMEMBERED)
def _postcodes_apart(said: tuple[str, ...], other: str) -> Level:
    if any(_one_slip(code, other) for code in said):
        return Level.CLOSE
    outward = district(other)
    near = [code for code in said if outward and district(code) == outward]
    if any(code[:-2] == other[:-2] for code in near):
        return Level.SECTOR
    return Level.DISTRICT if near else Level.DIFFERS


def sex(ours: str, theirs: str | None) -> Level:
    if ours not in {"F", "M"} or theirs not in {"F", "M"}:
        return Level.MISSING
    return Level.EXACT if ours == theirs else Level.DIFFERS


def _dates(ours: date, other: date) -> Level:
    if swapped(ours) == other:
        return Level.SWAPPED
    if abs((ours - other).days) == 1 or _one_digit(ours, other):
        return Level.ONE_DIGIT
    same_day = (ours.month, ours.day) == (other.month, other.day)
    return Level.YEAR_OUT if same_day and abs(ours.year - other.year) == 1 else Level.DIFFERS


def _one_digit(ours: date, other: date) -> bool:
    """Return whether one digit differs, or two neighbours are exchanged."""
    parts = (ours.year == other.year) + (ours.month == other.month) + (ours.day == other.day)
    if parts != 2:
        return False
    one, two = ours.isoformat(), other.isoformat()
    places = [place for place in range(len(one)) if one[place] != two[place]]
    if len(places) != 2:
        return len(places) == 1
    first, second = places
    return second == first + 1 and one[first] == two[second] and one[second] == two[first]


def _one_slip(ours: str, theirs: str) -> bool:
    if len(ours) != len(theirs):
        return False
    return sum(a != b for a, b in zip(ours, theirs, strict=True)) == 1


def _slip_of_short_or_full(one: str, other: str) -> bool:
    """Return whether one slip made a forename of three letters the other, or its full form.

    `Lo` for Leo; `Ollie` where the roll has Olaver. Two names that people have are never a slip.
    """
    if max(len(one), len(other)) == 3 and OSA.distance(one, other, score_cutoff=1) <= 1:
        return True
    return any(
        full != name and _alike(full, slipped) is Level.CLOSE
        for name, slipped in ((one, other), (other, one))
        for full in roots(name)
    )


def _alike(one: str, other: str) -> Level:
    # Below the cut-off it counts as 0, and is given up as soon as that is sure.
    likeness = JaroWinkler.similarity(one, other, score_cutoff=0.84)
    if likeness >= 0.92:
        return Level.CLOSE
    long_enough, nearly = min(len(one), len(other)) >= 4, -1 <= len(one) - len(other) <= 1
    if long_enough and nearly and OSA.distance(one, other, score_cutoff=1) <= 1:
        return Level.CLOSE
    return Level.ALIKE if likeness >= 0.84 else Level.DIFFERS
