"""A school's name taken apart: what is its own, its kind, its faith; spellings folded. Pure.

Officers write `st marys c of e prim`, the register `St Mary's Church of England Primary School`;
both become the same words here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from schools.matching.normalise import fold
from schools.matching.shared_names import COMMON_CORES

KINDS = frozenset(
    {
        "primary", "infant", "junior", "nursery", "first", "middle", "lower", "upper", "high",
        "secondary", "comprehensive", "grammar", "sixthform", "special", "prep", "pru", "utc",
        "studio",
    }
)  # fmt: skip
FAITHS = frozenset({"ce", "ciw", "rc", "methodist", "jewish", "muslim", "hindu", "sikh", "quaker"})
GENDERS = frozenset({"boys", "girls"})
_EMPTY = frozenset(
    {
        "school", "academy", "college", "the", "of", "and", "for", "at", "in", "a", "an", "with",
        "community", "va", "vc", "trust", "foundation", "free", "mixed", "centre", "technology",
        "specialist", "welsh", "unit", "education", "to", "y", "yr",
    }
)  # fmt: skip

# One spelling → canonical words; the longest phrase wins.
_SPELLINGS = {
    "church of england": "ce", "c of e": "ce", "cofe": "ce", "c ofe": "ce", "co e": "ce",
    "coe": "ce", "c e": "ce",
    "church in wales": "ciw", "c in w": "ciw", "cinw": "ciw", "cinwales": "ciw",
    "yr eglwys yng nghymru": "ciw",
    "roman catholic": "rc", "r c": "rc", "catholic": "rc", "cath": "rc", "gatholig": "rc",
    "catholig": "rc", "pabyddol": "rc", "islamic": "muslim",
    "voluntary aided": "va", "aided": "va", "v a": "va", "voluntary controlled": "vc",
    "controlled": "vc", "v c": "vc", "voluntary": "va",
    "saint": "st", "ss": "st", "s s": "st", "sts": "st", "sant": "st", "santes": "st",
    "prim": "primary", "pri": "primary", "prmy": "primary", "gynradd": "primary",
    "cynradd": "primary", "p s": "primary school", "ps": "primary school",
    "infants": "infant", "inf": "infant", "infts": "infant", "babanod": "infant",
    "jnr": "junior", "jun": "junior", "jr": "junior", "jnrs": "junior", "juniors": "junior",
    "iau": "junior", "jmi": "junior infant", "jm and i": "junior infant",
    "jm i": "junior infant", "j m i": "junior infant",
    "ji": "junior infant", "j i": "junior infant", "j and i": "junior infant",
    "nurs": "nursery", "nur": "nursery", "meithrin": "nursery",
    "sec": "secondary", "uwchradd": "secondary", "gyfun": "comprehensive",
    "cyfun": "comprehensive", "comp": "comprehensive", "gram": "grammar", "hs": "high school",
    "6th form": "sixthform", "sixth form": "sixthform", "6th": "sixthform", "sixth": "sixthform",
    "preparatory": "prep", "pre prep": "prep", "pupil referral unit": "pru",
    "university technical college": "utc",
    "sch": "school", "schl": "school", "scl": "school", "schools": "school", "ysgol": "school",
    "acad": "academy", "acdmy": "academy", "academies": "academy", "coll": "college",
    "coleg": "college", "comm": "community", "com": "community", "cmty": "community",
    "gymunedol": "community", "gymraeg": "welsh", "tech": "technology", "ctr": "centre",
    "center": "centre", "boy": "boys", "bechgyn": "boys", "girl": "girls", "merched": "girls",
    "mt": "mount", "rd": "road", "ln": "lane", "gt": "great", "pk": "park", "grn": "green",
    "hse": "house", "ave": "avenue", "nth": "north", "sth": "south", "hth": "heath",
    "jc": "", "junior mixed and infant": "junior infant", "junior mixed infant": "junior infant",
}  # fmt: skip
_PHRASES = {tuple(said.split()): tuple(meant.split()) for said, meant in _SPELLINGS.items()}
_LONGEST = max(len(phrase) for phrase in _PHRASES)
# Words of a kind that are misspelt often; others are too short or too near to real names.
_MISSPELT = ("primary", "infant", "junior", "nursery", "secondary", "academy", "school", "catholic",
             "grammar", "comprehensive", "college", "community", "england", "church")  # fmt: skip
_LONG = frozenset({"primary", "secondary", "catholic", "comprehensive", "community"})
# Kinds only where the name goes on as a school's does: High School, not High Street.
_KIND_BEFORE = frozenset({"first", "middle", "lower", "upper", "high", "special", "studio"})


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
        if word in KINDS and (word not in _KIND_BEFORE or _goes_on(following)):
            kinds.add(word)
        elif word in FAITHS:
            faiths.add(word)
        elif word in GENDERS:
            genders.add(word)
        elif word not in _EMPTY:
            core.append(stem(word))
    sort = (frozenset(kinds), frozenset(faiths), frozenset(genders))
    return SchoolName(tuple(core), *sort, key=" ".join(words)[:200])


def name_key(name: str) -> str:
    """Return the folded name that the register is looked up by."""
    return parse(name).key


def stem(word: str) -> str:
    """Return the word without a plural or possessive s: St Mary, St Marys and St Mary's agree."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def place_key(text: str | None) -> str | None:
    """Return a town or locality folded like a name (`St. Helens` is `st helens`), or None."""
    words = fold(text or "").split()
    return " ".join("st" if word == "saint" else word for word in words) or None


def grams(words: Iterable[str]) -> frozenset[str]:
    """Return every run of one to four words: the places that a told name may hold."""
    held = list(words)
    return frozenset(
        " ".join(held[start : start + length])
        for length in range(1, 5)
        for start in range(len(held) - length + 1)
    )


def _goes_on(following: str) -> bool:
    return not following or following in KINDS or following in _EMPTY or following in GENDERS


def _canonical(name: str) -> list[str]:
    words = [_respelt(word) for word in fold(name.replace("&", " and ")).split()]
    if words and words[0] == "saints":
        words[0] = "st"
    out: list[str] = []
    place = 0
    while place < len(words):
        length, meant = _phrase_at(words, place)
        out += meant
        place += length
    return out


def _phrase_at(words: list[str], place: int) -> tuple[int, tuple[str, ...]]:
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        phrase = tuple(words[place : place + length])
        if phrase in _PHRASES:
            return length, _PHRASES[phrase]
    return 1, (words[place],)


def _respelt(word: str) -> str:
    """Return the word of a kind that this is one slip away from (primery, acadmy), or itself."""
    if len(word) < 5 or word in _MISSPELT or (word,) in _PHRASES or word in KINDS:
        return word
    for right in _MISSPELT:
        allowed = 2 if right in _LONG else 1
        if word[0] == right[0] and OSA.distance(word, right, score_cutoff=allowed) <= allowed:
            return right
    return word
