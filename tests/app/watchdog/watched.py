"""A county on a school morning, and a watchdog with a real mail server and a real webhook."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.access.clients import ALL_SCOPES, Caller
from app.casework.nights import close
from app.casework.police import PoliceActing
from app.core.clock import Clock, at_london, london_date
from app.core.scope import PLATFORM, of_force
from app.intake.payload import NightTotals
from app.jobs import PIPELINE
from app.jobs.runner import Runner, Step, StepReport, Tick
from app.watchdog.settings import WatchdogSettings
from app.watchdog.watch import Seen, Watchdog
from notifications.channels.sink import MailSink
from tests.app.watchdog.listener import Listener
from tests.journeys.world import FORCE, World, at, child

MONDAY = date(2026, 11, 23)
PRIMARY, OTHERBY = 990001, 990002
_CODE = re.compile(r"^  ([a-z_]+): ", re.MULTILINE)


class Watched:
    """A world with everybody in their place, and the watchdog that looks at it."""

    def __init__(
        self, world: World, *, url: str, sink: MailSink, listener: Listener, folder: Path,
        admin_url: str | None = None,
    ) -> None:  # fmt: skip
        self.sink, self.listener, self.url, self.folder = sink, listener, url, folder
        self.world, self.admin_url = world, admin_url
        # By how many seconds the clock on the wall was moved otherwise than time went.
        self.slip = 0.0
        self.watchdog = self.watch()

    def people(self) -> None:
        """Put everybody in their place: two schools, desk, reviewers, duty officer, lead."""
        self.world.school(
            PRIMARY, "Exampleton Primary School",
            key_adults=["first@primary.test", "second@primary.test"],
        )  # fmt: skip
        self.world.school(
            OTHERBY, "Otherby Church School", town="Otherby", key_adults=["only@otherby.test"]
        )
        self.world.everybody()

    def watch(self, *, clock: Clock | None = None, **changes: Any) -> Watchdog:
        """Return a watchdog as a process would have it; `changes` are settings."""
        settings = WatchdogSettings(
            **{
                "database_url": self.url, "state_dir": self.folder / "watchdog",
                "smtp_host": self.sink.host, "smtp_port": self.sink.port,
                "smtp_ca_file": self.sink.ca_file, "mail_to": ("ops@example.org",),
                "webhook_url": f"{self.listener.url}/alarm",
                "heartbeat_url": f"{self.listener.url}/beat", "disk_paths": (), **changes,
            }
        )  # fmt: skip
        clock = clock or self.world.clock
        return Watchdog(settings, clock=clock, steady=lambda: clock.now().timestamp() - self.slip)

    # -- time ------------------------------------------------------------------------------------

    def night(self) -> None:
        """Sunday evening, the night with one child, and the close, up to twenty to eight."""
        world = self.world
        for clock_time in ("2026-11-22 18:20", "2026-11-23 00:10"):
            self.clock(clock_time)
            world.tick()
        world.clock.move_to(at("2026-11-23", "01:10"))
        world.push("N-1", child())
        self.close_night(1, 1, 1)
        world.until(time(7, 40))

    def clock(self, london: str) -> datetime:
        day, clock_time = london.split()
        return self.world.clock.move_to(at(day, clock_time))

    def tick_until(self, clock_time: time, **broken: Step | None) -> None:
        """Let the scheduler tick each five minutes, with steps broken or left out."""
        until = at_london(london_date(self.world.now), clock_time)
        while self.world.now < until:
            self.world.clock.advance(min(timedelta(minutes=5), until - self.world.now))
            self.tick(**broken)

    def tick(self, **broken: Step | None) -> None:
        """Run the pipeline once; a step given as None never runs, another runs in its place."""
        steps = [
            (name, broken.get(name, step) or step)
            for name, step in PIPELINE
            if name not in broken or broken[name] is not None
        ]
        Runner(self.world.wiring, steps, owner="journey").run_pipeline()

    # -- the feed --------------------------------------------------------------------------------

    def close_night(self, incidents: int, with_children: int, children: int) -> None:
        """Close the night that ends today, as the force's control room would."""
        caller = Caller(self.world.clients[FORCE], FORCE, ALL_SCOPES)
        acting = PoliceActing(self.world.now, caller, self.world.wiring.cipher)
        totals = NightTotals(
            incidents=incidents, incidents_with_children=with_children, children=children
        )
        with self.world.wiring.database.write(of_force(FORCE)) as session:
            close(session, acting, on=london_date(self.world.now), totals=totals)

    # -- looking ---------------------------------------------------------------------------------

    def look(self, watchdog: Watchdog | None = None) -> Seen:
        return (watchdog or self.watchdog).once()

    def look_twice(self) -> Seen:
        """Two looks a minute apart, the scheduler ticking in between."""
        self.look()
        self.world.clock.advance(timedelta(minutes=1))
        return self.look()

    def mailed(self) -> list[str]:
        return [one.raw.decode() for one in self.sink.messages]

    def rung(self) -> set[str]:
        """Every code that ever rang, as the mail server and the webhook both heard it."""
        by_mail = {
            code
            for mail in self.mailed()
            if "Wrong now:" in mail and "the day" not in mail
            for code in _CODE.findall(mail.split("Still wrong")[0])
        }
        by_webhook = {
            one["code"]
            for body in self.listener.of("/alarm")
            if body["kind"] == "alarm"
            for one in body["rings"]
        }
        assert by_mail == by_webhook
        return by_webhook

    @property
    def beats(self) -> int:
        return len(self.listener.of("/beat"))

    def sql(self, statement: str, **values: Any) -> None:
        """Change the database behind everybody's back, as a fault or a hand would."""
        with self.world.wiring.database.write(PLATFORM) as session:
            session.connection().execute(text(statement), values)


def breaks(_tick: Tick) -> StepReport:
    """A step of the pipeline that fails as a whole, every time."""
    raise RuntimeError("this step is broken on purpose")


def codes(seen: Seen) -> Sequence[str]:
    return [one.code.value for one in seen.findings]
