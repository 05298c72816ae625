"""Whether a child's own words would tell a school more than it may know. Pure.

A force may let the words travel (`content.voice_words`). Even then no school learns of another
child, of an adult or who did what, or where anybody is (domain.md §4): words in which any of it is
found are not kept, and the force is warned. Doubt withholds: the school has the codes. No list is
whole; a force that lets words travel answers for its officers writing only what concerns the child.
"""

import re
from collections.abc import Iterable, Iterator

from app.intake.payload import ChildMessage, IncidentMessage
from schools.matching.names import KNOWN_FORENAMES
from schools.matching.normalise import fold

# Whoever stands around a child, as children and officers write them; plurals are looked up bare.
_PEOPLE = frozenset(
    {
        "adult", "aunt", "auntie", "aunty", "baby", "bloke", "boy", "boyfriend", "bro", "brother",
        "bruv", "cousin", "dad", "dada", "daddy", "everybody", "everyone", "ex", "family", "father",
        "friend", "girl", "girlfriend", "gran", "grandad", "granddad", "grandma", "grandpa",
        "gramp", "granny", "guardian", "guy", "he", "her", "him", "his", "husband", "kid", "lady",
        "lodger", "mam", "mama", "mammy", "man", "mate", "men", "mom", "mommy", "mother", "mum",
        "mumma", "mummy", "nain", "nan", "nana", "nanna", "nanny", "neighbour", "nephew", "niece",
        "officer", "papa", "parent", "partner", "people", "police", "pop", "she", "sibling", "sis",
        "sister", "somebody", "someone", "step", "stepbrother", "stepdad", "stepfather",
        "stepmother", "stepmum", "stepsister", "tad", "taddy", "taid", "teacher", "their", "them",
        "they", "twin", "uncle", "us", "we", "wife", "woman", "women",
    }
)  # fmt: skip
# Who did what, or where it was or somebody is, in words that need no name.
_BLAME = frozenset({"abuser", "fault", "perpetrator", "suspect", "victim", "offender", "attacker"})
_WHERE = frozenset(
    {
        "address", "avenue", "bnb", "caravan", "crescent", "flat", "hospital", "hostel", "hotel",
        "house", "lane", "postcode", "refuge", "road", "shelter", "street", "terrace",
    }
)  # fmt: skip
_PLACES = re.compile(
    r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b"  # a postcode
    r"|\b[a-z]{2}\d{2}\s*[a-z]{3}\b"  # the mark of a vehicle
    r"|\S+@\S+"
    r"|https?:|www\."
    r"|(?:\+\d{2}|\b0)(?:[\s().-]*\d){8,}"  # a telephone number
    r"|\b\d+[a-z]?,?\s+(?:[\w'’.]+,?\s+){1,4}(?:close|court|drive|gardens|park|place|rd|st|walk|"
    r"way)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_ENDS = re.compile(r"(?:^|[.!?:\"“])\s*$")


def names_besides(message: IncidentMessage, child: ChildMessage) -> frozenset[str]:
    """Return the names of everybody else in an incident, each part by itself, as `fold` has it."""
    others = [one for one in message.children if one.ref != child.ref]
    given = [name for one in others for name in _names(one)]
    given += [name for adult in message.involved_adults for name in (adult.forename, adult.surname)]
    given += [name for one in message.children for name in one.connected_at_school]
    # A father may bear his son's name: where one is shared, the child's words may mean either.
    return _parts(given) - _parts([child.surname, child.former_surname])


def own_names(child: ChildMessage) -> frozenset[str]:
    """Return the child's own names, each part by itself, as `fold` has it."""
    return _parts(_names(child))


def tells_more(words: str, names: Iterable[str], own: Iterable[str] = ()) -> bool:
    """Return whether words speak of anybody else, or say where somebody is to be found.

    `names` are those of the incident's others, `own` the child's. Any other word that is written
    like a name withholds too: within a sentence, or at its start where it is known as a forename.
    """
    said = _parts([words])
    bare = said | {word.removesuffix("s") for word in said}
    if bare & _PEOPLE or bare & _WHERE or bare & _BLAME or bare & set(names):
        return True
    return bool(_PLACES.search(words)) or any(_like_names(words, set(own)))


def _like_names(words: str, own: set[str]) -> Iterator[bool]:
    for found in _WORD.finditer(words):
        parts = _parts([found[0]])
        if not found[0][0].isupper() or parts <= own or parts <= {"i", "im", "ive", "id", "ill"}:
            continue
        starts = _SENTENCE_ENDS.search(words[: found.start()]) is not None
        yield not starts or bool(parts & KNOWN_FORENAMES)


def _names(child: ChildMessage) -> tuple[str | None, ...]:
    return (
        child.forename, child.middle_names, child.surname, *child.known_as, child.former_surname,
    )  # fmt: skip


def _parts(texts: Iterable[str | None]) -> frozenset[str]:
    """Return each word of the texts in plain letters, and each half of a double-barrelled one."""
    found: set[str] = set()
    for text in texts:
        for word in _WORD.findall(text or ""):
            bare = re.sub(r"['’]s$", "", word)
            found |= {fold(part).replace(" ", "") for part in (bare, *bare.split("-"))}
    return frozenset(found - {""})
