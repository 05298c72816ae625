"""Dates that people type: one field, as the browser's own picker or as they write them."""

import re
from datetime import date, datetime

from app.core.clock import at_london, london_date
from app.core.errors import FieldError, Invalid

_FORMS = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<d>[0-9]{1,2})[/. -](?P<m>[0-9]{1,2})[/. -](?P<y>[0-9]{4})"),
)
_PROBLEM = "Enter a date, like 27/3/2026"


def read_date(text: str, loc: str) -> date | None:
    """Return a date, None for an empty field; raise `Invalid` for what is none."""
    typed = text.strip()
    if not typed:
        return None
    for form in _FORMS:
        if found := form.fullmatch(typed):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                break
    raise Invalid(_PROBLEM, [FieldError(loc, "date", _PROBLEM)])


def needed_date(text: str, loc: str) -> date:
    """Return a date that must be given; raise `Invalid`."""
    found = read_date(text, loc)
    if found is None:
        raise Invalid(_PROBLEM, [FieldError(loc, "missing", _PROBLEM)])
    return found


def today_at(text: str, now: datetime) -> datetime | None:
    """Return the instant of a London clock time of today (`07:40`), or None."""
    try:
        clock_time = datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007 (a clock time)
    except ValueError:
        return None
    return at_london(london_date(now), clock_time)
