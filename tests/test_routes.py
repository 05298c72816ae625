"""Nobody walks in unasked, by any route there is, and no request holds two sessions."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from app.api import deps as api_deps
from app.core import database as core_database
from app.main import create_app
from app.pages import deps as page_deps
from app.wiring import Wiring

# Each with its reason; everything else must know who asks.
OPEN = {
    "/sign-in": "the way in",
    "/sign-in/passkey": "the way in by a passkey",
    "/sign-in/passkey/options": "what a browser needs to ask for one",
    "/sign-in/language": "Welsh or English in this browser, from our own form alone",
    "/sign-in/identity": "the way in by an OpenID provider",
    "/sign-in/identity/back": "where its answer arrives; stores nothing",
    "/sign-in/identity/finish": "what the provider says is the proof",
    "/enrol/{token}": "the one-time link is the proof",
    "/api/v1/token": "the client secret is the proof",
    "/health/live": "says that the process runs",
    "/health/ready": "says whether the process can work",
    "/health/deadline": "counts without names, behind the token of the metrics, off without one",
    "/api/v1/callbacks/govuk-notify": "behind the provider's own token, off without one",
    "/api/v1/callbacks/bounces": "behind the mail server's own token, off without one",
    "/metrics": "behind a token of its own",
    "/csp-reports": "browsers report to it; it counts and keeps nothing",
}
CALLER_CHECKS = {api_deps.caller, page_deps.signed_in, page_deps.watching}


def routes(wiring: Wiring) -> Iterator[APIRoute]:
    for context in iter_route_contexts(create_app(wiring).routes):
        route: Any = getattr(context, "route", context)
        if isinstance(route, APIRoute):
            yield route


def everything_asked(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for needed in dependant.dependencies:
        yield from everything_asked(needed)


@pytest.mark.feature("IN1")
def test_every_route_checks_its_caller_or_is_open_for_a_reason(wiring: Wiring) -> None:
    found = list(routes(wiring))
    unchecked = {
        route.path for route in found if not CALLER_CHECKS & set(everything_asked(route.dependant))
    }
    assert unchecked == set(OPEN)
    assert len(found) > 40


def test_the_walk_finds_every_route_there_is(wiring: Wiring) -> None:
    application = create_app(wiring)
    walked = {route.path for route in routes(wiring)}
    documented = set(application.openapi()["paths"])
    assert documented <= walked
    others = {
        getattr(context, "path", "")
        for context in iter_route_contexts(application.routes)
        if not isinstance(getattr(context, "route", context), APIRoute)
    }
    # What is no route of ours: the styles and icons, and the document that describes the interface.
    assert others <= {"/static", "/api/v1/openapi.json"}, others


def test_every_number_in_an_address_has_an_end(wiring: Wiring) -> None:
    """A number larger than the database's breaks the query that looks for it."""
    found = [
        (route.path, param.name, param.field_info)
        for route in routes(wiring)
        for param in every_param(route.dependant)
        if param.field_info.annotation is int
    ]
    assert len(found) > 5
    for path, name, field in found:
        assert any(getattr(limit, "le", None) is not None for limit in field.metadata), (path, name)


def every_param(dependant: Dependant) -> Iterator[Any]:
    yield from (*dependant.path_params, *dependant.query_params)
    for needed in dependant.dependencies:
        yield from every_param(needed)


def test_nobody_who_is_not_signed_in_gets_past_any_page(wiring: Wiring) -> None:
    with TestClient(create_app(wiring), follow_redirects=False) as browser:
        for route in routes(wiring):
            if route.path in OPEN or route.path.startswith("/api"):
                continue
            address = re.sub(r"\{[^}]+\}", "00000000-0000-4000-8000-000000000000", route.path)
            for method in route.methods or ():
                answer = browser.request(method, address)
                assert answer.status_code in {303, 401, 403, 404, 422}, (method, route.path)
                assert answer.status_code != 303 or "/sign-in" in answer.headers["location"]


def test_no_request_holds_more_than_one_session(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what one notes after its answer too: each in its turn, never one beside another."""
    held: set[int] = set()
    most: list[int] = [0]

    class Counted(core_database.WorkSession):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            held.add(id(self))
            most.append(len(held))

        def close(self) -> None:
            super().close()
            held.discard(id(self))

    monkeypatch.setattr(core_database, "WorkSession", Counted)
    with TestClient(create_app(wiring), follow_redirects=False) as browser:
        for route in routes(wiring):
            address = re.sub(r"\{[^}]+\}", "00000000-0000-4000-8000-000000000000", route.path)
            for method in route.methods or ():
                most[:] = [0]
                browser.request(method, address)
                assert max(most) <= 1, (method, route.path)
                assert not held, (method, route.path)
