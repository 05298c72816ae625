"""A seeded country of children: households with siblings and twins, clustered in communities.

Everything comes from the seed, neighbourhood by neighbourhood, so that nine million children are
made one neighbourhood at a time and the same ones again. No name, number or address is anybody's:
postcodes lie in areas that do not exist.
"""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from benchmarks.people_names import ORIGINS, Origin

ON = date(2026, 11, 19)
# Children of three to sixteen; the youngest are at no school yet.
YOUNGEST, OLDEST = date(2023, 2, 28), date(2010, 9, 1)
A_NEIGHBOURHOOD, POSTCODES = 700, 115
NEIGHBOURHOODS_IN_COUNCIL = 86
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


@dataclass(slots=True)
class Child:
    """One child as it is; `urn` None is a child on no roll."""

    number: int
    household: int
    origin: str
    forename: str
    middle: str
    surname: str
    born: date
    sex: str
    postcode: str
    upn: str
    urn: int | None
    # The other parent's name, an address before this one, a surname before this one.
    other_surname: str
    old_postcode: str
    former_surname: str = ""
    # Called by the middle name at home.
    by_middle: bool = False
    # The roll's own row, where it is not the child's.
    written: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Some hundred households around two primary schools and a secondary one."""

    number: int
    council: str
    schools: tuple[int, int, int]
    households: list[list[Child]]


class _Ranked:
    """Words drawn by rank, the first most often."""

    def __init__(self, words: list[str], flatness: float) -> None:
        self.words = words
        self._sums = list(accumulate(1.0 / (rank + flatness) for rank in range(len(words))))

    def draw(self, rng: Random) -> str:
        return self.words[bisect(self._sums, rng.random() * self._sums[-1])]


class _Names:
    """The names of one origin."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._head = _Ranked(origin.surnames.split(), origin.flatness)
        starts, ends = origin.starts.split(), origin.ends.split()
        tail = [start + end for end in ends for start in starts]
        Random(origin.name).shuffle(tail)
        self._tail = _Ranked(tail, 40.0)
        self._given = {
            "F": _Ranked(origin.girls.split(), origin.flatness),
            "M": _Ranked(origin.boys.split(), origin.flatness),
        }
        self.women = origin.women.split()

    def surname(self, rng: Random) -> str:
        name = (self._head if rng.random() < self.origin.head else self._tail).draw(rng)
        return name.replace("-", " ") if name.startswith(("De-", "Da-", "Dos-")) else name

    def given(self, rng: Random, sex: str) -> str:
        return self._given[sex].draw(rng)


_BY_ORIGIN = [_Names(origin) for origin in ORIGINS]


def neighbourhoods(seed: int, pupils: int) -> Iterator[Neighbourhood]:
    """Yield neighbourhoods until about that many children are on a roll."""
    enrolled, number = 0, 0
    while enrolled < pupils:
        one = neighbourhood(seed, number)
        yield one
        enrolled += sum(child.urn is not None for home in one.households for child in home)
        number += 1


def neighbourhood(seed: int, number: int) -> Neighbourhood:
    rng = Random(f"{seed}:{number}")
    place = _Place(rng, number)
    homes: list[list[Child]] = []
    children = 0
    while children < A_NEIGHBOURHOOD:
        homes.append(_household(rng, place, number * 10_000 + len(homes)))
        children += len(homes[-1])
    council = f"{number // NEIGHBOURHOODS_IN_COUNCIL + 1:03}"
    return Neighbourhood(number, council, place.schools, homes)


class _Place:
    """What the households of one neighbourhood share."""

    def __init__(self, rng: Random, number: int) -> None:
        first = 100_000 + 3 * number
        self.schools = (first, first + 1, first + 2)
        district = number // 20
        outward = f"{'QVX'[district // 2574 % 3]}{chr(65 + district // 99 % 26)}{district % 99 + 1}"
        inward = [f"{number % 10}{a}{b}" for a in "ABDEFGHJ" for b in "LNPQRSTUWXYZABDEF"]
        rng.shuffle(inward)
        self._postcodes = [f"{outward} {end}" for end in inward[:POSTCODES]]
        # People live beside people from where they come from.
        self._sums = list(
            accumulate(
                origin.share * rng.gammavariate(shape, 1.0 / shape)
                for origin in ORIGINS
                for shape in (0.4 if origin.share < 0.5 else 3.0,)
            )
        )
        self.families: dict[str, list[str]] = {}
        self.serial = 0

    def names(self, rng: Random) -> _Names:
        return _BY_ORIGIN[bisect(self._sums, rng.random() * self._sums[-1])]

    def postcode(self, rng: Random) -> str:
        # One house in twenty is a tower or a hostel.
        return self._postcodes[0] if rng.random() < 0.03 else rng.choice(self._postcodes)

    def surname(self, rng: Random, names: _Names) -> str:
        """Return a family's name: some have uncles and cousins in the same streets."""
        known = self.families.setdefault(names.origin.name, [])
        if known and rng.random() < (0.04 if names.origin.share > 0.5 else 0.10):
            return rng.choice(known)
        known.append(names.surname(rng))
        return known[-1]


