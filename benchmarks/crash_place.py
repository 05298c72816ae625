"""A fresh service for the crash rounds: its database, its people, its mail and its clock."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.access.clients import add_client
from app.core import schema
from app.core.clock import HandClock
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.simulation.county import FORCES, County, found
from app.wiring import Wiring, build
from benchmarks.crash_lives import Lives
from notifications.channels.sink import MailSink

FORCE = FORCES[1]
# A Friday in term; alerts go from 06:30, and the first deadline is at 08:30.
FOUNDED = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
FIRST_ROUND = datetime(2026, 11, 20, 6, 31, tzinfo=UTC)
# A life's clock stands until it ends; then it moves past every lease the life may have held.
LEASE = timedelta(minutes=3)


@dataclass(slots=True)
class Tally:
    """What so many kills at one place came to."""

    kills: int = 0
    lost: int = 0
    twice: int = 0
    half: int = 0
    # The same empty message once more: allowed where the answer of the mail server was lost.
    repeats: int = 0
    said: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """One fresh service: its database, its people, its mail, and the clock of its lives."""

    settings: Settings
    wiring: Wiring
    county: County
    sink: MailSink
    lives: Lives
    secret: str
    client: str
    now: datetime = FIRST_ROUND
    # Mail of earlier rounds, and copies already counted.
    seen: int = 0
    copies: Counter[str] = field(default_factory=Counter)
    bytes_of: dict[str, bytes] = field(default_factory=dict)

    def live(self, kind: str, *, crash: str | None = None, **job: Any) -> tuple[bool, list[str]]:
        """Let one life do a job now; the clock then moves past every lease it may have held."""
        plain = self.settings.model_dump(mode="json", exclude_none=True)
        ended = self.lives.live(
            {"kind": kind, "settings": plain, "now": self.now.isoformat(), **job}, crash=crash
        )
        self.now += LEASE
        return ended.killed, list(ended.answers)


@contextmanager
def place(url: str, folder: Path, sink: MailSink, lives: Lives) -> Iterator[Place]:
    """Found the county in an empty database and yield the service around it."""
    settings = Settings(
        environment=Environment.TEST, database_url=url, data_dir=folder, keys_file=None,
        base_url="https://testserver", allowed_hosts=("testserver",), channel="smtp",
        smtp_host=sink.host, smtp_port=sink.port, smtp_ca_file=sink.ca_file, log_level="CRITICAL",
    )  # fmt: skip
    clock = HandClock(FOUNDED)
    wiring = build(settings, clock=clock)
    schema.upgrade(wiring.database.engine)
    county = found(wiring)
    with wiring.database.write(PLATFORM) as session:
        client, secret = add_client(
            session, force=FORCE, name="Killed", now=FOUNDED, actor="operator"
        )
    made = Place(settings, wiring, county, sink, lives, secret, str(client.id))
    made.seen = len(sink.messages)
    try:
        yield made
    finally:
        wiring.database.engine.dispose()
