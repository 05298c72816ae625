"""Whether a child's own words would tell a school more than it may know. Pure.

A force may let the words travel (`content.voice_words`). Even then no school learns of another
child, of an adult or who did what, or where anybody is (domain.md §4): words that say any of it are
not kept, and the force is warned. Doubt withholds: the school has the codes, which say enough.
"""

import re
from collections.abc import Iterable

from app.intake.payload import ChildMessage, IncidentMessage

# Whoever stands around a child, as children and officers write them.
_PEOPLE = frozenset(
    {
        "adult", "aunt", "auntie", "aunty", "baby", "boyfriend", "bro", "brother", "bruv",
        "cousin", "dad", "dada", "daddy", "father", "foster-dad", "foster-mum",
        "girlfriend", "gramps", "gran", "grandad", "grandma", "grandpa", "granny",
        "guardian", "he", "her", "hers", "him", "his", "husband", "lodger", "mam", "mammy",
        "man", "mom", "mommy", "mother", "mum", "mummy", "nain", "nan", "nana", "nanny",
        "neighbour", "nephew", "niece", "parent", "parents", "partner", "pops", "she",
        "sibling", "sis", "sister", "step", "stepbrother", "stepdad", "stepfather",
        "stepmother", "stepmum", "stepsister", "tad", "taddy", "taid", "twin", "uncle",
        "wife", "woman",
    }
)  # fmt: skip
_PLACES = re.compile(
    r"[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}"  # a postcode
    r"|\S+@\S+"
    r"|https?:|www\."
    r"|(?:\+44|\b0)(?:[\s()-]*\d){8,}"  # a telephone number
    r"|\b\d+[a-z]?\s+\w+\s+(?:avenue|close|court|crescent|drive|gardens|lane|park|place|road|rd|"
    r"street|st|terrace|walk|way)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def names_besides(message: IncidentMessage, child: ChildMessage) -> frozenset[str]:
    """Return the names of everybody else in an incident, each part by itself, in one case."""
    others = [one for one in message.children if one.ref != child.ref]
    given = [name for one in others for name in _names(one)]
    given += [name for adult in message.involved_adults for name in (adult.forename, adult.surname)]
    given += [name for one in message.children for name in one.connected_at_school]
    return _parts(given) - _parts(_names(child))


def tells_more(words: str, names: Iterable[str]) -> bool:
    """Return whether words speak of anybody else, or say where somebody is to be found."""
    said = _parts([words])
    return bool(said & _PEOPLE or said & set(names) or _PLACES.search(words))


def _names(child: ChildMessage) -> tuple[str | None, ...]:
    return (
        child.forename, child.middle_names, child.surname, *child.known_as, child.former_surname,
    )  # fmt: skip


def _parts(texts: Iterable[str | None]) -> frozenset[str]:
    """Return each word of the texts, and each half of a double-barrelled one; `’s` is dropped."""
    found: set[str] = set()
    for text in texts:
        for word in _WORD.findall((text or "").casefold().replace("’", "'")):
            bare = word.removesuffix("'s")
            found |= {bare, *bare.split("-")}
    return frozenset(found)
