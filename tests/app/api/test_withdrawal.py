from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core import keys
from app.core.clock import HandClock
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.details import IncidentDetails
from app.intake.models import Incident, InvolvedChild
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem, child, incident

URL = "/api/v1/incidents"
BODY = {"reason_code": "recorded_in_error", "reason": "Taken down for the wrong Canary"}


def withdraw(http: TestClient, headers: dict[str, str], body: Any = BODY) -> Any:
    return http.post(f"{URL}/99-2026-0000001/withdrawal", json=body, headers=headers)


def test_a_withdrawn_incident_is_acted_on_no_more(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    http.post(URL, json=incident(children=[child(), child("c2")]), headers=auth)
    response = withdraw(http, auth)
    assert response.status_code == 200
    assert response.json() == {
        "reference": "99-2026-0000001",
        "version": 1,
        "withdrawn_at": "2026-11-20T01:00:00Z",
        "children": 2,
        "recalled": 0,
        "opened_by": 0,
        "alerts_stopped": 0,
    }
    read = http.get(f"{URL}/99-2026-0000001", headers=auth).json()
    assert read["state"] == "withdrawn"
    assert {(c["outcome"], c["told"]) for c in read["children"]} == {("withdrawn", "not_needed")}


def test_a_repeated_withdrawal_gets_the_first_answer(
    http: TestClient, auth: dict[str, str], clock: HandClock
) -> None:
    http.post(URL, json=incident(), headers=auth)
    first = withdraw(http, auth)
    clock.advance(timedelta(minutes=5))
    again = withdraw(http, auth, {"reason_code": "another"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()


def test_the_words_of_a_withdrawal_are_sealed_and_its_code_is_in_the_trail(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    http.post(URL, json=incident(), headers=auth)
    withdraw(http, auth)
    with wiring.database.read(PLATFORM) as session:
        row = session.scalars(select(Incident)).one()
        trail = session.scalars(select(AuditEntry)).all()
        key = keys.open_key(session, wiring.cipher, row.content_key_id)
        assert wiring.chain.verify(session, "99") is None
    details = wiring.cipher.open(
        IncidentDetails, row.sealed, table="incident", row=row.id, force="99", key=key
    )
    assert details.withdrawal == BODY["reason"]
    assert b"Canary" not in row.sealed
    (entry,) = [one for one in trail if one.event == "intake:incident:withdrawn"]
    assert entry.reason_code == "recorded_in_error"
    assert "Canary" not in str([one.detail for one in trail])


def test_an_unknown_reference_and_another_forces_are_not_found(
    http: TestClient, auth: dict[str, str], stranger: PoliceSystem
) -> None:
    assert withdraw(http, auth).status_code == 404
    http.post(URL, json=incident(), headers=auth)
    assert withdraw(http, stranger.headers()).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"reason_code": "Canary words"}, {"reason_code": "x", "Canary": 1}, [], 1]
)
def test_a_withdrawal_needs_a_coded_reason(
    http: TestClient, auth: dict[str, str], body: Any
) -> None:
    http.post(URL, json=incident(), headers=auth)
    response = withdraw(http, auth, body)
    assert response.status_code == 422
    assert "Canary" not in response.text


def test_a_version_after_the_withdrawal_is_acted_on_again(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    http.post(URL, json=incident(), headers=auth)
    withdraw(http, auth)
    assert http.post(URL, json=incident(version=2), headers=auth).status_code == 201
    with wiring.database.read(PLATFORM) as session:
        states = dict(session.execute(select(Incident.version, Incident.state)).all())
        outcomes = session.scalars(select(InvolvedChild.outcome)).all()
    # the withdrawn version gives way, so that night and board count the record once
    assert states == {1: "superseded", 2: "newest"}
    assert sorted(outcomes) == ["received", "withdrawn"]
    assert withdraw(http, auth).json()["version"] == 2
