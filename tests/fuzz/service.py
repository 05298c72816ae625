"""The service in this process, asked as its server would ask it, and what must hold each time."""

import asyncio
import re
from collections import Counter
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import unquote

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import Engine, event, text

from app.access.clients import ALL_SCOPES, add_client
from app.access.models import ClientKind
from app.access.permissions import Role
from app.core.clock import london_date
from app.core.scope import PLATFORM
from app.main import create_app
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem
from tests.factories.mornings import Morning, morning_at_school
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, add_person, signed_in
from tests.fuzz.asks import Ask, Door, Guest, ask
from tests.fuzz.values import MARK

Result = TypeVar("Result")

# What a refused request may leave: that it came, who was there, and how often somebody tried.
_OF_REFUSING = frozenset(
    {
        "audit", "audit_head", "client_use", "contact_code", "lease", "sign_in_failure",
        "sign_in_session",
    }
)  # fmt: skip
# What a person typed stands in the field again, so that they can put it right.
_SHOWN_AGAIN = re.compile(r'\bvalue="[^"]*"|<textarea[^>]*>[^<]*</textarea>')
_WRITES = re.compile(
    r'^\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.IGNORECASE
)


@dataclass
class Tally:
    """What came of all requests; `faults` says which number broke what."""

    asked: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    routes: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


