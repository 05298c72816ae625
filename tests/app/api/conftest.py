"""One served application per test, with two police systems of two forces."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.wiring import Wiring
from tests.factories.incidents import OTHER_FORCE, PoliceSystem, add_police, serving


@pytest.fixture
def http(wiring: Wiring) -> Iterator[TestClient]:
    with serving(wiring) as client:
        yield client


@pytest.fixture
def police(wiring: Wiring, http: TestClient) -> PoliceSystem:
    return add_police(wiring, http)


@pytest.fixture
def stranger(wiring: Wiring, http: TestClient) -> PoliceSystem:
    return add_police(wiring, http, OTHER_FORCE)


@pytest.fixture
def auth(police: PoliceSystem) -> dict[str, str]:
    return police.headers()
