"""Slips of a pen or an ear: which word was meant by one that no school bears. Pure."""

from functools import lru_cache

from rapidfuzz.distance import OSA

from schools.matching.shared_names import SAINTS


@lru_cache(maxsize=65536)
def is_slip(word: str, other: str, *, saint: bool = False) -> bool:
    """Return whether the first is a slip of the second: one change, two from eight letters.

    A saint's name is near to many others, so that only the one it is nearest to is meant.
    """
    shorter = min(len(word), len(other))
    if shorter < 4:
        return False
    changes = OSA.distance(word, other, score_cutoff=2)
    same_start = word[0] == other[0]
    same_sound = same_start and _sound(word) == _sound(other)
    one = changes == 1 and (same_start or _start_slipped(word, other))
    # Hillyfield is no slip of Hallfield: who writes two wrong begins right.
    two = changes == 2 and shorter >= 8 and word[:2] == other[:2]
    if changes and not (one or two or same_sound):
        return False
    return not (saint and any(OSA.distance(word, one) <= changes for one in SAINTS - {other}))


def _start_slipped(word: str, other: str) -> bool:
    """Return whether the first letter was left out, doubled, exchanged, or the key beside it."""
    if len(word) != len(other) or word[1:] != other[1:]:
        return True
    row = next(row for row in _KEYBOARD if other[0] in row)
    return word[0] in row and abs(row.index(word[0]) - row.index(other[0])) == 1


_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "0123456789")


def _sound(word: str) -> str:
    """Return the word as it is heard, roughly: doubled letters and like spellings fall together."""
    for written, heard in _HEARD:
        word = word.replace(written, heard)
    return "".join(letter for at, letter in enumerate(word) if letter != word[at - 1 : at])


_HEARD = (("ph", "f"), ("ough", "uf"), ("gh", "g"), ("ck", "k"), ("c", "k"), ("z", "s"),
          ("ie", "y"), ("ei", "y"), ("ea", "e"), ("ee", "e"), ("i", "y"), ("or", "er"))  # fmt: skip
