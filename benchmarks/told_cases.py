"""Told schools in stated shares, seeded, from the real register: who is meant, and is it clear.

Kinds: a bent name with its true place; the home's town told for the school's; two of a kind in one
council; a name the school had before; a school that does not exist; a school that the register
does not hold.
"""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from rapidfuzz.distance import OSA

from benchmarks.told_names import KINDS, Said, Words, bent, initials, on_street, stem, taken_apart

ON = date(2026, 11, 19)
SHARES = {
    "bent": 0.46, "home town": 0.14, "two of a kind": 0.12, "former name": 0.08,
    "no such school": 0.10, "not in register": 0.10,
}  # fmt: skip
SCHOOL_KINDS = frozenset(KINDS)
# No child is a registered pupil there (universities, children's centres, overseas and the like).
_NOT_MEANT = frozenset({"25", "26", "27", "29", "37", "56"})


@dataclass(frozen=True, slots=True)
class Row:
    """One open school as the official file prints it."""

    urn: int
    name: str
    words: Words
    council: str
    council_name: str
    town: str
    locality: str
    street: str
    postcode: str
    low: int
    high: int

    @property
    def district(self) -> str:
        return self.postcode.partition(" ")[0]

    def stands_in(self, place: str) -> bool:
        return place.lower() in {
            self.town.lower(),
            self.locality.lower(),
            self.council_name.lower(),
        }

    def takes(self, age: int) -> bool:
        lowest = 4 if self.low == 5 else self.low
        return lowest <= age <= (self.high if self.high >= 18 else self.high - 1)


@dataclass(frozen=True, slots=True)
class Case:
    """One told school; `truth` is None where none of the register is meant."""

    kind: str
    said: Said
    truth: int | None
    town: str | None
    council: str | None
    postcode: str
    birth: dict[str, Any]
    # The school ages that were told; none where nothing was known.
    ages: tuple[int, ...]
    sex: str
    resolvable: bool = False


class World:
    """The open schools, the names that some had before, and which stand near one another."""

    def __init__(self, rows: list[Row], former: dict[int, list[str]]) -> None:
        self.rows, self.former = rows, former
        self.by_council: dict[str, list[Row]] = {}
        self.by_area: dict[str, list[Row]] = {}
        for row in rows:
            self.by_council.setdefault(row.council, []).append(row)
            self.by_area.setdefault(_area(row.district), []).append(row)
        councils: dict[frozenset[str], set[str]] = {}
        for row in rows:
            councils.setdefault(frozenset(row.words.own), set()).add(row.council)
        # Names that schools in several councils bear find none without a place.
        self.common = frozenset(own for own, where in councils.items() if len(where) >= 3)


def world(folder: Path) -> World:
    """Return the open schools of the extract, with the names of their predecessors."""
    with (folder / "edubasealldata_6022_real.csv").open(encoding="cp1252", newline="") as text:
        rows = [_row(line) for line in csv.DictReader(text) if _meant(line)]
    urns = {row.urn: row for row in rows}
    former: dict[int, list[str]] = {}
    with (folder / "links_edubasealldata_real.csv").open(encoding="cp1252", newline="") as text:
        for line in csv.DictReader(text):
            row = urns.get(int(line["URN"]))
            still_open = int(line["LinkURN"]) in urns
            if row and line["LinkType"].startswith("Predecessor") and not still_open:
                own = frozenset(taken_apart(line["LinkName"]).own)
                if own and not own & set(row.words.own) - {"st"}:
                    former.setdefault(row.urn, []).append(line["LinkName"])
    return World(rows, former)


def cases(held: World, seed: int, number: int) -> tuple[list[Case], frozenset[int]]:
    """Return told schools in the stated shares, and the schools to be taken off the register."""
    rng = Random(seed)
    missing = frozenset(
        row.urn for row in rng.sample(held.rows, int(number * SHARES["not in register"]))
    )
    there = [row for row in held.rows if row.urn not in missing]
    shown = World(there, held.former)
    gone = iter([row for row in held.rows if row.urn in missing])
    makers: dict[str, Callable[[], Case | None]] = {
        "bent": lambda: _bent(shown, rng.choice(there), rng),
        "home town": lambda: _home_town(shown, rng.choice(there), rng),
        "two of a kind": lambda: _two_of_a_kind(shown, rng.choice(there), rng),
        "former name": lambda: _former(shown, rng.choice(there), rng),
        "no such school": lambda: _no_such(shown, rng),
        "not in register": lambda: replace(
            _bent(shown, next(gone), rng), kind="not in register", truth=None, resolvable=False
        ),
    }
    made = []
    for kind, share in SHARES.items():
        for _ in range(int(number * share)):
            while (one := makers[kind]()) is None:
                pass
            made.append(one)
    rng.shuffle(made)
    return made, missing


