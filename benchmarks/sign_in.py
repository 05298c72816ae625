"""`./run bench sign_in`: whether the time of a refused sign-in tells that the account exists.

Whole requests through the application as it is configured, argon2id at its real cost, on SQLite on
disk: one refused sign-in of an account that exists, one of an address nobody has, in random order,
until ten thousand of each are measured or the time is over (half an hour or so in all). Counters of
failures are emptied between pairs, so that no limit cuts the work short.

The figure is the difference of the two medians; the goal is less than 5 ms of the time that passes,
which is what a stranger sees. Beside it stands the range that 95 of 100 redrawn samples gave: where
it is wider than the goal the machine was too busy, or the pairs too few, to believe the figure. The
time the processor worked is measured too, and decides nothing.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import delete

from app.access.models import SignInFailure
from app.access.permissions import Role
from app.core import logs, schema
from app.core.database import make_engine
from app.core.settings import Environment, Settings
from app.wiring import Wiring, build
from benchmarks.figures import reached, remember
from tests.factories.people import Browser, add_person

GOAL_MS, WANTED = 5.0, 10_000
# Seconds that passed, and seconds the processor worked.
Took = tuple[float, float]
_EXISTS, _NOBODY = "known-address@example.org", "other-address@example.org"
_WRONG = "four words that miss"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=WANTED)
    parser.add_argument("--seconds", type=float, default=2 * 3600)
    asked = parser.parse_args()
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory(prefix="encompass-sign-in-") as folder:
        wiring = _prepared(Path(folder))
        known, unknown = _measured(wiring, pairs=asked.pairs, seconds=asked.seconds)
        wiring.database.engine.dispose()
    figures: dict[str, Any] = {"pairs": len(known)}
    for at, what in enumerate(("passed", "worked")):
        here, there = [one[at] for one in known], [one[at] for one in unknown]
        gap, low, high = _gap(here, there)
        figures |= {
            f"known_ms_{what}": _ms(median(here)), f"unknown_ms_{what}": _ms(median(there)),
            f"gap_ms_{what}": gap, f"gap_ms_{what}_from": low, f"gap_ms_{what}_to": high,
        }  # fmt: skip
        print(f"{what:8} {_ms(median(here))} and {_ms(median(there))} ms, apart by {gap} ms")
        print(f"{'':8} ({low} to {high} in 95 of 100 redrawn samples)")
    apart = abs(figures["gap_ms_passed"])
    goal = f"apart by less than {GOAL_MS} ms of the time that passes ({apart} ms)"
    of = f"{len(known):,} of each"
    figures["goal"] = reached({goal: apart < GOAL_MS}, of=of, wanted=f"{WANTED:,} of each")
    print(f"remembered in {remember('sign_in', figures, 'argon2-cffi')}")
    sys.exit(0 if apart < GOAL_MS else 1)


def _gap(here: Sequence[float], there: Sequence[float]) -> tuple[float, float, float]:
    """Return the difference of the medians in ms, and the range of 95 of 100 redrawn samples."""
    chance, redrawn = random.Random(49), []
    for _ in range(1000):
        one, other = (chance.choices(times, k=len(times)) for times in (here, there))
        redrawn.append(median(one) - median(other))
    redrawn.sort()
    return _ms(median(here) - median(there)), _ms(redrawn[25]), _ms(redrawn[974])


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _prepared(folder: Path) -> Wiring:
    url = f"sqlite:///{folder}/encompass.db"
    engine = make_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    settings = Settings(
        environment=Environment.TEST, database_url=url, data_dir=folder, channel="recording",
        base_url="https://testserver", allowed_hosts=("testserver",),
    )  # fmt: skip
    wiring = build(settings)
    add_person(wiring, _EXISTS, Role.AUDITOR)
    return wiring


def _measured(wiring: Wiring, *, pairs: int, seconds: float) -> tuple[list[Took], list[Took]]:
    """Return what each refused sign-in took: of the account, and of nobody's."""
    browser = Browser(wiring)
    token = browser.form_token("/sign-in")

    def tried(email: str) -> Took:
        typed = {"form_token": token, "email": email, "password": _WRONG, "code": "000000"}
        began, busy = perf_counter(), process_time()
        answer = browser.http.post("/sign-in", data=typed)
        took = (perf_counter() - began, process_time() - busy)
        assert answer.status_code == 401, answer.status_code
        return took

    return _in_turns(tried, lambda: _forget(wiring), pairs=pairs, seconds=seconds)


def _in_turns(
    tried: Callable[[str], Took], forget: Callable[[], None], *, pairs: int, seconds: float
) -> tuple[list[Took], list[Took]]:
    found: dict[str, list[Took]] = {_EXISTS: [], _NOBODY: []}
    chance, until = random.Random(18), perf_counter() + seconds
    for email in (_EXISTS, _NOBODY):
        tried(email)
    while len(found[_EXISTS]) < pairs and perf_counter() < until:
        forget()
        for email in chance.sample((_EXISTS, _NOBODY), 2):
            found[email].append(tried(email))
        if not len(found[_EXISTS]) % 1000:
            print(f"{len(found[_EXISTS]):>9,} of each", flush=True)
    return found[_EXISTS], found[_NOBODY]


def _forget(wiring: Wiring) -> None:
    with wiring.database.write() as session:
        session.execute(delete(SignInFailure))


if __name__ == "__main__":
    main()
