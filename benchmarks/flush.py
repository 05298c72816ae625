"""Flushes of the intake writer, with the chain of the trail on and nothing else on the machine.

What is measured is one process that takes validated incidents to a committed transaction, a hundred
at a time: no HTTP and no load generator beside it. fsync is on. What each flush stored is counted,
and the trail is read to its end afterwards.
"""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from app.access.clients import ALL_SCOPES, Caller
from app.api.intake_writer import store
from app.api.messages import read_message
from app.casework.submit import prepare
from app.core import logs
from app.core.audit import Chain
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.payload import IncidentMessage
from app.intake.receive import Result, Submission
from app.wiring import Wiring
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.figures import reached, remember
from benchmarks.intake import count, message, prepared
from tests.factories.incidents import FORCE

EACH = 100
FLUSHES, ROUNDS, WARM = 40, 5, 10
WANTED = 2_000
FULL = FLUSHES * ROUNDS * EACH


def submissions(caller: Caller, name: str) -> list[Submission]:
    """Return one flush: a hundred validated incidents of one child each."""
    return [
        prepare(
            caller, read_message(IncidentMessage, json.dumps(message(f"{name}-{number}")).encode())
        )
        for number in range(EACH)
    ]


def measure(held: Wiring, client: UUID, *, flushes: int) -> dict[str, Any]:
    """Store rounds of flushes and return incidents a second, and what is missing afterwards."""
    caller = Caller(client, FORCE, ALL_SCOPES)
    for number in range(WARM):
        store(held, submissions(caller, f"warm-{number}"))
    if held.database.engine.dialect.name == "postgresql":
        # As autovacuum would within its first minute, which is longer than all of this takes.
        with held.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    per_second = []
    for number in range(ROUNDS):
        spent = 0.0
        for flush in range(flushes):
            made = submissions(caller, f"{number}-{flush}")
            began = perf_counter()
            answers = store(held, made)
            spent += perf_counter() - began
            assert all(isinstance(one, Result) for one in answers)
        per_second.append(flushes * EACH / spent)
    wanted = (ROUNDS * flushes + WARM) * EACH
    with held.database.read(PLATFORM) as session:
        children = session.scalar(select(func.count()).select_from(InvolvedChild))
        rows = session.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.chain == FORCE)
        )
        broken = Chain(held.cipher.audit_key()).verify(session, FORCE)
    return {
        "per_second": round(median(per_second)),
        "rounds": [round(one) for one in per_second],
        "slowest": round(min(per_second)),
        "incidents_missing": wanted - count(held), "children_missing": wanted - (children or 0),
        "trail_rows": rows, "trail_whole": broken is None,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flushes", type=int, default=FLUSHES, help="of each of five rounds")
    flushes = parser.parse_args().flushes
    logs.configure("CRITICAL")
    found: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {"SQLite": f"sqlite:///{folder / 'encompass.db'}"}
        if admin := stack.enter_context(durable_cluster()):
            urls["PostgreSQL"] = new_database(admin, "flush")
        for name, url in urls.items():
            held, (client, _) = prepared(url, folder / name)
            found[name] = one = measure(held, UUID(client), flushes=flushes)
            sys.stdout.write(
                f"{name}: {one['per_second']:,} incidents a second (slowest round "
                f"{one['slowest']:,}), {one['trail_rows']:,} rows of the trail\n"
            )
    goals = {
        f"{name}: {WANTED:,} a second": one["per_second"] >= WANTED for name, one in found.items()
    }
    goals["both databases"] = len(found) == 2
    goals["nothing missing, the trail whole"] = all(
        one["trail_whole"] and not one["incidents_missing"] + one["children_missing"]
        for one in found.values()
    )
    each = ROUNDS * flushes * EACH
    verdict = reached(goals, of=f"{each:,} incidents", wanted=f"{FULL:,} incidents")
    path = remember(
        "flush", {**found, "incidents": each, "verdict": verdict}, "sqlalchemy", "psycopg"
    )
    sys.stdout.write(f"remembered in {path}\n")


if __name__ == "__main__":
    main()
