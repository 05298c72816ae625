"""The service as the demonstration runs it: its folder, mail sink, wiring, server and people."""

import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from sqlalchemy.orm import Session

from app.access import enrolment
from app.access.accounts import add_account, find
from app.access.clients import ALL_SCOPES, add_client
from app.access.forces import add_force, set_area
from app.access.restricted import set_group
from app.casework import importing, officers
from app.core import schema
from app.core.clock import SystemClock
from app.core.errors import Refused
from app.core.policies import add_policy
from app.core.policy import Desk, Policy
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.demo import county, files, night
from app.demo.browser import Browser
from app.demo.clock import DemoClock, story_day
from app.demo.county import FORCE, FORCE_NAME, County
from app.demo.files import CountyFiles
from app.demo.night import Push
from app.demo.people import DUTY_OFFICER, Person, Visit, enrol, officers_of, people_of, sign_in
from app.demo.police import Police
from app.demo.schools import ENGLISH_COUNCIL, WELSH_COUNCIL
from app.demo.server import HOST
from app.jobs import PIPELINE
from app.jobs.runner import Runner, StepReport
from app.wiring import Wiring, build
from notifications.channels.sink import MailSink
from schools.calendars import seed_bank_holidays

ACTOR = "operator:demo"
# Only a folder that holds this file was made by a demonstration and may be emptied by the next.
_MARK = ".encompass-demo"
_DESK = Desk(
    name="Exampleshire safeguarding desk", telephone="01632 960999",
    duty_officer=DUTY_OFFICER, helpline_telephone="01632 960998",
)  # fmt: skip


@dataclass(slots=True)
class World:
    """Everything the story touches; `secrets` are the people's authenticator secrets."""

    county: County
    pushes: tuple[Push, ...]
    files: CountyFiles
    clock: DemoClock
    wiring: Wiring
    sink: MailSink
    people: dict[str, Person]
    runner: Runner
    base_url: str
    police: Police | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def control_room(self) -> Police:
        """Return the force's own system; there from `add_people` on."""
        if self.police is None:
            raise RuntimeError("the people of the demonstration come first")
        return self.police

    def tick(self) -> list[StepReport]:
        """Run every job once, as the scheduler does every few seconds."""
        return self.runner.run_pipeline()

    def visit(self, browser: Browser, key: str) -> Visit:
        """Sign a person in; a code works once, so the clock moves on to the next one first."""
        self.clock.advance(timedelta(seconds=31))
        return sign_in(browser, self.people[key], self.secrets[key], self.clock)


def prepare_folder(folder: Path) -> None:
    """Make the folder, or empty one of an earlier demonstration; raise `Refused` for any other."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            raise Refused(f"{folder} holds other files: give --data-dir an empty folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def build_world(folder: Path, *, port: int, sink: MailSink) -> World:
    """Build the county and the service around it, as they stand the evening before."""
    real = SystemClock().now()
    day = story_day(real)
    made = county.make(day)
    clock = DemoClock(night.moment(day, "18:00"))
    settings = _settings(folder, port, sink)
    wiring = build(settings, clock=clock)
    schema.upgrade(wiring.database.engine)
    return World(
        county=made, pushes=night.make(made), files=files.write(made, folder / "county"),
        clock=clock, wiring=wiring, sink=sink, people=people_of(made),
        runner=Runner(wiring, PIPELINE, owner="demo"), base_url=settings.base_url,
    )  # fmt: skip


def import_county(world: World) -> dict[str, int]:
    """Import the county's files by the acts behind the import commands; return the counts."""
    wiring, told = world.wiring, world.files
    who = importing.Importing(world.clock.now(), ACTOR, wiring.cipher)
    with wiring.database.write(PLATFORM) as session:
        seed_bank_holidays(session)
        register = importing.import_register(
            session, who, path=told.establishments, links=told.links, accept_closures=False
        )
    found = {"schools": register.added, "key adults": 0, "pupils": 0}
    with wiring.database.write(PLATFORM) as session, _read(told.calendar) as source:
        importing.import_calendar(session, who, source=source)
    with wiring.database.write(PLATFORM) as session, _read(told.key_adults) as source:
        found["key adults"] = importing.import_key_adults(session, who, source=source).accepted
    for owner, path in told.rolls.items():
        with wiring.database.write(PLATFORM) as session, _read(path) as source:
            report = importing.import_roll(session, who, source=source, owner=owner)
            found["pupils"] += report.accepted
    return found


