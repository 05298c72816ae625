"""How a told school stands to one of the register, field by field. Pure."""

from dataclasses import dataclass, replace
from functools import lru_cache

from schools.matching.details import SchoolFacts
from schools.matching.normalise import area, district
from schools.matching.rules import Agreement, NameLevel, Place
from schools.matching.school_names import SchoolName, grams, initials, parse, stem
from schools.matching.shared_names import GENERAL
from schools.matching.slips import is_slip

_STAGES = {
    "nursery": "nursery", "primary": "primary", "infant": "primary", "junior": "primary",
    "first": "primary", "lower": "primary", "middle": "middle", "secondary": "secondary",
    "high": "secondary", "comprehensive": "secondary", "grammar": "secondary",
    "upper": "secondary", "sixthform": "secondary", "utc": "secondary", "studio": "secondary",
}  # fmt: skip
ALIKE = frozenset({"secondary", "high", "comprehensive", "upper"})
_SELECTIVE = frozenset({"grammar"})
PAIR = frozenset({"infant", "junior"})


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
    # Where a kind and a street were told (`the infants on Park Road`).
    street: str | None = None
    sex: str = "unknown"
    # It stops in the middle (`Mockbury Grammar School for`).
    cut_short: bool = False


def name_level(told: ToldName, school: SchoolFacts) -> NameLevel | None:
    """Return how the told name stands to this school's names, or None where they differ.

    A name that is longer only by words of the place (`Holy Cross, Harlow`) is exact; an alias
    that a person added counts as a name.
    """
    level = loosely(told, school)
    return None if level is NameLevel.LOOSE else level


def loosely(told: ToldName, school: SchoolFacts) -> NameLevel | None:
    """Return the level as `name_level` does, and LOOSE where a person may want to look."""
    places = _place_words(school)
    found = (
        _name_level(told.name, parse(name), told.known_words, places)
        for name in (school.name, *school.aliases)
    )
    levels = [level for level in found if level is not None]
    if _on_its_street(told, school):
        levels.append(NameLevel.STREET)
    if _by_initials(told, school):
        levels.append(NameLevel.INITIALS)
    return min(levels, key=_RANK.index) if levels else None


_RANK = tuple(NameLevel)


