"""Nights: which households had an incident, and their children as an officer typed them.

Every slip has a name, kept beside the child, so that errors can be listed by what caused them.
Rates are per field and rise together on a hurried record; a household's address and surname go
wrong for all its children at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from anyascii import anyascii

from benchmarks.people import ON, Child, Neighbourhood, misspelt, wrong_digit
from benchmarks.people_names import SHORT, SPELLINGS
from schools.matching.details import ChildFacts, ChildIdentity


@dataclass(frozen=True, slots=True)
class Typed:
    """One child of an incident: the truth, what was typed, and what went wrong on the way."""

    child: Child
    facts: ChildFacts
    kinds: tuple[str, ...]


def _spellings() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in SPELLINGS.strip().split("\n"):
        first, one_way, rest = line.partition(" > ")
        forms = (first, *rest.split()) if one_way else tuple(line.split())
        for form in forms[:1] if one_way else forms:
            others = tuple(other for other in forms if other != form)
            found[form] = (*found.get(form, ()), *others)
    return found


_SPELLINGS = _spellings()
_SHORT = dict(line.split() for line in SHORT.strip().split("\n"))


def night(seed: int, places: Iterable[Neighbourhood], *, share: float) -> Iterator[list[Typed]]:
    """Yield the incidents of a night: each household with that probability, on its own seed."""
    for place in places:
        rng = Random(f"night:{seed}:{place.number}")
        others = [home[0].postcode for home in place.households]
        for home in place.households:
            if rng.random() < share:
                yield list(_typed(rng, home, others))


def _typed(rng: Random, home: list[Child], postcodes: list[str]) -> Iterator[Typed]:
    hurry = rng.choice((0.6, 0.6, 0.6, 1.1, 1.1, 2.5))
    there = [child for child in home if rng.random() < 0.93] or home[:1]
    codes, kinds = _address(rng, home[0], postcodes, hurry)
    mothers = rng.random() < 0.025 * hurry
    for number, child in enumerate(there, start=1):
        yield _Record(rng, child, hurry).typed(f"c{number}", codes, kinds, mothers=mothers)


def _address(
    rng: Random, child: Child, postcodes: list[str], hurry: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the postcodes of the record: most often where the household really lives."""
    chance = rng.random() / hurry
    if chance < 0.04:
        return (), ("no postcode",)
    if chance < 0.06:
        return (_slip_of_postcode(rng, child.postcode),), ("postcode misspelt",)
    if chance < 0.09:
        return (child.old_postcode,), ("old address",)
    if chance < 0.12:
        return (rng.choice(postcodes),), ("another address near",)
    if chance < 0.125:
        return (f"QZ{rng.randint(1, 98)} {rng.randint(0, 9)}AA",), ("another address far",)
    if chance < 0.16:
        return (child.postcode, child.old_postcode), ()
    return (child.postcode,), ()


def _slip_of_postcode(rng: Random, code: str) -> str:
    at = rng.choice((-3, -2, -1))
    letter = rng.choice("0123456789" if at == -3 else "ABDEFGHJLNPQRSTUWXYZ")
    return code[:at] + letter + (code[at + 1 :] if at < -1 else "")


