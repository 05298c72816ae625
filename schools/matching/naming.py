"""When two names that are written differently are one name: each way a rule of its own. Pure."""

import re
from enum import StrEnum
from functools import lru_cache

from schools.matching.names import NICKNAMES
from schools.matching.normalise import (
    family_name,
    forename,
    halves,
    name_words,
    person_name,
    roots,
    spelt,
    surname,
)
from schools.matching.surname_forms import SHARED_BY_MANY


class NameRule(StrEnum):
    """The rule by which two written names are one, from the surest to the least."""

    SAME = "same"
    # Siobhan and Shivaun; Hussain and Hussein; Kowalski and Kowalska; Al-Hassan and Hassan.
    SPELLING = "spelling"
    # Alfie for Alfred, Kasia for Katarzyna.
    SHORT_FORM = "short_form"
    # Mary for Mary-Jane; Garcia for Garcia Lopez; in either order.
    PART = "part"
    # A half that very many families share: Singh, Kaur, Begum.
    COMMON_PART = "common_part"
    # A. for Alfred.
    INITIAL = "initial"


@lru_cache(maxsize=65536)
def forename_rule(ours: str | None, theirs: str | None) -> NameRule | None:
    """Return by which rule two written forenames are one name; None where by none."""
    one, other = forename(ours), forename(theirs)
    if not one or not other:
        return None
    if one == other:
        return NameRule.SAME
    if len(one) == 1 or len(other) == 1:
        return NameRule.INITIAL if one[0] == other[0] else None
    if _spelt(one) & _spelt(other):
        return NameRule.SPELLING
    if roots(one) & roots(other):
        return NameRule.SHORT_FORM
    return _forename_part(_given(ours), _given(theirs))


@lru_cache(maxsize=65536)
def surname_rule(ours: str | None, theirs: str | None) -> NameRule | None:
    """Return by which rule two written surnames are one name; None where by none."""
    one, other = surname(ours), surname(theirs)
    if not one or not other:
        return None
    if one == other or _same_halves(ours, theirs):
        return NameRule.SAME
    if family_name(ours) == family_name(theirs) or _without_o(ours) == _without_o(theirs):
        return NameRule.SPELLING
    shared = family_parts(ours) & family_parts(theirs)
    if not shared:
        return None
    return NameRule.COMMON_PART if shared <= SHARED_BY_MANY else NameRule.PART


def known_apart(ours: str | None, theirs: str | None) -> bool:
    """Return whether two forenames are two names that people have: Zara and Zahra, no slip.

    Parents of twins like names that look alike; likeness alone must not make one the other.
    """
    one, other = forename(ours), forename(theirs)
    return one in NICKNAMES and other in NICKNAMES and not roots(one) & roots(other)


def family_parts(text: str | None) -> frozenset[str]:
    """Return the whole surname and its halves, each as its family usually spells it."""
    parts = [family_name(text), *(family_name(half) for half in halves(text))]
    return frozenset(part for part in parts if part)


def _spelt(name: str) -> frozenset[str]:
    """Return the usual spellings; `Abd al-…`, servant of, is joined in many ways."""
    found = _SERVANT.match(name)
    if found is None:
        return spelt(name)
    whose = found[1].lstrip("l")
    begins = "a" if whose[:1] in _VOWELS else ""
    sounds = "".join(letter for letter in whose if letter not in _VOWELS).replace("q", "k")
    return frozenset({f"abdul {begins}{_DOUBLED.sub(_ONCE, sounds)}"})


_SERVANT = re.compile(r"c?abd[aeiou]{1,2}([a-z]{4,})")
_VOWELS = frozenset("aeiou")
_DOUBLED, _ONCE = re.compile(r"([a-z])\1"), r"\1"


def _given(text: str | None) -> tuple[str, ...]:
    """Return the words of a forename without a faith's word: Gurpreet Kaur is Gurpreet."""
    words = name_words(text)
    kept = tuple(word for word in words if word not in _FAITH_WORDS)
    return kept or words


_FAITH_WORDS = frozenset({"singh", "kaur", "begum", "bibi", "khatun"})


def _forename_part(ours: tuple[str, ...], theirs: tuple[str, ...]) -> NameRule | None:
    """Return whether a single forename is one word of a double one.

    Two double ones that share a word are a sister's and a brother's as well as one child's.
    """
    if "".join(ours) == "".join(theirs):
        return NameRule.SPELLING
    if len(ours) > 1 and len(theirs) > 1:
        return None
    shared = any(
        len(one) >= 3 and bool(spelt(one) & spelt(other)) for one in ours for other in theirs
    )
    return NameRule.PART if shared else None


def _same_halves(ours: str | None, theirs: str | None) -> bool:
    one, other = halves(ours), halves(theirs)
    return bool(one) and sorted(one) == sorted(other)


def _without_o(text: str | None) -> str:
    words = name_words(text)
    name = person_name(text)
    if words and words[0] == "o" and len(words) > 1:
        return "".join(words[1:])
    return name.removeprefix("o") if (text or "")[:2].lower() in {"o'", "o’", "o`"} else name
