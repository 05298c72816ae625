"""When two names that are written differently are one name: each way a rule of its own. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from schools.matching.names import KNOWN_FORENAMES
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


@dataclass(frozen=True, slots=True)
class _Given:
    """A written forename taken apart once: names recur, pairs of them hardly do."""

    plain: str
    spelt: frozenset[str]
    roots: frozenset[str]
    # Its words without a faith's word, and each of three letters or more as usually spelt.
    words: tuple[str, ...]
    each: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Family:
    """A written surname taken apart once."""

    plain: str
    halves: tuple[str, ...]
    family: str
    without_o: str
    parts: frozenset[str]


@lru_cache(maxsize=32_768)
def _given_name(text: str | None) -> _Given:
    plain, words = forename(text), _given(text)
    each = frozenset(usual for word in words if len(word) >= 3 for usual in spelt(word))
    return _Given(plain, _spelt(plain), roots(plain), words, each)


@lru_cache(maxsize=32_768)
def _surname(text: str | None) -> _Family:
    return _Family(
        surname(text), tuple(sorted(halves(text))), family_name(text), _without_o(text),
        family_parts(text),
    )  # fmt: skip


def forename_rule(ours: str | None, theirs: str | None) -> NameRule | None:
    """Return by which rule two written forenames are one name; None where by none."""
    one, other = _given_name(ours), _given_name(theirs)
    if not one.plain or not other.plain:
        return None
    if one.plain == other.plain:
        return NameRule.SAME
    if len(one.plain) == 1 or len(other.plain) == 1:
        return NameRule.INITIAL if one.plain[0] == other.plain[0] else None
    if not one.spelt.isdisjoint(other.spelt):
        return NameRule.SPELLING
    if not one.roots.isdisjoint(other.roots):
        return NameRule.SHORT_FORM
    return _forename_part(one, other)


def surname_rule(ours: str | None, theirs: str | None) -> NameRule | None:
    """Return by which rule two written surnames are one name; None where by none."""
    one, other = _surname(ours), _surname(theirs)
    if not one.plain or not other.plain:
        return None
    if one.plain == other.plain or (one.halves and one.halves == other.halves):
        return NameRule.SAME
    if one.family == other.family or one.without_o == other.without_o:
        return NameRule.SPELLING
    shared = one.parts & other.parts
    if not shared:
        return None
    return NameRule.COMMON_PART if shared <= SHARED_BY_MANY else NameRule.PART


def known_apart(ours: str | None, theirs: str | None) -> bool:
    """Return whether two forenames are two names that people have: Zara and Zahra, no slip.

    Parents of twins like names that look alike; likeness alone must not make one the other.
    """
    one, other = forename(ours), forename(theirs)
    return one in KNOWN_FORENAMES and other in KNOWN_FORENAMES and not roots(one) & roots(other)


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


def _forename_part(one: _Given, other: _Given) -> NameRule | None:
    """Return whether a single forename is one word of a double one.

    Two double ones that share a word are a sister's and a brother's as well as one child's.
    """
    if "".join(one.words) == "".join(other.words):
        return NameRule.SPELLING
    if len(one.words) > 1 and len(other.words) > 1:
        return None
    return None if one.each.isdisjoint(other.each) else NameRule.PART


def _without_o(text: str | None) -> str:
    words = name_words(text)
    name = person_name(text)
    if words and words[0] == "o" and len(words) > 1:
        return "".join(words[1:])
    return name.removeprefix("o") if (text or "")[:2].lower() in {"o'", "o’", "o`"} else name
