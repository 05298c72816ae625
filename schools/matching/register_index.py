"""The names of the register in memory: which schools a told name may mean, in a millisecond.

Holds official data alone (names, councils, places, streets), nothing of any force, child or adult.
It only says whom to look at: what decides is read from the database for each child.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from sys import intern

from rapidfuzz import process
from rapidfuzz.distance import OSA

from schools.matching.likeness import ToldName
from schools.matching.normalise import area, fold
from schools.matching.school_names import grams, initials, parse, place_key, street_key
from schools.matching.slips import is_slip

# Schools where it was said to be, and elsewhere, that are looked at for one told name.
MOST_NEAR, MOST_ELSEWHERE = 40, 20
# A word that more schools bear finds none by itself outside the told place.
_FREQUENT = 150
_EVERYWHERE = frozenset({"st"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One name under which a school may be told, with where the school is."""

    urn: int
    name: str
    la_code: str = ""
    la_name: str = ""
    town_key: str | None = None
    locality_key: str | None = None
    street: str | None = None
    postcode: str | None = None
    is_alias: bool = False
    # Who followed it, where the links alone know it.
    follower: int | None = None


Postings = dict[str, "array[int]"]


@dataclass(slots=True)
class RegisterIndex:
    """Schools by the words of their names, whole names, places, councils and streets."""

    bearing: Postings = field(default_factory=dict)
    keyed: Postings = field(default_factory=dict)
    joined: Postings = field(default_factory=dict)
    placed: Postings = field(default_factory=dict)
    councils: Postings = field(default_factory=dict)
    streets: Postings = field(default_factory=dict)
    initials: Postings = field(default_factory=dict)
    areas: dict[int, str] = field(default_factory=dict)
    council_codes: dict[str, set[str]] = field(default_factory=dict)
    aliases: dict[int, tuple[str, ...]] = field(default_factory=dict)
    # Schools that the links alone know: the name, and who followed.
    before: dict[int, tuple[str, int]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def known(self, words: Iterable[str]) -> frozenset[str]:
        """Return which words some school's name really holds: they are no slip of another."""
        return frozenset(word for word in words if word in self.bearing)

    def lookup(self, told: ToldName, said: str) -> set[int]:
        """Return the schools that may be meant, near first, at most a few dozen.

        `said` is the name as it was told: its words may hold a place.
        """
        near = self._near(told, said)
        weight: dict[int, float] = defaultdict(float)
        for word in told.name.core:
            rare = 0.1 if word in _EVERYWHERE else 1.0
            for urn in self._bearers(word, told.known_words, near):
                weight[urn] += rare
        for urn in self._whole(told):
            weight[urn] += len(told.name.core)
        ranked = sorted(weight, key=lambda urn: (-weight[urn], urn))
        chosen = [urn for urn in ranked if urn in near and weight[urn] >= 1.0][:MOST_NEAR]
        enough = 0.6 * sum(0.1 if word in _EVERYWHERE else 1.0 for word in told.name.core)
        away = [urn for urn in ranked if urn not in near and weight[urn] >= enough]
        # Namesakes of the post town's country round come first: they are what a home town hides.
        round_about = {self.areas.get(urn) for urn in chosen} - {None}
        away.sort(key=lambda urn: self.areas.get(urn) not in round_about)
        otherwise = {*self.streets.get(told.street or "", ())}
        if len(told.name.core) == 1:
            otherwise.update(self.initials.get(told.name.key, ()))
        return {*chosen, *away[:MOST_ELSEWHERE], *(otherwise & near)}

    def _near(self, told: ToldName, said: str) -> set[int]:
        places = grams(fold(said).split()) | ({told.town} if told.town else set())
        councils = set(told.authorities) | self.council_codes.get(told.town or "", set())
        near = {urn for place in places for urn in self.placed.get(place, ())}
        return near.union(*(self.councils.get(code, ()) for code in councils))

    def _bearers(self, word: str, known: frozenset[str], near: set[int]) -> set[int]:
        held = self.bearing.get(word)
        if held is not None:
            return set(held) if len(held) <= _FREQUENT else near.intersection(held)
        return {urn for other in self._slips(word) for urn in self.bearing[other]}

    def _slips(self, word: str) -> list[str]:
        found = process.extract(
            word, self.words, scorer=OSA.distance, score_cutoff=3, limit=60, processor=None
        )
        return [other for other, _, _ in found if is_slip(word, other)]

    def _whole(self, told: ToldName) -> set[int]:
        key, joined = told.name.key, "".join(told.name.core)
        keys = (key, f"{key} school", f"{key} academy")
        found = {urn for one in keys for urn in self.keyed.get(one, ())}
        return found.union(self.joined.get(joined, ()))


def built(entries: Iterable[Entry]) -> RegisterIndex:
    """Return the index of these names; the same school may have several."""
    index = RegisterIndex()
    for entry in entries:
        name = parse(entry.name)
        if entry.is_alias:
            index.aliases[entry.urn] = (*index.aliases.get(entry.urn, ()), entry.name)
        if entry.follower is not None:
            index.before[entry.urn] = (entry.name, entry.follower)
        for word in name.core:
            _add(index.bearing, word, entry.urn)
        _add(index.keyed, name.key, entry.urn)
        _add(index.joined, "".join(name.core), entry.urn)
        for place in {entry.town_key, entry.locality_key} - {None, ""}:
            _add(index.placed, place or "", entry.urn)
        if letters := area(entry.postcode):
            index.areas[entry.urn] = intern(letters)
        if entry.la_code:
            _add(index.councils, entry.la_code, entry.urn)
            council = place_key(entry.la_name) or ""
            index.council_codes.setdefault(council, set()).add(entry.la_code)
        for short in initials(entry.name):
            _add(index.initials, short, entry.urn)
        if street := street_key(entry.street):
            _add(index.streets, street, entry.urn)
    index.words = list(index.bearing)
    return index


def _add(postings: Postings, key: str, urn: int) -> None:
    held = postings.get(key)
    if held is None:
        postings[key] = array("l", (urn,))
    elif held[-1] != urn:
        held.append(urn)
