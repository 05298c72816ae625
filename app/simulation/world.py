"""One simulated world: the real service on a real database file, its people, its model of truth.

The process may end at any write or in the middle of the mail; then everything in memory is
dropped, the file is kept, and the next life begins. What the world itself knows (which pushes were
answered) is what a police control room would know.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app.access.permissions import Actor
from app.access.roles import roles_of
from app.casework.acting import Acting, reach_of
from app.casework.restricted import close_to
from app.core import ids, schema
from app.core.cipher import Cipher
from app.core.clock import HandClock, london_date
from app.core.database import make_engine
from app.core.key_file import Keys
from app.core.settings import Environment, Settings
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.simulation.chance import Chance
from app.simulation.county import County, found
from app.simulation.faults import Faults, FaultyDatabase, FaultyMail
from app.simulation.notify import SeededNotify, notify_channels
from app.wiring import Wiring, build
from notifications.alerts import letterhead

# Worlds begin within three weeks of one of these: both clock changes, Easter, summer, Christmas.
_SEASONS = (
    datetime(2026, 1, 5, 18, tzinfo=UTC),
    datetime(2026, 3, 16, 18, tzinfo=UTC),
    datetime(2026, 7, 6, 18, tzinfo=UTC),
    datetime(2026, 10, 12, 18, tzinfo=UTC),
    datetime(2026, 12, 7, 18, tzinfo=UTC),
)
_DAYS = 21
# In this share of the worlds mail is tried first, in the others GOV.UK Notify; both are there.
_MAIL_FIRST = 0.4
_FILE = "encompass.db"


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push that was answered: from then on the service must not lose it."""

    force: str
    reference: str
    version: int


@dataclass(slots=True)
class World:
    """What one seed holds; `wiring` and `runner` are the process of the present life."""

    seed: int
    chance: Chance
    clock: HandClock
    faults: Faults
    county: County
    settings: Settings
    mail: FaultyMail
    notify: SeededNotify
    engine: Engine
    wiring: Wiring
    runner: Runner
    # Looks into the database file from outside, whatever the service's own connections are at.
    look: sqlite3.Connection
    answered: set[Pushed] = field(default_factory=set)
    withdrawn: set[tuple[str, str]] = field(default_factory=set)
    # Every word about a child that was pushed: none of them may be in a message.
    secrets: set[bytes] = field(default_factory=set)
    ranks: dict[str, int] = field(default_factory=dict)
    # Who was shut out as having left their school, and when.
    left: dict[str, datetime] = field(default_factory=dict)
    # Where a message was taken back as another school's: whose it was, and the decisions by then.
    wrong_schools: list[tuple[tuple[str, str, str], int, frozenset[str]]] = field(
        default_factory=list
    )
    # What somebody was let do or shown that they should not have been, as it happened.
    wrongly: list[str] = field(default_factory=list)
    # As of when safety was last looked at, and what was broken then.
    looked_at: tuple[int, ...] = ()
    broken: list[str] = field(default_factory=list)
    lives: int = 1

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def begin_again(self) -> None:
        """Start the next life: nothing of the last one but its database and its mailboxes."""
        self.engine.dispose()
        self.lives += 1
        self.wiring = _wiring(
            self.settings, self.clock, faults=self.faults, mail=self.mail, notify=self.notify,
            engine=self.engine,
        )  # fmt: skip
        self.runner = Runner(self.wiring, PIPELINE, owner=f"life {self.lives}")

    def opened(self) -> sqlite3.Connection:
        """Return a connection to the world's file, beside those of the service."""
        return sqlite3.connect(self.settings.data_dir / _FILE)

    def acting(self, email: str) -> Acting:
        """Return one of the county's people, as signed in now."""
        account_id = self.county.accounts[email]
        with self.wiring.database.read() as session:
            grants = roles_of(session, account_id, on=london_date(self.now))
        actor = Actor(f"account:{account_id}", account_id=account_id, grants=grants)
        return Acting(self.now, actor, self.wiring.cipher)

    @contextmanager
    def reading(self, acting: Acting) -> Iterator[Session]:
        """Yield what a page of theirs reads with: their rows, and not what is closed to them."""
        with self.wiring.database.read(reach_of(acting.actor)) as session:
            close_to(session, acting.actor, now=acting.now)
            yield session

    @contextmanager
    def writing(self, acting: Acting) -> Iterator[Session]:
        """Yield what a page of this person writes with, which may fail as any write may."""
        with self.wiring.database.write(reach_of(acting.actor)) as session:
            close_to(session, acting.actor, now=acting.now)
            yield session


