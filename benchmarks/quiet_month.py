"""`./run bench quiet_month`: a month in which nothing is wrong, and what the watchdog rang of it.

A force's nights, eight schools, a desk, reviewers and the watchdog as it runs, with a real mail
server and a real webhook; the clock is moved by hand through every day of the month, weekends too.
Most children are opened at school before the deadline, some are told by the desk's call, some are
unclear and settled by a reviewer, some nights bring nobody. To reach: at most one alarm in a month.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from sqlalchemy import func, select

from app.casework import calling, following_up
from app.casework.acknowledging import acknowledge
from app.casework.reviewing import claim, queue
from app.casework.settling import Answer, settle
from app.core import logs, schema
from app.core.clock import HandClock, at_london, london_date
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.intake.models import InvolvedChild
from app.wiring import build
from benchmarks.figures import reached, remember
from notifications.channels.sink import MailSink
from notifications.models import Notification
from notifications.states import CallResult, FollowUpCode, NotificationState
from schools.matching.models import ReviewReason
from tests.app.watchdog.listener import Listener
from tests.app.watchdog.watched import Watched
from tests.journeys.world import FORCE, World, child

FIRST, DAYS = date(2026, 11, 23), 30
FORENAMES = ("Aderyn", "Bramwell", "Cassia", "Doran", "Elowen", "Fenwick", "Greta", "Hollis")
# Beside the two of every watched world; each in a town of its own, so that a name settles it.
MORE = {990020 + number: f"Elmstead {number} Primary School" for number in range(6)}
# What no map can settle: a name that two schools could have, without a town.
UNCLEAR = {"education": {"school_name": "Exampleton or Otherby School"}}


class Month:
    """The month, one step of the clock after another; `rung` is every alarm with its moment."""

    def __init__(self, watched: Watched, seed: int) -> None:
        self.watched, self.world = watched, watched.world
        self.chance = Random(seed)
        self.rung: list[str] = []
        self.looks = self.beats = 0
        self._tonight: list[datetime] = []
        self._opens: dict[object, time] = {}

    def day(self, on: date) -> None:
        """One London day: its night until six, its morning, and what comes after."""
        self._tonight = sorted(
            at_london(on, time(0, 20)) + timedelta(minutes=self.chance.randrange(5 * 60))
            for _ in range(self.chance.choice((0, 1, 3, 6, 9)))
        )
        told = len(self._tonight)
        closed = False
        end = at_london(on + timedelta(days=1), time(0, 0))
        while self.world.now < end:
            now = self.world.now.astimezone(end.tzinfo)
            while self._tonight and self._tonight[0] <= now:
                self._push(on, told - len(self._tonight))
                self._tonight.pop(0)
            if not closed and now.time() >= time(5, 30):
                self.watched.close_night(told, told, told)
                closed = True
            self._people(now.time())
            self.world.tick()
            self._look()
            busy = time(5, 45) <= now.time() < time(10, 0)
            self.world.clock.advance(timedelta(minutes=5 if busy else 20))

    def _push(self, on: date, number: int) -> None:
        name = self.chance.choice(FORENAMES)
        urn = self.chance.choice((None, *MORE))
        school: dict[str, Any] = {}
        if self.chance.random() < 0.15:
            school = UNCLEAR
        elif urn is not None:
            school = {"education": {"school_name": MORE[urn], "town": f"Elmstead {urn}"}}
        surname = f"Example-{on:%m%d}-{number}"
        self.world.push(f"Q-{on:%m%d}-{number}", child(forename=name, surname=surname, **school))

    def _people(self, clock: time) -> None:
        if time(7, 0) <= clock < time(17, 0):
            self._review()
        if time(7, 45) <= clock < time(16, 0) and london_date(self.world.now).weekday() < 5:
            self._open()
        if time(8, 10) <= clock < time(16, 0):
            self._ring()

    def _review(self) -> None:
        acting, scope = (
            self.world.acting("reviewer@example.org"),
            self.world.scope_of("reviewer@example.org"),
        )
        with self.world.wiring.database.read(scope) as session:
            waiting = [line.review_id for line in queue(session, acting)]
        for review in waiting:
            with self.world.wiring.database.write(scope) as session:
                claim(session, acting, review_id=review, untied=True)
            with self.world.wiring.database.write(scope) as session:
                answer = Answer((990001,), ReviewReason.OFFICER_CLARIFIED, "The officer named it.")
                settle(session, acting, review_id=review, answer=answer)

    def _open(self) -> None:
        """Each school opens what it has at one time of the morning, one in ten not before noon."""
        with self.world.wiring.database.read(PLATFORM) as session:
            ready = session.execute(
                select(Notification.id, Notification.urn).where(
                    Notification.state == NotificationState.READY,
                    Notification.due_at < self.world.now + timedelta(hours=12),
                    Notification.urn.is_not(None),
                )
            ).all()
        now = self.world.now.astimezone(at_london(FIRST, time(0, 0)).tzinfo).time()
        for ident, urn in ready:
            when = self._opens.setdefault(
                (urn, london_date(self.world.now)),
                time(12, 0)
                if self.chance.random() < 0.1
                else time(7, 45 + self.chance.randrange(15)),
            )
            if now < when:
                continue
            email = _key_adult(urn)
            self.world.open(email, ident)
            scope = self.world.scope_of(email)
            with self.world.wiring.database.write(scope) as session:
                acknowledge(session, self.world.acting(email), notification_id=ident)
            with self.world.wiring.database.write(scope) as session:
                following_up.record_follow_up(
                    session,
                    self.world.acting(email),
                    notification_id=ident,
                    codes=(FollowUpCode.NO_FURTHER_ACTION,),
                )

    def _ring(self) -> None:
        acting, scope = (
            self.world.acting("desk@example.org"),
            self.world.scope_of("desk@example.org"),
        )
        with self.world.wiring.database.read(scope) as session:
            lines = [
                one.line_id
                for school in calling.sheet(session, acting, force=FORCE)
                for one in school.lines
            ]
        for line in lines:
            with self.world.wiring.database.write(scope) as session:
                calling.claim(session, acting, line_id=line)
            with self.world.wiring.database.write(scope) as session:
                calling.show_content(session, acting, line_id=line, untied=True)
            with self.world.wiring.database.write(scope) as session:
                calling.record_call(
                    session, acting, line_id=line, result=CallResult.TOLD, recipient_trained=True
                )

    def _look(self) -> None:
        seen = self.watched.look()
        self.looks += 1
        self.beats += seen.beat
        moment = self.world.now.astimezone(at_london(FIRST, time(0, 0)).tzinfo)
        self.rung += [f"{moment:%a %d %b %H:%M} {code.value}" for code in seen.rang]


def _key_adult(urn: int | None) -> str:
    own = {990001: "first@primary.test", 990002: "only@otherby.test"}
    return own.get(urn or 0) or f"head@{urn}.test"


@contextmanager
def quiet_county(folder: Path) -> Iterator[Watched]:
    settings = Settings(
        environment=Environment.TEST, database_url=f"sqlite:///{folder / 'encompass.db'}",
        data_dir=folder / "data", channel="recording", base_url="http://testserver",
    )  # fmt: skip
    wiring = build(
        settings, clock=HandClock(at_london(FIRST, time(0, 0)).astimezone(UTC) - timedelta(hours=7))
    )
    schema.upgrade(wiring.database.engine)
    with MailSink(folder / "mail") as sink, Listener() as listener:
        watched = Watched(
            World(wiring), url=settings.database_url, sink=sink, listener=listener, folder=folder
        )
        watched.people()
        for urn, name in MORE.items():
            watched.world.school(
                urn, name, town=f"Elmstead {urn}", key_adults=[_key_adult(urn)]
            )  # fmt: skip
        yield watched
        watched.watchdog.close()
    wiring.database.engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    logs.configure("CRITICAL")
    began = perf_counter()
    with tempfile.TemporaryDirectory() as folder, quiet_county(Path(folder)) as watched:
        month = Month(watched, args.seed)
        evening = at_london(FIRST, time(0, 0))
        while watched.world.now < evening:
            watched.world.tick()
            watched.look()
            watched.world.clock.advance(timedelta(minutes=20))
        for number in range(args.days):
            month.day(FIRST + timedelta(days=number))
        with watched.world.wiring.database.read(PLATFORM) as session:
            children = session.scalar(select(func.count()).select_from(InvolvedChild))
        imbalances = len(watched.world.imbalances)
    for line in month.rung:
        sys.stdout.write(f"  {line}\n")
    sys.stdout.write(
        f"{args.days} days, {children} children, {month.looks:,} looks, {len(month.rung)} alarms, "
        f"{perf_counter() - began:.0f} s\n"
    )
    goals = {
        "at most one alarm in a month": len(month.rung) <= 1,
        "nobody left over": not imbalances,
    }
    verdict = reached(goals, of=f"{args.days} days", wanted=f"{DAYS} days")
    figures = {
        "days": args.days,
        "seed": args.seed,
        "children": children,
        "schools": 2 + len(MORE),
        "looks": month.looks,
        "alarms": month.rung,
        "verdict": verdict,
    }
    sys.stdout.write(f"remembered in {remember('quiet_month', figures)}\n")


if __name__ == "__main__":
    main()