def _read(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def add_people(world: World) -> None:
    """Add the force with its policy, its police system, and everybody's invitation."""
    wiring, now = world.wiring, world.clock.now()
    with wiring.database.write(PLATFORM) as session:
        add_force(session, code=FORCE, name=FORCE_NAME, now=now, actor=ACTOR)
        add_policy(
            session, FORCE, body=Policy(desk=_DESK), valid_from=now, approved_by=ACTOR, now=now
        )
        set_area(
            session, code=FORCE, councils=(ENGLISH_COUNCIL, WELSH_COUNCIL), now=now, actor=ACTOR
        )
        client, secret = add_client(
            session, force=FORCE, name="Control room", now=now, actor=ACTOR, scopes=ALL_SCOPES
        )
        for person in world.people.values():
            world.tokens[person.key] = _invite(world, session, person)
        _name_officers(world, session)
        _name_group(world, session)
    world.police = Police(
        world.base_url, client_id=str(client.id), secret=secret, clock=world.clock
    )


def enrol_everybody(world: World) -> None:
    """Let everybody set password and authenticator on the enrolment page."""
    for key, token in world.tokens.items():
        with world.wiring.database.read() as session:
            offered = enrolment.read(session, world.wiring.cipher, token, now=world.clock.now())
        world.secrets[key] = offered.secret
        with Browser(world.base_url) as browser:
            enrol(browser, token, offered.secret, world.clock)


def _invite(world: World, session: Session, person: Person) -> str:
    token = None
    for urn in person.urns or (None,):
        _, token = add_account(
            session, world.wiring.cipher, email=person.email, name=person.name, role=person.role,
            urn=urn, force=person.force, council=person.council, now=world.clock.now(),
            actor=ACTOR,
        )  # fmt: skip
    if token is None:
        raise Refused("A demonstration starts with nobody enrolled.")
    return token


def _name_officers(world: World, session: Session) -> None:
    """Name who is asked for each duty, with a number to ring: the force's and the council's."""
    for place, one in enumerate(officers_of(world.people)):
        officers.add(
            session, world.wiring.cipher, owner=one.owner, duty=one.duty, position=None,
            name=one.name, email=one.email, telephone=f"01632 960{550 + place}", verified=True,
            now=world.clock.now(), actor=ACTOR,
        )  # fmt: skip


def _name_group(world: World, session: Session) -> None:
    """Name who alone sees an incident with an officer as suspect: two of them are alerted."""
    found = [
        find(session, world.wiring.cipher, world.people[key].email)
        for key in ("lead", "second_reviewer", "desk")
    ]
    set_group(
        session, force=FORCE, accounts=[one.id for one in found if one is not None],
        now=world.clock.now(), actor=ACTOR,
    )  # fmt: skip


def _settings(folder: Path, port: int, sink: MailSink) -> Settings:
    """Return the settings; what the environment says of another installation does not count."""
    return Settings(
        environment=Environment.DEMO, database_url=f"sqlite:///{folder / 'encompass.db'}",
        data_dir=folder, keys_file=None, key_service_url=None, base_url=f"http://{HOST}:{port}",
        allowed_hosts=(HOST, "localhost"), channel="smtp", smtp_host=sink.host,
        smtp_port=sink.port, smtp_ca_file=sink.ca_file, smtp_username=None, smtp_password=None,
        log_level="ERROR",
    )  # fmt: skip
