"""The same body again, later: what was answered once is answered alike, whatever the time is."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.core.clock import HandClock
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.wiring import Wiring
from tests.factories.incidents import child, incident

URL = "/api/v1/incidents"


def held(until: datetime, **changes: Any) -> dict[str, Any]:
    hold = {"reason_code": "life_at_risk", "account": "DI 1", "until": until.isoformat()}
    return incident(hold=hold, **changes)


def push_lines(http: TestClient, auth: dict[str, str], *rows: dict[str, Any]) -> list[int]:
    headers = {**auth, "Content-Type": "application/x-ndjson"}
    body = b"\n".join(json.dumps(row).encode() for row in rows)
    answer = http.post(f"{URL}/batch", content=body, headers=headers).json()
    return [row["status"] for row in answer["rows"]]


def stored(wiring: Wiring) -> int:
    with wiring.database.read(PLATFORM) as session:
        return session.scalar(select(func.count()).select_from(Incident)) or 0


@pytest.mark.feature("IN3")
def test_a_held_incident_sent_again_after_its_hold_gets_the_first_answer(
    http: TestClient, auth: dict[str, str], wiring: Wiring, clock: HandClock
) -> None:
    message = held(clock.now() + timedelta(minutes=5))
    first = http.post(URL, json=message, headers=auth)
    clock.advance(timedelta(minutes=6))
    again = http.post(URL, json=message, headers=auth)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert push_lines(http, auth, message) == [200]
    assert stored(wiring) == 1


@pytest.mark.feature("IN3")
def test_times_are_looked_at_only_until_the_version_is_stored(
    http: TestClient, auth: dict[str, str], wiring: Wiring, clock: HandClock
) -> None:
    message = held(clock.now() + timedelta(hours=24))
    assert http.post(URL, json=message, headers=auth).status_code == 201
    # The clock of the process that is asked this time is a little behind the other's.
    clock.advance(timedelta(seconds=-5))
    assert http.post(URL, json=message, headers=auth).status_code == 200
    other = {**message, "crime": True}
    assert push_lines(http, auth, message, other, {**message, "version": 2}) == [200, 409, 422]
    assert stored(wiring) == 1


def test_a_row_with_a_wrong_time_fails_alone(
    http: TestClient, auth: dict[str, str], wiring: Wiring, clock: HandClock
) -> None:
    later = (clock.now() + timedelta(hours=1)).isoformat()
    rows = [incident("99-1"), incident("99-2", occurred_from=later), incident("99-3")]
    assert push_lines(http, auth, *rows) == [201, 422, 201]
    assert stored(wiring) == 2


@pytest.mark.parametrize("ended_before", [timedelta(0), timedelta(hours=1)])
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [({}, "received"), ({"connected_at_school": ["Sam Example"]}, "in_review")],
)
def test_a_hold_that_is_over_holds_nothing(
    *,
    http: TestClient,
    auth: dict[str, str],
    wiring: Wiring,
    clock: HandClock,
    ended_before: timedelta,
    changes: dict[str, Any],
    outcome: str,
) -> None:
    message = held(clock.now() - ended_before, children=[child(**changes)])
    response = http.post(URL, json=message, headers=auth)
    assert response.status_code == 201
    assert response.json()["children"][0]["outcome"] == outcome
    with wiring.database.read(PLATFORM) as session:
        (row,) = session.scalars(select(InvolvedChild)).all()
    assert row.due_at is None


def test_a_pupil_number_that_cannot_be_right_still_shows_a_pupil(
    http: TestClient, auth: dict[str, str]
) -> None:
    nursery = child(education={"status": "pre_school"}, upn="A1")
    (answered,) = http.post(URL, json=incident(children=[nursery]), headers=auth).json()["children"]
    assert answered["outcome"] == "received"
    assert "upn_invalid" in answered["warnings"]
