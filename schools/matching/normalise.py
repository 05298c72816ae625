"""One form of each name, postcode and pupil number, so that equal things compare equal. Pure."""

import re
from datetime import date
from functools import lru_cache
from operator import mul

import jellyfish
from anyascii import anyascii

from schools.matching.names import (
    FORENAME_PLACEHOLDERS,
    FORENAME_SPELLINGS,
    NICKNAMES,
    SHORTENED,
    SOUNDS_OTHERWISE,
    SURNAME_PLACEHOLDERS,
    SURNAME_SPELLINGS,
)
from schools.matching.surname_forms import GENDERED, PARTICLES, PATRONYMICS

_APOSTROPHES = re.compile(r"['`´]")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})")
_GREEK_OU = re.compile("ο[υύ]", re.IGNORECASE)
_UPN = re.compile(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]")
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_UPN_VALUES = {**{digit: int(digit) for digit in "0123456789"},
               **{letter: place for place, letter in enumerate(_UPN_LETTERS)}}  # fmt: skip
_BRACKETED = re.compile(
    r"\([^)]*\)|\[[^]]*\]|\"[^\"]*\"|“[^”]*”|\b(?:aka|known as)\b.*", re.IGNORECASE
)
_MAC = re.compile(r"^(?:mac(?=[a-z]{4})|mc(?=[a-z]{3}))")
_TITLES = frozenset({"miss", "master", "mstr", "mr", "mrs", "ms", "mx", "dr", "sir"})
_GENERATIONS = frozenset({"jr", "jnr", "snr", "ii", "iii", "iv"})


def fold(text: str) -> str:
    """Return lower-case ASCII words with single spaces: accents go, apostrophes close up."""
    # One Greek sound in two letters, which would be written out letter by letter.
    plain = _APOSTROPHES.sub("", anyascii(_GREEK_OU.sub("ou", text)).lower())
    return _NOT_WORD.sub(" ", plain).strip()


@lru_cache(maxsize=16384)
def name_words(text: str | None) -> tuple[str, ...]:
    """Return the words of a name: no brackets, titles, numbers, generations or patronymics."""
    words = fold(_BRACKETED.sub(" ", text or "")).split() or fold(text or "").split()
    words = [word for word in words if not word.isdigit()]
    if len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    if len(words) > 1 and words[-1] in _GENERATIONS:
        words = words[:-1]
    return tuple([word for word in words if word not in PATRONYMICS] or words)


@lru_cache(maxsize=16384)
def person_name(text: str | None) -> str:
    """Return a forename or surname as one word, cleaned: `ap Rhys` is `rhys`."""
    return "".join(name_words(text))


def forename(text: str | None) -> str:
    """Return a normalised forename; nothing where it stands for `not known`, such as `Baby`."""
    words = name_words(text)
    if words and (words[0] in FORENAME_PLACEHOLDERS or "".join(words) in FORENAME_PLACEHOLDERS):
        return ""
    return "".join(words)


def surname(text: str | None) -> str:
    """Return a normalised surname; nothing where it stands for `not known`."""
    name = person_name(text)
    return "" if name in SURNAME_PLACEHOLDERS else name


@lru_cache(maxsize=16384)
def halves(text: str | None) -> tuple[str, ...]:
    """Return the parts of a double surname (three letters or more), nothing for a single one."""
    parts = tuple(word for word in name_words(text) if len(word) >= 3 and word not in PARTICLES)
    return parts if len(parts) > 1 else ()


@lru_cache(maxsize=16384)
def family_name(text: str | None) -> str:
    """Return what a surname has in common with its other spellings.

    No small words before it (`Al-Hassan`, `de Souza`), `Mc` for every `Mac`, a son's ending for a
    daughter's (`Kowalska`), and the usual one of several spellings (`Hussein`).
    """
    words = name_words(text)
    while len(words) > 1 and words[0] in PARTICLES:
        words = words[1:]
    name = _MAC.sub("mc", "".join(words))
    name = min(SURNAME_SPELLINGS.get(name, {name}))
    for hers, his in GENDERED:
        if name.endswith(hers) and len(name) > len(hers) + 2:
            return name.removesuffix(hers) + his
    return name


