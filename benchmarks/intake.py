"""Intake: a raw insert, the same work with one transaction per request, and this service.

Base 1.00 = FastAPI, pydantic and one raw asyncpg INSERT of the record as JSON. Five interleaved
rounds of at most 2,000 requests over 64 connections, on this machine alone; fsync is on.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from sqlalchemy import func, select

from app.access.clients import add_client
from app.access.forces import add_force
from app.core import schema
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.wiring import Wiring
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.figures import percentile, ratio, remember, shown
from benchmarks.intake_servers import EACH, wiring
from benchmarks.load import push, request
from tests.factories.incidents import FORCE, child, incident
from tests.machine import free_port

ROUNDS = 5
MANY, FEW = 2_000, 400
BATCH = 500
URL = "/api/v1/incidents"


@dataclass
class Side:
    """One variant on one database, with what its rounds measured."""

    name: str
    port: int
    path: str
    requests: int
    kind: str = "application/json"
    rows: int = 1
    credentials: tuple[str, str] | None = None
    per_second: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def run(self, round_number: int) -> None:
        """Send one round; every reference is new, so every request is stored."""
        bearer = self._token()
        bodies = [self._body(round_number, number) for number in range(self.requests)]
        load = push(self.port, [request(self.path, bearer, self.kind, body) for body in bodies])
        wanted = 200 if self.rows > 1 else 201
        # One transaction each may fail on SQLite, where sixty-four writers time each other out.
        assert self.name == "each" or load.statuses == {wanted: self.requests}, load.statuses
        self.per_second.append(load.per_second * self.rows)
        self.p99.append(percentile(load.latencies, 0.99))

    def _body(self, round_number: int, number: int) -> bytes:
        prefix = f"{self.name[:4].strip()}-{round_number}-{number}"
        rows = [message(f"{prefix}-{row}") for row in range(self.rows)]
        return b"\n".join(json.dumps(row).encode() for row in rows)

    def _token(self) -> str:
        return "none" if self.credentials is None else token(self.port, self.credentials)


def token(port: int, credentials: tuple[str, str]) -> str:
    """Return a bearer token of the server on this port; raise `OSError` where it gives none."""
    client_id, secret = credentials
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    asked = Request(f"http://127.0.0.1:{port}/api/v1/token", urlencode(form).encode())
    with urlopen(asked) as answer:  # noqa: S310 (a server of our own)
        given: str = json.load(answer)["access_token"]
    return given


def message(reference: str) -> dict[str, Any]:
    return incident(reference, children=[child(presence="heard", relation="child_of_both")])


@contextmanager
def served(kind: str, url: str, folder: Path) -> Iterator[int]:
    """Serve one variant in a process of its own and yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.intake_servers", kind, str(port), url, str(folder)]
    process = subprocess.Popen(command)
    try:
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Return once it answers; however long its start takes on a machine that has much to do."""
    while process.poll() is None:
        try:
            urlopen(f"http://127.0.0.1:{port}/health/live")
        except URLError as error:
            if hasattr(error, "code"):
                return  # the base has no such route: it answers 404
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start: the lines above say why")


def prepared(url: str, folder: Path) -> tuple[Wiring, tuple[str, str]]:
    """Migrate a database and add a police system; return how to look inside, and its secret."""
    held = wiring(url, folder)
    schema.upgrade(held.database.engine)
    now = held.clock.now()
    with held.database.write(PLATFORM) as session:
        add_force(session, code=FORCE, name="Exampleshire", now=now, actor="job:bench")
        client, secret = add_client(session, force=FORCE, name="bench", now=now)
        # What is measured is the writer, not the limit of one system.
        client.push_limit = client.batch_limit = 10_000_000
    return held, (str(client.id), secret)


def count(held: Wiring) -> int:
    with held.database.read(PLATFORM) as session:
        return session.scalar(select(func.count()).select_from(Incident)) or 0


def main() -> None:
    with durable_cluster() as admin, ExitStack() as stack:
        if admin is None:
            raise SystemExit("PostgreSQL is needed: the base is measured on it.")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        base_url = new_database(admin, "base")
        base = Side("base", stack.enter_context(served("base", base_url, folder)), URL, MANY)
        urls = {
            "PostgreSQL": new_database(admin, "service"),
            "SQLite": f"sqlite:///{folder / 'encompass.db'}",
        }
        sides: dict[str, list[Side]] = {}
        inside: dict[str, Wiring] = {}
        for name, url in urls.items():
            inside[name], credentials = prepared(url, folder)
            port = stack.enter_context(served("service", url, folder))
            sides[name] = [
                Side("ours", port, URL, MANY, credentials=credentials),
                Side("each", port, EACH, FEW, credentials=credentials),
                Side(
                    "batch", port, f"{URL}/batch", 4, "application/x-ndjson", BATCH,
                    credentials=credentials,
                ),
            ]  # fmt: skip
        for number in range(ROUNDS):
            for side in [base, *(side for some in sides.values() for side in some)]:
                side.run(number)
            print(f"round {number + 1} of {ROUNDS} done")
        report(base, sides, replayed(sides, inside))


def replayed(sides: dict[str, list[Side]], inside: dict[str, Wiring]) -> dict[str, int]:
    """Send one batch again and return how many rows that stored on each database."""
    stored = {}
    for name, (_, _, batch) in sides.items():
        before = count(inside[name])
        batch.run(0)
        batch.per_second.pop()
        batch.p99.pop()
        stored[name] = count(inside[name]) - before
    return stored


def report(base: Side, sides: dict[str, list[Side]], stored_again: dict[str, int]) -> None:
    """Print the ratios and remember them."""
    figures: dict[str, Any] = {"base_per_second": round(median(base.per_second))}
    print(f"\nbase (raw insert on PostgreSQL): {median(base.per_second):,.0f} a second,")
    print(f"p99 {median(base.p99):.0f} ms\n")
    for name, (ours, each, batch) in sides.items():
        rows = {
            "incidents a second / base": ratio(ours.per_second, base.per_second),
            "incidents a second / one transaction each": ratio(ours.per_second, each.per_second),
            "p99 / base": ratio(ours.p99, base.p99),
            "batch, per incident / base": ratio(batch.per_second, base.per_second),
        }
        print(f"{name}: {median(ours.per_second):,.0f} a second, p99 {median(ours.p99):.0f} ms")
        for label, figure in rows.items():
            print(f"  {label:44} {shown(figure)}")
        print(f"  {'rows stored by a batch sent again':44} {stored_again[name]:6}")
        figures[name] = {
            **rows,
            "replay_stored": stored_again[name],
            "ours_per_second": round(median(ours.per_second)),
            "ours_p99_ms": round(median(ours.p99)),
            "each_per_second": round(median(each.per_second)),
            "each_p99_ms": round(median(each.p99)),
            "batch_per_second": round(median(batch.per_second)),
        }
    path = remember("intake", figures, "fastapi", "pydantic", "sqlalchemy", "psycopg", "asyncpg")
    print(f"\nremembered in {path}")


if __name__ == "__main__":
    main()
