"""A school's name taken apart: what is its own, its kind, its faith; spellings folded. Pure.

Officers write `st marys c of e prim`, the register `St Mary's Church of England Primary School`;
both become the same words here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from schools.matching.normalise import fold
from schools.matching.school_words import (
    BENDABLE,
    EMPTY,
    FAITHS,
    GENDERS,
    KIND_BEFORE,
    KINDS,
    LONG,
    MISSPELT,
    SAME_NAME,
    SHORT_SAINTS,
    SOMETIMES_SPOKEN,
    SPELLINGS,
    STREETS,
    UNSPOKEN,
)
from schools.matching.shared_names import COMMON_CORES

_PHRASES = {tuple(said.split()): tuple(meant.split()) for said, meant in SPELLINGS.items()}
_LONGEST = max(len(phrase) for phrase in _PHRASES)


@dataclass(frozen=True, slots=True)
class SchoolName:
    """`core` is what is the school's own (stems, in order); the rest says what sort it is."""

    core: tuple[str, ...]
    kinds: frozenset[str]
    faiths: frozenset[str]
    genders: frozenset[str]
    key: str

    @property
    def common(self) -> bool:
        """Whether many schools carry this core: dedications (St Mary), Manor, Park and the like."""
        return not self.core or self.core[0] == "st" or " ".join(self.core) in COMMON_CORES

    @property
    def bare(self) -> bool:
        """Whether nothing but the core was said."""
        return not (self.kinds or self.faiths or self.genders)


@lru_cache(maxsize=65536)
def parse(name: str) -> SchoolName:
    """Take a school's name apart; the order of the words of its core is kept."""
    words = _canonical(name)
    kinds, faiths, genders, core = set(), set(), set(), []
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if word in KINDS and (word not in KIND_BEFORE or _goes_on(following)):
            kinds.add(word)
        elif word in FAITHS:
            faiths.add(word)
        elif word in GENDERS:
            genders.add(word)
        elif word not in EMPTY and stem(word) not in core:
            core.append(stem(word))
    sort = (frozenset(kinds), frozenset(faiths), frozenset(genders))
    return SchoolName(tuple(core), *sort, key=" ".join(words)[:200])


@lru_cache(maxsize=4096)
def mended(name: str, known_words: frozenset[str]) -> SchoolName:
    """Take a told name apart; words that no school bears and that are a slip of a kind's mean it.

    `Hawthorn Ptim Shool` is Hawthorn Primary School.
    """
    words = fold(name.replace("&", " and ")).split()
    if words and words[0] not in known_words and OSA.distance(words[0], "saint") == 1:
        words[0] = "saint"
    # The first word is the name itself, unless a later one is a name that schools bear.
    named_later = any(stem(word) in known_words for word in words[1:])
    for place, word in enumerate(words):
        if place == 0 and not named_later:
            continue
        unknown = stem(word) in parse(name).core and stem(word) not in known_words
        if unknown and len(word) >= 3 and (meant := _bent_from(word)):
            words[place] = meant
    return parse(" ".join(words))


def _bent_from(word: str) -> str | None:
    for right in BENDABLE:
        allowed = 2 if len(right) >= 6 and word[0] == right[0] else 1
        if OSA.distance(word, right, score_cutoff=allowed) <= allowed:
            return right
    return None


def name_key(name: str) -> str:
    """Return the folded name that the register is looked up by."""
    return parse(name).key


def stem(word: str) -> str:
    """Return the word without a plural or possessive s: St Mary, St Marys and St Mary's agree."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=16_384)
def place_key(text: str | None) -> str | None:
    """Return a town or locality folded like a name (`St. Helens` is `st helens`), or None."""
    words = fold(text or "").split()
    return " ".join("st" if word == "saint" else word for word in words) or None


@lru_cache(maxsize=65536)
def initials(name: str) -> frozenset[str]:
    """Return how a name of three words or more is cut short: `qegs`, and `qeg` without School."""
    words = [word for word in fold(name).split() if word not in UNSPOKEN]
    if "st" in words or "saint" in words:
        return frozenset()
    short = [word for word in words if word not in SOMETIMES_SPOKEN]
    found = ("".join(word[0] for word in some) for some in (words, short))
    return frozenset(letters for letters in found if 4 <= len(letters) <= 6)


def told_street(folded: str) -> str | None:
    """Return the street of `the infants on park road`, folded; None where none was told."""
    before, on, street = folded.partition(" on ")
    return street_key(street) if on and street and not parse(before).core else None


@lru_cache(maxsize=65_536)
def street_key(text: str | None) -> str | None:
    """Return a street without its number, folded: `12 Park Rd.` is `park road`."""
    words = [STREETS.get(word, word) for word in fold(text or "").split()]
    return " ".join(word for word in words if not word[0].isdigit()) or None


def grams(words: Iterable[str]) -> frozenset[str]:
    """Return every run of one to four words: the places that a told name may hold."""
    held = list(words)
    return frozenset(
        " ".join(held[start : start + length])
        for length in range(1, 5)
        for start in range(len(held) - length + 1)
    )


def _goes_on(following: str) -> bool:
    return not following or following in KINDS or following in EMPTY or following in GENDERS


def _canonical(name: str) -> list[str]:
    words = [_respelt(word) for word in fold(name.replace("&", " and ")).split()]
    words = [SAME_NAME.get(word) or SAME_NAME.get(stem(word), word) for word in words]
    if words and words[0] == "saints":
        words[0] = "st"
    out: list[str] = []
    place = 0
    while place < len(words):
        length, meant = _phrase_at(words, place)
        out += meant
        place += length
    return [_saint(out, at) for at in range(len(out))]


def _saint(words: list[str], at: int) -> str:
    after_saint = at > 0 and words[at - 1] == "st"
    return SHORT_SAINTS.get(words[at], words[at]) if after_saint else words[at]


def _phrase_at(words: list[str], place: int) -> tuple[int, tuple[str, ...]]:
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        phrase = tuple(words[place : place + length])
        if phrase in _PHRASES:
            return length, _PHRASES[phrase]
    return 1, (words[place],)


def _respelt(word: str) -> str:
    """Return the word of a kind that this is one slip away from (primery, acadmy), or itself."""
    if len(word) < 5 or word in MISSPELT or (word,) in _PHRASES or word in KINDS:
        return word
    for right in MISSPELT:
        allowed = 2 if right in LONG else 1
        if word[0] == right[0] and OSA.distance(word, right, score_cutoff=allowed) <= allowed:
            return right
    return word
