"""How long the pages of a lead take on years of messages, and whether what they say is true.

A page is asked for through the whole application, signed in, on PostgreSQL with fsync on. Its time
is the server's; beside it stands the work of the web process alone, for a machine that others use.
The page of all forces reads the figures of each force and day; beside it stands the same sum over
the messages by the covering index, and both are compared row by row.

`./run bench reports --messages 500000` takes 1 GB of disk while it runs.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import Select, create_engine, func, select, text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from app.access.permissions import Role
from app.core import garbage, schema
from app.core.clock import HandClock
from app.core.database import make_engine
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.reports.counts import Tally, added, counted, due_day, is_due_day, sums
from app.reports.national import add_up_everything, national
from app.reports.periods import Period, newest
from app.reports.timeliness import Kind, Whose, _by_day, _by_place
from app.watchdog.looking import Look
from app.watchdog.watch import CHECKS
from app.wiring import Wiring, build
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.figures import percentile, ratio, remember, shown
from benchmarks.reports_place import BIG, DAYS, FORCES, fill
from notifications.models import Notification
from tests.factories.people import add_person, signed_in

FIRST = date(2023, 11, 27)
# The Friday on which the last of the messages was due, after school.
NOW = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(
    days=DAYS // 5 * 7 - 3, hours=16
)
FORCE, COUNCIL = "07", "207"
_ON = NOW.date().isoformat()
# What else a force's lead opens, of which none may cost what all the years cost.
OTHER_PAGES = (
    "/morning",
    "/morning/open",
    "/morning/recalls-of-many",
    f"/reports/morning/{FORCE}/{_ON}",
    f"/reports/decisions/{FORCE}/{_ON}",
    f"/reports/patterns/{FORCE}",
    f"/reports/recipients/{FORCE}",
    f"/reports/quality/{FORCE}/{_ON}",
    f"/reports/fairness/{FORCE}/{_ON}",
    "/reports/readiness",
    f"/reports/digest/force/{FORCE}/{_ON}",
    f"/reports/pack/force/{FORCE}/{NOW:%Y-%m}",
    "/register/schools",
    "/account",
)
# Rounds that do not count: the first compiles the statements of this process, and after five times
# PostgreSQL decides whether a statement has one plan for all values. A server has long done both.
WARM = 6
Figures = dict[str, dict[str, float]]


def pages(wiring: Wiring, rounds: int) -> Figures:
    """Ask for each page so many times; return medians in milliseconds."""
    leads = {
        whose: signed_in(wiring, add_person(wiring, f"{name}@example.org", Role.LEAD, **relation))
        for name, whose, relation in (
            ("lead", f"force/{FORCE}", {"force": FORCE}),
            ("big", f"force/{BIG}", {"force": BIG}),
            ("council", f"council/{COUNCIL}", {"council": COUNCIL}),
        )
    }
    late = "figure=told_late"
    asked = {
        f"{kind} {whose}": (
            browser,
            f"/reports/{kind}/{whose}?{late if kind == 'messages' else ''}",
        )
        for whose, browser in leads.items()
        for kind in ("timeliness", "stages", "late", "messages")
    }
    desk = leads[f"force/{FORCE}"]
    asked |= {f"{path}, force {FORCE}": (desk, path) for path in OTHER_PAGES}
    taken: dict[str, list[float]] = {name: [] for name in asked}
    worked: dict[str, list[float]] = {name: [] for name in asked}
    sizes: dict[str, int] = {}
    # As `encompass serve` does.
    garbage.settle()
    for _ in range(rounds + WARM):
        for name, (browser, path) in asked.items():
            began, work = perf_counter(), process_time()
            answer = browser.get(path)
            worked[name].append((process_time() - work) * 1000)
            taken[name].append((perf_counter() - began) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
            sizes[name] = len(answer.content)
    return {
        name: {"median": round(median(times[WARM:]), 1),
               "p95": round(percentile(times[WARM:], 0.95), 1),
               "cpu": round(median(worked[name][WARM:]), 1), "bytes": sizes[name]}
        for name, times in taken.items()
    }  # fmt: skip


def ticks(wiring: Wiring, rounds: int) -> Figures:
    """Run each step of the scheduler and each look of the watchdog; return milliseconds.

    What there was to do is done in the first round, which does not count. Clearing what is kept no
    longer is left out: of three years it has two to clear.
    """
    runner = Runner(wiring, PIPELINE, owner="bench")
    taken: dict[str, list[float]] = {}
    for _ in range(rounds + 1):
        for name, _ in PIPELINE:
            if name != "purge_expired":
                spent = _timed(lambda name=name: runner.run_step(name))  # type: ignore[misc]
                taken.setdefault(f"step {name}", []).append(spent * 1000)
        for check in CHECKS:
            with wiring.database.read(PLATFORM) as session:
                look = Look(session, NOW)
                spent = _timed(lambda check=check, look=look: list(check(look)))  # type: ignore[misc]
            taken.setdefault(f"watchdog {check.__name__}", []).append(spent * 1000)
    return {
        name: {"median": round(median(times[1:]), 1), "most": round(max(times[1:]), 1)}
        for name, times in taken.items()
    }


def by_force(period: Period) -> Select[Any]:
    """Return the same figures from the messages themselves: what the summary must equal."""
    day = due_day(period)
    codes = [f"{number:02}" for number in range(1, FORCES + 1)]
    return (
        select(Notification.force, day.c.on_date, *sums(day))
        .select_from(Notification)
        .join(day, is_due_day(day))
        .where(Notification.force.in_(codes), *counted(period, NOW))
        .group_by(Notification.force, day.c.on_date)
    )


def compared(session: Session, rounds: int) -> tuple[Figures, bool]:
    """Return the page of all forces against the indexed sum, and whether both are the same."""
    period = newest(NOW.date())
    ours, base = [], []
    for _ in range(WARM):
        national(session, period=period)
        session.execute(by_force(period)).all()
    for _ in range(rounds):
        ours.append(_timed(lambda: national(session, period=period)))
        base.append(_timed(lambda: session.execute(by_force(period)).all()))
    found = national(session, period=period)
    truth: dict[date, list[Tally]] = {}
    for _, on, *counts in session.execute(by_force(period)):
        truth.setdefault(on, []).append(Tally.of(counts))
    same = found.days == {on: added(tallies) for on, tallies in truth.items()}
    milliseconds = {
        "national": {"median": round(median(ours) * 1000, 2)},
        "indexed": {"median": round(median(base) * 1000, 1)},
        "times": ratio(base, ours),
    }
    return milliseconds, same


def plans(session: Session) -> dict[str, list[str]]:
    """Return the scans PostgreSQL makes for the reports, with what it read beside an index."""
    period = newest(NOW.date())
    return {
        f"{query.__name__} {whose.kind.value}": _scans(session, query(whose, period, NOW))
        for query in (_by_day, _by_place)
        for whose in (Whose(Kind.FORCE, FORCE), Whose(Kind.COUNCIL, COUNCIL))
    }


def _scans(session: Session, statement: Select[Any]) -> list[str]:
    compiled = statement.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    rows = session.connection().exec_driver_sql(
        f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {compiled}", compiled.construct_params()
    )
    lines = [row[0].strip() for row in rows]
    return [line for line in lines if "Scan" in line and "VALUES" not in line.upper()] + [
        line for line in lines if "Heap Fetches" in line or "Execution" in line
    ]


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the messages, ask, compare and remember."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args(arguments)
    with durable_cluster() as admin, tempfile.TemporaryDirectory() as folder:
        assert admin is not None, "no PostgreSQL on this machine"
        url = new_database(admin, "reports")
        engine = make_engine(url)
        schema.upgrade(engine)
        engine.dispose()
        # The product gives up a server that is silent for a minute; a large insert is.
        patient = create_engine(url)
        with patient.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for part in fill(connection, messages=options.messages, first=FIRST.isoformat()):
                print(f"making: {part}", flush=True)
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar()
        patient.dispose()
        settings = Settings(
            environment=Environment.TEST, database_url=url, data_dir=Path(folder),
            channel="recording", base_url="https://testserver", allowed_hosts=("testserver",),
        )  # fmt: skip
        wiring = build(settings, clock=HandClock(NOW))
        began = perf_counter()
        for number in range(1, FORCES + 1):
            with wiring.database.write(PLATFORM) as session:
                add_up_everything(session, f"{number:02}", now=NOW)
        added_up = perf_counter() - began
        with wiring.database.write(PLATFORM) as session:
            session.execute(text("ANALYZE timeliness_day"))
            count = session.scalar(select(func.count()).select_from(Notification))
        served = pages(wiring, options.rounds)
        with capture_logs():
            ticked = ticks(wiring, 3)
        with wiring.database.read(PLATFORM) as session:
            against, same = compared(session, options.rounds)
            scans = plans(session)
        wiring.database.engine.dispose()
    found = {
        "messages": count, "bytes": size, "add_up_seconds": round(added_up, 1), "pages": served,
        "ticks": ticked, "national": against, "equal": same, "plans": scans,
    }  # fmt: skip
    say(found)
    remember("reports", found, "sqlalchemy", "psycopg")


def say(found: dict[str, Any]) -> None:
    """Print what was found."""
    size, added_up, against = found["bytes"] or 0, found["add_up_seconds"], found["national"]
    print(f"\n{found['messages']:,} messages, {size / 1e9:.1f} GB; added up in {added_up} s\n")
    print(f"{'page':48} {'median ms':>10} {'p95 ms':>8} {'CPU ms':>8} {'kB':>6}")
    for name, one in found["pages"].items():
        times = f"{one['median']:10.1f} {one['p95']:8.1f} {one['cpu']:8.1f}"
        print(f"{name:48} {times} {one['bytes'] / 1000:6.1f}")
    ticked = found["ticks"]
    whole = sum(one["median"] for one in ticked.values())
    print(f"\na tick and a look of the watchdog: {whole:.0f} ms; of these the longest:")
    for name, one in sorted(ticked.items(), key=lambda item: -item[1]["median"])[:6]:
        print(f"{name:40} {one['median']:8.1f} ms")
    print(
        f"\nall forces, 30 days: {against['national']['median']} ms; by the index "
        f"{against['indexed']['median']} ms; times {shown(against['times'])}; "
        f"{'equal' if found['equal'] else 'NOT EQUAL'}\n"
    )
    for name, lines in found["plans"].items():
        print(name, *lines, sep="\n  ")


if __name__ == "__main__":
    main()
