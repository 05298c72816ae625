"""Homes outside England and Wales, by postcode area: their schools are on no list of ours. Pure."""

from collections.abc import Iterable
from itertools import takewhile

from schools.matching.normalise import postcode

# Postal areas wholly in Scotland, Northern Ireland, the Isle of Man and the Channel Islands; TD
# lies on both sides of the border and says nothing.
_ELSEWHERE = frozenset({
    "AB", "BT", "DD", "DG", "EH", "FK", "G", "GY", "HS", "IM", "IV", "JE", "KA", "KW", "KY", "ML",
    "PA", "PH", "ZE",
})  # fmt: skip


def outside_england_and_wales(postcodes: Iterable[str]) -> bool:
    """Return whether every home that is known lies where another law and register apply."""
    known = [code for code in map(postcode, postcodes) if code]
    areas = {"".join(takewhile(str.isalpha, code)) for code in known}
    return bool(areas) and areas <= _ELSEWHERE
