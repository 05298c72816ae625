"""Worlds for the tests: one folder for all of a worker's, so that a county is founded once."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from app.simulation.world import Worlds


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """Makes one world after another; each is forgotten before the next."""
    return Worlds(tmp_path_factory.mktemp("worlds"))


@pytest.fixture(autouse=True, scope="package")
def silent() -> Iterator[None]:
    """Faults are wanted here: what is logged about them is no news."""
    with capture_logs():
        yield
