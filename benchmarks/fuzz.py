"""Hostile requests by the hundred thousand: `./run bench fuzz [--requests N] [--postgresql]`.

Prints what was answered, and every fault with the number by which it is found again. Seeds 1000
and 1001 are those of the tests.
"""

import argparse
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import structlog
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.access import passwords
from app.core import schema
from app.core.clock import HandClock
from app.core.settings import Environment, Settings
from app.wiring import build
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.figures import remember
from tests.conftest import NIGHT
from tests.fuzz.service import Tally, fuzz

_HALF = 5_000


def main() -> None:
    """Ask, in rounds of five thousand with a seed and a database each, and remember the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1_000)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    asked = parser.parse_args()
    # What is asked for is refused before or after the hash, whatever the hash costs.
    little = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    passwords._HASH = little  # noqa: SLF001 (as in the tests)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    whole = Tally()
    with durable_cluster() if asked.postgresql else nullcontext() as admin:
        if asked.postgresql and admin is None:
            raise SystemExit(
                "There is no PostgreSQL on this machine: install it, or leave out the option."
            )
        for seed in range(asked.seed, asked.seed + -(-asked.requests // _HALF)):
            one = _round(min(_HALF, asked.requests - whole.asked), seed, admin)
            whole.asked += one.asked
            whole.seconds += one.seconds
            whole.statuses += one.statuses
            whole.faults += one.faults
            sys.stdout.write(f"{whole.asked:>9,} asked, {len(whole.faults)} faults\n")
            for fault in one.faults:
                sys.stdout.write(f"  {fault}\n")
            sys.stdout.flush()
    counted = {str(status): times for status, times in sorted(whole.statuses.items())}
    sys.stdout.write(f"{counted}, {whole.seconds:.0f} s\n")
    database = "PostgreSQL" if asked.postgresql else "SQLite"
    figures = {
        "database": database,
        "requests": whole.asked,
        "faults": len(whole.faults),
        "statuses": counted,
    }
    remember("fuzz", {**figures, "seconds": round(whole.seconds)}, "fastapi", "starlette")
    sys.exit(1 if whole.faults else 0)


def _round(requests: int, seed: int, admin: str | None) -> Tally:
    with tempfile.TemporaryDirectory() as folder:
        url = new_database(admin, f"fuzz_{seed}") if admin else f"sqlite:///{folder}/encompass.db"
        settings = Settings(
            environment=Environment.TEST, database_url=url,
            data_dir=Path(folder) / "data", channel="recording", base_url="https://testserver",
            allowed_hosts=("testserver", "127.0.0.1", "localhost"),
        )  # fmt: skip
        wiring = build(settings, clock=HandClock(NIGHT))
        try:
            schema.upgrade(wiring.database.engine)
            return fuzz(wiring, requests=requests, seed=seed)
        finally:
            wiring.database.engine.dispose()


if __name__ == "__main__":
    main()
