"""A school reads Welsh: every page that its people may reach, by the table of who may what."""

from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from jinja2 import meta

from app.core.clock import HandClock
from app.core.ids import new_id
from app.core.settings import Settings
from app.main import create_app
from app.pages.rendering import environment
from app.pages.translating import TRANSLATED
from app.wiring import Wiring
from tests.app.authorisation.people import Somebody, everybody
from tests.app.authorisation.test_matrix import MAY, World, may
from tests.app.authorisation.things import own_things, places, things
from tests.app.pages.reading import english_in
from tests.factories.mornings import HALF_PAST_SIX, Morning
from tests.factories.people import Person

SCHOOL = Somebody("key adult", holds=("key_adult@school",), signed_in=True)
LEAD = Somebody("force lead", holds=("lead@force",), signed_in=True)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": "https://testserver"})


def endpoints(app: FastAPI) -> dict[str, FunctionType]:
    """Return the function behind each route, by its name in the table."""
    found = dict[str, FunctionType]()
    for context in iter_route_contexts(app.routes):
        route: Any = getattr(context, "route", context)
        if isinstance(route, APIRoute):
            endpoint = cast("FunctionType", route.endpoint)
            found |= {f"{method} {route.path}": endpoint for method in route.methods or ()}
    return found


def reached(app: FastAPI, somebody: Somebody) -> dict[str, set[str]]:
    """Return the templates of each route that somebody may use, also one that needs a link."""
    return {
        name: templates_of(endpoint)
        for name, endpoint in endpoints(app).items()
        if MAY[name] == "token" or may(somebody, MAY[name])
    }


def templates_of(endpoint: FunctionType) -> set[str]:
    """Return every template that a page may show: in any state, and with an error beside a field.

    They are named in its function, in those that it calls and in the tables that these look into;
    what they extend or take from others counts as well.
    """
    found, seen, near = set[str](), set[FunctionType](), [endpoint]
    while near:
        one = near.pop()
        if one in seen:
            continue
        seen.add(one)
        for code in _codes(one.__code__):
            found |= {each for each in code.co_consts if _is_template(each)}
            for name in code.co_names:
                value = one.__globals__.get(name)
                if isinstance(value, FunctionType) and value.__module__.startswith("app.pages"):
                    near.append(value)
                elif isinstance(value, dict):
                    found |= set(filter(_is_template, value.values()))
    return found | {other for name in found for other in _referenced(name)}


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _codes(const)


def _is_template(const: object) -> bool:
    return isinstance(const, str) and const.endswith(".html")


def _referenced(name: str) -> set[str]:
    loader = environment().loader
    assert loader is not None
    source, _, _ = loader.get_source(environment(), name)
    others = {one for one in meta.find_referenced_templates(environment().parse(source)) if one}
    return others.union(*(_referenced(one) for one in others))


@pytest.mark.feature("CO9")
def test_every_page_that_a_school_may_reach_is_translated(wiring: Wiring) -> None:
    app = create_app(wiring)
    pages = reached(app, SCHOOL)
    english = {name: found - TRANSLATED for name, found in pages.items() if found - TRANSLATED}
    assert english == {}
    # What is looked for is found: in a helper of another function, and in a page's own parent.
    assert pages["POST /register/key-adults/{key_adult_id}/away"] >= {
        "key_adult.html",
        "parts.html",
    }
    assert pages["GET /register/calendars/schools/{urn}"] >= {"calendar.html", "layout.html"}
    assert pages["GET /notifications/{notification_id}"] >= {"cover.html", "notification.html"}
    assert pages["POST /enrol/{token}"] >= {"enrol.html"}
    # Whatever is refused, at any address.
    assert {"not_found.html", "problem.html"} <= TRANSLATED


def test_a_page_that_is_in_english_only_would_be_found(wiring: Wiring) -> None:
    pages = reached(create_app(wiring), LEAD)
    assert "report.html" in pages["GET /reports/morning/{force}/{on}"] - TRANSLATED


@pytest.mark.feature("CO9")
def test_every_page_of_a_school_says_no_word_of_english(wiring: Wiring, clock: HandClock) -> None:
    clock.move_to(HALF_PAST_SIX)
    nobody = Person(wiring, new_id(), "", "")
    named = things(Morning(wiring, places(wiring), nobody, nobody, nobody))
    people = everybody(wiring)
    named |= own_things(wiring, people[0])
    school = people[0]
    assert school.name == SCHOOL.name
    school.headers["cookie"] += "; __Host-encompass-language=cy"
    looked_at = []
    with TestClient(create_app(wiring), base_url="https://testserver") as http:
        http.follow_redirects = False
        world = World(http, people, named)
        for route, rule in MAY.items():
            method, path = route.split(" ")
            if method != "GET" or path.startswith("/api/") or not may(school, rule):
                continue
            answer = world.ask(method, path, school)
            if answer.headers.get("content-type", "").startswith("text/html"):
                looked_at.append(path)
                said = (answer.headers["content-language"], english_in(answer.text))
                assert said == ("cy", []), path
    assert {path for path in looked_at if path.startswith("/register")} == {
        "/register", "/register/requests", "/register/schools", "/register/schools/{urn}",
        "/register/schools/{urn}/tonight", "/register/schools/{urn}/key-adults",
        "/register/schools/{urn}/key-adults/add", "/register/key-adults/{key_adult_id}",
        "/register/calendars/schools/{urn}",
    }  # fmt: skip
