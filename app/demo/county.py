"""Makes the county: key adults, rolls and term dates around the forty schools. Pure and seeded.

The same day and seed give the same county, byte for byte.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random

from app.demo import names
from app.demo.cast import FAMILIES, Child
from app.demo.schools import CLOSED_TODAY, SCHOOLS, Readiness, School

SEED = 170036
FORCE, FORCE_NAME = "99", "Exampleshire Police"

# One person looks after several schools of a trust or federation: one account, several URNs.
FEDERATIONS = (
    (990004, 990005, 990010, 990011),
    (990006, 990007),
    (990008, 990009, 990020),
    (990014, 990015, 990021),
    (990018, 990031),
)
_LARGE = frozenset(
    {990018, 990019, 990020, 990021, 990022, 990030, 990031, 990025, 990039},
)  # fmt: skip
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_POSTCODE_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True, slots=True)
class KeyAdult:
    """One row of the key adults' file."""

    urn: int
    position: int
    name: str
    email: str
    telephone: str
    trained_on: date | None
    expires_on: date | None
    verified_on: date | None
    left_on: date | None = None
    away_from: date | None = None
    away_to: date | None = None


@dataclass(frozen=True, slots=True)
class Pupil:
    """One row of a roll."""

    upn: str
    surname: str
    forename: str
    middle_names: str
    former_surname: str
    born_on: date
    sex: str
    postcode: str
    urn: int
    entered_on: date
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """One row of the calendar file; `first` to `last` are both included."""

    owner: str
    kind: str
    first: date | None = None
    last: date | None = None
    hours: tuple[time | None, time | None, time | None] = (None, None, None)
    note: str = ""


@dataclass(frozen=True, slots=True)
class County:
    """Everything fictional that stands before the night begins; `day` is the school morning."""

    day: date
    key_adults: tuple[KeyAdult, ...]
    pupils: tuple[Pupil, ...]
    calendar: tuple[Day, ...]

    def adults_of(self, urn: int) -> list[KeyAdult]:
        return [adult for adult in self.key_adults if adult.urn == urn]

    def pupils_of(self, urn: int) -> list[Pupil]:
        return [pupil for pupil in self.pupils if pupil.urn == urn]


def make(day: date, *, seed: int = SEED) -> County:
    """Return the county as it stands on the evening before the school morning `day`."""
    return County(
        day,
        tuple(_key_adults(day, Random(f"{seed}:adults"))),
        tuple(_pupils(day, Random(f"{seed}:pupils"))),
        tuple(_calendar(day)),
    )


def postcode(random: Random) -> str:
    """Return a postcode of the area ZZ99, which no place has."""
    letters = "".join(random.choices(_POSTCODE_LETTERS, k=2))
    return f"ZZ99 {random.randrange(10)}{letters}"


def upn(number: int, entered: int) -> str:
    """Return a UPN of authority 999 with the right check letter; none such can be issued."""
    body = f"999{9000 + number // 1000:04}{entered % 100:02}{number % 1000:03}"
    total = sum(weight * int(figure) for weight, figure in enumerate(body, start=2))
    return _UPN_LETTERS[total % 23] + body


def _key_adults(day: date, random: Random) -> list[KeyAdult]:
    shared = {urn: group[0] for group in FEDERATIONS for urn in group}
    people: dict[int, str] = {}
    rows: list[KeyAdult] = []
    for school in SCHOOLS:
        for position in range(1, _how_many(school) + 1):
            name = names.adult(random)
            owner = shared.get(school.urn, school.urn) if position == 1 else school.urn
            if position == 1:
                name = people.setdefault(owner, name)
            local = name.lower().replace(" ", ".")
            email = f"{local}.{owner}@example.org"
            rows.append(
                _adult(day, random, school=school, position=position, name=name, email=email)
            )
    return rows


def _how_many(school: School) -> int:
    if school.readiness is Readiness.NOBODY:
        return 0
    return 4 if school.urn in _LARGE else 3


