"""A watchdog with its own role on each database, a mail server, a webhook, and a calm morning.

The morning is played once on each database; each test gets a copy of what it left.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from app.core import walls
from app.core.clock import HandClock
from app.core.settings import Environment, Settings
from app.wiring import build
from notifications.channels.sink import MailSink
from tests.app.watchdog.listener import Listener
from tests.app.watchdog.watched import Watched
from tests.conftest import migrate
from tests.journeys.world import World, at
from tests.postgres import HOW_TO_GET, administration, drop_database, fresh_database
from tests.requirements import require

ROOT = Path(__file__).resolve().parents[3]
ROLE = "encompass_watchdog"


class Places:
    """Where a copy's database, keys and folder are, and who may do what in it."""

    def __init__(self, folder: Path, url: str, admin: str | None) -> None:
        self.folder, self.url = folder, url
        self.admin_url = _in_database(admin, url) if admin else None
        self.reader_url = url
        if admin is not None:
            reader = make_url(url).set(username=ROLE, password=ROLE)
            self.reader_url = reader.render_as_string(hide_password=False)

    def world(self, start: Any, people_of: World | None = None) -> World:
        """A process on this copy, of a new world or with what another one held in memory."""
        settings = Settings(
            environment=Environment.TEST, database_url=self.url, data_dir=self.folder / "data",
            channel="recording", base_url="http://testserver",
            allowed_hosts=("testserver", "127.0.0.1", "localhost"),
        )  # fmt: skip
        wiring = build(settings, clock=HandClock(start))
        if people_of is None:
            return World(wiring)
        world = object.__new__(World)
        vars(world).update(vars(people_of), wiring=wiring, clock=wiring.clock)
        world.people, world.may_fail = dict(people_of.people), set()
        world.restart()
        return world

    def make_role(self) -> None:
        """Make the watchdog's role by the script that ships, in this database."""
        if self.admin_url is None:
            return
        script = (ROOT / "app/watchdog/role.sql").read_text(encoding="utf-8") + walls.grants()
        with administration(self.admin_url) as connection:
            # The role is the whole server's: tests of another worker may be making it, too.
            connection.exec_driver_sql("SELECT pg_advisory_lock(20261120)")
            connection.execute(text(script))
            connection.exec_driver_sql(f"ALTER ROLE {ROLE} PASSWORD '{ROLE}'")
            connection.exec_driver_sql("SELECT pg_advisory_unlock(20261120)")


@pytest.fixture(params=["sqlite", "postgresql"], scope="session")
def played(request: pytest.FixtureRequest, quick_folder: Path) -> Iterator[tuple[Places, World]]:
    """The calm Monday at twenty to eight, on one of the two databases."""
    # Played again where tests of the two databases come in turn: each time in a new place.
    folder = Path(tempfile.mkdtemp(prefix=f"calm-{request.param}-", dir=quick_folder))
    admin = None
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "encompass.db")
        url = f"sqlite:///{folder / 'encompass.db'}"
    else:
        admin = request.getfixturevalue("postgres_admin")
        require("postgres", admin, HOW_TO_GET)
        url = fresh_database(admin)
        migrate(url)
    places = Places(folder, url, admin)
    places.make_role()
    world = places.world(at("2026-11-20", "12:00"))
    with MailSink(folder / "mail") as sink, Listener() as listener:
        watched = Watched(world, url=places.reader_url, sink=sink, listener=listener, folder=folder)
        watched.people()
        watched.night()
        watched.watchdog.close()
    world.wiring.database.engine.dispose()
    yield places, world
    if admin is not None:
        drop_database(admin, url)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "ops-mail") as running:
        yield running


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as running:
        yield running


@pytest.fixture
def calm(
    played: tuple[Places, World], sink: MailSink, listener: Listener, tmp_path: Path,
    postgres_admin: str | None,
) -> Iterator[Watched]:  # fmt: skip
    """Monday, twenty to eight: one child of the night, its key adults alerted, the sheet open."""
    origin, before = played
    shutil.copytree(origin.folder / "data", tmp_path / "data")
    on_sqlite = origin.admin_url is None
    if on_sqlite:
        shutil.copy(origin.folder / "encompass.db", tmp_path / "encompass.db")
        url = f"sqlite:///{tmp_path / 'encompass.db'}"
    else:
        assert postgres_admin is not None
        url = fresh_database(postgres_admin, template_url=origin.url)
    places = Places(tmp_path, url, None if on_sqlite else postgres_admin)
    world = places.world(before.now, before)
    made = Watched(
        world, url=places.reader_url, sink=sink, listener=listener, folder=tmp_path,
        admin_url=places.admin_url,
    )  # fmt: skip
    seen = made.look()
    assert (seen.findings, made.rung(), made.beats) == ((), set(), 1)
    yield made
    made.watchdog.close()
    world.wiring.database.engine.dispose()
    if not on_sqlite and postgres_admin is not None:
        drop_database(postgres_admin, url)


def _in_database(admin: str, url: str) -> str:
    found = make_url(admin).set(database=make_url(url).database)
    return found.render_as_string(hide_password=False)
