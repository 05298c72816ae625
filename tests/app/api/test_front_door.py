import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text

from app.api.errors import for_machines
from app.core.settings import Environment, Settings
from app.main import Application, create_app
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem, incident

OPEN = {
    "/health/live", "/health/ready", "/health/deadline", "/metrics", "/api/v1/token",
    "/api/v1/openapi.json", "/csp-reports",
}  # fmt: skip
TOKEN = "a-token-for-metrics"
METRICS = {"Authorization": f"Bearer {TOKEN}"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def api_routes(application: Application) -> Iterator[APIRoute]:
    """Every route of the police interface, found the way the framework finds it."""
    for context in iter_route_contexts(application.routes):
        route = getattr(context, "route", context)
        if isinstance(route, APIRoute) and for_machines(route.path):
            yield route


@pytest.fixture
def application(wiring: Wiring) -> Application:
    made = create_app(wiring)
    assert isinstance(made, Application)
    return made


@pytest.mark.feature("IN1")
def test_every_route_but_the_open_ones_asks_who_calls(
    application: Application, http: TestClient
) -> None:
    documented = {path for path in application.openapi()["paths"] if for_machines(path)}
    found = {getattr(c, "path", "") for c in iter_route_contexts(application.routes)}
    found = {path for path in found if for_machines(path)}
    assert found - {"/api/v1/openapi.json"} == documented
    assert len(documented) >= 11
    for path in found - OPEN:
        address = re.sub(r"\{date\}", "2026-11-20", re.sub(r"\{reference\}", "99-1", path))
        for method in METHODS:
            answer = http.request(method, address)
            # Where no provider is set up to report, there is no such place at all.
            refused = {401, 404, 405} if "/callbacks/" in path else {401, 405}
            assert answer.status_code in refused, (method, path, answer.status_code)
            assert answer.headers["content-type"] == "application/problem+json"


def test_every_answer_carries_the_security_headers(http: TestClient, auth: dict[str, str]) -> None:
    answers = [
        http.get("/health/live"),
        http.get("/api/v1/incidents", headers=auth),
        http.post("/api/v1/incidents", json=incident(), headers=auth),
        http.post("/api/v1/incidents", content=b"x", headers=auth),
        http.post("/api/v1/token"),
        http.get("/api/v1/nothing"),
        http.get("/nothing"),
        http.delete("/api/v1/incidents"),
        http.get("/health/live", headers={"Host": "other.example.org"}),
        http.get("/sign-in"),
    ]
    for answer in answers:
        headers = answer.headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "max-age=63072000; includeSubDomains" in headers["strict-transport-security"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])
        assert "server" not in headers
    nonces = [re.search(r"nonce-([^']+)", a.headers["content-security-policy"]) for a in answers]
    assert len({nonce[1] for nonce in nonces if nonce}) == len(answers)
    assert all("no-store" in answer.headers["cache-control"] for answer in answers)


def test_a_broken_request_tells_nothing_but_its_request_id(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = create_app(wiring)

    @broken.get("/api/v1/broken")
    def fail() -> None:
        raise RuntimeError("Canary")

    with TestClient(broken, raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/internal"
    assert "Canary" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("testserver", 200), ("TESTSERVER:8000", 200), ("127.0.0.1:8000", 200),
        ("other.example.org", 400), ("testserver.example.org", 400), ("", 400), ("[::1]:80", 400),
        ("testserver:", 400), ("testserver:@other.example.org", 400), ("testserver:80:80", 400),
    ],
)  # fmt: skip
def test_only_our_own_host_names_are_answered(http: TestClient, host: str, status: int) -> None:
    answer = http.get("/health/live", headers={"Host": host})
    assert answer.status_code == status


def test_the_request_id_is_ours_and_not_the_callers(http: TestClient) -> None:
    answer = http.get("/health/live", headers={"X-Request-ID": "Canary"})
    assert "Canary" not in answer.headers["x-request-id"]


@pytest.mark.feature("IG1")
def test_the_document_of_the_interface_has_examples_and_problems(
    http: TestClient, auth: dict[str, str]
) -> None:
    document = http.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    push = document["paths"]["/api/v1/incidents"]["post"]
    example = push["requestBody"]["content"]["application/json"]["example"]
    assert http.post("/api/v1/incidents", json=example, headers=auth).status_code == 201
    assert set(push["responses"]) >= {"200", "201", "400", "409", "413", "415", "422", "503"}
    schemas = document["components"]["schemas"]
    assert {"IncidentMessage", "ChildMessage", "Problem", "Accepted"} <= set(schemas)
    assert schemas["IncidentMessage"]["additionalProperties"] is False
    # Every reference leads somewhere.
    named = set(re.findall(r"#/components/schemas/([A-Za-z0-9_]+)", str(document)))
    assert named <= set(schemas)
    assert "client_credentials" in document["components"]["securitySchemes"]


