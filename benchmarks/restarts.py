"""`./run bench restarts`: PostgreSQL crashes again and again under 24 writers, and nothing is lost.

The real server stores what 24 clients push over HTTP; each sends an incident again, by its key,
until it is answered with 200 or 201. In between every process of a durable cluster is ended at
once (`pg_ctl restart -m immediate`). Afterwards each answered incident must be there exactly once,
with its children and its row on the trail, and the chain must verify.
"""

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from sqlalchemy import func, select

from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.wiring import Wiring
from benchmarks.cluster import Cluster, crashing_cluster, new_database
from benchmarks.figures import remember
from benchmarks.intake import URL, prepared, served, token
from benchmarks.load import exchange, request
from tests.factories.incidents import FORCE, child, incident

WRITERS = 24
CHILDREN = 2
# A client waits this long before it sends again what was not answered for certain.
PATIENCE = 0.1
# An answer, and after the last restart every answer, comes within this.
ANSWER_SECONDS = 30
_STORED = (200, 201)
_TOKEN_SECONDS = 300


@dataclass(slots=True)
class Seen:
    """What the writers saw, and afterwards what the rows say of it."""

    acknowledged: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    # The connection broke, or nothing was answered.
    unanswered: int = 0
    restarts: int = 0
    seconds: float = 0
    lost: int = 0
    doubled: int = 0
    # Another number of children or of rows on the trail than there must be, or a broken chain.
    half: int = 0

    @property
    def failed(self) -> int:
        """Answers of 500 and above."""
        return sum(count for status, count in self.statuses.items() if status >= 500)

    @property
    def found_stored(self) -> int:
        """Repeats that were told: it is stored already. Their first answer had been lost."""
        return self.statuses[200]


@dataclass(slots=True)
class _Push:
    port: int
    credentials: tuple[str, str]
    seen: Seen
    goal: int
    ends_at: float
    sent: int = 0
    bearer: str = ""

    def next(self) -> str | None:
        """Return a reference nobody has sent, or None where it is enough or time is over."""
        if self.sent >= self.goal or perf_counter() >= self.ends_at:
            return None
        self.sent += 1
        return f"RESTART-{self.sent:07}"


def crash_under_load(
    cluster: Cluster, folder: Path, *, restarts: int, goal: int, seconds: float
) -> Seen:
    """Push `goal` incidents, or for so many seconds, with so many crashes spread among them."""
    url = new_database(cluster.url, "restarts")
    held, credentials = prepared(url, folder)
    seen = Seen()
    with ExitStack() as stack:
        stack.callback(held.database.engine.dispose)
        port = stack.enter_context(served("service", url, folder))
        began = perf_counter()
        push = _Push(port, credentials, seen, goal, began + seconds)
        push.bearer = token(port, credentials)
        # In a thread: a browser that a test before this one drove leaves its loop in the main one.
        with ThreadPoolExecutor(max_workers=1) as apart:
            writers = _all(push, cluster.restart_immediately, restarts, began)
            apart.submit(asyncio.run, writers).result()
        seen.seconds = perf_counter() - began
        hold(held, seen)
    return seen


async def _all(push: _Push, crash: Callable[[], None], restarts: int, began: float) -> None:
    writing = asyncio.gather(*(_writer(push) for _ in range(WRITERS)))
    renewing = asyncio.create_task(_renew(push))
    crashing = asyncio.create_task(_crash(push, crash, restarts, began))
    try:
        await writing
        await crashing
    finally:
        renewing.cancel()


async def _crash(push: _Push, crash: Callable[[], None], restarts: int, began: float) -> None:
    """Crash the database each time another share of the incidents, or of the time, is over."""
    while push.seen.restarts < restarts:
        share = (push.seen.restarts + 1) / (restarts + 1)
        in_time = began + share * (push.ends_at - began)
        while len(push.seen.acknowledged) < share * push.goal and perf_counter() < in_time:  # noqa: ASYNC110 (what is waited for is a count)
            await asyncio.sleep(0.02)
        await asyncio.to_thread(crash)
        push.seen.restarts += 1


