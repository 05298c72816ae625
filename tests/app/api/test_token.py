import base64
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import OctKey

from app.access.clients import revoke_client
from app.core.clock import HandClock
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem, incident

URL = "/api/v1/token"
INCIDENTS = "/api/v1/incidents"


def form(police: PoliceSystem, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": police.client_id,
        "client_secret": police.secret,
        **changes,
    }


@pytest.mark.feature("IN1")
def test_a_client_gets_a_token_of_ten_minutes(
    http: TestClient, police: PoliceSystem, clock: HandClock
) -> None:
    response = http.post(URL, data=form(police))
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert body["scope"] == "incidents:read incidents:write"
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    assert http.post(INCIDENTS, json=incident(), headers=headers).status_code == 201
    clock.advance(timedelta(minutes=10))
    late = http.post(INCIDENTS, json=incident(), headers=headers)
    assert late.status_code == 401
    assert late.headers["www-authenticate"] == "Bearer"


def test_credentials_may_come_in_the_authorization_header(
    http: TestClient, police: PoliceSystem
) -> None:
    pair = base64.b64encode(f"{police.client_id}:{police.secret}".encode()).decode()
    response = http.post(
        URL,
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {pair}"},
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "Canary"}, 401, "invalid_client"),
        ({"client_id": str(uuid4())}, 401, "invalid_client"),
        ({"client_id": "Canary"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"scope": "Canary"}, 400, "invalid_scope"),
    ],
)
def test_a_wrong_request_is_refused_in_the_words_of_rfc_6749(
    http: TestClient, police: PoliceSystem, changes: dict[str, str], status: int, error: str
) -> None:
    response = http.post(URL, data=form(police, **changes))
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.headers["content-type"] == "application/json"
    assert "Canary" not in response.text
    if status == 401:
        assert "www-authenticate" in response.headers


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"", "application/x-www-form-urlencoded"),
        (b"grant_type", "application/x-www-form-urlencoded"),
        (b"grant_type=a&grant_type=a", "application/x-www-form-urlencoded"),
        (b"grant_type=\xff", "application/x-www-form-urlencoded"),
        (b"grant_type=%ff", "application/x-www-form-urlencoded"),
        (b"a=1&" * 5000, "application/x-www-form-urlencoded"),
        (b"a=1&" * 50, "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_is_none_is_an_invalid_request(
    http: TestClient, body: bytes, kind: str
) -> None:
    response = http.post(URL, content=body, headers={"Content-Type": kind})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.feature("IN1")
def test_a_token_does_no_more_than_its_scope(http: TestClient, police: PoliceSystem) -> None:
    reader = police.headers("incidents:read")
    writer = police.headers("incidents:write")
    assert http.post(INCIDENTS, json=incident(), headers=reader).status_code == 403
    assert http.post(f"{INCIDENTS}/batch", json=[incident()], headers=reader).status_code == 403
    assert http.post(INCIDENTS, json=incident(), headers=writer).status_code == 201
    assert http.get(INCIDENTS, headers=writer).status_code == 403
    assert http.get(INCIDENTS, headers=reader).status_code == 200


@pytest.mark.feature("IN1")
def test_a_revoked_client_neither_reads_nor_writes_nor_gets_a_token(
    http: TestClient, police: PoliceSystem, wiring: Wiring
) -> None:
    headers = police.headers()
    with wiring.database.write(PLATFORM) as session:
        revoke_client(
            session, UUID(police.client_id), actor="job:test", now=wiring.clock.now()
        )  # fmt: skip
    assert http.get(INCIDENTS, headers=headers).status_code == 401
    assert http.post(INCIDENTS, json=incident(), headers=headers).status_code == 401
    assert http.get("/api/v1/establishments?q=school", headers=headers).status_code == 401
    assert http.post(URL, data=form(police)).status_code == 401


@pytest.mark.feature("IN1")
def test_a_token_that_is_not_ours_is_refused(
    http: TestClient, police: PoliceSystem, wiring: Wiring
) -> None:
    good = police.token()
    head, claims, signature = good.split(".")
    now = int(wiring.clock.now().timestamp())

    def encoded(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    body = {
        "iss": "encompass", "aud": "encompass", "sub": police.client_id, "force": "99",
        "scope": "incidents:read", "iat": now, "exp": now + 600,
    }  # fmt: skip
    ours = OctKey.import_key(wiring.cipher.token_key())
    forged = [
        "",
        "Canary",
        "a.b.c",
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature[:-2]}AA",
        f"{encoded({'alg': 'none'})}.{claims}.",
        f"{encoded({'alg': 'none', 'typ': 'at+jwt'})}.{claims}.{signature}",
        f"{head}.{encoded({**body, 'force': '98'})}.{signature}",
        jwt.encode({"alg": "HS256", "typ": "at+jwt"}, body, OctKey.import_key("0" * 32)),
        jwt.encode({"alg": "HS512", "typ": "at+jwt"}, body, ours, algorithms=["HS512"]),
        jwt.encode({"alg": "HS256"}, body, ours),
        jwt.encode({"alg": "HS256", "typ": "at+jwt"}, {**body, "iss": "other"}, ours),
        jwt.encode({"alg": "HS256", "typ": "at+jwt"}, {**body, "sub": "Canary"}, ours),
        jwt.encode({"alg": "HS256", "typ": "at+jwt"}, {**body, "exp": None}, ours),
        jwt.encode({"alg": "HS256", "typ": "at+jwt"}, {**body, "scope": 1}, ours),
        jwt.encode({"alg": "HS256", "typ": "at+jwt"}, {**body, "iat": now + 3600}, ours),
    ]
    for token in forged:
        response = http.get(INCIDENTS, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401, token
        assert "Canary" not in response.text


@pytest.mark.parametrize("value", ["", "Bearer", "Basic abc", "bearer  ", "Token x"])
def test_another_kind_of_credentials_is_no_bearer_token(http: TestClient, value: str) -> None:
    response = http.get(INCIDENTS, headers={"Authorization": value})
    assert response.status_code == 401
