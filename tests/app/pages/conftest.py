"""Pages are tried over https, as people use them."""

import pytest

from app.core.settings import Settings
from app.wiring import Wiring
from tests.factories.mornings import Morning, morning_at_school


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": "https://testserver"})


@pytest.fixture
def morning(wiring: Wiring) -> Morning:
    return morning_at_school(wiring)
