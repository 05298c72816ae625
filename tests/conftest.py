"""What every test may ask for: both databases, migrated; keys; a clock that moves by hand."""

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.access import passwords
from app.core import schema
from app.core.audit import Chain
from app.core.cipher import Cipher
from app.core.clock import HandClock
from app.core.database import Database, make_engine
from app.core.settings import Environment, Settings
from app.wiring import Wiring, build
from notifications.channels.recording import RecordingChannel
from tests.lending import Lender, prepare
from tests.machine import quick_parent
from tests.postgres import HOW_TO_GET, drop_database, fresh_database, postgres_server
from tests.requirements import require
from tests.statements import compile_once

# A Friday in term, an hour after midnight: most nights of the tests begin here.
NIGHT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)

LITTLE_WORK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(scope="session")
def postgres_admin() -> Iterator[str | None]:
    """The URL of a superuser's database, or None where this machine has no server."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_lender(postgres_admin: str | None) -> Iterator[Lender | None]:
    """Lends each test a migrated database."""
    if postgres_admin is None:
        yield None
        return
    template = fresh_database(postgres_admin)
    migrate(template)
    prepare(postgres_admin, template)
    lender = Lender(postgres_admin, template)
    yield lender
    lender.close()
    drop_database(postgres_admin, template)


@pytest.fixture(scope="session")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where this machine has room: SQLite waits for the disk at every commit.

    The product still asks for the disk; what a killed process leaves is the same in both.
    """
    parent = quick_parent()
    if parent is None:
        yield tmp_path_factory.mktemp("databases")
        return
    with tempfile.TemporaryDirectory(prefix="encompass-tests-", dir=parent) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that each test copies."""
    path = tmp_path_factory.mktemp("template") / "encompass.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, quick_folder: Path) -> Iterator[str]:
    """A migrated database of this test's own, once on each of the two."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        with tempfile.TemporaryDirectory(dir=quick_folder, ignore_cleanup_errors=True) as folder:
            shutil.copy(template, Path(folder) / "encompass.db")
            yield f"sqlite:///{folder}/encompass.db"
        return
    lender = request.getfixturevalue("postgres_lender")
    require("postgres", lender, HOW_TO_GET)
    url = lender.lend()
    yield url
    lender.take_back(url)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id as everywhere, with little work: nearly every test adds somebody with a secret.

    The cost that the product asks for is proved in tests/app/access/test_passwords.py.
    """
    monkeypatch.setattr(passwords, "_HASH", LITTLE_WORK)


@pytest.fixture(autouse=True)
def own_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command run in this process keeps it quiet; the tests after it are told what broke."""
    for place, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(place, name, getattr(place, name))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NIGHT)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        environment=Environment.TEST,
        database_url=database_url,
        data_dir=tmp_path / "data",
        channel="recording",
        # A stream that goes on would hold up whoever reads an answer to its end.
        live_seconds=0,
        base_url="http://testserver",
        allowed_hosts=("testserver", "127.0.0.1", "localhost"),
    )


@pytest.fixture
def wiring(settings: Settings, clock: HandClock) -> Iterator[Wiring]:
    """What a process holds, with the test's own clock, database and recording channel."""
    wired = build(settings, clock=clock)
    compile_once(wired.database.engine)
    yield wired
    wired.database.engine.dispose()


@pytest.fixture
def channel(wiring: Wiring) -> RecordingChannel:
    assert isinstance(wiring.channel, RecordingChannel)
    return wiring.channel


@pytest.fixture
def database(wiring: Wiring) -> Database:
    return wiring.database


@pytest.fixture
def cipher(wiring: Wiring) -> Cipher:
    return wiring.cipher


@pytest.fixture
def chain(wiring: Wiring) -> Chain:
    return wiring.chain


def migrate(url: str) -> None:
    engine = make_engine(url)
    schema.upgrade(engine)
    engine.dispose()
