"""Ten thousand hostile requests: nothing breaks, nothing is echoed, nothing refused is stored."""

import pytest

from app.core.settings import Settings
from app.wiring import Wiring
from tests.fuzz.service import fuzz

# Two halves, so that two cores share them. The seeds stay: what is new is looked for by
# `./run bench fuzz`.
HALF = 5_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": "https://testserver"})


@pytest.mark.feature("IN5")
@pytest.mark.parametrize(
    ("database_url", "seed"), [("sqlite", 1000), ("postgresql", 1001)], indirect=["database_url"]
)
def test_five_thousand_hostile_requests_break_echo_and_change_nothing(
    wiring: Wiring, seed: int
) -> None:
    tally = fuzz(wiring, requests=HALF, seed=seed)
    assert tally.faults == []
    assert tally.asked == HALF
    assert len(tally.routes) > 100
    # They reached what they were meant for: some are taken, and every kind of refusal is there.
    wanted = {200, 201, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422}
    assert set(tally.statuses) >= wanted, tally.statuses
