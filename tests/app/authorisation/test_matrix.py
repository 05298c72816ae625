"""Every route × everybody: who gets in, who does not, and what a refusal leaves behind.

The routes are found at run time, the truth is `may.toml`, and nothing is ever stored: what would
be committed is looked at and rolled back, so that each row meets the same world. A refusal leaves
its own row on the trail and nothing else.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.pool import NullPool

from app.core import database as core_database
from app.core.audit import Event
from app.core.clock import HandClock
from app.core.database import WorkSession
from app.core.ids import new_id
from app.core.models import AuditEntry, AuditHead
from app.core.scope import PLATFORM
from app.core.settings import Settings
from app.main import create_app
from app.tables import METADATA
from app.wiring import Wiring, build
from tests.app.authorisation.people import Somebody, everybody
from tests.app.authorisation.things import own_things, places, things
from tests.factories.incidents import incident
from tests.factories.mornings import HALF_PAST_SIX, Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Person
from tests.postgres import as_role

TRUTH = tomllib.loads(Path(__file__).with_name("may.toml").read_text(encoding="utf-8"))
GROUPS: dict[str, list[str]] = TRUTH["groups"]
MAY: dict[str, str | list[str]] = TRUTH["routes"]
IN = frozenset({200, 201, 204, 302, 303, 400, 409, 422})
# Where a route is reached only with more than an address, what its own page would send.
FORMS: dict[str, dict[str, Any]] = {
    "/account/language": {"language": "en"},
    "/account/contact/{key_adult_id}/confirm": {"code": "000000"},
    "/notifications/{notification_id}/not-our-pupil": {"why": "not_on_roll"},
    "/notifications/{notification_id}/follow-up": {"codes": ["staff_told"]},
    "/notifications/{notification_id}/attendance": {"answer": "in_school"},
    "/review/{review_id}/settle": {"urn": URN, "reason": "officer_clarified", "words": "Said so."},
    "/review/{review_id}/second": {"agrees": "yes"},
    "/review/{review_id}/search": {"text": "St Marys"},
    "/morning/open/{notification_id}/attendance": {"answer": "in_school"},
    "/morning/open/{notification_id}/response": {"response": "seen_safe"},
    "/morning/recalls/new/{notification_id}": {"reason": "wrong_school"},
    "/morning/recalls/{recall_id}/protecting": {"said": "no"},
    "/morning/recalls/{recall_id}/disclosed": {"said": "no"},
    "/morning/recalls/{recall_id}/decision": {"decision": "no_breach"},
    "/morning/recalls-of-many": {
        "force": FORCE, "recipient": "all", "since": "month", "reason": "wrong_school",
    },
    "/morning/calls/{line_id}/record": {"result": "no_answer"},
    "/morning/awaited/{child_id}/end": {"why": "miscounted"},
    "/restricted/ask": {"force": FORCE, "reference": "99-1", "reason": "caller_waits"},
    "/restricted/lift": {"force": FORCE, "wanted": "99-1", "because": "marked_by_mistake"},
    "/reports/patterns/{pattern_id}/decide": {"verdict": "confirmed"},
    "/morning/releases/{notification_id}/propose": {"person": "head", "reason": "no_tie_known"},
    "/records/keep": {"force": FORCE, "reference": "99-1", "reason": "court"},
    "/records/{hold_id}/ask": {"reason": "matter_closed"},
    "/records/dossier": {
        "force": FORCE, "reference": "99-1", "child": "c1", "reason": "subject_access",
        "requester": "yes", "safe": "yes",
    },
    "/audit/{force}/messages": {"reference": "99-1"},
    "/reports/drills": {"whose": f"force:{FORCE}"},
    "/reports/exports": {"what": "late", "kind": "force", "code": FORCE},
    "/register/requests/{request_id}/approve": {"made_sure": "rung_at_school"},
    "/register/requests/{request_id}/refuse": {"reason_code": "not_trained"},
    "/register/schools/{urn}/names": {"name": "The new school"},
    "/register/calendars/terms": {
        "owner": f"urn:{URN}", "first": "2027-01-05", "last": "2027-03-01",
    },
    "/register/calendars/terms/remove": {"owner": f"urn:{URN}", "first": "2027-01-05"},
    "/register/calendars/days": {
        "owner": f"urn:{URN}", "first": "2027-01-05", "last": "2027-01-05", "kind": "inset",
    },
    "/register/calendars/days/clear": {"owner": f"urn:{URN}", "first": "2027-01-05"},
}  # fmt: skip
QUERIES = {"/reports/messages/{kind}/{code}": {"figure": "not_told"}}
BODIES: dict[str, Any] = {
    "/csp-reports": {"csp-report": {"effective-directive": "script-src"}},
    "/api/v1/incidents": incident("99-2026-0000009"),
    "/api/v1/incidents/batch": [incident("99-2026-0000009")],
    "/api/v1/incidents/{reference}/withdrawal": {
        "reason_code": "recorded_in_error", "reason": "A wrong record.",
    },
    "/api/v1/nights/{date}/close": {
        "incidents": 0, "incidents_with_children": 0, "children": 0,
    },
}  # fmt: skip
# Another thing of its kind, where one thing cannot be all that its routes ask about.
OTHERWISE = {
    "/morning/awaited": ("child_id", "awaited"),
    "/morning/services": ("child_id", "served"),
    "/morning/releases": ("notification_id", "released"),
    "/account/passkeys": ("ident", "passkey"),
    "/account/identity": ("ident", "identity"),
    "/account/browsers": ("ident", "browser"),
    "/account/sessions": ("ident", "session"),
}
# For these a refusal is compared with what they are told of a thing that does not exist.
COMPARED = {"key adult of another school", "desk of another force"}
_WRITES = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.IGNORECASE)
_CHANGING = re.compile(r'nonce="[^"]*"|nonce-[\w-]+|value="[^"]*"')


def may(somebody: Somebody, rule: str | list[str]) -> bool:
    """Return whether the declared truth lets somebody in: roles and places, nothing of the code."""
    if isinstance(rule, list):
        return any(_holds(somebody, one) for one in rule)
    if rule in GROUPS:
        return may(somebody, GROUPS[rule])
    if rule.startswith("client:"):
        scope, _, where = rule.removeprefix("client:").partition("@")
        if somebody.client is None:
            return False
        force, scopes = somebody.client
        return (scope == "any" or scope in scopes) and (not where or force == FORCE)
    return {
        "public": True, "token": False, "everybody": somebody.signed_in,
        "self": somebody.name == "key adult", "nobody": False,
    }[rule]  # fmt: skip


def _holds(somebody: Somebody, one: str) -> bool:
    role, _, where = one.partition("@")
    mine = {place for held, _, place in (each.partition("@") for each in somebody.holds)
            if held == role}  # fmt: skip
    if where == "any":
        return bool(mine)
    if where.startswith("any_"):
        kind = where.removeprefix("any_")
        return not mine.isdisjoint({kind, f"other_{kind}"})
    return where in mine


Stored = tuple[frozenset[str], tuple[str, ...]]
REFUSED: Stored = (frozenset({"audit", "audit_head"}), (Event.ACCESS_DENIED,))


@dataclass
class World:
    """The service, everybody, one of everything, and what each request would have stored."""

    http: TestClient
    people: list[Somebody]
    named: dict[str, Any]
    # Of each commit: the tables it wrote to, and the events of its rows on the trail.
    stored: list[Stored] = field(default_factory=list)

    def ask(self, method: str, path: str, somebody: Somebody, *, real: bool = True) -> Response:
        """Send what the page of this address would send; `real` things, or ones nobody has."""
        self.stored.clear()
        address = self.address(path, real=real)
        more: dict[str, Any] = {}
        if path in BODIES:
            more["json"] = BODIES[path]
        elif method == "POST":
            form = {"form_token": somebody.form_token, **FORMS.get(path, {})}
            more["content"] = urlencode(form, doseq=True)
            more["headers"] = {"content-type": "application/x-www-form-urlencoded"}
        headers = {**more.pop("headers", {}), **somebody.headers}
        more["params"] = QUERIES.get(path)
        return self.http.request(method, address, headers=headers, **more)

    def address(self, path: str, *, real: bool = True) -> str:
        """Return the address of a route with a thing in each of its places."""
        return re.sub(r"\{(\w+)\}", lambda part: self._in_address(path, part[1], real), path)

    def _in_address(self, path: str, name: str, real: bool) -> str:
        found = self.named.get(name)
        for start, (part, other) in OTHERWISE.items():
            if path.startswith(start) and name == part:
                found = self.named[other]
        if real or not isinstance(found, UUID):
            return str(found)
        return str(new_id())


@pytest.fixture
def settings(settings: Settings) -> Settings:
    more = {"base_url": "https://testserver", "text_channel": "recording_text"}
    return settings.model_copy(update=more)


@pytest.fixture
def world(wiring: Wiring, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    clock.move_to(HALF_PAST_SIX)
    nobody = Person(wiring, new_id(), "", "")
    morning = Morning(wiring, places(wiring), nobody, nobody, nobody)
    named = things(morning)
    people = everybody(wiring)
    named |= own_things(wiring, people[0])
    serving = wiring
    if not wiring.settings.on_sqlite:
        # As in production: the database itself holds the web's role to its scope.
        url = as_role(wiring.settings.database_url, "encompass_web")
        serving = build(wiring.settings.model_copy(update={"database_url": url}), clock=clock)
    with TestClient(
        create_app(serving), base_url="https://testserver", follow_redirects=False,
        raise_server_exceptions=False,
    ) as http:  # fmt: skip
        made = World(http, people, named)
        heads = chain_heads(wiring)
        written = written_tables(serving.database.engine)

        def count(session: WorkSession) -> None:
            tables = frozenset(written.pop(session.connection().connection.dbapi_connection, ()))
            rows = session.connection().execute(
                select(AuditEntry.chain, AuditEntry.seq, AuditEntry.event).order_by(AuditEntry.seq)
            )
            new = (row.event for row in rows if row.seq > heads.get(row.chain, 0))
            made.stored.append((tables, tuple(dict.fromkeys(new))))
            session.rollback()

        monkeypatch.setattr(core_database.WorkSession, "commit", count)
        yield made
    monkeypatch.undo()
    if serving is not wiring:
        serving.database.engine.dispose()


def chain_heads(wiring: Wiring) -> dict[str, int]:
    with wiring.database.read(PLATFORM) as session:
        return {head.chain: head.seq for head in session.scalars(select(AuditHead))}


def written_tables(engine: Engine) -> dict[object, set[str]]:
    """Return a record, kept from now on, of the tables that each connection writes to."""
    written: dict[object, set[str]] = {}

    def note(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found = _WRITES.match(statement)
        if found:
            own = connection.connection.dbapi_connection
            written.setdefault(own, set()).add(found[1])

    def forget(connection: Any) -> None:
        written.pop(connection.connection.dbapi_connection, None)

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "begin", forget)
    return written


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return the method and path of every route that the application has."""
    found = []
    for context in iter_route_contexts(app.routes):
        route: Any = getattr(context, "route", context)
        if isinstance(route, APIRoute):
            found += [(method, route.path) for method in sorted(route.methods or ())]
    return found


