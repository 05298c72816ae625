"""School ages: in which year a child is, and whether a school takes children of that year. Pure."""

from datetime import date

from schools.matching.details import ChildIdentity, SchoolFacts
from schools.matching.rules import NOT_FOR_CHILDREN, POST_16, POST_16_FROM, AgeFit

# Where the register has no ages (Welsh rows), a phase still says which are usual.
_USUAL = {
    "nursery": (2, 5), "infant": (3, 7), "junior": (7, 11), "first": (3, 10), "primary": (3, 11),
    "middle": (8, 14), "high": (11, 19), "secondary": (11, 19), "comprehensive": (11, 19),
    "grammar": (11, 19), "upper": (13, 19), "sixthform": (16, 20),
}  # fmt: skip


def school_ages(identity: ChildIdentity, on: date) -> tuple[int, ...]:
    """Return the ages the child may have had on the 31 August before `on`; () where unknown.

    A school year takes the children who were of one age on that day; a year of birth alone
    leaves two, an age that somebody guessed its whole range. 1 January, a placeholder elsewhere,
    gives a year of birth.
    """
    start = date(on.year if (on.month, on.day) >= (9, 1) else on.year - 1, 8, 31)
    born = identity.date_of_birth
    if born is not None and (born.month, born.day) != (1, 1):
        return (start.year - born.year - ((born.month, born.day) > (start.month, start.day)),)
    year = born.year if born is not None else identity.birth_year
    if year is not None:
        return (start.year - year - 1, start.year - year)
    if identity.age_range is None:
        return ()
    youngest, oldest = identity.age_range
    return tuple(range(max(youngest - 1, 0), oldest + 1))


def age_fit(school: SchoolFacts, ages: tuple[int, ...], kinds: frozenset[str]) -> AgeFit:
    """Return how the child's school age stands to the school's ages; one year out is `near`.

    Reception takes four-year-olds where the statutory low age is five; a sixth form keeps those
    of its highest age (18 and still at school). Missing ages are unknown,
    never unfit; a usual range that does not fit is at worst `near`.
    """
    if not ages:
        return AgeFit.UNKNOWN
    if school.low_age is not None and school.high_age is not None:
        return max((_fit(school.low_age, school.high_age, age) for age in ages), key=_GOOD.index)
    usual = [_USUAL[kind] for kind in kinds if kind in _USUAL]
    if not usual:
        return AgeFit.UNKNOWN
    low, high = min(low for low, _ in usual), max(high for _, high in usual)
    fits = any(_fit(low, high, age) is AgeFit.FITS for age in ages)
    return AgeFit.FITS if fits else AgeFit.NEAR


def right_kind(school: SchoolFacts, ages: tuple[int, ...]) -> bool:
    """Return whether a child of that age can be on this establishment's roll at all."""
    if school.type_code in NOT_FOR_CHILDREN:
        return False
    if school.type_code in POST_16:
        return any(age >= POST_16_FROM for age in ages)
    return school.statutory


_GOOD = (AgeFit.UNFIT, AgeFit.NEAR, AgeFit.FITS)


def _fit(low: int, high: int, age: int) -> AgeFit:
    lowest = 4 if low == 5 else low
    highest = high if high >= 18 else high - 1
    if lowest <= age <= highest:
        return AgeFit.FITS
    return AgeFit.NEAR if lowest - 1 <= age <= high else AgeFit.UNFIT
