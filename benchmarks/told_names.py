"""A school's registered name as an officer says or writes it at night; seeded, knows no matcher.

A name is taken into tagged words first, so that what was meant stays known whatever is bent
later: `Said` holds the own words, kinds and faiths that were told before any slip of the pen.
"""

import re
from dataclasses import dataclass, replace
from random import Random

from anyascii import anyascii

# Registered words of a kind, and how they are said.
KINDS = {
    "primary": ["Primary", "primary", "Prim", "prim", "Pri", "Primary"],
    "infant": ["Infants", "Infant", "Inf", "infants"],
    "junior": ["Juniors", "Junior", "Jnr", "Jun", "jnr"],
    "nursery": ["Nursery", "Nurs", "nursery"],
    "first": ["First"], "middle": ["Middle"], "lower": ["Lower"], "upper": ["Upper"],
    "high": ["High", "high", "High"], "secondary": ["Secondary", "Sec", "secondary"],
    "comprehensive": ["Comprehensive", "Comp"], "grammar": ["Grammar", "Gram", "grammar"],
    "preparatory": ["Prep", "Preparatory"], "special": ["Special"],
    "girls": ["Girls", "girls"], "boys": ["Boys", "boys"],
}  # fmt: skip
FAITHS = {
    "ce": ["C of E", "CE", "CofE", "C.E.", "c of e", "Church of England"],
    "rc": ["RC", "Catholic", "R.C.", "rc", "Cath", "Roman Catholic"],
    "methodist": ["Methodist"], "jewish": ["Jewish"], "muslim": ["Muslim"],
}  # fmt: skip
_GENERIC = frozenset(
    {
        "school", "academy", "college", "the", "of", "and", "for", "at", "in", "a", "an", "with",
        "community", "va", "vc", "trust", "foundation", "free", "mixed", "centre", "technology",
        "specialist", "voluntary", "aided", "controlled", "education", "unit", "to", "c",
    }
)  # fmt: skip
_PHRASES = (
    (r"church of england|c of e|cofe|c\.e\.|\bce\b", " faithce "),
    (r"roman catholic|\bcatholic\b|\brc\b|r\.c\.", " faithrc "),
    (r"\binfants'?|\binfant's", "infant"), (r"\bjuniors\b|\bjunior's", "junior"),
    (r"\bgirls'", "girls"), (r"\bboys'", "boys"), (r"\bsaint\b", "st"),
    (r"\bprep\b", "preparatory"),
)  # fmt: skip
_GOES_ON = frozenset({*KINDS, *_GENERIC, "faithce", "faithrc"})
_NEEDS_END = frozenset({"first", "middle", "lower", "upper", "high", "special"})
_SHORT_SAINTS = {"joseph": "Joe", "thomas": "Tom", "michael": "Mike", "william": "Will"}
_KEYS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiopisdfghjklkxcvbnmn", strict=True))
_SOUNDS = (("ph", "f"), ("ie", "ei"), ("ck", "k"), ("ll", "l"), ("ee", "ea"), ("ough", "uff"),
           ("or", "er"), ("c", "k"), ("y", "ie"), ("tt", "t"),
           ("ss", "s"), ("gh", "g"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A registered name in tagged words: (word, own | kind | faith | generic), in order."""

    words: tuple[tuple[str, str], ...]

    def of(self, tag: str) -> frozenset[str]:
        return frozenset(stem(word) for word, is_tag in self.words if is_tag == tag)

    @property
    def own(self) -> tuple[str, ...]:
        return tuple(stem(word) for word, tag in self.words if tag == "own")


@dataclass(frozen=True, slots=True)
class Said:
    """What was told of the name, and what was meant by it."""

    text: str
    own: frozenset[str]
    kinds: frozenset[str]
    faiths: frozenset[str]
    how: str = "name"


def stem(word: str) -> str:
    bare = word.replace("'", "")
    return bare[:-1] if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss") else bare


def taken_apart(name: str) -> Words:
    """Return a registered name in tagged words; what stands in brackets counts as its own."""
    plain = anyascii(name).lower().replace("&", " and ").replace("`", "'")
    for pattern, meant in _PHRASES:
        plain = re.sub(pattern, meant, plain)
    words = [word.strip("'") or word for word in re.findall(r"[a-z0-9']+", plain)]
    tagged = []
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        at_end = word not in _NEEDS_END or not following or following in _GOES_ON
        if word in {"faithce", "faithrc"}:
            tagged.append((word[5:], "faith"))
        elif word in FAITHS:
            tagged.append((word, "faith"))
        elif word in KINDS and at_end:
            tagged.append((word, "kind"))
        else:
            tagged.append((word, "generic" if word in _GENERIC else "own"))
    return Words(tuple(tagged))


def bent(name: str, rng: Random) -> Said:
    """Return the name as it was told: shortened, reordered, and in two of five with a slip."""
    kept = _kept(list(taken_apart(name).words), rng)
    said = Said(
        "", frozenset(stem(word) for word, tag in kept if tag == "own"),
        frozenset(word for word, tag in kept if tag == "kind"),
        frozenset(word for word, tag in kept if tag == "faith"),
    )  # fmt: skip
    words = [_spoken(word, tag, rng) for word, tag in kept]
    for _ in range(rng.choices([0, 1, 2], [60, 33, 7])[0]):
        words = _slipped(words, rng)
    text = " ".join(word for word in words if word)
    return replace(said, text=text.lower() if rng.random() < 0.5 else text)


def initials(name: str) -> Said | None:
    """Return QEGS for Queen Elizabeth's Grammar School; None for short names."""
    words = taken_apart(name)
    own = [word for word, tag in words.words if tag == "own"]
    letters = "".join(
        word[0] for word, tag in words.words
        if tag != "faith" and (tag != "generic" or word == "school")
    )  # fmt: skip
    if len(own) < 2 or not 3 <= len(letters) <= 5 or "st" in own:
        return None
    return Said(letters.upper(), words.of("own"), words.of("kind"), frozenset(), "initials")


def on_street(street: str, name: str, rng: Random) -> Said | None:
    """Return `the infants on Park Road`; None where the name says no kind."""
    words = taken_apart(name)
    kinds = [word for word, tag in words.words if tag == "kind"]
    if not kinds or not re.fullmatch(r"[A-Za-z ]{6,30}", street):
        return None
    kind = rng.choice(KINDS[kinds[0]])
    return Said(
        f"the {kind.lower()} on {street}", frozenset(), frozenset(kinds[:1]), frozenset(), "street"
    )


def _kept(words: list[tuple[str, str]], rng: Random) -> list[tuple[str, str]]:
    """Leave out what is left out at night: generic words, often; one own word, seldom."""
    chance = {"generic": 0.35, "faith": 0.85, "kind": 0.87, "own": 1.0}
    kept = [
        one for one in words
        if rng.random() < (0.8 if one[0] == "school" else 0.97 if one[0] in {"of", "and"}
                           else chance[one[1]])
    ]  # fmt: skip
    own = [place for place, (word, tag) in enumerate(kept) if tag == "own" and word != "st"]
    if len(own) >= 2 and rng.random() < 0.07:
        del kept[rng.choice(own)]
    if len(kept) >= 3 and rng.random() < 0.03:
        place = rng.randrange(len(kept) - 1)
        kept[place], kept[place + 1] = kept[place + 1], kept[place]
    return kept


def _spoken(word: str, tag: str, rng: Random) -> str:
    if tag in {"kind", "faith"}:
        return rng.choice((KINDS if tag == "kind" else FAITHS)[word])
    if word == "st":
        return rng.choice(["St", "St", "St.", "Saint"])
    if word == "and":
        return rng.choice(["and", "&"])
    if word == "school":
        return rng.choice(["School", "Sch", "school"])
    if word == "academy":
        return rng.choice(["Academy", "Acad", "School"])
    if word == "college":
        return rng.choice(["College", "Coll"])
    bare = word.removesuffix("'s")
    if bare in _SHORT_SAINTS and rng.random() < 0.08:
        word = _SHORT_SAINTS[bare] + word[len(bare):]  # fmt: skip
    if "'" in word and rng.random() < 0.8:
        word = word.removesuffix("'s") if rng.random() < 0.15 else word.replace("'", "")
    return word.title().replace("'S", "'s")


def _slipped(words: list[str], rng: Random) -> list[str]:
    long = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    if not long:
        return words
    place = rng.choice(long)
    return [*words[:place], slip(words[place], rng), *words[place + 1 :]]


def slip(word: str, rng: Random) -> str:
    """Return the word with one slip; one in six falls on its first letter."""
    at = 0 if rng.random() < 1 / 6 else rng.randrange(1, len(word) - 1)
    sounds = [pair for pair in _SOUNDS if pair[0] in word[1:]]
    kind = rng.choice(["swap", "drop", "double", "key", "sound" if sounds else "key"])
    if kind == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    if kind == "double":
        return word[: at + 1] + word[at:]
    if kind == "sound":
        heard, written = rng.choice(sounds)
        return word[0] + word[1:].replace(heard, written, 1)
    return word[:at] + _KEYS.get(word[at].lower(), "x") + word[at + 1 :]
