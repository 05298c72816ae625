"""`./run bench schedulers`: four real schedulers, one of them stopped in the midst of its work.

They share one PostgreSQL. Incidents of a night wait; whoever has the step that the round is about
is stopped (SIGSTOP) with a part of it done, for longer than its lease, and then goes on (SIGCONT)
as if no time had passed. Afterwards nothing may have been done twice, and what the sleeper still
wrote about work that others took over may count for nothing. `--rounds` takes the steps in turn;
`--beside` so many rounds at once, each with a cluster of its own: a round mostly waits.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access.clients import ALL_SCOPES, Caller
from app.api.intake_writer import store
from app.core import logs
from app.core.audit import Event
from app.core.clock import HandClock, SystemClock
from app.core.errors import ServiceError
from app.core.models import AuditEntry, AuditHead, Lease
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from app.intake.payload import IncidentMessage
from app.intake.receive import Submission
from app.reports.balance import balance
from app.wiring import Wiring
from benchmarks.cluster import Cluster, crashing_cluster, new_database
from benchmarks.crash import at_two_schools
from benchmarks.crash_lives import forking
from benchmarks.crash_place import FIRST_ROUND, FORCE, Place, place
from benchmarks.figures import remember
from benchmarks.scheduler_lives import Nursery, RunningClock, end, nursery, pause, wake
from notifications.channels.sink import Fault, MailSink
from notifications.models import Alert, Notification, Occurrence
from notifications.states import UNSETTLED, AlertState
from schools.matching.details import Band
from schools.matching.models import Match

SCHEDULERS = 4
# Longer than the lease of a step (120 s): another takes over what the sleeper had begun.
PAUSE_SECONDS = 130.0
_LOOK_SECONDS = 0.02
# So many rounds in a row may meet nobody before the run is given up.
_MISSES = 5
_STALE = "stale_result"
_ONCE = (Event.CHILD_MATCHED, Event.NOTIFICATION_PLACED, Event.STEP_TAKEN)


class NobodyMet(RuntimeError):
    """Every owner of the step was through with it before it could be stopped."""


@dataclass(slots=True)
class Seen:
    """What came of one round.

    What was done twice, stale and accepted, or left half done must be zero.
    """

    step: str
    children: int
    slept_seconds: float = 0
    takeovers: int = 0
    stale_refused: int = 0
    steps_twice: int = 0
    stale_accepted: int = 0
    # Children not accounted for, alerts in nobody's hands, broken chains.
    half: int = 0
    # Rounds before this one that met nobody.
    missed: int = 0
    said: list[str] = field(default_factory=list)


def _some_matched(session: Session) -> bool:
    matched = select(func.count()).where(InvolvedChild.outcome != Outcome.RECEIVED)
    return (session.scalar(matched) or 0) > 0 and _received(session) > 0


def _some_composed(session: Session) -> bool:
    return session.scalars(select(Notification.id).limit(1)).first() is not None


def _some_attempting(session: Session) -> bool:
    attempting = select(Alert.id).where(Alert.state == AlertState.ATTEMPTING).limit(1)
    return session.scalars(attempting).first() is not None


# Which step's owner is stopped, and once what is so.
ROUNDS: dict[str, Callable[[Session], bool]] = {
    "match_children": _some_matched,
    "compose_notifications": _some_composed,
    "send_due": _some_attempting,
}


def sleep_through(
    cluster: Cluster, processes: Nursery, step: str, *, incidents: int,
    seconds: float = PAUSE_SECONDS, speed: float = 1,
) -> Seen:  # fmt: skip
    """Stop the owner of a step for so many of the clock's seconds; return what came of it."""
    seen = Seen(step, 2 * incidents)
    url = new_database(cluster.url, f"schedulers_{step}_{token_hex(4)}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sink = stack.enter_context(MailSink(folder))
        here = stack.enter_context(place(url, folder, sink, stack.enter_context(forking())))
        _push(here, incidents)
        # The first conversation hangs, so that a block is in hand for a while.
        sink.fail_next(Fault.SILENT_AT_RECIPIENT)
        clock = RunningClock(FIRST_ROUND, SystemClock().now(), speed)
        settings = here.settings.model_copy(update={"tick_seconds": max(1, round(10 / speed))})
        running = stack.enter_context(processes.schedulers(settings, clock, SCHEDULERS))
        sleeper, fence = _stopped(here.wiring, running, step)
        began = monotonic()
        sleep(seconds / speed)
        seen.takeovers = _fence(here.wiring, step) - fence
        wake(sleeper)
        seen.slept_seconds = round((monotonic() - began) * speed)
        _until_quiet(here.wiring, clock, seconds=600 / speed + 120)
        if end(running) != SCHEDULERS:
            raise RuntimeError("a scheduler ended by itself: the lines above say why")
        _hold(here, seen, clock)
    return seen


def _push(here: Place, incidents: int) -> None:
    clock = here.wiring.clock
    assert isinstance(clock, HandClock)
    clock.move_to(FIRST_ROUND)
    client = Caller(here.county.clients[FORCE], FORCE, ALL_SCOPES)
    bodies = [at_two_schools(here, f"SLEPT-{number:04}") for number in range(incidents)]
    messages = [IncidentMessage.model_validate_json(json.dumps(body)) for body in bodies]
    submitted = [Submission(client.force, client.client_id, one) for one in messages]
    for outcome in store(here.wiring, submitted):
        if isinstance(outcome, ServiceError):
            raise outcome


def _stopped(wiring: Wiring, running: Sequence[int], step: str) -> tuple[int, int]:
    """Stop whoever has the step, in the midst of it; return that process and the lease's fence."""
    until = monotonic() + 300
    while monotonic() < until:
        with wiring.database.read(PLATFORM) as session:
            owner = _owner(session, step) if ROUNDS[step](session) else None
        if owner is None:
            sleep(_LOOK_SECONDS)
            continue
        process = int(owner.split(":")[1])
        assert process in running
        pause(process)
        with wiring.database.read(PLATFORM) as session:
            if _owner(session, step) == owner and ROUNDS[step](session):
                return process, _fence(wiring, step)
        wake(process)
    raise NobodyMet(f"nobody was met in the midst of {step}: give it more incidents")


def _owner(session: Session, step: str) -> str | None:
    held = select(Lease.owner).where(Lease.name == step, Lease.until.is_not(None))
    return session.scalars(held).first()


def _fence(wiring: Wiring, step: str) -> int:
    with wiring.database.read(PLATFORM) as session:
        return session.scalars(select(Lease.fence).where(Lease.name == step)).one()


def _received(session: Session) -> int:
    waiting = select(func.count()).where(InvolvedChild.outcome == Outcome.RECEIVED)
    return session.scalar(waiting) or 0


def _uncomposed(session: Session) -> int:
    waiting = select(func.count()).where(Match.band == Band.MATCHED, Match.composed_at.is_(None))
    return session.scalar(waiting) or 0


def _until_quiet(wiring: Wiring, clock: RunningClock, *, seconds: float) -> None:
    """Wait until every child is matched and no alert that is due waits, or time is over."""
    until = monotonic() + seconds
    while monotonic() < until:
        due = select(func.count()).where(
            Alert.state.in_(UNSETTLED), Alert.next_attempt_at <= clock.now()
        )
        with wiring.database.read(PLATFORM) as session:
            if not _received(session) and not _uncomposed(session) and not session.scalar(due):
                return
        sleep(0.5)


def _hold(here: Place, seen: Seen, clock: RunningClock) -> None:
    """Hold the rows to what must be: each thing done once, and nothing left half done."""
    wanted = [one.value for one in (*_ONCE, Event.ALERT_HANDED_OVER, Event.ALERT_FAILED)]
    trail = select(
        AuditEntry.event, AuditEntry.subject, AuditEntry.reason_code, AuditEntry.detail
    ).where(AuditEntry.event.in_(wanted))
    places = select(Occurrence.involved_child_id, Notification.recipient).join(
        Notification, Notification.id == Occurrence.notification_id
    )
    with here.wiring.database.read(PLATFORM) as session:
        rows = session.execute(trail).all()
        shown = Counter((child, recipient) for child, recipient in session.execute(places))
        heads = session.scalars(select(AuditHead.chain)).all()
        left = [one for one in heads if here.wiring.chain.verify(session, one) is not None]
        left += [one.code for one in balance(session, now=clock.now())]
        left += ["received"] * _received(session)
    stale = [row for row in rows if row.reason_code == _STALE]
    counting = [row for row in rows if row.reason_code != _STALE]
    done = Counter(
        (row.event, row.subject, _step_of(row.detail or {}))
        for row in counting
        if row.event != Event.ALERT_FAILED
    )
    doubled = [one for one, count in done.items() if count > 1]
    handed = [one for one in doubled if one[0] == Event.ALERT_HANDED_OVER]
    seen.stale_refused, seen.stale_accepted = len(stale), len(handed)
    seen.steps_twice = len(doubled) - len(handed) + sum(n > 1 for n in shown.values())
    seen.half = len(left) + abs(len(shown) - seen.children)
    seen.said = sorted({*left, *map(str, doubled)})[:5]


def _step_of(detail: dict[str, Any]) -> str | None:
    """Return which step of a ladder a row is about: a message's, or an unsettled child's."""
    return detail.get("step") or detail.get("review_step")


def in_turn(steps: Sequence[str], incidents: int, seconds: float) -> list[Seen]:
    """Play a round for each step, one after the other, on a cluster of their own.

    A round in which nobody was met shows nothing: it is played again, and said.
    """
    logs.configure("CRITICAL")
    came = []
    with crashing_cluster() as cluster, nursery() as processes:
        if cluster is None:
            raise SystemExit("PostgreSQL is needed: several schedulers share it.")
        for step in steps:
            seen = _met(cluster, processes, step, incidents=incidents, seconds=seconds)
            print(json.dumps(asdict(seen)), flush=True)
            came.append(seen)
    return came


def _met(
    cluster: Cluster, processes: Nursery, step: str, *, incidents: int, seconds: float
) -> Seen:
    """Play a round until somebody is met in the midst of the step."""
    for missed in range(_MISSES):
        try:
            seen = sleep_through(cluster, processes, step, incidents=incidents, seconds=seconds)
        except NobodyMet as error:
            print(f"played again: {error}", flush=True)
        else:
            seen.missed = missed
            return seen
    raise NobodyMet(f"{_MISSES} rounds of {step} met nobody: give them more incidents")


def main() -> None:
    """Run the rounds, print what came of each, and remember them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=PAUSE_SECONDS)
    parser.add_argument("--incidents", type=int, default=60)
    parser.add_argument("--steps", nargs="*", default=list(ROUNDS), choices=list(ROUNDS))
    parser.add_argument("--rounds", type=int, default=len(ROUNDS))
    parser.add_argument("--beside", type=int, default=1)
    options = parser.parse_args()
    wanted = list(islice(cycle(options.steps), options.rounds))
    # Every so-manieth for each; spawned, because what follows forks for itself.
    shares = [wanted[one :: options.beside] for one in range(min(options.beside, len(wanted)))]
    came: list[Seen] = []
    with ProcessPoolExecutor(len(shares), mp_context=get_context("spawn")) as pool:
        playing = [
            pool.submit(in_turn, share, options.incidents, options.seconds) for share in shares
        ]
        for share in as_completed(playing):
            came += share.result()
    figures = {step: _summed(step, came) for step in options.steps}
    for step, summed in figures.items():
        for name, figure in summed.items():
            print(f"{step:24} {name.replace('_', ' '):16} {figure}", flush=True)
    print(f"remembered in {remember('schedulers', figures, 'sqlalchemy', 'psycopg')}")


def _summed(step: str, came: Sequence[Seen]) -> dict[str, Any]:
    """Return what the rounds of a step came to together."""
    of = [asdict(one) for one in came if one.step == step]
    sums = (
        "children", "takeovers", "stale_refused", "steps_twice", "stale_accepted", "half", "missed",
    )  # fmt: skip
    return {
        "rounds": len(of),
        "slept_seconds_at_least": min((one["slept_seconds"] for one in of), default=0),
        "rounds_taken_over": sum(one["takeovers"] > 0 for one in of),
        "rounds_with_something_stale": sum(one["stale_refused"] > 0 for one in of),
        **{name: sum(one[name] for one in of) for name in sums},
        "said": sorted({word for one in of for word in one["said"]})[:5],
    }


if __name__ == "__main__":
    main()
