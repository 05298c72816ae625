"""Matching by roll: one child at a time and a night, beside Splink and trigrams; room and memory.

One child at a time is what a force waits for in the night; Splink links whole tables, so its time
for one child is that of a table of one. Five interleaved rounds; nothing is asserted about time.
`./run bench matching_speed [--pupils N] [--night N]`.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, text

from app.core.policy import Policy
from app.core.scope import PLATFORM
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.figures import percentile, ratio, remember, shown
from benchmarks.nights import Typed
from benchmarks.people import ON
from benchmarks.rolls import Country, Files, fill, write_files
from schools.matching.match import match_children, match_incidents

if TYPE_CHECKING:
    from benchmarks import splink_stock

ROUNDS, EACH, FEW = 5, 200, 3
TOGETHER = 250
SEED = 21


def main() -> None:
    asked = arguments()
    with ExitStack() as stack:
        admin = stack.enter_context(durable_cluster())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="encompass-bench-")))
        files = write_files(folder, seed=SEED, pupils=asked.pupils, children=asked.night)
        countries = {"SQLite": fill(f"sqlite:///{folder / 'encompass.db'}", folder, files)}
        if admin:
            url = new_database(admin, "matching")
            countries["PostgreSQL"] = fill(url, folder, files)
            trigrams(countries["PostgreSQL"].database.engine, files)
        figures = {"pupils": files.pupils, **costs(countries), **memory(folder)}
        figures |= one_child(countries, files)
        figures |= whole_night(countries["SQLite"], files)
        packages = ("sqlalchemy", "rapidfuzz", "psycopg")
        print(f"\nremembered in {remember('matching_speed', figures, *packages)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=500_000)
    parser.add_argument("--night", type=int, default=6_000)
    return parser.parse_args()


def costs(countries: dict[str, Country]) -> dict[str, Any]:
    """Print and return room on disk and the time of the import."""
    figures: dict[str, Any] = {}
    for name, country in countries.items():
        with country.database.engine.connect() as connection:
            room = roll_bytes(connection.engine) / country.pupils
        figures[name] = {
            "bytes_a_pupil": round(room),
            "import_seconds": round(country.import_seconds, 1),
            "import_us_a_pupil": round(1e6 * country.import_seconds / country.pupils),
        }
        print(f"{name}: {room:.0f} bytes a pupil, imported in {country.import_seconds:.0f} s")
    return figures


def roll_bytes(engine: Engine) -> int:
    """Return the bytes on disk of pupils and their keys, with every index of theirs."""
    if engine.dialect.name == "postgresql":
        query = "SELECT pg_total_relation_size('pupil') + pg_total_relation_size('pupil_key')"
        with engine.connect() as connection:
            return int(connection.scalar(text(query)))
    query = (
        "SELECT sum(pgsize) FROM dbstat WHERE name IN "
        "(SELECT name FROM sqlite_master WHERE tbl_name IN ('pupil', 'pupil_key'))"
    )
    with engine.connect() as connection:
        try:
            return int(connection.scalar(text(query)))
        except Exception:  # noqa: BLE001 (this SQLite was built without dbstat)
            pages = connection.scalar(text("SELECT page_count FROM pragma_page_count"))
            size = connection.scalar(text("SELECT page_size FROM pragma_page_size"))
            return int(pages) * int(size)


_MEMORY = """
import resource, sys
from pathlib import Path
from benchmarks.intake_servers import wiring
from benchmarks.people import ON, neighbourhoods
from benchmarks.nights import night
from app.core.policy import Policy
from app.core.scope import PLATFORM
from schools.matching.match import match_children, match_incidents
held = wiring(sys.argv[1], Path(sys.argv[2]))
done = 0
with held.database.read(PLATFORM) as session:
    for incident in night(7, neighbourhoods(int(sys.argv[3]), 20_000), share=0.1):
        match_children(session, held.cipher, [t.facts for t in incident], on=ON, policy=Policy())
        done += len(incident)
