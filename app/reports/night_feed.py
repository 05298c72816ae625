"""How a night's feed can stand, in words of its own. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Feed(StrEnum):
    """What is known of a night's feed; silence is not zero."""

    # Not six yet, or the force has no police system to wait for.
    WAITING = "waiting"
    EQUAL = "equal"
    UNEQUAL = "unequal"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Refusals:
    """Pushes of a force that were turned away, and which of its systems they came from."""

    count: int
    first_at: datetime
    last_at: datetime
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NightFeed:
    """One force's night that ends on `on`: what it says it pushed and what had arrived by then."""

    force: str
    on: date
    state: Feed
    told: dict[str, int] | None = None
    arrived: dict[str, int] | None = None
    closed_at: datetime | None = None

    @property
    def rings(self) -> bool:
        return self.state in {Feed.SILENT, Feed.UNEQUAL}
