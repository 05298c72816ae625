from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.clock import HandClock
from tests.factories.incidents import PoliceSystem, child, incident

URL = "/api/v1/incidents"


def close(police: PoliceSystem, on: str, *totals: int) -> Any:
    names = ("incidents", "incidents_with_children", "children")
    body = dict(zip(names, totals, strict=True))
    path = f"/api/v1/nights/{on}/close"
    response = police.http.post(path, json=body, headers=police.headers())
    assert response.status_code == 200, response.text
    return response.json()


def push(police: PoliceSystem, *bodies: dict[str, Any]) -> None:
    headers = police.headers()
    for body in bodies:
        assert police.http.post(URL, json=body, headers=headers).status_code == 201


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_a_night_is_closed_with_what_arrived(
    police: PoliceSystem, stranger: PoliceSystem, clock: HandClock
) -> None:
    push(
        police,
        incident("99-1", children=[child(), child("c2")]),
        incident("99-2", children=[], children_seen=2),
        incident("99-3"),
        incident("99-3", version=2),
    )
    push(stranger, incident("98-1"))
    clock.move_to(at(20, 5, 50))
    answer = close(police, "2026-11-20", 3, 2, 3)
    assert answer["equal"] is True
    assert answer["arrived"] == answer["told"]
    assert answer["closed_at"] == "2026-11-20T05:50:00Z"


def test_unequal_totals_say_what_arrived_and_closing_again_replaces_them(
    police: PoliceSystem, clock: HandClock
) -> None:
    push(police, incident("99-1"))
    clock.move_to(at(20, 5, 30))
    first = close(police, "2026-11-20", 2, 2, 2)
    assert (first["equal"], list(first["arrived"].values())) == (False, [1, 1, 1])
    push(police, incident("99-2"))
    clock.move_to(at(20, 5, 40))
    assert close(police, "2026-11-20", 2, 2, 2)["equal"] is True


def test_nothing_falls_between_two_nights(police: PoliceSystem, clock: HandClock) -> None:
    push(police, incident("99-1"))
    clock.move_to(at(20, 5, 30))
    close(police, "2026-11-20", 1, 1, 1)
    clock.move_to(at(20, 5, 45))
    push(police, incident("99-2"))
    clock.move_to(at(21, 5, 45))
    push(police, incident("99-3"))
    clock.move_to(at(21, 5, 50))
    assert close(police, "2026-11-21", 2, 2, 2)["equal"] is True


def test_a_quiet_night_is_closed_with_zeros(police: PoliceSystem) -> None:
    assert close(police, "2026-11-20", 0, 0, 0)["equal"] is True


@pytest.mark.parametrize("on", ["2026-11-23", "2026-02-30", "Canary", "20"])
def test_a_night_that_cannot_be_closed_is_refused(
    http: TestClient, auth: dict[str, str], on: str
) -> None:
    body = {"incidents": 0, "incidents_with_children": 0, "children": 0}
    response = http.post(f"/api/v1/nights/{on}/close", json=body, headers=auth)
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == "path.date"
    assert "Canary" not in response.text


@pytest.mark.parametrize("wrong", [-1, 1.5, "1", None, True])
def test_totals_are_whole_numbers(http: TestClient, auth: dict[str, str], wrong: Any) -> None:
    body = {"incidents": wrong, "incidents_with_children": 0, "children": 0}
    response = http.post("/api/v1/nights/2026-11-20/close", json=body, headers=auth)
    assert response.status_code == 422
