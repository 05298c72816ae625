"""`./run bench rotation`: the master key is changed under load, on both databases.

Each row is an incident with a content key of its own; beside them lie pupils of a roll. The change
is made by the commands an operator gives, while processes of their own open incidents and pupils
all the time and another takes in new ones. To reach for 100,000 rows: no read failed,
nothing left on the old key, at most ten minutes.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from app.access.clients import ALL_SCOPES, Caller
from app.access.models import PoliceClient
from app.api.intake_writer import store
from app.core import keys, logs, rotation, schema
from app.core.cipher import Cipher
from app.core.clock import HandClock
from app.core.errors import Unavailable
from app.core.key_file import KeyFile
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.intake.models import Incident
from app.intake.opening import open_incident
from app.intake.payload import IncidentMessage
from app.intake.receive import Submission
from app.simulation.county import FORCES, found
from app.wiring import Wiring, build
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.figures import percentile, reached, remember
from schools.roll_models import Pupil, Roll, RollState
from schools.roll_record import PupilDetails, open_pupil, seal_pupil

FORCE, URN, NOW = FORCES[1], 990001, datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
READERS, BLOCK = 2, 500
# Seconds between two reads of a process, and between two pushes of ten incidents.
READ_EVERY, PUSH_EVERY = 0.005, 0.1
MOST_SECONDS, _WANTED = 600, "100,000 rows on sqlite and postgresql"
_ENCOMPASS = str(Path(sys.executable).with_name("encompass"))
_BODY = json.dumps(
    {
        "reference": "OLD", "version": 1, "occurred_from": "2026-11-19T22:40:00+00:00",
        "children": [
            {"ref": "c1", "forename": "Asha", "surname": "Example", "relation": "child_of_both"}
        ],
    }
)  # fmt: skip
_MESSAGE = IncidentMessage.model_validate_json(_BODY)
Figures = dict[str, Any]


def _settings(url: str, folder: str) -> Settings:
    return Settings(
        environment=Environment.TEST, database_url=url, data_dir=Path(folder),
        channel="recording", log_level="CRITICAL",
    )  # fmt: skip


def _wiring(url: str, folder: str) -> Wiring:
    logs.configure("CRITICAL")
    return build(_settings(url, folder), clock=HandClock(NOW))


def _fill(wiring: Wiring, rows: int, pupils: int) -> str:
    """Take in so many incidents and a roll; return the client that pushes."""
    schema.upgrade(wiring.database.engine)
    client = found(wiring).clients[FORCE]
    with wiring.database.write(PLATFORM) as session:
        # The clock stands still: all of it falls into one minute.
        session.get_one(PoliceClient, client).push_limit = 10_000_000
    refused = 0
    for first in range(0, rows, BLOCK):
        some = [f"OLD-{number}" for number in range(first, min(first + BLOCK, rows))]
        refused += _push(wiring, client, some)
    assert not refused, f"{refused} of the rows were refused"
    key = wiring.cipher.register_key()
    with wiring.database.write(PLATFORM) as session:
        owner = f"urn:{URN}"
        session.add(
            Roll(id=1, owner=owner, state=RollState.CURRENT, pupils=pupils, imported_at=NOW)
        )
        session.flush()
        for line in range(1, pupils + 1):
            details = PupilDetails("Asha", f"Example-{line}")
            sealed = seal_pupil(wiring.cipher, details, roll=1, line=line, key=key)
            row = {"id": line, "roll_id": 1, "line": line, "urn": URN, "blocks": b""}
            session.execute(insert(Pupil), [row | {"sealed": sealed}])
    return str(client)


def _push(wiring: Wiring, client: UUID, references: list[str]) -> int:
    caller = Caller(client, FORCE, ALL_SCOPES)
    wanted = [
        Submission(caller.force, caller.client_id, _MESSAGE.model_copy(update={"reference": one}))
        for one in references
    ]
    return sum(isinstance(answer, Exception) for answer in store(wiring, wanted))


def _reads(url: str, folder: str, seed: int, stop: Event, said: "Queue[Figures]") -> None:
    """Open incidents and pupils, chosen by chance, until told to stop."""
    wiring, chance = _wiring(url, folder), Random(seed)
    with wiring.database.read(PLATFORM) as session:
        incidents = session.scalars(select(Incident.id)).all()
        pupils = session.scalars(select(Pupil.id)).all()
    took, failed = [], 0
    while not stop.wait(READ_EVERY):
        began = perf_counter()
        try:
            _read(wiring, chance.choice(incidents), chance.choice(pupils))
        except Exception as error:  # noqa: BLE001 (each one is a failed read, whatever it was)
            failed += 1
            print("  a read failed:", type(error).__name__, flush=True)
        took.append((perf_counter() - began) * 1000)
    said.put({"reads": len(took), "failed": failed, "p99_ms": round(percentile(took, 0.99), 1)})


def _read(wiring: Wiring, incident_id: UUID, pupil_id: int) -> None:
    with wiring.database.read(PLATFORM) as session:
        incident = session.get_one(Incident, incident_id)
        key = keys.open_key(session, wiring.cipher, incident.content_key_id)
        open_incident(wiring.cipher, incident, key)
        pupil = session.get_one(Pupil, pupil_id)
        register = wiring.cipher.register_key()
        open_pupil(wiring.cipher, pupil.sealed, roll=1, line=pupil.line, key=register)


def _writes(url: str, folder: str, client: str, stop: Event, said: "Queue[Figures]") -> None:
    """Take in incidents, ten at a time, as a force does that does not wait."""
    wiring, number, refused = _wiring(url, folder), 0, 0
    while not stop.wait(PUSH_EVERY):
        try:
            refused += _push(wiring, UUID(client), [f"NEW-{number}-{one}" for one in range(10)])
        except Unavailable:
            refused += 10
        number += 1
    said.put({"written": number * 10 - refused, "refused": refused})


def measure(url: str, folder: str, rows: int, pupils: int) -> Figures:
    """Change the key of a filled database under load and say what came of it."""
    wiring = _wiring(url, folder)
    client = _fill(wiring, rows, pupils)
    spawned = multiprocessing.get_context("spawn")
    stop, said = spawned.Event(), spawned.Queue()
    load = [
        spawned.Process(target=_reads, args=(url, folder, seed, stop, said))
        for seed in range(READERS)
    ]
    load.append(spawned.Process(target=_writes, args=(url, folder, client, stop, said)))
    for one in load:
        one.start()
    began = perf_counter()
    _command(url, folder, "add")
    moved = sum(json.loads(_command(url, folder, "rotate"))["moved"].values())
    seconds = perf_counter() - began
    stop.set()
    heard = [said.get() for _ in load]
    for one in load:
        one.join()
    left = sum(rotation.left_behind(wiring.database, wiring.cipher).values())
    unread = _with_the_new_key_alone(wiring)
    wiring.database.engine.dispose()
    reads = [one for one in heard if "reads" in one]
    return {
        "rows": rows, "pupils": pupils, "seconds": round(seconds, 1), "moved": moved,
        "left": left, "unread with the new key alone": unread,
        "reads": sum(one["reads"] for one in reads),
        "failed reads": sum(one["failed"] for one in reads),
        "p99 of a read (ms)": max(one["p99_ms"] for one in reads),
        **next(one for one in heard if "written" in one),
    }  # fmt: skip


def _command(url: str, folder: str, *words: str) -> str:
    environment = {
        **os.environ, "ENCOMPASS_ENVIRONMENT": "test", "ENCOMPASS_DATABASE_URL": url,
        "ENCOMPASS_DATA_DIR": folder, "ENCOMPASS_CHANNEL": "recording",
    }  # fmt: skip
    command = [_ENCOMPASS, "keys", *words, "--json"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return ended.stdout


def _with_the_new_key_alone(wiring: Wiring) -> int:
    """Open every incident without the old key; return how many do not open."""
    cipher, unread = Cipher(KeyFile(wiring.settings.key_path).current().alone()), 0
    with wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(Incident).execution_options(yield_per=BLOCK)).partitions()
        for incidents in rows:
            ids = [one.content_key_id for one in incidents]
            opened = keys.open_keys(session, cipher, ids)
            for incident in incidents:
                open_incident(cipher, incident, opened[incident.content_key_id])
            unread += len(set(ids) - opened.keys())
    return unread


def main() -> None:
    """Measure on both databases and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--pupils", type=int, default=20_000)
    options = parser.parse_args()
    figures: Figures = {}
    with durable_cluster() as admin, tempfile.TemporaryDirectory() as scratch:
        urls = {"sqlite": f"sqlite:///{scratch}/rotation.db"}
        if admin is not None:
            urls["postgresql"] = new_database(admin, "rotation")
        for database, url in urls.items():
            home = Path(scratch) / database
            home.mkdir()
            figures[database] = measure(url, str(home), options.rows, options.pupils)
            print(f"{database}:", flush=True)
            for name, figure in figures[database].items():
                print(f"  {name:30} {figure:>12,}", flush=True)
    goals = {
        f"{database}: {goal}": met
        for database, found in figures.items()
        for goal, met in _goals(found).items()
    }
    of = f"{options.rows:,} rows on {' and '.join(figures)}"
    verdict = reached(goals, of=of, wanted=_WANTED)
    kept = remember("rotation", {**figures, "goal": verdict}, "sqlalchemy", "cryptography")
    print(f"remembered in {kept}")
    sys.exit(0 if all(goals.values()) else 1)


def _goals(found: Figures) -> dict[str, bool]:
    return {
        f"no read failed ({found['failed reads']} of {found['reads']:,})": (
            found["reads"] > 0 and not found["failed reads"]
        ),
        f"nothing is left on the old key ({found['left']}, {found['unread with the new key alone']}"
        " unread without it)": not found["left"] + found["unread with the new key alone"],
        f"every row was moved ({found['moved']:,})": (
            found["moved"] >= found["rows"] + found["pupils"]
        ),
        f"pushes were stored meanwhile ({found['written']:,}, {found['refused']:,} refused)": (
            found["written"] > 0 and not found["refused"]
        ),
        f"ten minutes at most ({found['seconds']} s)": found["seconds"] <= MOST_SECONDS,
    }


if __name__ == "__main__":
    main()
