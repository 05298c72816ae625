"""A hold has limits: 24 hours, and nobody renews their own."""

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
