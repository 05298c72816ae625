"""How fast alerts leave: the outbox with everything it promises, against a bare client.

Both hand the same bytes to the same mail server, the shipped sink in a process of its own, over
verified TLS and eight connections. The bare client is smtplib in eight threads with the mails made
beforehand and no database; the outbox claims by lease, builds each mail, sends, and writes results,
receipts and the audit chain. On PostgreSQL a stock task queue does the same send beside them.

A morning's worth: `./run bench dispatch --alerts 30000 --rounds 1`.
"""

import argparse
import os
import resource
import smtplib
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from threading import local
from time import perf_counter, process_time

from sqlalchemy import func, select

from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.dispatch_place import PLANNED_AT, RunningClock, again, mails, prepared
from benchmarks.figures import ratio, remember, shown
from notifications.channels.sink import MailSink
from notifications.delivery import CONCURRENCY
from notifications.models import Alert

# As many as the task queue is given at most: it takes several times as long for each, and no less
# for each where there are more. Its time is that of so many, scaled.
QUEUED = 2000

Figures = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server under test, in a process of its own."""

    port: int
    ca_file: Path


def serve(folder: Path) -> None:
    """Run the sink until standard input closes."""
    with MailSink(folder) as sink:
        print(sink.port, flush=True)
        sys.stdin.read()


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Start the sink in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.dispatch", "--serve", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout is not None
        yield Server(int(process.stdout.readline()), folder / "ca.pem")
        process.communicate()


def bare(mail: Server, ready: Sequence[tuple[str, bytes]]) -> float:
    """Send with smtplib and nothing else; return the seconds it took."""
    held = local()
    opened: list[smtplib.SMTP] = []
    context = ssl.create_default_context(cafile=mail.ca_file)

    def send(one: tuple[str, bytes]) -> None:
        if not hasattr(held, "client"):
            held.client = smtplib.SMTP("127.0.0.1", mail.port, "bench.test", timeout=30)
            held.client.starttls(context=context)
            opened.append(held.client)
        held.client.sendmail("alerts@messages.example.org", [one[0]], one[1])

    began = perf_counter()
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        list(pool.map(send, ready))
    for client in opened:
        client.quit()
    return perf_counter() - began


def ours(wiring: Wiring, alerts: int) -> float:
    """Send by the outbox; return the seconds from the first claim to the last result written."""
    runner = Runner(wiring, PIPELINE, owner="bench")
    clock = wiring.clock
    assert isinstance(clock, RunningClock)
    clock.start()
    began, done = perf_counter(), 0
    while done < alerts:
        report = runner.run_step("send_due")
        assert report.done, "nothing was sent"
        done += report.done
    return perf_counter() - began


def lateness(wiring: Wiring) -> float:
    """Return how many seconds after half past six the last alert was handed over."""
    with wiring.database.read(PLATFORM) as session:
        last = session.scalars(select(func.max(Alert.handed_over_at))).one()
    assert last is not None
    return (last - PLANNED_AT).total_seconds()


@dataclass(slots=True)
class Rounds:
    """What the rounds on one database took, in seconds; `busy` is processor time, ours first."""

    bare: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    queue: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    busy: list[tuple[float, float]] = field(default_factory=list)


def measure(database: str, url: str, asked: argparse.Namespace, queue: str = "") -> Figures:
    """Interleave them on one database; return the other's time through ours, so more is better.

    `queue` is the URL of an empty database for the task queue, where there is one.
    """
    alerts, rounds = asked.alerts, Rounds()
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "mail") as mail:
        wiring = prepared(url, Path(name), port=mail.port, ca_file=mail.ca_file, alerts=alerts)
        ready = mails(wiring)
        for _ in range(asked.rounds):
            began = process_time()
            rounds.bare.append(bare(mail, ready))
            between = process_time()
            rounds.ours.append(ours(wiring, alerts))
            rounds.busy.append((process_time() - between, between - began))
            rounds.late.append(lateness(wiring))
            again(wiring)
            if queue:
                rounds.queue.append(by_queue(queue, mail, ready))
        wiring.database.engine.dispose()
    return said(database, alerts, rounds)


def said(database: str, alerts: int, rounds: Rounds) -> Figures:
    """Print what was measured on one database, and return it."""
    figures = Figures()
    figures["bare"] = ratio(rounds.bare, rounds.ours)
    seconds = {
        "ours": min(rounds.ours), "bare": min(rounds.bare), "late": min(rounds.late)
    }  # fmt: skip
    busy, bare_busy = (1e6 * median(one) / alerts for one in zip(*rounds.busy, strict=True))
    print(f"{database:12} dispatch / bare client   {shown(figures['bare'])}")
    for line in (
        f"{alerts / seconds['ours']:,.0f} a second, bare {alerts / seconds['bare']:,.0f}",
        f"{alerts:,} alerts from 06:30: {seconds['ours']:,.1f} s, bare {seconds['bare']:,.1f} s",
        f"the last one left {seconds['late']:,.1f} s after half past",
        f"processor time an alert {busy:,.0f} µs, bare {bare_busy:,.0f} µs (both servers' apart)",
    ):
        print(f"{'':12} {line}")
    if rounds.queue:
        figures["queue"] = ratio(rounds.queue, rounds.ours)
        print(f"{'':12} dispatch / procrastinate {shown(figures['queue'])}")
        print(f"{'':12} procrastinate {alerts / min(rounds.queue):,.0f} a second")
    sys.stdout.flush()
    return {**figures, "seconds": seconds, "processor_us": {"ours": busy, "bare": bare_busy}}


def by_queue(url: str, mail: Server, ready: Sequence[tuple[str, bytes]]) -> float:
    """Send by the stock task queue; return its seconds for all of them."""
    from benchmarks import dispatch_queue  # noqa: PLC0415 (only where the group eval is there)

    part = ready[:QUEUED]
    taken = dispatch_queue.seconds(url, mail.port, mail.ca_file, part)
    return taken * len(ready) / len(part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
        return
    figures: dict[str, object] = {"alerts": asked.alerts, "rounds": asked.rounds}
    packages = ["sqlalchemy", "aiosmtpd"]
    with tempfile.TemporaryDirectory() as folder:
        figures["sqlite"] = measure("SQLite", f"sqlite:///{folder}/encompass.db", asked)
    with durable_cluster() as admin:
        if admin is not None:
            there = find_spec("procrastinate") is not None
            packages += ["psycopg", "procrastinate"] if there else ["psycopg"]
            queue = new_database(admin, "queue") if there else ""
            url = new_database(admin, "dispatch")
            figures["postgresql"] = measure("PostgreSQL", url, asked, queue)
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'':12} at most {mebibytes:,.0f} MiB in this process, mails made beforehand included")
    remember("dispatch", figures, *packages)


if __name__ == "__main__":
    main()
