"""What addresses may hold: the defects that hostile requests found, each on its own."""

import re

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from app.main import create_app
from app.wiring import Wiring
from tests.fuzz.asks import Ask
from tests.fuzz.service import answered, faults, in_own_loop


def test_bytes_that_are_no_address_are_refused_and_not_broken_on(wiring: Wiring) -> None:
    application = create_app(wiring)
    for target in ("/sign-in", "/nowhere", "/api/v1/incidents", "/static/nowhere"):
        made = Ask("GET", target, b"q=\xff\xfe", [(b"host", b"testserver")])
        answer = in_own_loop(answered(application, made))
        assert answer.status == 400, target
        assert list(faults(made, answer, set())) == []


def test_a_slash_too_many_is_not_found_and_leads_nowhere(wiring: Wiring) -> None:
    application = create_app(wiring)
    paths = {
        re.sub(r"{\w+}", "7", route.path)
        for context in iter_route_contexts(application.routes)
        if isinstance(route := getattr(context, "route", context), APIRoute)
    } - {"/"}
    assert len(paths) > 100
    with TestClient(application, follow_redirects=False) as client:
        for path in sorted(paths):
            for method in ("GET", "POST"):
                answer = client.request(method, f"{path}/")
                assert answer.status_code == 404, (method, path)
                assert "location" not in answer.headers


def test_an_error_page_that_breaks_is_answered_with_every_header(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("Canary")

    monkeypatch.setattr("app.pages.problems.page", breaks)
    with TestClient(create_app(wiring), raise_server_exceptions=False) as client:
        answer = client.get("/nowhere")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "Canary" not in answer.text
