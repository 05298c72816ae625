"""Whether an address that was proved once is still relied on: it is proved again each term. Pure.

Source: domain.md §5. A stale proof is asked for again; it still counts for the days of grace.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

# A term whose dates nobody knows lasts about four months.
UNKNOWN_TERM = timedelta(days=120)
# Half-terms stand between two spans of one term: a week with its weekends, never more.
_HALF_TERM = timedelta(days=12)
# A term that ended longer ago than a summer says nothing about today.
_OUT_OF_DATE = timedelta(days=70)
# Who proves the address in the last days of a holiday has done it for the term.
_READY_EARLY = timedelta(days=14)


class Proof(StrEnum):
    """How good the proof of an address is on a day."""

    NONE = "none"
    GOOD = "good"
    # Asked for again; still relied on.
    STALE = "stale"
    OVER = "over"


def term_began(terms: Sequence[tuple[date, date]], *, on: date) -> date | None:
    """Return the first day of the term that `on` lies in or follows, None where nobody knows.

    `terms` are (first, last) pupil days in order; two with no more than a half-term between them
    are one term.
    """
    past = [span for span in terms if span[0] <= on]
    if not past or on - past[-1][1] > _OUT_OF_DATE:
        return None
    began = past[-1][0]
    for first, last in reversed(past[:-1]):
        if began - last > _HALF_TERM:
            break
        began = first
    return began


def proof(
    proved_on: date | None, *, began: date | None, on: date, grace_days: int
) -> Proof:  # fmt: skip
    """Return how good a proof of `proved_on` is on `on`, in a term that began on `began`."""
    if proved_on is None:
        return Proof.NONE
    asked_again = proved_on + UNKNOWN_TERM
    if began is not None:
        if proved_on >= began - _READY_EARLY:
            return Proof.GOOD
        asked_again = began
    if on < asked_again:
        return Proof.GOOD
    return Proof.STALE if on <= asked_again + timedelta(days=grace_days) else Proof.OVER