@lru_cache(maxsize=16384)
def phonetic(name: str) -> str:
    """Return how a normalised name sounds (metaphone, after names that are known to mislead)."""
    usual = SOUNDS_OTHERWISE.get(name, name)
    return jellyfish.metaphone(usual).replace(" ", "") or usual


def spelt(name: str) -> frozenset[str]:
    """Return the usual spelling of a normalised forename, rarely more than one."""
    return FORENAME_SPELLINGS.get(name) or frozenset({name})


def roots(name: str) -> frozenset[str]:
    """Return a normalised forename as usually spelt and the full names it may be short for."""
    return NICKNAMES.get(name) or frozenset({name})


def related(name: str) -> frozenset[str]:
    """Return under which usual spellings to look for a normalised forename: full, short, as is."""
    return roots(name).union(*(SHORTENED.get(usual, ()) for usual in spelt(name)))


@lru_cache(maxsize=16384)
def postcode(text: str | None) -> str | None:
    """Return a UK postcode as `ZZ99 3VZ`, or None where it is not one."""
    squeezed = re.sub(r"[^A-Z0-9]", "", anyascii(text or "").upper())
    found = _POSTCODE.fullmatch(squeezed)
    return f"{found[1]} {found[2]}" if found else None


def district(normal_postcode: str | None) -> str | None:
    """Return the outward half of a normalised postcode; ZZ99 stands for `nowhere` and has none."""
    outward = (normal_postcode or "").partition(" ")[0]
    return None if outward in {"", "ZZ99"} else outward


def area(normal_postcode: str | None) -> str | None:
    """Return the letters of a normalised postcode: the post town's country round; ZZ is nowhere."""
    letters = (normal_postcode or "")[:2].rstrip("0123456789")
    return None if letters in {"", "ZZ"} else letters


@lru_cache(maxsize=4096)
def upn(text: str | None) -> str | None:
    """Return a unique pupil number whose check letter is right, or None.

    The check letter is the weighted sum of characters 2 to 13 (weights 2 to 13) modulo 23; a
    temporary number ends in a letter that counts by its place in the same alphabet.
    """
    number = "".join((text or "").split()).upper()
    if not _UPN.fullmatch(number):
        return None
    total = sum(map(mul, map(_UPN_VALUES.__getitem__, number[1:]), range(2, 14)))
    return number if _UPN_LETTERS[total % 23] == number[0] else None


def same_pupil_number(
    ours: str | None, theirs: str | None, *, formerly: str | None = None
) -> bool | None:
    """Return whether two pupil numbers name one pupil; None where they cannot say.

    A number that fails its check letter says nothing. Two permanent numbers that differ are two
    pupils; a temporary one (its last character is a letter) is replaced when the child is found
    to have another, and so is a former one.
    """
    said, other, former = upn(ours), upn(theirs), upn(formerly)
    if said is None or (other is None and former is None):
        return None
    if said in {other, former}:
        return True
    permanent = other is not None and not _temporary(said) and not _temporary(other)
    return False if permanent else None


def _temporary(number: str) -> bool:
    return number[-1].isalpha()


def real_birth_date(born: date | None) -> date | None:
    """Return the date of birth unless it is a placeholder: 1 January stands for `unknown`."""
    return None if born is None or (born.month, born.day) == (1, 1) else born


def real_birth_year(born: date | None) -> int | None:
    """Return the year of a date of birth, unless a computer that knew none wrote it."""
    return None if born is None or born in _COMPUTERS_DATES else born.year


_COMPUTERS_DATES = frozenset(date(year, 1, 1) for year in (1900, 1901, 1970, 1980, 1999, 2000))


def swapped(born: date | None) -> date | None:
    """Return the date with day and month exchanged, where that is another real date."""
    if born is None or born.day > 12 or born.day == born.month:
        return None
    return date(born.year, born.day, born.month)
