"""Unique pupil numbers and postcodes: one form, and whether they can be right. Pure."""

import re

_UPN = re.compile(r"[A-Z][0-9]{11}[0-9A-Z]")
# Letters that cannot be mistaken for digits; their places are the remainders.
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")


def upn(text: str) -> str | None:
    """Return a unique pupil number in its one form, or `None` where its check letter is wrong.

    Source: Department for Education, UPN guide: characters 2 to 13 by weights 2 to 13, modulo 23;
    a temporary number ends in a letter, which counts by its place.
    """
    number = "".join(text.split()).upper()
    if not _UPN.fullmatch(number):
        return None
    values = [int(c) if c.isdigit() else _UPN_LETTERS.find(c) for c in number[1:]]
    if min(values) < 0:
        return None
    total = sum(weight * value for weight, value in enumerate(values, start=2))
    return number if _UPN_LETTERS[total % 23] == number[0] else None


def postcode(text: str) -> str | None:
    """Return a United Kingdom postcode as `ZZ99 3VZ`, or `None` where it cannot be one."""
    match = _POSTCODE.fullmatch("".join(text.split()).upper())
    return f"{match[1]} {match[2]}" if match else None