def resolvable(held: World, case: Case) -> bool:
    """Return whether a careful person with the register and what was told would settle it.

    All of: own words were told, not a dedication, a common name or a town's alone (or initials, or
    a kind with a street); the school stands in the told town, or in the told council where no
    town, or an own name with another town, was told; and no other school there that takes a child
    of that age bears all told own words without contradicting a told kind or faith. A child of
    unknown age needs a name that is the school's own, its kind and its town besides.
    """
    mine = next(row for row in held.rows if row.urn == case.truth)
    said = case.said
    common = said.own in held.common or "st" in said.own
    places = {
        stem(word)
        for text in (mine.town, mine.locality, mine.council_name)
        for word in re.findall(r"[a-z']+", text.lower())
    }
    nameless = common or said.own <= places
    if said.how == "name" and (not said.own or (nameless and not said.kinds and not said.faiths)):
        return False
    in_town = bool(case.town) and mine.stands_in(case.town or "")
    if not in_town and (case.council != mine.council or (common and case.town is not None)):
        return False
    if not case.ages and (common or not in_town or not said.kinds):
        return False
    rivals = [row for row in _near(held, case) if _takes(row, case) and _may_be(row, said, mine)]
    return [row.urn for row in rivals] == [mine.urn]


def _takes(row: Row, case: Case) -> bool:
    return not case.ages or any(row.takes(age) for age in case.ages)


def _near(held: World, case: Case) -> Iterable[Row]:
    """Return the schools where it was said to be: in the told town, else in the told council."""
    if case.town:
        found = [row for row in held.rows if row.stands_in(case.town)]
        if any(row.urn == case.truth for row in found):
            return found
        return {
            row.urn: row for row in (*found, *held.by_council.get(case.council or "", ()))
        }.values()
    return held.by_council.get(case.council or "", ())


def _may_be(row: Row, said: Said, mine: Row) -> bool:
    if said.how == "street":
        return row.street.lower() == mine.street.lower() and bool(said.kinds & row.words.of("kind"))
    kinds, faiths = row.words.of("kind"), row.words.of("faith")
    if said.faiths and faiths and not said.faiths & faiths:
        return False
    if said.kinds and kinds and not said.kinds & kinds:
        return False
    return said.own <= row.words.of("own")


def _bent(held: World, row: Row, rng: Random) -> Case:
    how = rng.random()
    said = None
    if how < 0.01:
        said = initials(row.name)
    elif how < 0.025:
        said = on_street(row.street, row.name, rng)
    said = said or bent(row.name, rng)
    town = row.locality if row.locality and rng.random() < 0.3 else row.town
    told = rng.choices(["town", "council", "both"], [30, 25, 45])[0]
    home = row if rng.random() < 0.75 else rng.choice(held.by_council[row.council])
    case = Case(
        "bent", said, row.urn, None if told == "council" else town,
        None if told == "town" else row.council, _postcode(home, rng), **_born(row, rng),
    )  # fmt: skip
    if case.town and said.how == "name" and rng.random() < 0.1:
        text = f"{said.text} {rng.choice(['in', ',', ''])} {case.town}".replace(" ,", ",")
        case = replace(
            case,
            said=replace(said, text=" ".join(text.split())),
            town=None if told == "both" else town,
        )
    return _judged(held, case)


def _judged(held: World, case: Case) -> Case:
    known = any(row.urn == case.truth for row in held.rows)
    return replace(case, resolvable=known and resolvable(held, case))


def _home_town(held: World, row: Row, rng: Random) -> Case | None:
    """The child lives near by and its own town is taken for the school's; often its council too."""
    near = [one for one in held.by_area[_area(row.district)] if one.town and one.town != row.town]
    if not near:
        return None
    home = rng.choice(near)
    council = home.council if rng.random() < 0.7 else None
    case = replace(
        _bent(held, row, rng), kind="home town", town=home.town, council=council,
        postcode=_postcode(home, rng), said=bent(row.name, rng),
    )  # fmt: skip
    return _judged(held, replace(case, resolvable=False))