def _household(rng: Random, place: _Place, number: int) -> list[Child]:
    names = place.names(rng)
    father, mother = place.surname(rng, names), names.surname(rng)
    chance = rng.random()
    family = father if chance < 0.70 else mother
    if chance > 1.0 - names.origin.double:
        family = f"{mother}-{father}"
    postcode, old = place.postcode(rng), place.postcode(rng)
    nobody_enrolled = rng.random() < 0.05
    primary = rng.choice(place.schools[:2])
    home: list[Child] = []
    for born, sex in _births(rng):
        surname = family
        if home and rng.random() < 0.07:
            surname = names.surname(rng)  # a half-brother or half-sister
        if sex == "F" and names.women and rng.random() < 0.4:
            surname = rng.choice(names.women)
        school = _school(rng, place, primary, born)
        if nobody_enrolled or rng.random() < 0.025:
            school = None
        forename, middle, by_middle = _given(rng, names, sex, {one.forename for one in home})
        place.serial += 1
        child = Child(
            number=number * 10 + len(home), household=number, origin=names.origin.name,
            forename=forename, middle=middle, surname=surname, born=born, sex=sex,
            postcode=postcode, upn=_upn(place.schools[0], born, place.serial), urn=school,
            other_surname=mother if surname == father else father, old_postcode=old,
            by_middle=by_middle,
        )  # fmt: skip
        if rng.random() < 0.025:
            child.former_surname = names.surname(rng)
        child.written = _slips(rng, child)
        home.append(child)
    return home


def _births(rng: Random) -> list[tuple[date, str]]:
    """Return the dates of birth and sexes of a household's children, the eldest first."""
    span = (YOUNGEST - OLDEST).days
    wanted = 1 + bisect((0.42, 0.78, 0.93, 0.98), rng.random())
    born = OLDEST + timedelta(days=rng.randrange(span))
    found: list[tuple[date, str]] = []
    while len(found) < wanted and born <= YOUNGEST:
        sex = rng.choice("FM")
        found.append((born, sex))
        if rng.random() < 0.016:
            found.append((born, sex if rng.random() < 0.66 else rng.choice("FM")))
        born += timedelta(days=int(max(300, rng.gauss(1050, 450))))
    return found


def _given(rng: Random, names: _Names, sex: str, taken: set[str]) -> tuple[str, str, bool]:
    """Return forename, middle name and whether the middle name is the one in use."""
    forename = names.given(rng, sex)
    while forename in taken:
        forename = names.given(rng, sex)
    if names.origin.name == "South Asian Muslim" and sex == "M" and rng.random() < 0.06:
        return "Mohammed", forename if forename != "Mohammed" else "Bilal", True
    middle = names.given(rng, sex) if rng.random() < 0.5 else ""
    return forename, middle, bool(middle) and rng.random() < 0.015


def _school(rng: Random, place: _Place, primary: int, born: date) -> int | None:
    age = 2026 - born.year - ((born.month, born.day) > (8, 31))
    if age < 4:
        return None
    if age >= 11:
        return place.schools[2]
    return primary if rng.random() < 0.93 else rng.choice(place.schools[:2])


def _slips(rng: Random, child: Child) -> dict[str, str]:
    """Return what the school's own row has differently."""
    slips: dict[str, str] = {}
    if rng.random() < 0.008:
        slips["Surname"] = misspelt(rng, child.surname)
    if rng.random() < 0.008:
        slips["Forename"] = misspelt(rng, child.forename)
    if rng.random() < 0.03:
        slips["PostCode"] = child.old_postcode
    if rng.random() < 0.004:
        slips["DOB"] = f"{wrong_digit(rng, child.born):%d-%m-%Y}"
    if rng.random() < 0.05:
        slips["UPN"] = ""
    if child.former_surname and rng.random() < 0.6:
        slips["FormerSurname"] = child.former_surname
    if rng.random() < 0.02:
        slips["PreferredSurname"] = child.other_surname
    return slips


def row(child: Child) -> dict[str, str]:
    """Return the child's row of the roll, under the names of the census columns."""
    usual = {
        "UPN": child.upn, "Surname": child.surname, "Forename": child.forename,
        "MiddleNames": child.middle, "PreferredSurname": "", "FormerSurname": "",
        "DOB": f"{child.born:%d-%m-%Y}", "Sex": child.sex, "PostCode": child.postcode,
        "URN": str(child.urn),
    }  # fmt: skip
    return {**usual, **child.written}


def misspelt(rng: Random, name: str) -> str:
    """Return a name with one slip of the keyboard."""
    if len(name) < 3:
        return name + rng.choice("aeio")
    at = rng.randrange(1, len(name))
    letter = rng.choice("abcdefghiklmnoprstuvwy")
    kind = rng.random()
    if kind < 0.3:
        return name[:at] + name[at + 1 :]
    if kind < 0.55:
        return name[:at] + letter + name[at:]
    if kind < 0.8:
        return name[:at] + letter + name[at + 1 :]
    return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :] if at > 1 else name + letter


def wrong_digit(rng: Random, born: date) -> date:
    """Return the date with one digit of day, month or year changed, still a child's."""
    while True:
        text = list(born.strftime("%d%m%Y"))
        at = rng.choice((0, 1, 1, 2, 3, 3, 7, 7))
        text[at] = rng.choice("0123456789")
        try:
            wrong = date(int("".join(text[4:])), int("".join(text[2:4])), int("".join(text[:2])))
        except ValueError:
            continue
        if wrong != born and date(2008, 1, 1) <= wrong < date(2026, 9, 1):
            return wrong


def _upn(school: int, born: date, serial: int) -> str:
    digits = f"{school % 10_000_000:07}{born.year % 100:02}{serial:03}"
    total = sum(int(digit) * weight for weight, digit in enumerate(digits, start=2))
    return _UPN_LETTERS[total % 23] + digits
