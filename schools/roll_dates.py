"""How long a roll is used: a term, and never over the summer. Pure."""

from datetime import date, datetime, time, timedelta

from app.core.clock import at_london

# A roll older than a term is not used (domain.md §3).
USED_DAYS = 120


def used_since(on: date) -> datetime:
    """Return from when on a roll must have been supplied to be used on a London date.

    Not older than a term, and never from before the last 31 August: over the summer pupils move
    up and on, and a roll of last year would name the school that a child has left.
    """
    return at_london(max(on - timedelta(days=USED_DAYS), school_year_began(on)), time())


def school_year_began(on: date) -> date:
    """Return the 31 August on which rolls were erased last."""
    this_year = date(on.year, 8, 31)
    return this_year if on >= this_year else date(on.year - 1, 8, 31)
