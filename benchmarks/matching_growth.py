"""What a larger roll costs: one child against 100,000 pupils, a million, and with --nine nine.

Each roll is imported by the product into SQLite and asked for the same number of children in
interleaved rounds. `./run bench matching_growth [--sizes N N …] [--nine] [--children N]`.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from app.core.policy import Policy
from app.core.scope import PLATFORM
from benchmarks.figures import percentile, ratio, remember, shown
from benchmarks.matching_quality import decide, report
from benchmarks.matching_speed import roll_bytes
from benchmarks.nights import Typed
from benchmarks.people import ON
from benchmarks.rolls import Country, fill, write_files
from schools.matching.match import match_children

ROUNDS, SEED = 5, 22
NINE = 9_000_000


def main() -> None:
    asked = arguments()
    sizes = [*asked.sizes, *([NINE] if asked.nine else [])]
    with tempfile.TemporaryDirectory(prefix="encompass-bench-", dir=asked.folder) as name:
        folder = Path(name)
        countries = [prepared(folder, size, asked.children) for size in sizes]
        figures = {**growth(countries), "found": {}}
        for country in countries:
            print(f"\n{country.pupils:,} pupils")
            found = report(decide(country))
            figures["found"][str(country.pupils)] = {
                "precision": found["precision"],
                "recall": found["recall"],
                "worst_group": found["worst_group"],
            }
        print(f"remembered in {remember('matching_growth', figures, 'sqlalchemy', 'rapidfuzz')}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--nine", action="store_true", help="also nine million: hours and 8 GB")
    parser.add_argument("--children", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="where there is room for the databases")
    return parser.parse_args()


def prepared(folder: Path, size: int, children: int) -> Country:
    """Return a database with that many pupils; the files it came from are gone again."""
    place = folder / str(size)
    place.mkdir()
    files = write_files(place, seed=SEED, pupils=size, children=children)
    country = fill(f"sqlite:///{place / 'encompass.db'}", place, files)
    for path in files.rolls.values():
        path.unlink()
    room = roll_bytes(country.database.engine) / country.pupils
    print(f"{country.pupils:,} pupils in {country.import_seconds:.0f} s, {room:.0f} bytes each")
    return country


def growth(countries: list[Country]) -> dict[str, Any]:
    """Print and return the time of one child on each roll, and beside the smallest."""
    children = [[one for incident in held.incidents for one in incident] for held in countries]
    share = min(map(len, children)) // ROUNDS
    rounds: list[list[float]] = [[] for _ in countries]
    every: list[list[float]] = [[] for _ in countries]
    for number in range(ROUNDS):
        for at, country in enumerate(countries):
            some = children[at][number * share : (number + 1) * share]
            times = [seconds(country, typed) for typed in some]
            rounds[at].append(sum(times) / len(times))
            every[at] += times
    figures: dict[str, Any] = {}
    for at, country in enumerate(countries):
        against = ratio(rounds[at], rounds[0])
        figures[str(country.pupils)] = {
            "mean_ms": round(1000 * median(rounds[at]), 2),
            "p95_ms": round(1000 * percentile(every[at], 0.95), 2),
            "times_the_smallest": against,
            "bytes_a_pupil": round(roll_bytes(country.database.engine) / country.pupils),
            "import_seconds": round(country.import_seconds),
        }
        print(f"{country.pupils:12,} pupils: {1000 * median(rounds[at]):6.2f} ms a child, ", end="")
        print(f"times {shown(against)} the smallest")
    return figures


def seconds(country: Country, typed: Typed) -> float:
    began = perf_counter()
    with country.database.read(PLATFORM) as session:
        match_children(session, country.cipher, [typed.facts], on=ON, policy=Policy())
    return perf_counter() - began


if __name__ == "__main__":
    main()