def _two_of_a_kind(held: World, row: Row, rng: Random) -> Case | None:
    twins = [
        one for one in held.by_council[row.council]
        if one.urn != row.urn and set(one.words.own) == set(row.words.own) and row.words.own
    ]  # fmt: skip
    return replace(_bent(held, row, rng), kind="two of a kind") if twins else None


def _former(held: World, row: Row, rng: Random) -> Case | None:
    """A name of a predecessor: its successor is meant, and only a person may say so."""
    if row.urn not in held.former:
        return None
    said = bent(rng.choice(held.former[row.urn]), rng)
    return replace(_bent(held, row, rng), kind="former name", said=said, resolvable=False)


def _no_such(held: World, rng: Random) -> Case | None:
    """A name made of two halves, or one carried to a council that has no such school."""
    place, other = rng.choice(held.rows), rng.choice(held.rows)
    name = other.name
    if rng.random() < 0.5:
        own = [word for word, tag in other.words.words if tag == "own" and len(word) >= 5]
        ends = [word for word in place.words.own if len(word) >= 5]
        if not own or not ends:
            return None
        made = own[0][: len(own[0]) // 2 + 1] + ends[-1][len(ends[-1]) // 2 :]
        name = name.replace(own[0].title(), made.title())
    own_words = set(taken_apart(name).own)
    near = [
        row for row in held.rows
        if row.council == place.council or _area(row.district) == _area(place.district)
        or row.town == place.town
    ]  # fmt: skip
    if not own_words or any(_could_be(own_words, row) for row in near):
        return None
    case = _bent(held, replace(place, high=max(other.high, other.low + 1), low=other.low), rng)
    return replace(case, kind="no such school", said=bent(name, rng), truth=None, resolvable=False)


def _could_be(own_words: set[str], row: Row) -> bool:
    """Return whether these words, or a slip of one, are the name of a school that there is."""
    theirs = set(row.words.own)
    met = {
        word for word in own_words
        if any(OSA.distance(word, other) <= (2 if len(word) >= 5 else 0) for other in theirs)
    }  # fmt: skip
    return bool(theirs) and (met >= own_words or theirs <= own_words)


def _born(row: Row, rng: Random) -> dict[str, Any]:
    lowest, highest = max(row.low, 2), min(row.high if row.high >= 18 else row.high - 1, 18)
    age = rng.randint(min(lowest, highest), highest)
    start = date(ON.year - age - 1, 9, 2)
    born = date.fromordinal(start.toordinal() + rng.randrange(363))
    if (born.month, born.day) == (1, 1):
        born = born.replace(day=2)
    genders = row.words.of("kind") & {"girl", "boy", "girls", "boys"}
    sex = ("F" if genders & {"girl", "girls"} else "M") if len(genders) == 1 else rng.choice("FM")
    told = rng.choices(["date", "range", "nothing"], [91, 6, 3])[0]
    if told == "range":
        birth = {"age_range": (max(age - 1, 0), age + 1)}
        return {"sex": sex, "birth": birth, "ages": tuple(range(max(age - 2, 0), age + 2))}
    if told == "nothing":
        return {"sex": sex, "birth": {}, "ages": ()}
    return {"sex": sex, "birth": {"date_of_birth": born}, "ages": (age,)}


def _postcode(row: Row, rng: Random) -> str:
    unit = "".join(rng.choices("ABDEFGHJLNPQ", k=2))
    return f"{row.district} {rng.randrange(1, 10)}{unit}"


def _area(district: str) -> str:
    return "".join(letter for letter in district if letter.isalpha())[:2]


def _meant(line: dict[str, str]) -> bool:
    ages = line["StatutoryLowAge"].isdigit() and line["StatutoryHighAge"].isdigit()
    return (
        ages
        and int(line["StatutoryHighAge"]) > 3
        and line["TypeOfEstablishment (code)"] not in _NOT_MEANT
    )


def _row(line: dict[str, str]) -> Row:
    return Row(
        int(line["URN"]), line["EstablishmentName"], taken_apart(line["EstablishmentName"]),
        line["LA (code)"], line["LA (name)"], line["Town"], line["Locality"], line["Street"],
        line["Postcode"], int(line["StatutoryLowAge"]), int(line["StatutoryHighAge"]),
    )  # fmt: skip
