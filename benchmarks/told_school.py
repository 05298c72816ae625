"""Told schools on the 6,022 real schools: settled without a person, wrong, and left to a person.

Three seeds of 2,000 told names (benchmarks/told_cases.py says which kinds in which shares), none of
them a seed that the rules were made on; beside them a plain token score and, where PostgreSQL has
it, pg_trgm. Each sees the same schools, places and ages.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import create_engine, delete, text
from sqlalchemy.orm import Session

from app.core import schema
from app.core.cipher import Cipher
from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.wiring import Wiring, build
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.figures import percentile, remember
from benchmarks.told_baselines import Answer, TokenScore, Trigrams
from benchmarks.told_cases import ON, SHARES, Case, World, cases, world
from schools.matching.details import Band, ChildFacts, ChildIdentity, ToldEducation
from schools.matching.match import match_children
from schools.matching.told_search import forget
from schools.models import Establishment
from schools.register import import_register

SEEDS = (9001, 9002, 9003)
EACH = 2_000
MAIN, LINKS = "edubasealldata_6022_real.csv", "links_edubasealldata_real.csv"
NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
_PLACES = (
    os.environ.get("ENCOMPASS_GIAS_DIR"),
    Path(__file__).resolve().parents[1] / "../shared/data/gias",
)


def folder() -> Path:
    """Return the folder of the official extracts; leave where there is none."""
    for place in _PLACES:
        if place and (Path(place) / MAIN).is_file():
            return Path(place)
    raise SystemExit(
        f"The register is needed: put {MAIN} and {LINKS} (Get Information about Schools, Open "
        "Government Licence) into a folder and name it in ENCOMPASS_GIAS_DIR."
    )


def child(case: Case) -> ChildFacts:
    """Return the child of a case as intake hands it to the matcher."""
    return ChildFacts(
        ChildIdentity(
            "c1", "Asha", "Quillfeather", sex=case.sex, postcodes=(case.postcode,), **case.birth
        ),
        ToldEducation(
            "registered", None, case.said.text, case.town, (case.council,) if case.council else ()
        ),
    )


def ours(session: Session, cipher: Cipher) -> Answer:
    """Return the whole matcher as the job calls it, one child at a time."""

    def answer(case: Case) -> int | None:
        (decision,) = match_children(session, cipher, [child(case)], on=ON, policy=Policy())
        return decision.urns[0] if decision.band is Band.MATCHED else None

    return answer


@dataclass(slots=True)
class Way:
    """One way of matching, with what came of each told name."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    def tell(self, case: Case, answer: Answer) -> None:
        began = time.perf_counter()
        urn = answer(case)
        self.milliseconds.append((time.perf_counter() - began) * 1000)
        result = "review" if urn is None else "right" if urn == case.truth else "wrong"
        for kind in (case.kind, "all"):
            self.counts[kind, "told"] += 1
            self.counts[kind, result] += 1
            self.counts[kind, "resolvable"] += case.resolvable
            self.counts[kind, "settled"] += case.resolvable and result == "right"

    def figures(self) -> dict[str, Any]:
        of = {kind: {what: self.counts[kind, what] for what in _WHAT} for kind in (*SHARES, "all")}
        return {
            **of,
            "settled_share": round(of["all"]["settled"] / of["all"]["resolvable"], 4),
            "ms_median": round(median(self.milliseconds), 2),
            "ms_p99": round(percentile(self.milliseconds, 0.99), 2),
        }


_WHAT = ("told", "resolvable", "settled", "right", "wrong", "review")


def prepared(url: str, data: Path, stack: ExitStack) -> Wiring:
    """Migrate a database and import the official files."""
    settings = Settings(
        environment=Environment.TEST, database_url=url, channel="recording",
        data_dir=Path(stack.enter_context(tempfile.TemporaryDirectory())),
    )  # fmt: skip
    wired = build(settings)
    schema.upgrade(wired.database.engine)
    with wired.database.write(PLATFORM) as session:
        import_register(session, data / MAIN, links_path=data / LINKS, now=NOW)
    return wired


def tell_all(wired: Wiring, held: World, seed: int, ways: dict[str, Way], *, name: str) -> None:
    """Tell one seed's names; the missing schools come back when the session is rolled back."""
    told, missing = cases(held, seed, EACH)
    on_postgresql = name == "PostgreSQL"
    with wired.database.read(PLATFORM) as session:
        session.execute(delete(Establishment).where(Establishment.urn.in_(missing)))
        forget(session)
        answers = {f"this service, {name}": ours(session, wired.cipher)}
        if on_postgresql:
            answers["pg_trgm"] = Trigrams(session, held).answer
        else:
            answers["token score"] = TokenScore(held, missing).answer
        for way, answer in answers.items():
            answer(told[0])  # the index is built once for each register
            for case in told:
                ways.setdefault(way, Way()).tell(case, answer)
        forget(session)


def main() -> None:
    data = folder()
    held = world(data)
    seeds = [int(seed) for seed in sys.argv[1:]] or list(SEEDS)
    ways: dict[str, Way] = {}
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        databases = {"SQLite": f"sqlite:///{scratch}/register.db"}
        admin = stack.enter_context(durable_cluster())
        if admin is not None:
            databases["PostgreSQL"] = new_database(admin, "register")
            with create_engine(databases["PostgreSQL"]).begin() as connection:
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        for name, url in databases.items():
            wired = prepared(url, data, stack)
            for seed in seeds:
                tell_all(wired, held, seed, ways, name=name)
                print(f"{name}: seed {seed} done")
            wired.database.engine.dispose()
    report(ways, seeds)


def report(ways: dict[str, Way], seeds: list[int]) -> None:
    """Print what came of each way, by kind, and remember it."""
    figures = {name: way.figures() for name, way in ways.items()}
    for name, figure in figures.items():
        print(f"\n{name}: {figure['settled_share']:.1%} of the resolvable settled, "
              f"{figure['all']['wrong']} wrong of {figure['all']['told']:,}; "
              f"{figure['ms_median']} ms, p99 {figure['ms_p99']} ms")  # fmt: skip
        print(f"  {'':16}" + "".join(f"{what:>12}" for what in _WHAT))
        for kind in (*SHARES, "all"):
            print(f"  {kind:16}" + "".join(f"{figure[kind][what]:12,}" for what in _WHAT))
    path = remember("told_school", {"seeds": seeds, "each": EACH, **figures}, "rapidfuzz")
    print(f"\nappended to {path}")


if __name__ == "__main__":
    main()