@pytest.mark.feature("IG1")
def test_documented_answers_are_what_is_answered(http: TestClient, police: PoliceSystem) -> None:
    schemas = http.get("/api/v1/openapi.json").json()["components"]["schemas"]
    headers = police.headers()
    accepted = http.post("/api/v1/incidents", json=incident(), headers=headers).json()
    assert set(accepted) | {"superseded_by", "test"} == set(schemas["Accepted"]["properties"])
    problem = http.post("/api/v1/incidents", json={}, headers=headers).json()
    assert set(problem) == set(schemas["Problem"]["properties"])
    read = http.get("/api/v1/incidents/99-2026-0000001", headers=headers).json()
    assert set(read) == set(schemas["IncidentAnswer"]["properties"])
    assert set(read["children"][0]) == set(schemas["ChildAnswer"]["properties"])


def test_production_shows_no_documentation(wiring: Wiring) -> None:
    settings = wiring.settings.model_copy(update={"environment": Environment.PRODUCTION})
    with TestClient(create_app(replace(wiring, settings=settings))) as client:
        for path in ("/api/v1/openapi.json", "/docs", "/redoc", "/openapi.json"):
            assert client.get(path).status_code == 404


@pytest.mark.feature("OP5")
def test_health_says_what_it_checked(http: TestClient) -> None:
    assert http.get("/health/live").json() == {"status": "live"}
    ready = http.get("/health/ready")
    assert ready.status_code == 200
    body = ready.json()
    assert body["ready"] is True
    assert set(body["checks"]) == {"database", "clock", "schema", "disk"}
    assert body["schema_version"]


@pytest.mark.feature("OP5")
def test_the_deadline_check_counts_without_names_for_who_has_the_token(
    wiring: Wiring, http: TestClient, auth: dict[str, str]
) -> None:
    http.post("/api/v1/incidents", json=incident(), headers=auth)
    off = http.get("/health/deadline")
    assert (off.status_code, off.json()["type"]) == (404, "/problems/not-found")
    with measured(wiring) as client:
        for given in ({}, auth, {"Authorization": "Bearer another"}):
            refused = client.get("/health/deadline", headers=given)
            assert refused.status_code == 401
            assert "received" not in refused.text
        answer = client.get("/health/deadline", headers=METRICS)
    assert answer.status_code == 200
    body = answer.json()
    assert body["children"] == {"received": {"count": 1, "oldest_seconds": 0}}
    assert (body["untold"], body["untold_overdue"], body["next_due_at"]) == (0, 0, None)
    assert "Asha" not in answer.text


def measured(wiring: Wiring) -> TestClient:
    """Return the service with a token of the metrics."""
    settings = wiring.settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    assert isinstance(settings, Settings)
    return TestClient(create_app(replace(wiring, settings=settings)))


def forbid_writing(wiring: Wiring) -> None:
    """Leave the database readable at most, as a full disk or a replica by mistake would."""
    engine = wiring.database.engine
    if wiring.settings.on_sqlite:
        engine.dispose()
        path = Path(engine.url.database or "")
        path.rename(path.with_suffix(".gone"))
        path.mkdir()
        return
    with engine.begin() as connection:
        name = engine.url.database
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    engine.dispose()


@pytest.mark.feature("OP5")
def test_a_database_that_cannot_be_written_is_not_ready(wiring: Wiring, http: TestClient) -> None:
    forbid_writing(wiring)
    answer = http.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["checks"]["database"] is False


@pytest.mark.feature("OP5")
def test_metrics_need_their_token_and_hold_no_id(wiring: Wiring, police: PoliceSystem) -> None:
    assert police.http.get("/metrics").status_code == 404
    with measured(wiring) as client:
        client.post("/api/v1/incidents", json=incident(), headers=police.headers())
        client.get("/api/v1/incidents/99-2026-0000001", headers=police.headers())
        assert client.get("/metrics").status_code == 401
        shown = client.get("/metrics", headers=METRICS).text
    assert "encompass_intake_flush_size_count" in shown
    assert 'route="/api/v1/incidents/{reference}"' in shown
    assert "99-2026" not in shown
