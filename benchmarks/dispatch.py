"""How fast alerts leave: the outbox with everything it promises, against a bare client.

Both hand the same bytes to the same mail server, the shipped sink in a process of its own, over
verified TLS and eight connections. The bare client is smtplib in eight threads with the mails made
beforehand and no database; the outbox claims by lease, builds each mail, sends, and writes results,
receipts and the audit chain.
"""

import argparse
import os
import smtplib
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import local
from time import perf_counter

from sqlalchemy import delete, select, update

from app.core import schema
from app.core.clock import HandClock
from app.core.database import make_engine
from app.core.ids import new_id
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring, build
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.figures import ratio, remember, shown
from notifications.alerts import build_message, letterhead, message_id
from notifications.channels.base import AlertMessage
from notifications.channels.sink import MailSink
from notifications.delivery import CONCURRENCY
from notifications.models import Alert, AlertCover, Receipt
from notifications.states import AlertState, Channel
from schools.models import KeyAdult
from tests.factories.notifications import DUE, FORCE, URN, NotifyingForce, minutes

SCHOOLS = 50


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


def prepared(url: str, folder: Path, mail: Server, alerts: int) -> Wiring:
    """Return a service whose outbox holds so many alerts, each to another person."""
    engine = make_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    settings = Settings(
        environment=Environment.TEST, database_url=url, data_dir=folder, smtp_host="127.0.0.1",
        smtp_port=mail.port, smtp_ca_file=mail.ca_file,
        bounce_mailbox="bounces@messages.example.org",
    )  # fmt: skip
    wiring = build(settings, clock=HandClock(DUE - minutes(145)))
    force = NotifyingForce(wiring).begin()
    for number in range(SCHOOLS):
        force.school(URN + number)
    placed = [force.place(urn=URN + number) for number in range(SCHOOLS)]
    for first in range(0, alerts, 500):
        _add(force, placed, range(first, min(first + 500, alerts)))
    return wiring


def _add(force: NotifyingForce, placed: Sequence[object], numbers: range) -> None:
    with force.database.write(PLATFORM) as session:
        for number in numbers:
            place = number % SCHOOLS
            adult = force._key_adult(  # noqa: SLF001 (the factory's own way in bulk)
                session, URN + place, number // SCHOOLS + 1, f"dsl{number}@example.org"
            )
            alert_id = new_id()
            session.add(
                Alert(
                    id=alert_id, force=FORCE, urn=URN + place, council="999", key_adult_id=adult,
                    channel=Channel.SMTP, state=AlertState.PLANNED, template="message_waiting",
                    planned_at=force.now, next_attempt_at=force.now, due_at=DUE,
                )
            )  # fmt: skip
            session.flush()
            session.add(
                AlertCover(
                    force=FORCE, urn=URN + place, council="999", alert_id=alert_id,
                    notification_id=placed[place],
                )
            )  # fmt: skip


def again(wiring: Wiring) -> None:
    """Let every alert be planned once more."""
    with wiring.database.write(PLATFORM) as session:
        session.execute(delete(Receipt))
        session.execute(
            update(Alert).values(
                state=AlertState.PLANNED, attempts=0, handed_over_at=None, settled_at=None,
                provider_reference=None, lease_until=None, lease_owner=None,
            )
        )  # fmt: skip


def mails(wiring: Wiring) -> list[tuple[str, bytes]]:
    """Return every mail that the outbox will send, made beforehand."""
    head = letterhead(wiring.settings)
    with wiring.database.read(PLATFORM) as session:
        rows = session.execute(
            select(Alert, KeyAdult).join(KeyAdult, KeyAdult.id == Alert.key_adult_id)
        ).all()
    found = []
    for number, (alert, _) in enumerate(rows):
        message = AlertMessage(
            alert.id, f"dsl{number}@example.org", alert.template, False, alert.planned_at
        )
        identity = message_id(message, wiring.cipher, head.mail_host)
        raw = build_message(message, head=head, message_id=identity)
        found.append((message.address, raw))
    return found


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
    began, done = perf_counter(), 0
    while done < alerts:
        done += runner.run_step("send_due").done
    return perf_counter() - began


def measure(database: str, url: str, alerts: int, rounds: int) -> dict[str, float]:
    """Interleave both on one database; return the bare time through ours, so more is better."""
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "mail") as mail:
        wiring = prepared(url, Path(name), mail, alerts)
        ready = mails(wiring)
        base, taken = [], []
        for _ in range(rounds):
            base.append(bare(mail, ready))
            taken.append(ours(wiring, alerts))
            again(wiring)
        figure = ratio(base, taken)
        print(f"{database:12} dispatch / bare client {shown(figure)}")
        print(f"{'':12} {alerts / min(taken):,.0f} a second, bare {alerts / min(base):,.0f}")
        wiring.database.engine.dispose()
    return figure


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
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/encompass.db"
        figures["sqlite"] = measure("SQLite", url, asked.alerts, asked.rounds)
    with durable_cluster() as admin:
        if admin is not None:
            url = new_database(admin, "dispatch")
            figures["postgresql"] = measure("PostgreSQL", url, asked.alerts, asked.rounds)
    remember("dispatch", figures, "sqlalchemy", "aiosmtpd")


if __name__ == "__main__":
    main()
