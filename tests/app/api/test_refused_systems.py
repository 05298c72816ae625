"""A police system that is refused leaves a row on the trail of its force; nobody else's does."""

from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.access.clients import Change, change_client, revoke_client
from app.access.models import PoliceClient
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem, incident

URL, INCIDENTS = "/api/v1/token", "/api/v1/incidents"


def refused(wiring: Wiring) -> list[tuple[str, str, str | None, str]]:
    """Chain, who, reason and what was asked of each refusal, in their order."""
    with wiring.database.read(PLATFORM) as session:
        rows = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.event == Event.ACCESS_DENIED)
            .order_by(AuditEntry.chain, AuditEntry.seq)
        )
        return [
            (row.chain, row.actor, row.reason_code, (row.detail or {})["asked"]) for row in rows
        ]


def sign_in(http: TestClient, client_id: str, secret: str, **more: str) -> int:
    form = {
        "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **more,
    }  # fmt: skip
    return http.post(URL, data=form).status_code


def test_a_sign_in_that_fails_is_on_the_trail_of_the_force_or_of_the_platform(
    http: TestClient, wiring: Wiring, police: PoliceSystem
) -> None:
    assert sign_in(http, police.client_id, police.secret) == 200
    assert refused(wiring) == []
    assert sign_in(http, police.client_id, "wrong") == 401
    assert sign_in(http, str(uuid4()), police.secret) == 401
    assert sign_in(http, "no id at all", police.secret) == 401
    asked = f"POST {URL}"
    assert refused(wiring) == [
        (police.force, f"client:{police.client_id}", "invalid_client", asked),
        ("platform", "client:unknown", "invalid_client", asked),
        ("platform", "client:unknown", "invalid_client", asked),
    ]


def test_the_right_secret_from_elsewhere_is_noted(
    http: TestClient, wiring: Wiring, police: PoliceSystem
) -> None:
    with wiring.database.write(PLATFORM) as session:
        change_client(
            session, session.get_one(PoliceClient, UUID(police.client_id)),
            Change(networks=["192.0.2.0/24"]), actor="operator:test", now=wiring.clock.now(),
        )  # fmt: skip
    assert sign_in(http, police.client_id, police.secret) == 400
    assert [row[2] for row in refused(wiring)] == ["unauthorized_client"]


@pytest.mark.parametrize("ended", [False, True])
def test_a_token_that_does_not_carry_what_is_asked_or_whose_system_was_revoked_is_noted(
    http: TestClient, wiring: Wiring, police: PoliceSystem, stranger: PoliceSystem, ended: bool
) -> None:
    headers = police.headers(None if ended else "incidents:read")
    if ended:
        with wiring.database.write(PLATFORM) as session:
            revoke_client(
                session, UUID(police.client_id), now=wiring.clock.now(), actor="operator:test"
            )
    answer = http.post(INCIDENTS, json=incident(), headers=headers)
    assert answer.status_code == (401 if ended else 403)
    other = http.post(INCIDENTS, json=incident(), headers=stranger.headers())
    assert other.status_code == 201
    reason = "not_signed_in" if ended else "not_allowed"
    assert refused(wiring) == [
        (police.force, f"client:{police.client_id}", reason, f"POST {INCIDENTS}")
    ]


def test_a_reference_that_is_not_there_is_no_refusal(
    http: TestClient, wiring: Wiring, police: PoliceSystem, stranger: PoliceSystem
) -> None:
    """Systems ask again for what they are about to push; another force's is not there either."""
    made = http.post(INCIDENTS, json=incident(), headers=police.headers()).json()
    for reference in (made["reference"], "99-2026-9999999"):
        answer = http.get(f"{INCIDENTS}/{reference}", headers=stranger.headers())
        assert answer.status_code == 404
    assert refused(wiring) == []


def test_a_token_of_nobody_is_no_refusal_of_somebody(http: TestClient, wiring: Wiring) -> None:
    answer = http.post(INCIDENTS, json=incident(), headers={"Authorization": "Bearer x.y.z"})
    assert answer.status_code == 401
    assert refused(wiring) == []
