"""The feed: by six in the morning every force has closed its night, with totals that are equal."""

from collections.abc import Iterator

from app.reports.feed import CLOSED_BY, feeds
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
