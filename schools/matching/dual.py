"""Dual registration: one pupil enrolled at two schools at once, both of which are told. Pure.

Only where both rows are surely the same person and each row alone would be a match: two faint
resemblances never add up to two schools (domain.md §3).
"""

from collections.abc import Sequence

from schools.matching.details import PupilFacts
from schools.matching.normalise import person_name, postcode, real_birth_date, upn
from schools.matching.roll_match import RollCandidate


def registered_at_two(
    roll: Sequence[RollCandidate], *, threshold: float
) -> tuple[RollCandidate, ...]:
    """Return the two schools whose rolls hold the child, likeliest first; () where there are not.

    A third school with the same pupil is a roll that nobody keeps: a person looks.
    """
    if len(roll) < 2:
        return ()
    first = roll[0].best.pupil
    same = [one for one in roll if one is roll[0] or same_pupil(first, one.best.pupil)]
    if len(same) != 2:
        return ()
    others = max(0.0, 1.0 - sum(one.share for one in same))
    return tuple(same) if all(_alone(one, others) >= threshold for one in same) else ()


def sureness(pair: Sequence[RollCandidate]) -> float:
    """Return the posterior of the less certain of the two, had the other school kept no roll."""
    others = max(0.0, 1.0 - sum(one.share for one in pair))
    return min(_alone(one, others) for one in pair)


def same_pupil(one: PupilFacts, other: PupilFacts) -> bool:
    """Return whether two rows of rolls are surely one person.

    Two valid pupil numbers decide it. Without them name, date of birth and postcode have to be
    the same: namesakes who share a birthday live at two addresses.
    """
    if one.date_of_birth != other.date_of_birth and (one.upn or "") != other.upn:
        # Nearly all pairs: whatever the rest says, they are two.
        return False
    numbers = upn(one.upn), upn(other.upn)
    if all(numbers):
        return numbers[0] == numbers[1]
    ours, theirs = _identity(one), _identity(other)
    return None not in ours and ours == theirs


def _identity(pupil: PupilFacts) -> tuple[object, ...]:
    return (
        person_name(pupil.forename) or None, person_name(pupil.surname) or None,
        real_birth_date(pupil.date_of_birth), postcode(pupil.postcode),
    )  # fmt: skip


def _alone(one: RollCandidate, others: float) -> float:
    whole = one.share + others
    return one.share / whole if whole else 0.0
