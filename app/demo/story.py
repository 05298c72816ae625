"""The night as one list of moments, played in order while the clock is moved by hand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial

from app.core.clock import LONDON, at_london
from app.core.policies import current_policy
from app.core.scope import PLATFORM
from app.demo.clock import STORY_ENDS
from app.demo.county import FORCE
from app.demo.evening import Evening
from app.demo.morning import Morning
from app.demo.night import Expected, moment, references
from app.demo.outcome import rows_of, words_of
from app.demo.telling import Telling
from app.demo.world import World
from app.reports.readiness import force_readiness

# Settled only once the council's look-up contact answers; the others as soon as the reviewer comes.
_SETTLED_LATE = frozenset({"two_st_marys", "not_ours"})
# Every step of a ladder that anybody acts on falls on a quarter of an hour.
_TICK = timedelta(minutes=15)


@dataclass(order=True, slots=True)
class Moment:
    """Something that happens at an instant; equal instants keep the order of the list."""

    at: datetime
    place: int
    act: Callable[[], object] = field(compare=False)


class Story:
    """Plays the night; afterwards the check asks what came out."""

    def __init__(self, world: World, telling: Telling) -> None:
        self.world = world
        self.telling = telling
        self.evening = Evening(world, telling)
        self.morning = Morning(world, telling)

    def play(self, besides: Iterable[tuple[str, Callable[[], object]]] = ()) -> None:
        """Play every moment in order; the jobs run at moments of their own.

        `besides` are acts of whoever watches, each at a clock time of the day.
        """
        watched = [(self._at(when), act) for when, act in besides]
        moments = [
            Moment(at, place, act)
            for place, (at, act) in enumerate([*self._night(), *self._day(), *watched])
        ]
        for one in sorted(moments):
            if one.at > self.world.clock.now():
                self.world.clock.move_to(one.at)
            one.act()

    def _at(self, clock_time: str) -> datetime:
        return moment(self.world.county.day, clock_time)

    def _night(self) -> Iterable[tuple[datetime, Callable[[], object]]]:
        yield self._at("18:30"), self._readiness
        together = [push for push in self.world.pushes if push.family is None]
        for push in self.world.pushes:
            if push.family is not None:
                yield push.at, partial(self.evening.push, push)
        yield self._at("23:30"), partial(self.evening.batch, together)
        hidden = references(self.world.pushes, "hidden")[0]
        yield self._at("23:31"), partial(self.evening.ask_where, hidden)
        for hour in ("20:10", "22:10", "23:30", "02:50", "05:30"):
            yield self._at(hour), self.world.tick
        yield self._at("05:55"), self.evening.close
        yield self._at("05:56"), self._tell_night

    def _day(self) -> Iterable[tuple[datetime, Callable[[], object]]]:
        at, read, ring = self._at, self.morning.read, self.morning.ring
        yield from self._ticks()
        yield at("06:10"), partial(self.morning.settle, self._to_settle(late=False))
        yield at("06:31"), self._tell_alerts
        for when, key in (
            ("06:41", "trust"), ("06:46", "mockbury"), ("06:56", "high"),
            ("07:06", "academy"), ("07:11", "hawthorn"), ("07:16", "village"), ("07:21", "welsh"),
            ("07:26", "special"), ("07:46", "nursery"), ("07:51", "college"),
        ):  # fmt: skip
            yield at(when), partial(read, key)
        yield at("06:51"), partial(read, "deputy", show=True)
        yield at("07:01"), partial(read, "bay", not_ours="Sienna")
        yield (
            at("07:36"),
            partial(ring, 990013, "told_other", "nobody is trained, the head is told"),
        )
        yield at("07:38"), partial(ring, 990032, "no_answer", "no answer, no voicemail is left")
        going_home = "read at 06:46, and rung all the same about going home"
        yield at("07:56"), partial(ring, 990008, "told_key_adult", going_home)
        yield at("08:01"), partial(read, "trust")
        yield at("08:03"), partial(read, "bay")
        yield at("08:04"), partial(read, "council")
        yield at("08:06"), partial(ring, 990032, "told_other", "the head of the school is told")
        yield at("08:08"), partial(ring, 990033, "told_key_adult", "a key adult is told")
        yield at("08:10"), partial(self.morning.settle, self._to_settle(late=True))
        yield at("08:16"), partial(read, "st_marys")
        yield at("08:21"), partial(read, "trust")
        yield (
            at("08:36"),
            partial(ring, 990036, "told_other", "nobody read it: told late, by phone"),
        )
        unborn = references(self.world.pushes, "unborn")[0]
        yield at("07:31"), partial(self.morning.tell_midwife, unborn)
        withdrawn = references(self.world.pushes, "withdrawn")[0]
        yield at("08:46"), partial(self.evening.withdraw, withdrawn)
        yield at("08:51"), partial(read, "hawthorn", follow_up=True)
        yield at("09:16"), self.morning.look_at_report
        yield at("09:41"), partial(read, "trust")
        yield at_london(self.world.county.day, STORY_ENDS), self.world.tick

    def _ticks(self) -> Iterable[tuple[datetime, Callable[[], object]]]:
        """The jobs of the morning, which in life run every few seconds."""
        at = self._at("06:00")
        while at < at_london(self.world.county.day, time(10, 0)):
            yield at, self.world.tick
            at += _TICK
        # What came late goes out at once.
        for when in ("07:41", "09:21"):
            yield self._at(when), self.world.tick

    def _to_settle(self, *, late: bool) -> list[Expected]:
        return [
            expected
            for push in self.world.pushes
            for expected in push.expected
            if expected.settle is not None and (push.family in _SETTLED_LATE) is late
        ]

    def _readiness(self) -> None:
        now = self.world.clock.now()
        with self.world.wiring.database.read(PLATFORM) as session:
            _, policy = current_policy(session, FORCE, at=now)
            found = force_readiness(
                session, self.world.wiring.cipher, force=FORCE, on=self.world.county.day,
                policy=policy,
            )  # fmt: skip
        names = ", ".join(one.name for one in found.not_ready)
        self._service(
            f"{len(found.not_ready)} of {found.schools} schools could not receive tomorrow and "
            f"will be rung: {names}"
        )

    def _tell_night(self) -> None:
        """Show what makes each edge case hard, and what was decided about each child."""
        self.world.tick()
        with self.world.wiring.database.read(PLATFORM) as session:
            found = rows_of(self.world, session)
        rows = [
            (
                f"{push.at.astimezone(LONDON):%H:%M}", push.title,
                "; ".join(
                    words_of(found.get((one.reference, one.child_ref))) for one in push.expected
                ),
            )
            for push in self.world.pushes
            if push.family is not None and push.at < self.world.clock.now()
        ]  # fmt: skip
        self.telling.table(
            "What the night held, and what was decided", ("Pushed", "Case", "Decision"), rows
        )
        self.telling.chapter("The morning")

    def _tell_alerts(self) -> None:
        """Show one alert as it arrived."""
        key_adults = {person.email for person in self.world.people.values() if person.urns}
        mails = [
            mail for mail in self.world.sink.messages
            if message_from_bytes(mail.raw, policy=default)["to"] in key_adults
        ]  # fmt: skip
        self._service(
            f"{len(self.world.sink.messages)} alerts handed over by verified TLS; "
            "this is one, whole"
        )
        if mails:
            mail = message_from_bytes(mails[0].raw, policy=default)
            body = mail.get_body(("plain",))
            text = body.get_content() if body else ""
            self.telling.panel("alert", f"To: {mail['to']}\nSubject: {mail['subject']}\n\n{text}")

    def _service(self, what: str) -> None:
        self.telling.line(self.world.clock.now(), "service", what)