async def _renew(push: _Push) -> None:
    """Ask for a new token in good time, again while the database is away."""
    while True:
        await asyncio.sleep(_TOKEN_SECONDS)
        while True:
            try:
                push.bearer = await asyncio.to_thread(token, push.port, push.credentials)
                break
            except OSError:
                await asyncio.sleep(PATIENCE)


async def _writer(push: _Push) -> None:
    """One client: an incident after the other, each until it is answered for certain."""
    line = _Line(push.port)
    while reference := push.next():
        while (status := await _answer(push, line, reference)) not in _STORED:  # noqa: ASYNC110
            await asyncio.sleep(PATIENCE)
        push.seen.acknowledged.add(reference)
        push.seen.statuses[status] += 1
    await line.close()


async def _answer(push: _Push, line: "_Line", reference: str) -> int:
    """Send once and return the status; 0 where nothing was answered."""
    children = [child(f"c{one}", surname=f"Example-{one}") for one in range(CHILDREN)]
    body = json.dumps(incident(reference, children=children)).encode()
    raw = request(URL, push.bearer, "application/json", body)
    try:
        status = await asyncio.wait_for(line.send(raw), ANSWER_SECONDS)
    except (OSError, EOFError, TimeoutError):
        push.seen.unanswered += 1
        await line.close()
        return 0
    if status >= 500:
        push.seen.statuses[status] += 1
    elif status not in _STORED:
        raise RuntimeError(f"an incident was refused with {status}")
    return status


class _Line:
    """One kept connection to the server, opened anew with the next request once it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, raw: bytes) -> int:
        if self._open is None:
            self._open = await asyncio.open_connection("127.0.0.1", self._port)
        return await exchange(*self._open, raw)

    async def close(self) -> None:
        if self._open is None:
            return
        _, writer = self._open
        self._open = None
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def hold(held: Wiring, seen: Seen) -> None:
    """Hold the rows to what was answered: once each, with the children, the trail and its chain."""
    with held.database.read(PLATFORM) as session:
        stored = session.execute(select(Incident.reference, Incident.id)).all()
        children = Counter(session.scalars(select(InvolvedChild.incident_id)))
        noted = Counter(
            session.scalars(
                select(AuditEntry.subject).where(AuditEntry.event == Event.INCIDENT_RECEIVED)
            )
        )
        broken = held.chain.verify(session, FORCE)
        total = session.scalar(select(func.count()).select_from(InvolvedChild)) or 0
    copies = Counter(reference for reference, _ in stored)
    seen.lost = sum(copies[reference] == 0 for reference in seen.acknowledged)
    seen.doubled = sum(count > 1 for count in copies.values())
    # Everything sent was sent until it was answered, so nothing else may be there either.
    seen.half = len(copies.keys() - seen.acknowledged) + abs(total - CHILDREN * len(stored))
    for _, incident_id in stored:
        seen.half += children[incident_id] != CHILDREN
        seen.half += noted[f"incident:{incident_id}"] != 1
    seen.half += broken is not None


def main() -> None:
    """Crash it, print what came of it, and remember the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--incidents", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=300)
    options = parser.parse_args()
    with crashing_cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        if cluster is None:
            raise SystemExit("PostgreSQL is needed: it is what crashes.")
        seen = crash_under_load(
            cluster, Path(folder), restarts=options.restarts, goal=options.incidents,
            seconds=options.seconds,
        )  # fmt: skip
    figures = {
        "restarts": seen.restarts, "writers": WRITERS, "acknowledged": len(seen.acknowledged),
        "lost": seen.lost, "doubled": seen.doubled, "half": seen.half,
        "answers_503": seen.statuses[503], "other_answers_5xx": seen.failed - seen.statuses[503],
        "unanswered": seen.unanswered,
        "repeats_found_stored": seen.found_stored, "seconds": round(seen.seconds),
    }  # fmt: skip
    for name, figure in figures.items():
        print(f"{name.replace('_', ' '):24} {figure:8,}")
    print(f"remembered in {remember('restarts', figures, 'sqlalchemy', 'psycopg')}")


if __name__ == "__main__":
    main()
