"""Cleaning text: one form for the same name, and no characters that hide, reorder or flood. Pure.

Real names in any script pass (Łukasz, O’Neill, 李, नेहा); control, bidirectional and invisible
characters do not (reliability.md F72). The message of an error never holds the text.
"""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

# Persian and Indic names need these two; every other invisible character is refused.
_JOINERS = "\u200c\u200d"
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# More marks on one letter than any orthography in use stacks.
_MOST_MARKS = 4


def clean(text: str) -> str:
    """Return the text in NFC, trimmed, with single spaces; raise for characters never accepted."""
    if text.isascii():
        if not text.isprintable():
            raise _unfit()
        return " ".join(text.split())
    folded = unicodedata.normalize("NFC", text)
    marks = 0
    for character in folded:
        category = unicodedata.category(character)
        if category in _REFUSED and character not in _JOINERS:
            raise _unfit()
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > _MOST_MARKS:
            raise _unfit()
    return " ".join(folded.split())


def clean_words(text: str) -> str:
    """Return words as one line: an officer's line breaks are spaces, not a reason to refuse."""
    return clean(re.sub(r"[\r\n\t]+", " ", text))


def none_if_empty(text: str | None) -> str | None:
    """Return `None` for text that holds nothing: an empty name is a missing name."""
    return text or None


def _unfit() -> PydanticCustomError:
    return PydanticCustomError(
        "characters_refused",
        "Leave out control characters, text-direction marks and invisible characters",
    )


# The bounds are on what was sent, so that the cleaning itself is bounded.
Name = Annotated[str, Field(max_length=100), AfterValidator(clean)]
MaybeName = Annotated[Name | None, AfterValidator(none_if_empty)]
MaybeLine = Annotated[
    Annotated[str, Field(max_length=200), AfterValidator(clean)] | None,
    AfterValidator(none_if_empty),
]
MaybeWords = Annotated[
    Annotated[str, Field(max_length=1000), AfterValidator(clean_words)] | None,
    AfterValidator(none_if_empty),
]
