"""A county of two schools, ready for a night."""

import pytest

from app.wiring import Wiring
from tests.journeys.world import World


@pytest.fixture
def world(wiring: Wiring) -> World:
    made = World(wiring)
    made.school(
        990001, "Exampleton Primary School",
        key_adults=["first@primary.test", "second@primary.test"],
    )  # fmt: skip
    made.school(990002, "Otherby Church School", town="Otherby", key_adults=["only@otherby.test"])
    return made