class Worlds:
    """Makes one world after another in a folder: a county is founded once for each season.

    All of them, and all lives in them, use one engine on one path. What an engine keeps besides
    connections, which end with each life, is the text of statements: to write all of it anew in
    each life took a third of a world's time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counties: dict[datetime, County] = {}
        self._home = folder / "world"
        self._engine = make_engine(_settings(self._home).database_url, pool_size=2)
        event.listen(self._engine, "connect", _survive_the_process_alone)

    def world(self, seed: int) -> World:
        """Return the world of a seed, on the evening of a day of its own; all is well so far.

        The world before it must have been forgotten.
        """
        chance = Chance(seed)
        season = chance.pick(_SEASONS)
        county = self._counties.get(season) or self._found(season)
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.copytree(self._home_of(season), self._home)
        ids.seed(seed)
        clock = HandClock(season + timedelta(days=chance.between(0, _DAYS)))
        faults, settings = Faults(chance), _settings(self._home)
        cipher = Cipher(Keys.load(settings.key_path))
        mail = FaultyMail(letterhead(settings), cipher, faults)
        notify = SeededNotify(clock, faults)
        wiring = _wiring(
            settings, clock, faults=faults, mail=mail, notify=notify, engine=self._engine
        )
        return World(
            seed, chance, clock, faults, county, settings, mail, notify, self._engine, wiring,
            Runner(wiring, PIPELINE, owner="life 1"), sqlite3.connect(settings.data_dir / _FILE),
        )  # fmt: skip

    def forget(self, world: World) -> None:
        """Remove the files of a world that has ended."""
        world.look.close()
        self._engine.dispose()
        ids.seed(None)
        shutil.rmtree(self._home, ignore_errors=True)

    def _home_of(self, season: datetime) -> Path:
        return self._folder / f"{season:%Y-%m-%d}"

    def _found(self, season: datetime) -> County:
        shutil.copytree(self._migrated(), self._home_of(season))
        wiring = build(_settings(self._home_of(season)), clock=HandClock(season))
        ids.seed(0)
        self._counties[season] = found(wiring)
        wiring.database.engine.dispose()
        return self._counties[season]

    def _migrated(self) -> Path:
        """Return the folder of an empty database with every table there is, made once."""
        empty = self._folder / "empty"
        if not empty.is_dir():
            wiring = build(_settings(empty), clock=HandClock(_SEASONS[0]))
            schema.upgrade(wiring.database.engine)
            wiring.database.engine.dispose()
        return empty


def _wiring(
    settings: Settings, clock: HandClock, *, faults: Faults, mail: FaultyMail,
    notify: SeededNotify, engine: Engine,
) -> Wiring:  # fmt: skip
    """Return what a process of the service holds; which provider is tried first is the world's."""
    wiring = build(settings, clock=clock)
    by_notify, text = notify_channels(notify, letterhead(settings), clock)
    first = faults.chance.of_key("first provider") < _MAIL_FIRST
    return replace(
        wiring, database=FaultyDatabase(engine, wiring.chain, faults),
        channels=(mail, by_notify, text) if first else (by_notify, mail, text),
    )  # fmt: skip


def _survive_the_process_alone(connection: sqlite3.Connection, _record: object) -> None:
    """In a world the process dies and the machine does not: nothing has to reach a disk."""
    connection.execute("PRAGMA synchronous=OFF")


def _settings(home: Path) -> Settings:
    """Return the settings of a world; what the environment says of an installation has no say."""
    home.mkdir(parents=True, exist_ok=True)
    return Settings(
        environment=Environment.TEST, database_url=f"sqlite:///{home / _FILE}",
        data_dir=home, keys_file=None, key_service_url=None, base_url="http://127.0.0.1:8000",
        channel="recording", log_level="CRITICAL", pool_size=2,
    )  # fmt: skip