@dataclass
class Answer:
    """What went out."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)


class Written:
    """Which tables were written since it was last asked, by transactions that were committed."""

    def __init__(self, engine: Engine) -> None:
        self._open: dict[int, set[str]] = {}
        self._done: set[str] = set()
        event.listen(engine, "before_cursor_execute", self._executes)
        event.listen(engine, "commit", self._commits)
        event.listen(engine, "rollback", lambda connection: self._open.pop(id(connection), None))

    def take(self) -> set[str]:
        done, self._done = self._done, set()
        return done

    def _executes(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if found := _WRITES.match(statement):
            self._open.setdefault(id(connection), set()).add(found[1])

    def _commits(self, connection: Any) -> None:
        self._done |= self._open.pop(id(connection), set())


def fuzz(wiring: Wiring, *, requests: int, seed: int) -> Tally:
    """Ask so many hostile requests of a service with a morning in it; return what came of them."""
    morning = morning_at_school(wiring)
    ids, guests = _ids(morning), dict(_guests(morning))
    application = create_app(wiring)
    doors = sorted(_doors(application), key=lambda door: (door.path, door.method))
    written, tally = Written(wiring.database.engine), Tally()

    async def run() -> None:
        async with _served(application):
            began = perf_counter()
            for number in range(requests):
                # A stream of its own for each, so that one number is found again alone.
                mark = f"Zq{number:0{len(MARK) - 2}}"
                made = marked(ask(Random(f"{seed}:{number}"), doors, guests, ids), mark)
                written.take()
                answer = await answered(application, made)
                tally.asked += 1
                tally.statuses[answer.status] += 1
                for fault in faults(made, answer, written.take(), mark=mark):
                    tally.faults.append(f"{seed}:{number} {made.who} {made.method} {fault}")
            tally.seconds = perf_counter() - began

    in_own_loop(run())
    tally.routes = {door.path for door in doors}
    return tally


def marked(made: Ask, mark: str) -> Ask:
    """Return the request with a mark of its own, as long as the other.

    What another request stored is shown on pages, and is no echo.
    """
    old, new = MARK.encode(), mark.encode()
    return replace(
        made, target=made.target.replace(MARK, mark), query=made.query.replace(old, new),
        headers=[(name, value.replace(old, new)) for name, value in made.headers],
        body=made.body.replace(old, new),
    )  # fmt: skip


def faults(made: Ask, answer: Answer, written: set[str], *, mark: str = MARK) -> Iterator[str]:
    """Say what an answer to a hostile request must not be; `mark` stands in what it typed."""
    where = f"{made.target[:120]} -> {answer.status}"
    if answer.status >= 500 or answer.status < 200:
        yield f"{where}: broke"
    names = {name.lower() for name, _ in answer.headers}
    if not {b"content-security-policy", b"x-content-type-options"} <= names or b"server" in names:
        yield f"{where}: headers"
    heads = b"\n".join(name + value for name, value in answer.headers)
    if b"\r" in heads or b"\n" in b"".join(value for _, value in answer.headers):
        yield f"{where}: a header is two"
    if answer.status >= 400:
        shown = _SHOWN_AGAIN.sub("", answer.body.decode("utf-8", "replace"))
        if mark.casefold() in (shown + heads.decode("latin-1")).casefold():
            yield f"{where}: echo"
        if written - _OF_REFUSING:
            yield f"{where}: wrote {sorted(written - _OF_REFUSING)}"


def in_own_loop(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it to its end in a thread: a browser test before may have left its loop in this one."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, work).result()


async def answered(application: Any, made: Ask) -> Answer:
    """Hand a request over as the server would, byte for byte, and return what goes out."""
    answer, sent = Answer(), 0

    async def receive() -> dict[str, Any]:
        nonlocal sent
        sent += 1
        if sent > 1:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": made.body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        answer.body += message.get("body", b"")

    raw = made.target.encode("ascii", "replace")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": made.method, "scheme": "https", "path": unquote(raw.decode()), "raw_path": raw,
        "root_path": "", "query_string": made.query, "headers": made.headers,
        "client": ("203.0.113.9", 40_000), "server": ("testserver", 443), "state": {},
    }  # fmt: skip
    try:
        await asyncio.wait_for(application(scope, receive, send), 20)
    except Exception as error:  # noqa: BLE001 (whatever comes out of the application is a fault)
        answer.status = answer.status or 599
        answer.headers.append((b"x-raised", type(error).__name__.encode()))
    return answer


@asynccontextmanager
async def _served(application: Any) -> Any:
    async with application.router.lifespan_context(application):
        yield


def _doors(application: Any) -> Iterator[Door]:
    for context in iter_route_contexts(application.routes):
        route: Any = getattr(context, "route", context)
        if isinstance(route, APIRoute):
            fields = tuple(sorted(_fields(route.dependant)))
            # Whoever signs out is nobody from then on.
            for method in sorted(route.methods or ()) if route.path != "/sign-out" else ():
                yield Door(method, route.path, fields)
    yield Door("GET", "/static/app.css")


def _fields(dependant: Dependant) -> set[str]:
    own = {str(one.alias) for one in dependant.body_params}
    return own.union(*(_fields(needed) for needed in dependant.dependencies))


def _guests(morning: Morning) -> Iterator[tuple[str, Guest]]:
    wiring = morning.wiring
    people = {
        "key adult": morning.priya,
        "desk": add_person(wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE),
        "reviewer": add_person(wiring, "rev@example.org", Role.REVIEWER, force=FORCE),
        "lead": add_person(wiring, "lead@example.org", Role.LEAD, force=FORCE),
        "register": add_person(wiring, "register@example.org", Role.REGISTER_ADMIN),
    }
    browser = Browser(wiring)
    for name, person in people.items():
        browser = signed_in(wiring, person)
        cookie = "; ".join(f"{key}={value}" for key, value in browser.http.cookies.items())
        token = browser.form_token("/account")
        assert token, name
        yield name, Guest(name, (("cookie", cookie),), token)
    for name, kind in (("live", ClientKind.LIVE), ("test", ClientKind.TEST)):
        with wiring.database.write(PLATFORM) as session:
            client, secret = add_client(
                session, force=FORCE, name=name, now=wiring.clock.now(), kind=kind,
                scopes=ALL_SCOPES,
            )  # fmt: skip
            # The clock stands still here: all of it falls into one minute.
            client.push_limit = client.batch_limit = client.read_limit = 1_000_000
        police = PoliceSystem(browser.http, FORCE, str(client.id), secret)
        yield name, Guest(name, tuple(police.headers().items()))


def _ids(morning: Morning) -> dict[str, str]:
    notification, review = morning.notification(), morning.unclear(minutes=90)
    with morning.wiring.database.read(PLATFORM) as session:
        child = session.execute(text("SELECT id FROM involved_child")).scalars().first()
        entry = session.execute(text("SELECT id FROM key_adult")).scalars().first()
    today = str(london_date(morning.wiring.clock.now()))
    return {
        "notification_id": str(notification), "review_id": str(review), "child_id": str(child),
        "key_adult_id": str(entry), "reference": "F-7", "urn": str(URN), "force": FORCE,
        "on": today, "date": today, "council": "999", "version": "1",
    }  # fmt: skip
