"""A hold has limits: 24 hours, and nobody renews their own."""

import json
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.wiring import Wiring
from tests.factories.incidents import incident

URL = "/api/v1/incidents"


def hold(wiring: Wiring, account: str, hours: int) -> dict[str, Any]:
    until = wiring.clock.now() + timedelta(hours=hours)
    return {"reason_code": "risk_to_life", "account": account, "until": until.isoformat()}


def test_a_hold_is_made_longer_by_another_person_alone(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    first = incident(hold=hold(wiring, "officer-1", 6))
    assert http.post(URL, json=first, headers=auth).status_code == 201
    own = incident(version=2, hold=hold(wiring, "officer-1", 12))
    refused = http.post(URL, json=own, headers=auth)
    assert refused.status_code == 422
    assert [one["code"] for one in refused.json()["errors"]] == ["hold_renewed_by_same"]
    assert "officer-1" not in refused.text
    other = incident(version=2, hold=hold(wiring, "officer-2", 12))
    assert http.post(URL, json=other, headers=auth).status_code == 201
    assert http.post(URL, json=other, headers=auth).status_code == 200


@pytest.mark.parametrize("hours", [6, 3])
def test_who_gave_a_hold_may_leave_it_or_end_it_sooner(
    http: TestClient, auth: dict[str, str], wiring: Wiring, hours: int
) -> None:
    http.post(URL, json=incident(hold=hold(wiring, "officer-1", 6)), headers=auth)
    again = incident(version=2, hold=hold(wiring, "officer-1", hours))
    assert http.post(URL, json=again, headers=auth).status_code == 201


def statuses(http: TestClient, auth: dict[str, str], *records: dict[str, Any]) -> list[int]:
    """Push records as one list; return what became of each."""
    headers = {**auth, "Content-Type": "application/x-ndjson"}
    body = b"".join(json.dumps(one).encode() + b"\n" for one in records)
    answer = http.post(f"{URL}/batch", content=body, headers=headers).json()
    return [row["status"] for row in answer["rows"]]


@pytest.mark.parametrize("backwards", [False, True])
def test_who_gave_a_hold_does_not_make_it_longer_in_the_same_list(
    http: TestClient, auth: dict[str, str], wiring: Wiring, backwards: bool
) -> None:
    first = incident(hold=hold(wiring, "officer-1", 6))
    own = incident(version=2, hold=hold(wiring, "officer-1", 12))
    if backwards:
        assert statuses(http, auth, own, first) == [422, 201]
    else:
        assert statuses(http, auth, first, own) == [201, 422]


def test_a_version_that_was_refused_stands_for_nobody_in_between(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    records = (
        incident(hold=hold(wiring, "officer-1", 6)),
        incident(version=2, hold=hold(wiring, "officer-2", 30)),
        incident(version=3, hold=hold(wiring, "officer-1", 12)),
        incident(version=4, hold=hold(wiring, "officer-3", 12)),
    )
    assert statuses(http, auth, *records) == [201, 422, 422, 201]
    assert statuses(http, auth, *records) == [200, 422, 422, 200]


@pytest.mark.parametrize("account", ["officer-1", "officer-2"])
def test_a_version_without_a_hold_in_between_makes_nobody_another_person(
    http: TestClient, auth: dict[str, str], wiring: Wiring, account: str
) -> None:
    http.post(URL, json=incident(hold=hold(wiring, "officer-1", 6)), headers=auth)
    assert http.post(URL, json=incident(version=2), headers=auth).status_code == 201
    again = incident(version=4, hold=hold(wiring, account, 12))
    answer = http.post(URL, json=again, headers=auth)
    assert answer.status_code == (422 if account == "officer-1" else 201)
