"""A generated country in a database of the product: register, sealed rolls by council, a night."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TextIO

from app.core import schema
from app.core.cipher import Cipher
from app.core.database import Database
from app.core.scope import PLATFORM
from benchmarks.intake_servers import wiring
from benchmarks.nights import Typed, night
from benchmarks.people import Neighbourhood, neighbourhoods, row
from schools.roll import import_roll
from tests.factories.schools import add_school

IMPORTED_AT = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Country:
    """A database with its rolls, what it cost to fill, and the night that nobody trained on."""

    database: Database
    cipher: Cipher
    incidents: list[list[Typed]]
    pupils: int
    import_seconds: float


@dataclass(frozen=True, slots=True)
class Files:
    """One roll file per council, and the night: written once, imported where they are wanted."""

    rolls: dict[str, Path]
    schools: dict[str, list[tuple[int, str]]]
    incidents: list[list[Typed]]
    pupils: int


def write_files(folder: Path, *, seed: int, pupils: int, children: int) -> Files:
    """Write the rolls of a generated country and draw a night of about that many children."""
    rolls: dict[str, Path] = {}
    schools: dict[str, list[tuple[int, str]]] = {}
    enrolled = 0

    with ExitStack() as stack:
        writers: dict[str, csv.DictWriter[str]] = {}

        def written() -> Iterator[Neighbourhood]:
            nonlocal enrolled
            for place in neighbourhoods(seed, pupils):
                if place.council not in writers:
                    # One council after the other: only one file is open at a time.
                    stack.pop_all().close()
                    rolls[place.council] = folder / f"roll-{seed}-{place.council}.csv"
                    file = rolls[place.council].open("w", encoding="utf-8", newline="")
                    writers[place.council] = _writer(stack.enter_context(file))
                first, second, third = place.schools
                schools.setdefault(place.council, []).extend(
                    [(first, "primary"), (second, "primary"), (third, "secondary")]
                )
                rows = [row(one) for home in place.households for one in home if one.urn]
                writers[place.council].writerows(rows)
                enrolled += len(rows)
                yield place

        # About one child in eight is on no roll.
        share = children / pupils * 0.88
        incidents = list(night(seed + 500, written(), share=share * 1.12))
    return Files(rolls, schools, _cut(incidents, children), enrolled)


def _cut(incidents: list[list[Typed]], children: int) -> list[list[Typed]]:
    kept: list[list[Typed]] = []
    for incident in incidents:
        if children <= 0:
            break
        kept.append(incident[:children])
        children -= len(incident)
    return kept


def _writer(file: TextIO) -> "csv.DictWriter[str]":
    columns = (
        "UPN", "Surname", "Forename", "MiddleNames", "PreferredSurname", "FormerSurname", "DOB",
        "Sex", "PostCode", "URN",
    )  # fmt: skip
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    return writer


def fill(url: str, folder: Path, files: Files) -> Country:
    """Migrate a database and import the register and every roll as an operator would."""
    held = wiring(url, folder)
    schema.upgrade(held.database.engine)
    seconds = 0.0
    for council, path in files.rolls.items():
        with held.database.write(PLATFORM) as session:
            for urn, phase in files.schools[council]:
                primary = phase == "primary"
                add_school(
                    session, urn, la_code=council, name=f"Generated School {urn}",
                    phase="Primary" if primary else "Secondary",
                    low_age=4 if primary else 11, high_age=11 if primary else 18,
                )  # fmt: skip
        began = perf_counter()
        with (
            held.database.write(PLATFORM) as session,
            path.open(encoding="utf-8", newline="") as source,
        ):
            report = import_roll(
                session, held.cipher, source, owner=f"council:{council}", now=IMPORTED_AT
            )
            # A slip of the school's own may leave a name that is none (`Na`).
            assert report.rejected <= report.accepted // 2_000, report.errors[:3]
        seconds += perf_counter() - began
    return Country(held.database, held.cipher, files.incidents, files.pupils, seconds)
