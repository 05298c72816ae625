"""The same morning for every act."""

import pytest

from app.wiring import Wiring
from tests.factories.mornings import Morning, morning_at_school


@pytest.fixture
def morning(wiring: Wiring) -> Morning:
    return morning_at_school(wiring)
