"""The children of one incident against the rolls, as a set: they are different people of one home.

A pupil belongs to one of them, and where one is likely found, the others are looked for at that
pupil's address too: officers often have a new address, or none, where the roll has the home. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from schools.matching import rules
from schools.matching.details import ChildIdentity, Leads
from schools.matching.normalise import postcode
from schools.matching.roll_match import PupilScore, compare_all, posterior, without_shared


@dataclass(frozen=True, slots=True)
class Sure:
    """A child of the incident who is likely one pupil, and where that pupil lives."""

    index: int
    home: str = field(repr=False)


def compare_family(
    children: Sequence[ChildIdentity], leads: Sequence[Leads]
) -> list[list[PupilScore]]:
    """Return each child's scores, in order, decided as a set."""
    alone = [_compare(child, found) for child, found in zip(children, leads, strict=True)]
    apart = without_shared(alone)
    if len(children) == 1:
        return apart
    homes = [one for index, scores in enumerate(apart) for one in _sure(index, scores, leads)]
    if not homes:
        return apart
    moved = [_at_home(child, index, homes) for index, child in enumerate(children)]
    if all(there is child for there, child in zip(moved, children, strict=True)):
        return apart
    together = [
        before if there is child else _compare(there, found)
        for child, there, before, found in zip(children, moved, alone, leads, strict=True)
    ]
    return without_shared(together)


def _compare(child: ChildIdentity, found: Leads) -> list[PupilScore]:
    return compare_all(
        child, found.pupils, roll_size=found.roll_size, at_postcode=found.at_postcode
    )


def _sure(index: int, scores: Sequence[PupilScore], leads: Sequence[Leads]) -> list[Sure]:
    """Return the home of the pupil that a child likely is, or nothing.

    Likely is enough: another child of the incident with a pupil of its own at a wrong home would be
    chance.
    """
    likeliest = posterior(scores, leads[index].roll_size)
    if not likeliest or likeliest[0].share < rules.SURE_OF_A_HOME:
        return []
    home = postcode(likeliest[0].best.pupil.postcode)
    return [Sure(index, home)] if home else []


def _at_home(child: ChildIdentity, index: int, homes: Sequence[Sure]) -> ChildIdentity:
    """Return the child with the homes of the others among its addresses."""
    said = {postcode(code) for code in child.postcodes}
    others = sorted({one.home for one in homes if one.index != index} - said)
    return replace(child, postcodes=(*child.postcodes, *others)) if others else child