def wrong(world: World, method: str, path: str, somebody: Somebody) -> str | None:
    """Ask once; return what was wrong with the answer, or `None` where it is as declared."""
    rule = MAY[f"{method} {path}"]
    answer = world.ask(method, path, somebody)
    status, to = answer.status_code, answer.headers.get("location", "")
    got_in = status in IN and (rule == "public" or to != "/sign-in")
    if may(somebody, rule):
        return None if got_in else f"wrongly refused ({status} {to})"
    # Nothing is stored but the refusal: of people whatever they may not, of systems their scope.
    system = path.startswith("/api/")
    traced = status == 403 if system else status == 404 and somebody.signed_in
    traced = traced and rule != "token"  # it does not ask who is signed in
    if world.stored != ([REFUSED] if traced else []):
        return f"refused ({status}), and this was stored: {world.stored}"
    if rule == "token":
        return None if status in {400, 401, 403, 404, 415, 422} else f"wrongly let in ({status})"
    return _refusal(path, somebody, status, to)


def _refusal(path: str, somebody: Somebody, status: int, to: str) -> str | None:
    """Return what is wrong with the way in which somebody was refused."""
    if path.startswith("/api/"):
        wanted = {401} if somebody.client is None else {403, 404}
        return None if status in wanted else f"wrongly let in ({status})"
    if somebody.signed_in:
        return None if status == 404 else f"wrongly let in ({status} {to})"
    return None if (status, to) == (303, "/sign-in") else f"wrongly let in ({status} {to})"