def _on_its_street(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether nothing but a kind and the school's street was told."""
    return bool(school.street_key) and told.street == school.street_key and bool(told.name.kinds)


def _by_initials(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether `QEGS` was told for Queen Elizabeth's Grammar School."""
    if len(told.name.core) != 1 or told.name.core[0] in told.known_words:
        return False
    return any(told.name.key in initials(name) for name in (school.name, *school.aliases))


@lru_cache(maxsize=65536)
def _name_level(
    told: SchoolName, name: SchoolName, known_words: frozenset[str], places: frozenset[str]
) -> NameLevel | None:
    said, own = told.core, name.core
    if told.key == name.key:
        return NameLevel.FULL
    if not own:
        return None
    if sorted(said) == sorted(own) or "".join(said) == "".join(own):
        return NameLevel.EXACT
    met, slips, beyond_said, beyond_own = _aligned(said, own, known_words)
    beyond_said = frozenset(
        word for word in beyond_said
        if word in known_words or not any(is_slip(word, place) for place in places)
    )  # fmt: skip
    if not met - {"st"}:
        return NameLevel.CLOSE if _run_together(said, own, known_words) else None
    if beyond_own == {"st"} and not beyond_said:
        return NameLevel.CLOSE  # Peter and Paul are the saints of that name
    # Words of the place may come or go, but not stand for the name: `Oxford School` alone is not
    # Cherwell School, Oxford.
    if not beyond_said - places and (not beyond_own or (met - places and not beyond_own - places)):
        return NameLevel.CLOSE if slips else NameLevel.EXACT
    if _run_together(said, own, known_words):
        return NameLevel.CLOSE
    if not beyond_said - places:
        return NameLevel.CLOSE_PART if slips else NameLevel.PART
    if not slips and not beyond_own:
        return NameLevel.MORE
    return NameLevel.LOOSE if 2 * len(met) >= max(len(said), len(own)) else None


def names_it(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether a told word is the school's own: no place, nor a word that many bear."""
    beside = _place_words(school) | GENERAL
    return any(
        _aligned(told.name.core, parse(name).core, told.known_words)[0] - beside
        for name in (school.name, *school.aliases)
    )


def with_its_place(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether a place stands in the told name beside the name."""
    places = _place_words(school)
    return bool(set(told.name.core) & places) and bool(set(told.name.core) - places - {"st"})


def is_common(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether many schools carry the name, as told or as the register has it."""
    places = _place_words(school) - set(told.name.core)
    own = replace(parse(school.name), core=tuple(
        word for word in parse(school.name).core if word not in places
    ))  # fmt: skip
    return told.name.common or parse(school.name).common or (bool(own.core) and own.common)


def is_shortened(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether the school's names all hold more words of their own than were told."""
    return all(
        bool(_aligned(told.name.core, parse(name).core, told.known_words)[3])
        for name in (school.name, *school.aliases)
    )


def is_only_its_place(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether nothing but the school's place was told (`Aylesbury`)."""
    places = _place_words(school)
    return all(
        word in places
        or (word not in told.known_words and any(is_slip(word, one) for one in places))
        for word in told.name.core
    )


def _aligned(
    said: tuple[str, ...], own: tuple[str, ...], known_words: frozenset[str]
) -> tuple[frozenset[str], int, frozenset[str], frozenset[str]]:
    """Pair the words of two names in any order; return the school's words that were met.

    Also how many of them were met by a slip, and the words beyond on either side.
    """
    met = set(said) & set(own)
    left, slips = [word for word in said if word not in met], 0
    for word in list(left):
        saint = "st" in own
        slipped = [
            other for other in own
            if other not in met and word not in known_words and is_slip(word, other, saint=saint)
        ]  # fmt: skip
        if slipped:
            met.add(slipped[0])
            left.remove(word)
            slips += 1
    return frozenset(met), slips, frozenset(left), frozenset(own) - met


def _run_together(said: tuple[str, ...], own: tuple[str, ...], known_words: frozenset[str]) -> bool:
    """Return whether the names differ only by where their words end, and by a slip."""
    joined, other = "".join(said), "".join(own)
    unknown = any(word not in known_words for word in said)
    return (
        len(said) != len(own) and "st" not in own and unknown
        and min(len(joined), len(other)) >= 8 and is_slip(joined, other)
    )  # fmt: skip


def place(told: ToldName, school: SchoolFacts) -> Place:
    """Return how the told town, the councils and the child's postcodes stand to the school.

    The town may be the register's town or locality, and may stand in either name instead.
    """
    council = school.la_code in told.authorities or told.town == school.la_key
    if _town_agrees(told, school) or (
        _named_place_agrees(told, school) and (council or _round_home(told, school))
    ):
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
    own = parse(school.name).core
    beyond = _aligned(told.name.core, own, told.known_words)[3]
    town = _stems(told.town) if told.town else None
    return town in held or town in grams(word for word in own if word in beyond)


def _named_place_agrees(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether the name as told holds the school's place, and no other town was told.

    A place counts beside a name, not as the name (Mockbury School, Mockbury).
    """
    if told.town is not None:
        return False
    held = {_stems(place) for place in (school.town_key, school.locality_key) if place}
    said, own = told.name.core, parse(school.name).core
    return any(
        set(said) - set(place.split()) and set(own) - set(place.split())
        for place in held & grams(said)
    )


def _round_home(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether nothing that was told of the home says that it is far from the school."""
    home = {area(one) for one in told.districts}
    return (not home and not told.authorities) or area(school.postcode) in home


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
    said, own = told.kinds & PAIR, name.kinds & PAIR
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
    alike = told <= ALIKE and bool(kinds_of(school) & ALIKE)
    alike = alike and not parse(school.name).kinds & _SELECTIVE
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
