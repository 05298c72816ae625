"""`./run bench register MAIN LINKS`: how long the official files take to import, in what memory.

In a fresh process on SQLite. The files are the establishment fields and the links, as downloaded.
"""

import argparse
import multiprocessing
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from app.core import schema
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.wiring import build
from benchmarks.figures import remember
from schools.register import import_register

GOAL_SECONDS, GOAL_MIB = 60, 500


def imported(main: Path, links: Path) -> dict[str, Any]:
    """Import both files into a new database and return what it took."""
    with tempfile.TemporaryDirectory(prefix="encompass-register-") as folder:
        settings = Settings(
            environment=Environment.TEST, data_dir=Path(folder), channel="recording",
            database_url=f"sqlite:///{folder}/register.db", log_level="CRITICAL",
        )  # fmt: skip
        wiring = build(settings)
        schema.upgrade(wiring.database.engine)
        began, worked = perf_counter(), process_time()
        with wiring.database.write(PLATFORM) as session:
            report = import_register(session, main, links_path=links, now=datetime.now(UTC))
        figures = {
            "schools": report.added, "links": report.links, "refused": len(report.rejected),
            "seconds": round(perf_counter() - began, 1),
            "seconds_of_processor": round(process_time() - worked, 1),
            "mib": _peak_mib(),
        }  # fmt: skip
        wiring.database.engine.dispose()
    return figures


def _peak_mib() -> int:
    """Return the most memory of this program; what getrusage says can be its parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("main", type=Path)
    parser.add_argument("links", type=Path)
    asked = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(1) as alone:
        figures = alone.apply(imported, (asked.main, asked.links))
    for name, figure in figures.items():
        print(f"{name:22} {figure:>10,}")
    reached = figures["seconds"] < GOAL_SECONDS and figures["mib"] < GOAL_MIB
    print(f"goal {GOAL_SECONDS} s and {GOAL_MIB} MiB: {'reached' if reached else 'MISSED'}")
    print(f"remembered in {remember('register', figures, 'sqlalchemy')}")


if __name__ == "__main__":
    main()