def told_apart(world: World, method: str, path: str, somebody: Somebody) -> bool:
    """Return whether somebody refused could tell a thing that is there from one that is not."""
    if MAY[f"{method} {path}"] == "token" or "{" not in path:
        return False
    there = world.ask(method, path, somebody)
    if there.status_code != 404:
        return False
    not_there = world.ask(method, path, somebody, real=False)
    return (there.status_code, _CHANGING.sub("", there.text)) != (
        not_there.status_code, _CHANGING.sub("", not_there.text)
    )  # fmt: skip


def digest(wiring: Wiring) -> str:
    """Return a digest of every row of every table."""
    engine = create_engine(wiring.settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        rows = {
            table.name: sorted(repr(row) for row in connection.execute(select(table)))
            for table in METADATA.sorted_tables
        }
    engine.dispose()
    return sha256(repr(rows).encode()).hexdigest()


@pytest.mark.feature("AD1")
@pytest.mark.timeout(900)
def test_everybody_gets_in_where_it_is_declared_and_nowhere_else(
    world: World, wiring: Wiring
) -> None:
    found = routes(world.http.app)  # type: ignore[arg-type]
    assert {f"{method} {path}" for method, path in found} == set(MAY)
    before = digest(wiring)
    people = world.people if wiring.settings.on_sqlite else world.people[::3]
    problems, rows = list[str](), Counter[str]()
    for method, path in found:
        for somebody in people:
            rows["in" if may(somebody, MAY[f"{method} {path}"]) else "out"] += 1
            problem = wrong(world, method, path, somebody)
            if problem is not None:
                problems.append(f"{somebody.name}: {method} {path}: {problem}")
            elif somebody.name in COMPARED and told_apart(world, method, path, somebody):
                problems.append(f"{somebody.name}: {method} {path}: is told that it exists")
    assert not problems, "\n".join([f"{len(problems)} of {rows}:", *problems])
    assert digest(wiring) == before
    assert rows.total() >= (4000 if wiring.settings.on_sqlite else 1000)
    assert min(rows.values()) > 200
