"""How a told school stands to one of the register, field by field. Pure."""

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from schools.matching.details import SchoolFacts
from schools.matching.normalise import district
from schools.matching.rules import Agreement, NameLevel, Place
from schools.matching.school_names import SchoolName, grams, parse, stem

_STAGES = {
    "nursery": "nursery", "primary": "primary", "infant": "primary", "junior": "primary",
    "first": "primary", "lower": "primary", "middle": "middle", "secondary": "secondary",
    "high": "secondary", "comprehensive": "secondary", "grammar": "secondary",
    "upper": "secondary", "sixthform": "secondary", "utc": "secondary", "studio": "secondary",
}  # fmt: skip
_ALIKE = frozenset({"secondary", "high", "comprehensive", "grammar", "upper"})
_PAIR = frozenset({"infant", "junior"})


@dataclass(frozen=True, slots=True)
class ToldName:
    """A told school: its name taken apart, where it was said to be, and the child's school ages.

    `known_words` are the told words that some school's name really holds: a real word is never
    taken for a slip of another (Milton for Melton).
    """

    name: SchoolName
    town: str | None
    authorities: frozenset[str]
    districts: frozenset[str]
    ages: tuple[int, ...]
    known_words: frozenset[str] = frozenset()


def name_level(told: ToldName, school: SchoolFacts) -> NameLevel | None:
    """Return how the told name stands to this school's name, or None where they differ.

    A name that is longer only by words of the place (`Holy Cross, Harlow`) is exact.
    """
    said, own = told.name, parse(school.name)
    level = _name_level(said, own, told.known_words)
    if level in {NameLevel.PART, NameLevel.MORE}:
        beyond = set(said.core) ^ set(own.core)
        return NameLevel.EXACT if beyond <= _place_words(school) else level
    return level


@lru_cache(maxsize=65536)
def _name_level(
    told: SchoolName, name: SchoolName, known_words: frozenset[str]
) -> NameLevel | None:
    said, own = told.core, name.core
    if told.key == name.key:
        return NameLevel.FULL
    if not own:
        return None
    if sorted(said) == sorted(own) or "".join(said) == "".join(own):
        return NameLevel.EXACT
    if set(said) < set(own):
        return NameLevel.PART
    if set(own) < set(said):
        return NameLevel.MORE
    return NameLevel.CLOSE if _slip(said, own, known_words) else None


def _slip(said: tuple[str, ...], own: tuple[str, ...], known_words: frozenset[str]) -> bool:
    """Return whether the names differ only by small slips, in words that no school has."""
    if len(said) == len(own):
        changed = [(word, other) for word, other in zip(said, own, strict=True) if word != other]
        return all(word not in known_words and _near(word, other) for word, other in changed)
    joined, other = "".join(said), "".join(own)
    unknown = any(word not in known_words for word in said)
    return unknown and min(len(joined), len(other)) >= 8 and _near(joined, other)


def _near(word: str, other: str) -> bool:
    """Return whether one is a slip of the other: same first letter, two changes from 8 letters."""
    shorter = min(len(word), len(other))
    if shorter < 4 or word[0] != other[0]:
        return False
    allowed = 2 if shorter >= 8 else 1
    return OSA.distance(word, other, score_cutoff=allowed) <= allowed


def place(told: ToldName, school: SchoolFacts) -> Place:
    """Return how the told town, the councils and the child's postcodes stand to the school.

    The town may be the register's town or locality, and may stand in either name instead.
    """
    council = school.la_code in told.authorities or told.town == school.la_key
    if _town_agrees(told, school):
        return Place.TOWN_AND_COUNCIL if council else Place.TOWN
    if council:
        other_town = told.town is not None and told.town != school.la_key
        return Place.COUNCIL_OTHER_TOWN if other_town else Place.COUNCIL
    if told.town is None and district(school.postcode) in told.districts:
        return Place.DISTRICT
    known = told.town or told.authorities or told.districts
    return Place.ELSEWHERE if known else Place.UNKNOWN


def _town_agrees(told: ToldName, school: SchoolFacts) -> bool:
    held = {_stems(place) for place in (school.town_key, school.locality_key) if place}
    said, own = told.name.core, parse(school.name).core
    town = _stems(told.town) if told.town else None
    if town in held or town in grams(word for word in own if word not in said):
        return True
    # A place in the told name counts beside a name, not as the name (Mockbury School, Mockbury).
    return any(
        set(said) - set(place.split()) and set(own) - set(place.split())
        for place in held & grams(said)
    )


def _place_words(school: SchoolFacts) -> frozenset[str]:
    places = (school.town_key, school.locality_key, school.la_key)
    return frozenset(stem(word) for place in places for word in (place or "").split())


def _stems(words: str) -> str:
    return " ".join(map(stem, words.split()))


def kind(told: SchoolName, school: SchoolFacts) -> Agreement:
    """Return how the told kind (primary, infant, high, girls …) stands to the school's."""
    name = parse(school.name)
    if told.genders and name.genders and not told.genders & name.genders:
        return Agreement.DIFFERS
    if not told.kinds:
        return Agreement.NOT_TOLD
    said, own = told.kinds & _PAIR, name.kinds & _PAIR
    if len(said) == len(own) == 1 and said != own:
        return Agreement.DIFFERS
    if told.kinds & kinds_of(school):
        return Agreement.AGREES
    return _stage_agreement(told.kinds, school)


def _stage_agreement(told: frozenset[str], school: SchoolFacts) -> Agreement:
    said = {_STAGES[kind] for kind in told if kind in _STAGES}
    own = _stages(school)
    if not said or not own:
        return Agreement.UNKNOWN
    if not said & own:
        return Agreement.DIFFERS
    # High, comprehensive and grammar are used alike; infant and primary, high and sixth form not.
    alike = told <= _ALIKE and bool(kinds_of(school) & _ALIKE)
    return Agreement.AGREES if alike else Agreement.UNKNOWN


def _stages(school: SchoolFacts) -> frozenset[str]:
    stages = {_STAGES[kind] for kind in kinds_of(school) if kind in _STAGES}
    low, high = school.low_age, school.high_age
    if low is not None and high is not None:
        spans = {"nursery": low <= 3, "primary": low <= 7, "secondary": high >= 16}
        stages |= {stage for stage, spanned in spans.items() if spanned}
    return frozenset(stages)


def kinds_of(school: SchoolFacts) -> frozenset[str]:
    """Return the kinds that the school's name and phase say it is."""
    phase = (school.phase or "").lower()
    in_phase = {kind for kind in ("nursery", "primary", "secondary") if kind in phase}
    return parse(school.name).kinds | (in_phase if "middle" not in phase else {"middle"})


def faith(told: SchoolName, school: SchoolFacts) -> Agreement:
    """Return how the told faith stands to the one in the school's name."""
    own = parse(school.name).faiths
    if not told.faiths:
        return Agreement.NOT_TOLD
    if not own:
        return Agreement.UNKNOWN
    return Agreement.AGREES if told.faiths & own else Agreement.DIFFERS
