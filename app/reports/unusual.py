"""Whose looks in one week stand out, and for which signs. Pure.

Standing out is a reason to ask, never a finding: a busy night, a sick colleague or one grave case
looks the same. The definitions are written here; the page prints the numbers.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from statistics import fmean, median

from app.core.clock import LONDON

# Weeks before the chosen one that a person is compared with; those without a look do not count.
EARLIER_WEEKS = 4
# Many: at least so many children in the week, and so many times the usual.
MANY_CHILDREN = 10
TIMES_AS_MANY = 3
# Fewer colleagues who looked that week say nothing of what is usual.
FEWEST_COLLEAGUES = 2
# A working day's hours in London; schools are told before nine, so the day begins early. For those
# who are alerted it begins with the force's first alert: to look then is what they are asked to do.
DAY_BEGINS, DAY_ENDS = time(7), time(18)
OUT_OF_HOURS_LOOKS = 5
LOOKS_AT_ONE_CHILD = 10
REFUSED_ACTS = 5
TAKEN_AWAY = 5


class Kind(StrEnum):
    """What an act is to this report."""

    LOOK = "look"
    REFUSED = "refused"
    TAKEN = "taken"


class Sign(StrEnum):
    """Why somebody's week stands out."""

    MORE_THAN_OWN = "more_than_own"
    MORE_THAN_COLLEAGUES = "more_than_colleagues"
    OUT_OF_HOURS = "out_of_hours"
    SAME_CHILD = "same_child"
    REFUSED = "refused"
    TAKEN_AWAY = "taken_away"


@dataclass(frozen=True, slots=True)
class Did:
    """One act of one person: when (aware), what it is here, and about whom (any stable key)."""

    at: datetime
    kind: Kind
    child: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """One person's week, counted; `same_child` is the most looks at any one child."""

    children: int = 0
    looks: int = 0
    out_of_hours: int = 0
    same_child: int = 0
    refused: int = 0
    taken: int = 0


def alerted_day_begins(first_alert: time) -> time:
    """Return when the day begins for those whom a force alerts; never later than for others."""
    return min(DAY_BEGINS, first_alert)


def week_of(
    acts: Iterable[Did], is_open: Callable[[date], bool], begins: time = DAY_BEGINS
) -> Week:
    """Return what one person did in a week; `is_open` says whether people work on a date."""
    done = tuple(acts)
    looks = [one for one in done if one.kind is Kind.LOOK]
    children = Counter(one.child for one in looks)
    return Week(
        children=len(children),
        looks=len(looks),
        out_of_hours=sum(out_of_hours(one.at, is_open, begins) for one in looks),
        same_child=max(children.values(), default=0),
        refused=sum(one.kind is Kind.REFUSED for one in done),
        taken=sum(one.kind is Kind.TAKEN for one in done),
    )


def out_of_hours(at: datetime, is_open: Callable[[date], bool], begins: time = DAY_BEGINS) -> bool:
    """Return whether an instant is before the day, from six in the evening on, or on a closed day.

    `begins` is London time, as the other hours are.
    """
    there = at.astimezone(LONDON)
    return not (is_open(there.date()) and begins <= there.time() < DAY_ENDS)


def own_usual(earlier: Iterable[int]) -> float | None:
    """Return the mean of a person's earlier weeks with a look, or `None` where there was none."""
    worked = [children for children in earlier if children]
    return fmean(worked) if worked else None


def colleagues_usual(colleagues: Sequence[int]) -> float | None:
    """Return the median of the colleagues who looked that week; `None` where they are too few."""
    return median(colleagues) if len(colleagues) >= FEWEST_COLLEAGUES else None


def signs(week: Week, *, own: float | None, colleagues: float | None) -> tuple[Sign, ...]:
    """Return why a week stands out; nothing for an ordinary one."""
    found = {
        Sign.MORE_THAN_OWN: _many(week.children, own),
        Sign.MORE_THAN_COLLEAGUES: _many(week.children, colleagues),
        Sign.OUT_OF_HOURS: week.out_of_hours >= OUT_OF_HOURS_LOOKS,
        Sign.SAME_CHILD: week.same_child >= LOOKS_AT_ONE_CHILD,
        Sign.REFUSED: week.refused >= REFUSED_ACTS,
        Sign.TAKEN_AWAY: week.taken >= TAKEN_AWAY,
    }
    return tuple(sign for sign, holds in found.items() if holds)


def _many(children: int, usual: float | None) -> bool:
    return (
        usual is not None and children >= MANY_CHILDREN and children >= TIMES_AS_MANY * usual
    )  # fmt: skip
