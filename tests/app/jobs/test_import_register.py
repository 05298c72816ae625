"""The nightly import: a new file once, in the quiet hours; a refused one waits for a person."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.cli import checks
from app.cli.force_checks import State
from app.core.clock import HandClock
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.core.settings import Settings
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring
from schools.models import Establishment, Status
from schools.register_folder import newest_file
from schools.register_models import ImportState, RegisterImport
from schools.register_upkeep import accept
from tests.factories.schools import as_csv, register_file

pytestmark = pytest.mark.feature("RE1")

THREE = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SHUT = {"EstablishmentStatus (code)": "2", "EstablishmentStatus (name)": "Closed"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "register"
    made.mkdir()
    return made


@pytest.fixture
def settings(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(update={"register_dir": folder})


def put(folder: Path, name: str, *rows: dict[str, str]) -> Path:
    made = register_file(folder, *rows)
    return made.rename(folder / name)


def night(wiring: Wiring, at: datetime) -> None:
    assert isinstance(wiring.clock, HandClock)
    wiring.clock.move_to(at)
    report = Runner(wiring, PIPELINE, owner="test").run_step("import_register")
    assert (report.failed, report.skipped) == (0, False)


def step(wiring: Wiring, at: datetime) -> int:
    report = Runner(wiring, PIPELINE, owner="test").run_step("import_register", now=at)
    return report.failed


def seen(wiring: Wiring) -> list[tuple[str, str | None]]:
    with wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(RegisterImport).order_by(RegisterImport.at))
        return [(row.state.value, row.reason_code) for row in rows]


def open_schools(wiring: Wiring) -> int:
    with wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(Establishment).where(Establishment.status == Status.OPEN))
        return len(rows.all())


def test_a_new_file_is_imported_once_and_only_in_the_quiet_hours(
    wiring: Wiring, folder: Path
) -> None:
    put(folder, "edubasealldata20261119.csv", {})
    night(wiring, THREE - timedelta(hours=1))
    night(wiring, THREE + timedelta(hours=2))
    assert seen(wiring) == []
    night(wiring, THREE)
    assert (seen(wiring), open_schools(wiring)) == ([("applied", None)], 1)
    put(folder, "edubasealldata20261120.csv", {}, {"URN": "990002"})
    night(wiring, THREE + timedelta(minutes=5))
    assert len(seen(wiring)) == 1  # once a day
    night(wiring, THREE + timedelta(days=1))
    assert (len(seen(wiring)), open_schools(wiring)) == (2, 2)
    night(wiring, THREE + timedelta(days=2))
    assert len(seen(wiring)) == 2  # nothing new


@pytest.mark.feature("AU4")
def test_a_refused_file_waits_for_a_person_and_then_goes_in(wiring: Wiring, folder: Path) -> None:
    rows = [{"URN": str(990001 + number)} for number in range(20)]
    put(folder, "edubasealldata20261119.csv", *rows)
    night(wiring, THREE)
    put(folder, "edubasealldata20261120.csv", *[{**row, **SHUT} for row in rows[:3]], *rows[3:])
    for days in (1, 2):
        night(wiring, THREE + timedelta(days=days))
    assert seen(wiring) == [("applied", None), ("refused", "too_many_closures")]
    with wiring.database.read(PLATFORM) as session:
        state, said = checks._register(session, THREE + timedelta(days=2))
    assert (state, "too_many_closures" in said) == (State.WARN, True)
    assert open_schools(wiring) == 20
    with wiring.database.write(PLATFORM) as session:
        (refused,) = session.scalars(
            select(RegisterImport).where(RegisterImport.state == ImportState.REFUSED)
        )
        assert refused.counts["closed"] == 3
        assert accept(session, refused.id, now=THREE, actor="account:1") is refused
    night(wiring, THREE + timedelta(days=3))
    assert seen(wiring)[-1] == ("applied", None)
    assert open_schools(wiring) == 17
    with wiring.database.read(PLATFORM) as session:
        trail = session.scalars(
            select(AuditEntry.event).where(AuditEntry.actor == "job:import_register")
        ).all()
    assert sorted(trail) == [
        "register:schools:imported", "register:schools:imported", "register:schools:refused"
    ]  # fmt: skip


def test_an_older_file_and_one_that_cannot_be_read_change_nothing(
    wiring: Wiring, folder: Path
) -> None:
    put(folder, "edubasealldata20261119.csv", {}, {"URN": "990002"}).rename(folder / "kept.txt")
    put(folder, "edubasealldata20261119.csv", {}, {"URN": "990002"})
    night(wiring, THREE)
    (folder / "edubasealldata20261119.csv").unlink()
    put(folder, "edubasealldata20250101.csv", {})
    night(wiring, THREE + timedelta(days=1))
    (folder / "edubasealldata20261121.csv").write_text(as_csv([{"Name": "no register"}]))
    night(wiring, THREE + timedelta(days=2))
    assert seen(wiring)[1:] == [("refused", "older_than_applied"), ("refused", "unreadable")]
    assert open_schools(wiring) == 2
    with wiring.database.write(PLATFORM) as session:
        unreadable = session.scalars(
            select(RegisterImport).where(RegisterImport.reason_code == "unreadable")
        ).one()
        assert accept(session, unreadable.id, now=THREE, actor="account:1") is None


def test_an_operator_may_ask_for_it_at_any_hour(wiring: Wiring, folder: Path) -> None:
    put(folder, "edubasealldata20261119.csv", {})
    assert step(wiring, THREE + timedelta(hours=6)) == 0
    assert seen(wiring) == [("applied", None)]


def test_without_a_folder_or_a_file_nothing_happens(wiring: Wiring, folder: Path) -> None:
    night(wiring, THREE)
    folder.rmdir()
    night(wiring, THREE + timedelta(days=1))
    assert seen(wiring) == []


def test_the_newest_file_is_told_by_the_date_in_its_name_then_by_its_own(tmp_path: Path) -> None:
    for name in ("edubasealldata20261119.csv", "edubasealldata20261120.csv", "other.csv"):
        (tmp_path / name).write_text("URN,EstablishmentName\n")
    (tmp_path / "links_edubasealldata20261120.csv").write_text("URN\n")
    found = newest_file(tmp_path)
    assert found is not None
    assert (found.path.name, found.on.isoformat()) == ("edubasealldata20261120.csv", "2026-11-20")
    assert found.links is not None
    undated = tmp_path / "extract.zip"
    undated.write_bytes(b"PK")
    os.utime(undated, (THREE.timestamp() + 86_400 * 3, THREE.timestamp() + 86_400 * 3))
    found = newest_file(tmp_path)
    assert found is not None
    assert (found.path, found.on.isoformat()) == (undated, "2026-11-23")
    assert newest_file(tmp_path / "nowhere") is None
