"""What a morning at the county's first school comes to, for journeys of one child."""

from sqlalchemy import select

from app.core.scope import PLATFORM
from notifications.models import Notification
from schools.models import KeyAdult
from tests.journeys.world import World

PRIMARY = 990001
FIRST, SECOND = "first@primary.test", "second@primary.test"


def the_one(world: World) -> Notification:
    """Return the only message about the incident N-1."""
    (notification,) = world.notifications("N-1")
    return notification


def told_in_time(world: World) -> bool:
    """Whether the board of this morning has one child, told in time, and nothing else is open."""
    assert world.imbalances == []
    board = world.board
    return (board.told, board.told_in_time, board.not_told, board.all_told) == (1, 1, 0, True)


def adult_of(world: World, position: int) -> KeyAdult:
    """Return who is asked in this place at that school."""
    with world.wiring.database.read(PLATFORM) as session:
        return session.scalars(
            select(KeyAdult).where(KeyAdult.urn == PRIMARY, KeyAdult.position == position)
        ).one()
