"""One look, every minute, all day: ask everything, ring what is wrong, beat only if nothing is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time
from threading import Event
from time import monotonic

from app.core import logs
from app.core.clock import Clock, SystemClock, london_date, london_time
from app.core.errors import Unavailable
from app.watchdog import alerts, balancing, children, feed, machinery, outside
from app.watchdog.bells import Bell, Heartbeat, bells_of, ring
from app.watchdog.codes import Code, Finding
from app.watchdog.looking import Look
from app.watchdog.reading import MayWrite, Reading
from app.watchdog.ringing import Memory, Turn, load, save, turn
from app.watchdog.settings import WatchdogSettings
from app.watchdog.tally import Tally, tally
from app.watchdog.words import alarm, digest, over

log = logs.get(__name__)
Check = Callable[[Look], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    children.untold_unheld,
    children.calls_not_begun,
    children.reviews_not_begun,
    balancing.imbalances,
    alerts.without_status,
    alerts.still_sending,
    alerts.set_aside,
    alerts.delivery_failing,
    alerts.nobody_opens,
    alerts.providers,
    feed.feed,
    feed.refused,
    machinery.ticks,
    machinery.mornings,
    machinery.call_sheets,
    machinery.calendar,
    machinery.trail,
    machinery.our_schema,
    machinery.database_clock,
)
DIGEST_AT = time(9, 15)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found, and what it made of it."""

    findings: tuple[Finding, ...]
    rang: tuple[Code, ...]
    over: tuple[Code, ...]
    heard: bool
    beat: bool


class Watchdog:
    """Looks once when asked; keeps what it rang about in a file of its own."""

    def __init__(
        self, settings: WatchdogSettings, *, clock: Clock | None = None,
        steady: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._clock = clock or SystemClock()
        self._steady = steady
        self._reading = Reading(settings.database_url)
        self._bells: list[Bell] = bells_of(settings)
        self._heartbeat = Heartbeat(settings)
        self._file = settings.state_dir / "memory.json"
        self._memory = load(self._file)
        self._moment: outside.Moment | None = None
        self._heartbeat_refused = False

    def once(self) -> Seen:
        """Look at everything, ring, and beat where every check passed and every bell was heard."""
        moment = outside.Moment(self._clock.now(), self._steady())
        heads, sum_of_day = dict(self._memory.heads), None
        findings = [*outside.jump(self._moment, moment), *self._outside()]
        try:
            self._reading.require_reader()
            findings += self._ask(moment.wall)
            with self._reading.look() as session:
                look = Look(session, moment.wall)
                heads = {chain: seq for chain, (seq, _) in machinery.heads_of(look).items()}
                if self._digest_is_due(look):
                    sum_of_day = tally(session, now=moment.wall)
        except MayWrite:
            findings.append(Finding(Code.ROLE_MAY_WRITE))
        except Unavailable as error:
            log.error("not read", error=logs.error_kind(error))
            findings.append(Finding(Code.DATABASE_SILENT))
        self._moment = moment
        return self._answer(findings, heads, sum_of_day)

    def run(self, stop: Event) -> None:
        """Look every minute until `stop` is set."""
        log.info("watchdog started", seconds=self._settings.every_seconds)
        while True:
            began = self._steady()
            self.once()
            spent = self._steady() - began
            if stop.wait(max(1.0, self._settings.every_seconds - spent)):
                break
        self.close()
        log.info("watchdog stopped")

    def require_reader(self) -> None:
        """Raise `MayWrite` where the role may write, `Unavailable` where nothing answers."""
        self._reading.require_reader()

    def close(self) -> None:
        self._reading.close()

    def _outside(self) -> Iterator[Finding]:
        if self._heartbeat_refused:
            yield Finding(Code.HEARTBEAT_REFUSED)
        yield from outside.disks(self._settings.disk_paths)
        yield from outside.web(self._settings.ready_url)

    def _ask(self, now: datetime) -> Iterator[Finding]:
        """Ask every check on its own; one that breaks is itself a finding and stops no other."""
        broken, real = 0, isinstance(self._clock, SystemClock)
        files = self._settings.call_sheet_files
        for check in CHECKS:
            try:
                with self._reading.look() as session:
                    look = Look(session, now, self._memory.heads, real, files)
                    yield from list(check(look))
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 (a check that breaks must ring, not end us)
                log.error("check failed", code=check.__name__, error=logs.error_kind(error))
                broken += 1
        if broken:
            yield Finding(Code.CHECK_FAILED, broken)

    def _answer(
        self, findings: list[Finding], heads: dict[str, int], sum_of_day: Tally | None
    ) -> Seen:
        now = self._clock.now()
        after = turn(self._memory, findings, now=now)
        heard = self._say(after)
        if heard:
            self._memory = after.memory
        self._memory = replace(self._memory, heads=heads)
        if sum_of_day is not None and ring(self._bells, digest(sum_of_day, after.on, at=now)):
            self._memory = replace(self._memory, digest_on=london_date(now))
        save(self._file, self._memory)
        passed = not findings or {one.code for one in findings} == {Code.HEARTBEAT_REFUSED}
        beat = passed and heard and self._heartbeat.beat()
        self._heartbeat_refused = passed and heard and not beat
        log.info("watchdog looked", count=len(findings))
        return Seen(
            tuple(findings), tuple(one.code for one in after.rings), after.over, heard, beat
        )

    def _say(self, after: Turn) -> bool:
        """Ring what rings and say what is over; return False where nobody heard it."""
        heard, now = True, self._clock.now()
        if after.rings:
            heard = ring(self._bells, alarm(after.rings, after.on, at=now)) and heard
        if after.over:
            heard = ring(self._bells, over(after.over, after.on, at=now)) and heard
        return heard

    def _digest_is_due(self, look: Look) -> bool:
        return london_time(look.now) >= DIGEST_AT and self._memory.digest_on != look.today


__all__ = ["CHECKS", "Memory", "Seen", "Watchdog"]