print(done, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def memory(folder: Path) -> dict[str, Any]:
    """Print and return the memory of a process that does nothing but match."""
    url = f"sqlite:///{folder / 'encompass.db'}"
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, url, str(folder), str(SEED)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    children, peak = map(int, done.stdout.split()[-2:])
    print(f"a process that matched {children:,} children had {peak} MiB at the most")
    return {"matcher_mib": peak}


def one_child(countries: dict[str, Country], files: Files) -> dict[str, Any]:
    """Print and return the time of one child, beside what else could be asked."""
    children = [typed for incident in files.incidents for typed in incident]
    timers: dict[str, tuple[int, Callable[[Typed], None]]] = {
        name: (EACH, matching(country)) for name, country in countries.items()
    }
    if "PostgreSQL" in countries:
        timers["pg_trgm"] = (20, trigram(countries["PostgreSQL"].database.engine))
    if find_spec("splink"):
        timers["Splink"] = (FEW, splink_one(files))
    taken: dict[str, list[list[float]]] = {name: [] for name in timers}
    asked = cycle(children)
    for _ in range(ROUNDS):
        for name, (number, ask) in timers.items():
            taken[name].append([timed(ask, one) for one in islice(asked, number)])
    middles = {name: [median(times) for times in rounds] for name, rounds in taken.items()}
    figures: dict[str, Any] = {}
    for name, rounds in taken.items():
        times = [one for some in rounds for one in some]
        figures[f"one child, {name}"] = {
            "median_ms": round(1000 * median(times), 2),
            "p95_ms": round(1000 * percentile(times, 0.95), 2),
        }
        print(f"one child, {name:10} {1000 * median(times):8.2f} ms, p95", end="")
        print(f" {1000 * percentile(times, 0.95):8.2f} ms")
    for other in sorted({"Splink", "pg_trgm"} & set(middles)):
        for name in countries:
            figure = ratio(middles[other], middles[name])
            figures[f"{other} / {name}"] = figure
            print(f"  {other} takes as long as {name}, times {shown(figure)}")
    return figures


def matching(country: Country) -> Callable[[Typed], None]:
    policy = Policy()

    def ask(typed: Typed) -> None:
        with country.database.read(PLATFORM) as session:
            match_children(session, country.cipher, [typed.facts], on=ON, policy=policy)

    return ask


def trigrams(engine: Engine, files: Files) -> None:
    """Put the rolls beside the product's tables in clear, with an index of trigrams."""
    columns = "upn, surname, forename, middle, preferred, former, dob, sex, postcode, urn"
    texts = " text, ".join(columns.split(", "))
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        connection.execute(text(f"CREATE TABLE plain ({texts} int, whole text)"))
        raw = connection.connection.driver_connection
        assert raw is not None
        for path in files.rolls.values():
            with raw.cursor() as cursor:
                command = f"COPY plain ({columns}) FROM STDIN WITH (FORMAT csv, HEADER true)"
                with cursor.copy(command) as copy:
                    copy.write(path.read_bytes())
        connection.execute(
            text("UPDATE plain SET whole = lower(forename || ' ' || surname || ' ' || dob)")
        )
        connection.execute(text("CREATE INDEX ON plain USING gin (whole gin_trgm_ops)"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE plain"))


def trigram(engine: Engine) -> Callable[[Typed], None]:
    query = text(
        "SELECT urn, similarity(whole, :who) AS alike FROM plain WHERE whole % :who"
        " ORDER BY alike DESC LIMIT 5"
    )

    def ask(typed: Typed) -> None:
        one = typed.facts.identity
        born = f"{one.date_of_birth:%d-%m-%Y}" if one.date_of_birth else ""
        who = f"{one.forename or ''} {one.surname or ''} {born}".lower()
        with engine.connect() as connection:
            connection.execute(text("SET pg_trgm.similarity_threshold = 0.5"))
            connection.execute(query, {"who": who}).all()

    return ask


def splink_one(files: Files) -> Callable[[Typed], None]:
    """Return how one child is asked of a trained Splink model: its own call for new records."""
    from benchmarks import splink_stock  # noqa: PLC0415 (a group that the tests do without)

    return splink_stock.asker(files)


def whole_night(country: Country, files: Files) -> dict[str, Any]:
    """Print and return the time of a night of incidents, beside Splink's for the same tables.

    Splink's is that of a trained model on tables in memory (`link`), with reading the rolls from
    their files before (`load`), and with its training too. Ours asks the database as it lies.
    """
    children = sum(map(len, files.incidents))
    night = splink_night(files) if find_spec("splink") else None
    taken: dict[str, list[float]] = {"ours": [], "load": [], "link": []}
    for _ in range(3):
        taken["ours"].append(night_seconds(country, files.incidents))
        if night is not None:
            taken["load"].append(timed(night.load))
            taken["link"].append(timed(night.link))
    middle = {name: round(median(times), 1) for name, times in taken.items() if times}
    figures: dict[str, Any] = {"night_children": children, "night_seconds": middle}
    print(f"a night of {children:,} children {middle['ours']:.1f} s on SQLite")
    if night is not None:
        steps = {"link": 0.0, "load and link": 1.0, "train, load and link": 1.0}
        figures["night, Splink train seconds"] = round(night.trained, 1)
        for name, loads in steps.items():
            trains = night.trained if name.startswith("train") else 0.0
            theirs = [
                link + loads * load + trains
                for link, load in zip(taken["link"], taken["load"], strict=True)
            ]
            figures[f"night, Splink {name} / ours"] = figure = ratio(theirs, taken["ours"])
            print(f"  Splink, {name}: takes as long, times {shown(figure)}")
    return figures


def night_seconds(country: Country, incidents: Sequence[Sequence[Typed]]) -> float:
    policy = Policy()
    began = perf_counter()
    waiting = iter([[typed.facts for typed in incident] for incident in incidents])
    with country.database.read(PLATFORM) as session:
        while some := list(islice(waiting, TOGETHER)):
            match_incidents(session, country.cipher, some, on=ON, policy=policy)
    return perf_counter() - began


def splink_night(files: Files) -> "splink_stock.Night":
    from benchmarks import splink_stock  # noqa: PLC0415 (a group that the tests do without)

    return splink_stock.nightly(files)


def timed(work: Callable[..., None], *arguments: Any) -> float:
    began = perf_counter()
    work(*arguments)
    return perf_counter() - began


if __name__ == "__main__":
    main()
