"""`./run bench audit`: eight writers on one chain, and damage to it, on both databases.

Eight threads add to the same chain at once: no row may follow the same row as another, and none
may be missing. Then single bits are flipped and single rows deleted, each in a transaction that is
rolled back, and each must be found. To reach: no fork, 1,000 of 1,000 found.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.orm import Session

from app.core import audit, schema
from app.core.audit import Chain, Event
from app.core.clock import HandClock
from app.core.database import WorkSession
from app.core.models import AuditEntry
from app.core.scope import PLATFORM, of_force, scope
from app.core.settings import Environment, Settings
from app.wiring import Wiring, build
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.figures import reached, remember

FORCE, NOW = "99", datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
WRITERS = 8
_WANTED = "1,000 damages on sqlite and postgresql"
_BYTES, _WORDS = ("prev_hash", "hash"), ("actor", "event", "subject", "reason_code")
_OFF = {
    "sqlite": ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"),
    "postgresql": ("ALTER TABLE audit DISABLE TRIGGER USER",),
}


def _wiring(url: str, folder: Path) -> Wiring:
    folder.mkdir()
    settings = Settings(
        environment=Environment.TEST, database_url=url, data_dir=folder, channel="recording",
        log_level="CRITICAL",
    )  # fmt: skip
    wiring = build(settings, clock=HandClock(NOW))
    schema.upgrade(wiring.database.engine)
    return wiring


def _write(wiring: Wiring, writer: int, units: int) -> None:
    for unit in range(units):

        def work(session: Session, unit: int = unit) -> None:
            for row in range(1 + unit % 3):
                audit.record(
                    session, event=Event.CHILD_MATCHED, actor=f"job:writer-{writer}", force=FORCE,
                    subject=f"involved_child:{unit}-{row}", now=NOW, reason_code="measured",
                )  # fmt: skip

        wiring.database.retrying(work, of_force(FORCE))


def _forks(wiring: Wiring) -> int:
    """Return how many rows share the row before them with another, or a place in the chain."""
    with wiring.database.read(PLATFORM) as session:
        rows, previous = session.execute(
            select(func.count(), func.count(AuditEntry.prev_hash.distinct()))
            .select_from(AuditEntry)
            .where(AuditEntry.chain == FORCE)
        ).one()
    return int(rows - previous)


@contextmanager
def _damaged(wiring: Wiring) -> Iterator[tuple[Session, Connection]]:
    """Yield a transaction without the database's own guards; all of it is rolled back."""
    with wiring.database.engine.connect() as connection, connection.begin() as transaction:
        for statement in _OFF[connection.dialect.name]:
            connection.execute(text(statement))
        with WorkSession(connection) as session:
            scope(session, PLATFORM)
            yield session, connection
        transaction.rollback()


def _flip(connection: Connection, row: AuditEntry, chance: Random) -> None:
    """Flip one bit of one stored value of a row."""
    name = chance.choice((*_BYTES, *_WORDS))
    value: Any = getattr(row, name)
    raw = bytearray(value if name in _BYTES else value.encode())
    # Of text the lowest bits alone: the database takes no other characters.
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8 if name in _BYTES else 2)
    changed = bytes(raw) if name in _BYTES else raw.decode()
    here = (AuditEntry.chain == row.chain) & (AuditEntry.seq == row.seq)
    connection.execute(update(AuditEntry).where(here).values({name: changed}))


def _found(wiring: Wiring, chain: Chain, rows: int, times: int) -> tuple[int, int]:
    """Damage one row at a time; return how many flips and how many deletions were found."""
    chance, flips, gone = Random(0), 0, 0
    for number in range(times):
        seq = chance.randint(1, rows)
        with _damaged(wiring) as (session, connection):
            if number % 2:
                here = (AuditEntry.chain == FORCE) & (AuditEntry.seq == seq)
                connection.execute(delete(AuditEntry).where(here))
                gone += chain.verify(session, FORCE) is not None
            else:
                _flip(connection, session.get_one(AuditEntry, (FORCE, seq)), chance)
                session.expire_all()
                flips += chain.verify(session, FORCE) == seq
    return flips, gone


def measure(url: str, folder: Path, *, units: int, times: int) -> dict[str, Any]:
    """Write with eight writers, then damage the chain so many times."""
    wiring = _wiring(url, folder)
    began = perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(_write, wiring, one, units) for one in range(WRITERS)]:
            done.result()
    seconds = perf_counter() - began
    with wiring.database.read(PLATFORM) as session:
        written = session.scalar(select(func.max(AuditEntry.seq)).where(AuditEntry.chain == FORCE))
        whole = wiring.chain.verify(session, FORCE) is None
    wanted = WRITERS * sum(1 + unit % 3 for unit in range(units))
    flips, gone = _found(wiring, wiring.chain, wanted, times)
    wiring.database.engine.dispose()
    return {
        "writers": WRITERS, "rows": written, "rows missing": wanted - (written or 0),
        "forks": _forks(wiring), "chain whole": int(whole),
        "rows a second": round(wanted / seconds), "bits flipped": times - times // 2,
        "flips found": flips, "rows deleted": times // 2, "deletions found": gone,
    }  # fmt: skip


def main() -> None:
    """Measure on both databases and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=25, help="transactions of each writer")
    parser.add_argument("--times", type=int, default=1000)
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with durable_cluster() as admin, tempfile.TemporaryDirectory() as scratch:
        urls = {"sqlite": f"sqlite:///{scratch}/audit.db"}
        if admin is not None:
            urls["postgresql"] = new_database(admin, "audit")
        for database, url in urls.items():
            figures[database] = measure(
                url, Path(scratch) / database, units=options.units, times=options.times
            )
            print(f"{database}:", flush=True)
            for name, figure in figures[database].items():
                print(f"  {name:20} {figure:>10,}", flush=True)
    goals = {
        f"{database}: {goal}": met
        for database, found in figures.items()
        for goal, met in _goals(found).items()
    }
    of = f"{options.times:,} damages on {' and '.join(figures)}"
    verdict = reached(goals, of=of, wanted=_WANTED)
    print(f"remembered in {remember('audit', {**figures, 'goal': verdict}, 'sqlalchemy')}")
    sys.exit(0 if all(goals.values()) else 1)


def _goals(found: dict[str, Any]) -> dict[str, bool]:
    whole = found["chain whole"] and not found["rows missing"]
    seen = found["flips found"] + found["deletions found"]
    made = found["bits flipped"] + found["rows deleted"]
    return {
        f"no fork and no gap ({found['forks']} forks)": bool(whole) and not found["forks"],
        f"every damage is found ({seen:,} of {made:,})": made > 0 and seen == made,
    }


if __name__ == "__main__":
    main()
