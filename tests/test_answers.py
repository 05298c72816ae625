"""Every answer of every route there is: its headers, and that asking changes nothing."""

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from app.access.clients import ALL_SCOPES, add_client
from app.access.permissions import Role
from app.core.clock import london_date
from app.core.scope import PLATFORM
from app.core.settings import Settings
from app.main import create_app
from app.tables import METADATA
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem
from tests.factories.mornings import Morning, morning_at_school
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, add_person, signed_in

# What is asked here is the same on both databases.
NOTHING = "00000000-0000-4000-8000-000000000000"
# What a safe request may write: that somebody looked, and that they are still there.
OF_LOOKING = {"audit", "audit_head", "sign_in_session", "client_use", "lease"}
EXACT = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
}
POLICY = re.compile(
    r"default-src 'none'; script-src 'self' 'nonce-[\w-]{20,}'; style-src 'self'; img-src 'self'; "
    r"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    r"frame-ancestors 'none'; base-uri 'none'; report-uri /csp-reports"
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": "https://testserver"})


@pytest.fixture
def morning(wiring: Wiring) -> Morning:
    return morning_at_school(wiring)


def routes(application: FastAPI) -> Iterator[tuple[str, frozenset[str]]]:
    """Every path of the application with the methods it has."""
    for context in iter_route_contexts(application.routes):
        route: Any = getattr(context, "route", context)
        path = str(getattr(context, "path", None) or route.path)
        yield path, frozenset(getattr(route, "methods", None) or {"GET"})


def address(path: str, ids: dict[str, str]) -> str:
    filled = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: ids.get(found[1], NOTHING), path)
    return f"{filled}/app.css" if path == "/static" else filled


def check_headers(answer: Response, named: object) -> str:
    """Fail for an answer that lacks a header; return its nonce."""
    headers = answer.headers
    for name, value in EXACT.items():
        assert headers.get_list(name) == [value], (named, name)
    (policy,) = headers.get_list("content-security-policy")
    assert POLICY.fullmatch(policy), (named, policy)
    assert "camera=()" in headers["permissions-policy"], named
    assert not {"server", "x-powered-by"} & set(headers), named
    kept = "/static/" in str(answer.url) and answer.status_code in {200, 304}
    assert headers["cache-control"] == ("public, max-age=3600" if kept else "no-store"), named
    return re.search(r"nonce-([\w-]+)", policy)[1]  # type: ignore[index]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_route_answers_with_every_header_whatever_it_is_asked(wiring: Wiring) -> None:
    nonces, statuses = [], set()

    broken = create_app(wiring)

    @broken.get("/broken")
    def fail() -> None:
        raise RuntimeError("Canary")

    options: dict[str, Any] = {"raise_server_exceptions": False, "follow_redirects": False}
    with TestClient(broken, **options) as http:

        def ask(method: str, path: str, **more: Any) -> Response:
            answer = http.request(method, path, **more)
            nonces.append(check_headers(answer, (method, path)))
            statuses.add(answer.status_code)
            return answer

        for path, methods in list(routes(broken)):
            for method in {*methods, "OPTIONS", "TRACE"}:
                answer = ask(method, address(path, {"date": "2026-11-20"}))
                assert answer.status_code == 405 or method != "TRACE"
        ask("GET", "/nowhere")
        ask("GET", "/api/v1/nowhere")
        ask("GET", "/static/nowhere")
        ask("GET", "/broken")
        ask("GET", "/sign-in", headers={"Host": "elsewhere.example.org"})
        ask("POST", "/sign-in", content=b"x" * (1024 * 1024 + 1))
        ask("POST", "/api/v1/token", content=b"x" * 9000)
        ask("TRACK", "/sign-in")
    assert statuses >= {200, 303, 400, 401, 403, 404, 405, 413, 415, 500}, statuses
    assert len(set(nonces)) == len(nonces)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_get_head_or_options_changes_anything(morning: Morning) -> None:
    """Signed in as each role, on everything that is there; what is written says who looked."""
    wiring = morning.wiring
    ids = _ids(morning)
    browsers = list(_everybody(morning))
    every = list(routes(create_app(wiring)))
    before = contents(wiring)
    seen: set[tuple[str, str]] = set()
    for number, browser in enumerate(browsers):
        for path, methods in every:
            asked = ("GET", "HEAD", "OPTIONS") if number == 0 else ("GET",)
            for method in asked if "GET" in methods else ():
                answer = browser.http.request(method, address(path, ids))
                assert answer.status_code < 500, (method, path)
                if answer.status_code == 200 and method == "GET":
                    seen.add((path, method))
    after = contents(wiring)
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= OF_LOOKING, changed
    # The sweep looked at something: most pages that exist were shown to somebody.
    assert len(seen) >= 35, sorted(seen)


def _everybody(morning: Morning) -> Iterator[Browser]:
    wiring = morning.wiring
    yield signed_in(wiring, morning.priya)
    # One account with every other role, as in a force of one person.
    roles: dict[Role, dict[str, Any]] = {
        Role.FORCE_DESK: {"force": FORCE},
        Role.LEAD: {"force": FORCE},
        Role.AUDITOR: {"force": FORCE},
        Role.REVIEWER: {"force": FORCE},
        Role.REGISTER_ADMIN: {},
    }
    person = morning.huw
    for role, relation in roles.items():
        person = add_person(wiring, "all@example.org", role, **relation)
    yield signed_in(wiring, person)
    police = Browser(wiring)
    with wiring.database.write(PLATFORM) as session:
        client, secret = add_client(
            session, force=FORCE, name="room", now=wiring.clock.now(), scopes=ALL_SCOPES
        )
    token = PoliceSystem(police.http, FORCE, str(client.id), secret).headers()
    police.http.headers.update(token)
    yield police


def _ids(morning: Morning) -> dict[str, str]:
    """Place a notification and a review, and return what the paths may name."""
    notification = morning.notification()
    review = morning.unclear(minutes=90)
    with morning.wiring.database.read(PLATFORM) as session:
        child = session.execute(text("SELECT id FROM involved_child")).scalars().first()
        entry = session.execute(text("SELECT id FROM key_adult")).scalars().first()
        reference = session.execute(text("SELECT reference FROM incident")).scalars().first()
    today = london_date(morning.wiring.clock.now())
    return {
        "notification_id": str(notification), "review_id": str(review), "child_id": str(child),
        "key_adult_id": str(entry), "reference": str(reference), "urn": str(URN), "force": FORCE,
        "on": str(today), "date": str(today), "council": "999", "version": "1",
        "incidents": NOTHING, "predecessor_urn": str(URN),
    }  # fmt: skip


def contents(wiring: Wiring) -> dict[str, str]:
    """Return a digest of each table, whatever order its rows come in."""
    found = {}
    with wiring.database.engine.connect() as connection:
        for table in METADATA.sorted_tables:
            rows = connection.execute(table.select()).all()
            whole = "\n".join(sorted(repr(tuple(row)) for row in rows))
            found[table.name] = sha256(whole.encode()).hexdigest()
    return found