def _adult(
    day: date, random: Random, *, school: School, position: int, name: str, email: str
) -> KeyAdult:
    ready = school.readiness
    trained = ready is not Readiness.NOBODY_TRAINED and not (
        ready is Readiness.ONE_TRAINED and position > 1
    )
    since = day - timedelta(days=random.randrange(60, 300))
    expires = since + timedelta(days=730)
    if ready is Readiness.LAPSED:
        since, expires = day - timedelta(days=742), day - timedelta(days=12)
    away = ready is Readiness.FIRST_ON_LEAVE and position == 1
    # The third at an assured school is now and then somebody who left, or was never verified.
    last = ready is Readiness.ASSURED and position == 3
    left, unverified = last and school.urn % 5 == 0, last and school.urn % 7 == 0
    return KeyAdult(
        urn=school.urn, position=position, name=name, email=email,
        telephone=f"07700 900{(school.urn * 7 + position) % 1000:03}",
        trained_on=since if trained else None,
        expires_on=expires if trained else None,
        verified_on=None if unverified else day - timedelta(days=random.randrange(10, 70) // 3),
        left_on=day - timedelta(days=20) if left else None,
        away_from=day - timedelta(days=12) if away else None,
        away_to=day + timedelta(days=18) if away else None,
    )  # fmt: skip


def _pupils(day: date, random: Random) -> list[Pupil]:
    rows: list[Pupil] = []
    for school in SCHOOLS:
        if not school.roll:
            continue
        cast = [
            _on_roll(child, day, homes(family), len(rows) + place)
            for place, (family, child) in enumerate(_cast_of(school))
        ]
        rows += cast
        rows += _fill(school, day, random, count=school.roll - len(cast), first=len(rows))
    return rows


def homes(family: str) -> str:
    """Return the postcode at which a family of the cast lives."""
    return postcode(Random(f"home:{family}"))


def _cast_of(school: School) -> list[tuple[str, Child]]:
    return [
        (family, child)
        for family, children in FAMILIES.items()
        for child in children
        if child.urn == school.urn and child.on_roll
    ]


def _on_roll(child: Child, day: date, home: str, number: int) -> Pupil:
    return Pupil(
        upn=upn(number, day.year - 3), surname=child.roll_surname or child.surname,
        forename=child.forename, middle_names="", former_surname="",
        born_on=child.born_on(day), sex=child.sex, postcode=home, urn=child.urn or 0,
        entered_on=day - timedelta(days=400),
        left_on=None if child.left_days_ago is None else day - timedelta(days=child.left_days_ago),
    )  # fmt: skip


def _fill(school: School, day: date, random: Random, *, count: int, first: int) -> list[Pupil]:
    rows: list[Pupil] = []
    for number in range(first, first + count):
        before = rows[-1] if rows and random.random() < 0.3 else None
        sex = random.choice("FM")
        low, high = school.low_age or 4, min(school.high_age or 11, 18)
        age_days = random.randrange(round((low + 0.3) * 365.25), round((high - 0.3) * 365.25))
        rows.append(
            Pupil(
                upn=upn(number, day.year - 2),
                surname=before.surname if before else names.surname(random),
                forename=names.forename(random, sex), middle_names="", former_surname="",
                born_on=day - timedelta(days=age_days), sex=sex,
                postcode=before.postcode if before else postcode(random), urn=school.urn,
                entered_on=day - timedelta(days=random.randrange(60, 900)),
            )
        )  # fmt: skip
    return rows


def _calendar(day: date) -> list[Day]:
    terms = [(-70, -26), (-17, 28), (46, 95)]
    rows = [
        Day(f"council:{code}", "term", day + timedelta(days=first), day + timedelta(days=last))
        for code in ("999", "998")
        for first, last in terms
    ]
    rows.append(Day("990025", "inset", day + timedelta(days=3), day + timedelta(days=3)))
    rows.append(Day(str(CLOSED_TODAY), "closed", day, day, note="Boiler"))
    early, usual = time(8, 30), time(8, 45)
    rows += [
        Day(
            str(school.urn), "hours",
            hours=(early if school.urn % 3 == 0 else usual, time(9, 30), time(15, 15)),
        )
        for school in SCHOOLS
        if school.urn % 4 and school.readiness is not Readiness.NOBODY
    ]  # fmt: skip
    return rows