class _Record:
    """What an officer types about one child."""

    def __init__(self, rng: Random, child: Child, hurry: float) -> None:
        self._rng = rng
        self._child = child
        self._hurry = hurry
        self.kinds: list[str] = []

    def typed(
        self, ref: str, codes: tuple[str, ...], kinds: tuple[str, ...], *, mothers: bool
    ) -> Typed:
        child, rng = self._child, self._rng
        forename, middle = self._forename(), child.middle if rng.random() < 0.2 else ""
        surname = self._surname(mothers=mothers)
        if forename and surname and self._happens(0.012, "names swapped"):
            forename, surname = surname, forename
        born, year, ages = self._born()
        facts = ChildIdentity(
            ref=ref, forename=forename or None, surname=surname or None,
            middle_names=middle or None, date_of_birth=born, birth_year=year, age_range=ages,
            sex=self._sex(), upn=child.upn if rng.random() < 0.005 else None, postcodes=codes,
        )  # fmt: skip
        return Typed(child, ChildFacts(facts), (*kinds, *self.kinds))

    def _happens(self, rate: float, kind: str) -> bool:
        happened = self._rng.random() < rate * self._hurry
        if happened:
            self.kinds.append(kind)
        return happened

    def _forename(self) -> str:
        child, rng = self._child, self._rng
        name = child.forename
        if child.by_middle:
            called = rng.random()
            if called < 0.5:
                self.kinds.append("middle name used")
                return self._plain(child.middle)
            if called < 0.7:
                self.kinds.append("both names in one")
                return self._plain(f"{name} {child.middle}")
        if self._happens(0.001, "forename missing"):
            return ""
        short = _SHORT.get(name.lower())
        if short and self._happens(0.18, "short name"):
            return short.title()
        if self._happens(0.0005, "another forename"):
            return rng.choice(("Junior", "Princess", "Boo", "JJ", "Bear", "TJ", "AJ", "Baby"))
        return self._spelt(name, "forename")

    def _surname(self, *, mothers: bool) -> str:
        child, rng = self._child, self._rng
        if self._happens(0.001, "surname missing"):
            return ""
        if mothers and child.other_surname != child.surname:
            self.kinds.append("other parent's surname")
            return self._plain(child.other_surname)
        if child.former_surname and rng.random() < 0.3:
            self.kinds.append("former surname")
            return self._plain(child.former_surname)
        first, hyphen, second = child.surname.partition("-")
        if hyphen and len(first) > 2 and self._happens(0.35, "half of a double name"):
            return self._plain(rng.choice((first, second)))
        if hyphen and self._happens(0.05, "halves exchanged"):
            return self._plain(f"{second}-{first}")
        return self._spelt(child.surname, "surname")

    def _spelt(self, name: str, which: str) -> str:
        plain = self._plain(name)
        others = _SPELLINGS.get(plain.lower().replace("'", ""))
        if others and self._happens(0.18, f"{which} in another spelling"):
            return self._rng.choice(others).title()
        if self._happens(0.025, f"{which} misspelt"):
            return misspelt(self._rng, plain)
        return plain

    def _plain(self, name: str) -> str:
        """Return the name as a keyboard has it: most officers leave accents and marks out."""
        if self._rng.random() < 0.1:
            return name
        plain = anyascii(name)
        if "'" in plain and self._rng.random() < 0.5:
            plain = plain.replace("'", "")
        if "-" in plain and self._rng.random() < 0.4:
            plain = plain.replace("-", " ")
        return plain.upper() if self._rng.random() < 0.3 else plain

    def _born(self) -> tuple[date | None, int | None, tuple[int, int] | None]:
        born, rng = self._child.born, self._rng
        if self._happens(0.010, "no date of birth"):
            age = (ON - born).days // 365
            return None, None, (max(age - 1, 0), age + 1)
        if self._happens(0.008, "year of birth only"):
            return None, born.year, None
        if self._happens(0.010, "1 January"):
            return date(born.year, 1, 1), None, None
        if born.day <= 12 and born.day != born.month and self._happens(0.03, "day and month"):
            return date(born.year, born.day, born.month), None, None
        if self._happens(0.015, "one digit of the date"):
            return wrong_digit(rng, born), None, None
        if self._happens(0.007, "a year out"):
            year = born.year + rng.choice((-1, 1))
            return born.replace(year=year, day=min(born.day, 28)), None, None
        if self._happens(0.005, "a day out"):
            return born + timedelta(days=rng.choice((-1, 1))), None, None
        return born, None, None

    def _sex(self) -> str:
        if self._happens(0.04, "no sex"):
            return "unknown"
        if self._happens(0.004, "other sex"):
            return "M" if self._child.sex == "F" else "F"
        return self._child.sex
