"""The feed: by six in the morning every force has closed its night, with totals that are equal."""

from collections.abc import Iterator

from app.reports.feed import CLOSED_BY, feeds, refused_pushes
from app.reports.night_feed import Feed
from app.watchdog.codes import Code, Finding
from app.watchdog.looking import Look

_RINGS = {Feed.SILENT: Code.FEED_SILENT, Feed.UNEQUAL: Code.FEED_UNEQUAL}


def feed(look: Look) -> Iterator[Finding]:
    """Forces whose night is not closed by six, or whose totals are not what arrived."""
    by_six = look.at(CLOSED_BY)
    if look.now < by_six:
        return
    found = feeds(look.session, on=look.today, now=look.now)
    for state, code in _RINGS.items():
        count = sum(one.state is state for one in found)
        if count:
            yield Finding(code, count, by_six)


def refused(look: Look) -> Iterator[Finding]:
    """Pushes that were turned away and may be missing: over a limit, or the wrong place or kind."""
    found = [refused_pushes(look.session, code, now=look.now) for code, _ in look.forces()]
    there = [one for one in found if one is not None]
    if there:
        count, first = sum(one.count for one in there), min(one.first_at for one in there)
        yield Finding(Code.PUSHES_REFUSED, count, first)
