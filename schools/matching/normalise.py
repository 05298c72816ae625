"""One form of each name, postcode and pupil number, so that equal things compare equal. Pure."""

import re
from datetime import date
from functools import lru_cache

import jellyfish
from anyascii import anyascii

from schools.matching.names import NICKNAMES, SOUNDS_OTHERWISE

_APOSTROPHES = re.compile(r"['`´]")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})")
_UPN = re.compile(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]")
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
# Patronymics stand for no family: ap Rhys and Rhys are one surname.
_PATRONYMICS = frozenset({"ap", "ab", "ferch", "verch"})


def fold(text: str) -> str:
    """Return lower-case ASCII words with single spaces: accents go, apostrophes close up."""
    plain = _APOSTROPHES.sub("", anyascii(text).lower())
    return _NOT_WORD.sub(" ", plain).strip()


@lru_cache(maxsize=16384)
def person_name(text: str | None) -> str:
    """Return a forename or surname without spaces and patronymics: `ap Rhys` is `rhys`."""
    words = fold(text or "").split()
    kept = [word for word in words if word not in _PATRONYMICS] or words
    return "".join(kept)


@lru_cache(maxsize=16384)
def halves(surname: str | None) -> tuple[str, ...]:
    """Return the parts of a double surname (three letters or more), nothing for a single one."""
    words = [word for word in fold(surname or "").split() if word not in _PATRONYMICS]
    parts = tuple(word for word in words if len(word) >= 3)
    return parts if len(parts) > 1 else ()


@lru_cache(maxsize=16384)
def phonetic(name: str) -> str:
    """Return how a normalised name sounds (metaphone, after names that are known to mislead)."""
    usual = SOUNDS_OTHERWISE.get(name, name)
    return jellyfish.metaphone(usual).replace(" ", "") or usual


def roots(forename: str) -> frozenset[str]:
    """Return the full names that a normalised forename may be short for, or itself."""
    return NICKNAMES.get(forename) or frozenset({forename})


def postcode(text: str | None) -> str | None:
    """Return a UK postcode as `ZZ99 3VZ`, or None where it is not one."""
    squeezed = re.sub(r"[^A-Z0-9]", "", anyascii(text or "").upper())
    found = _POSTCODE.fullmatch(squeezed)
    return f"{found[1]} {found[2]}" if found else None


def district(normal_postcode: str | None) -> str | None:
    """Return the outward half of a normalised postcode; ZZ99 stands for `nowhere` and has none."""
    outward = (normal_postcode or "").partition(" ")[0]
    return None if outward in {"", "ZZ99"} else outward


def upn(text: str | None) -> str | None:
    """Return a unique pupil number whose check letter is right, or None.

    The check letter is the weighted sum of characters 2 to 13 (weights 2 to 13) modulo 23; a
    temporary number ends in a letter that counts by its place in the same alphabet.
    """
    number = re.sub(r"\s", "", text or "").upper()
    if not _UPN.fullmatch(number):
        return None
    values = [int(c) if c.isdigit() else _UPN_LETTERS.index(c) for c in number[1:]]
    total = sum(value * weight for weight, value in enumerate(values, start=2))
    return number if _UPN_LETTERS[total % 23] == number[0] else None


def real_birth_date(born: date | None) -> date | None:
    """Return the date of birth unless it is a placeholder: 1 January stands for `unknown`."""
    return None if born is None or (born.month, born.day) == (1, 1) else born


def swapped(born: date | None) -> date | None:
    """Return the date with day and month exchanged, where that is another real date."""
    if born is None or born.day > 12 or born.day == born.month:
        return None
    return date(born.year, born.day, born.month)
