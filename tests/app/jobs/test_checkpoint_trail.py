"""Checkpoints of the trail in a second place: what a cut or restored chain cannot explain away."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core import audit, checkpoints
from app.core.audit import Event
from app.core.checkpoints import MARK, Signer
from app.core.clock import HandClock
from app.core.models import Lease
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.checkpoint_trail import part
from app.jobs.runner import Runner
from app.reports.trail import checkpoint_faults
from app.wiring import Wiring
from tests.app.conftest import Encompass

FORCE = "99"


class Trail:
    """A force whose acts go on, a second place, and somebody who may write the database."""

    def __init__(self, wiring: Wiring, clock: HandClock, folder: Path) -> None:
        settings = wiring.settings.model_copy(update={"checkpoint_dir": folder})
        self.wiring, self.clock, self.folder = replace(wiring, settings=settings), clock, folder
        self.path = checkpoints.path_of(folder, FORCE)
        self.acts(7)

    def acts(self, count: int) -> None:
        with self.wiring.database.write(PLATFORM) as session:
            for number in range(count):
                audit.record(
                    session, event=Event.INCIDENT_RECEIVED, actor="client:1", force=FORCE,
                    subject=f"incident:{number}", now=self.clock.now(), detail={"children": 2},
                )  # fmt: skip

    def look(self, minutes: int = 5) -> str | None:
        """Let the time pass and the step run; return the code of what is wrong with the chain."""
        self.clock.advance(timedelta(minutes=minutes))
        Runner(self.wiring, PIPELINE, owner="test").run_step("checkpoint_trail")
        with self.wiring.database.read(PLATFORM) as session:
            return session.get_one(Lease, f"{MARK}{FORCE}").last_error

    def sql(self, *statements: str, **values: object) -> None:
        """Write behind the service's back, the triggers out of the way."""
        with self.wiring.database.engine.begin() as connection:
            names = {"sqlite": ("audit_no_update", "audit_no_delete")}
            for name in names.get(connection.dialect.name, ("audit_no_change",)):
                on = "" if connection.dialect.name == "sqlite" else " ON audit"
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
            for statement in statements:
                connection.execute(text(statement), {"force": FORCE, **values})

    def cut(self, rows: int) -> None:
        """Take the newest rows away and let the head say so: link by link the chain holds."""
        self.sql(
            "DELETE FROM audit WHERE chain = :force AND seq > "
            "(SELECT seq - :rows FROM audit_head WHERE chain = :force)",
            "UPDATE audit_head SET seq = seq - :rows, hash = (SELECT hash FROM audit WHERE "
            "chain = :force AND seq = audit_head.seq - :rows) WHERE chain = :force",
            rows=rows,
        )

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def faults(self) -> list[int]:
        with self.wiring.database.read(PLATFORM) as session:
            key = Signer(self.wiring.cipher).public
            return checkpoint_faults(session, self.folder, FORCE, key)


@pytest.fixture
def trail(wiring: Wiring, clock: HandClock, tmp_path: Path) -> Trail:
    return Trail(wiring, clock, tmp_path / "elsewhere")


@pytest.mark.feature("AU2")
def test_every_five_minutes_the_head_of_a_chain_is_kept_elsewhere(trail: Trail) -> None:
    assert trail.look() is None
    trail.acts(3)
    assert trail.look(minutes=4) is None
    assert [line["seq"] for line in trail.lines()] == [7]
    assert trail.look(minutes=1) is None
    assert [line["seq"] for line in trail.lines()] == [7, 10]
    # Nothing new: a line an hour shows all the same that somebody looked.
    for _ in range(12):
        assert trail.look() is None
    assert [line["seq"] for line in trail.lines()] == [7, 10, 10]
    assert trail.faults() == []


@pytest.mark.feature("AU2")
def test_a_tail_that_was_cut_is_found_at_the_next_look_though_every_link_holds(
    trail: Trail,
) -> None:
    assert trail.look() is None
    trail.cut(2)
    with trail.wiring.database.read(PLATFORM) as session:
        assert trail.wiring.chain.verify(session, FORCE) is None
    assert trail.look() == "went_back"
    # It goes on growing, past where it was: another chain than the one of the checkpoint.
    trail.acts(4)
    assert trail.look() == "changed"
    assert [line["seq"] for line in trail.lines()] == [7]
    assert trail.faults() == [1]


@pytest.mark.feature("AU2")
@pytest.mark.parametrize("seq", range(1, 11))
def test_a_row_that_was_changed_is_found_within_the_hour(trail: Trail, seq: int) -> None:
    assert trail.look() is None
    trail.acts(3)
    trail.sql("UPDATE audit SET actor = 'x' WHERE chain = :force AND seq = :seq", seq=seq)
    assert "changed" in {trail.look() for _ in range(12)}


def test_twelve_parts_after_each_other_are_the_whole_chain() -> None:
    for rows in (0, 1, 5, 12, 1_000, 599_999):
        seen: list[int] = []
        for place in range(12):
            first, until = part(rows, 300.0 * place + 12)
            seen += range(first, until + 1)
        assert seen == list(range(1, rows + 1))
    first, until = part(6_000_000, 0)
    assert until - first < 50_000


def test_a_place_that_takes_nothing_rings_and_the_trail_goes_on(trail: Trail) -> None:
    assert trail.look() is None
    shutil.rmtree(trail.folder)
    trail.folder.write_text("not a folder any more")
    trail.acts(1)
    assert trail.look() == "place_refused"
    trail.folder.unlink()
    assert trail.look() is None
    assert [line["seq"] for line in trail.lines()] == [8]


def _forged(trail: Trail) -> None:
    """Whoever writes the second place says that the chain was shorter."""
    line = trail.lines()[-1] | {"seq": 5}
    trail.path.write_text(json.dumps(line) + "\n")


def _torn(trail: Trail) -> None:
    trail.path.write_bytes(trail.path.read_bytes()[:-20])


def _of_another_chain(trail: Trail) -> None:
    trail.path.write_bytes(checkpoints.path_of(trail.folder, "platform").read_bytes())


@pytest.mark.parametrize("damage", [_forged, _torn, _of_another_chain])
def test_a_last_line_that_is_not_ours_is_never_built_upon(
    trail: Trail, damage: Callable[[Trail], None]
) -> None:
    with trail.wiring.database.write(PLATFORM) as session:
        audit.record(
            session, event=Event.FORCE_ADDED, actor="operator:test", force=None,
            subject="force:99", now=trail.clock.now(),
        )  # fmt: skip
    assert trail.look() is None
    before = len(trail.lines())
    damage(trail)
    assert trail.look() == "last_line_wrong"
    assert len(trail.path.read_bytes().splitlines()) == before
    assert trail.faults() != []


@pytest.mark.feature("AU2")
def test_a_line_that_was_taken_out_or_moved_is_found_by_the_public_key_alone(trail: Trail) -> None:
    for _ in range(4):
        assert trail.look() is None
        trail.acts(1)
    whole = trail.path.read_text().splitlines(keepends=True)
    key = checkpoints.from_pem(checkpoints.as_pem(Signer(trail.wiring.cipher).public).encode())
    assert checkpoints.wrong_lines(list(checkpoints.read(trail.path, key))) == []
    for lines in (whole[1:], [whole[0], *whole[2:]], [whole[1], whole[0], *whole[2:]]):
        trail.path.write_text("".join(lines))
        assert checkpoints.wrong_lines(list(checkpoints.read(trail.path, key))) != []
    trail.path.write_text("".join(whole).replace('"seq":8', '"seq":9'))
    assert checkpoints.wrong_lines(list(checkpoints.read(trail.path, key))) == [2, 3]


@pytest.mark.feature("AU2")
def test_the_commands_say_whether_chain_and_checkpoints_are_one(
    trail: Trail, encompass: Encompass, tmp_path: Path
) -> None:
    assert trail.look() is None
    good = encompass("audit", "verify", "--checkpoints", trail.folder, "--json")
    assert (good.exit_code, json.loads(good.stdout)["intact"]) == (0, True)
    public = tmp_path / "public.pem"
    public.write_text(encompass("audit", "checkpoint-key").stdout)
    assert encompass("audit", "check-file", trail.path, "--key", public).exit_code == 0
    trail.cut(1)
    assert encompass("audit", "verify").exit_code == 0
    bad = encompass("audit", "verify", "--checkpoints", trail.folder)
    assert (bad.exit_code, "line 1" in bad.stdout) == (1, True)
    assert "last good backup" in bad.stderr
    public.write_text("Canary")
    refused = encompass("audit", "check-file", trail.path, "--key", public)
    assert (refused.exit_code, "checkpoint-key" in refused.stderr) == (1, True)


def test_without_a_second_place_nothing_is_written_and_nothing_rings(
    wiring: Wiring, clock: HandClock, tmp_path: Path
) -> None:
    trail = Trail(wiring, clock, tmp_path / "elsewhere")
    trail.wiring = wiring
    report = Runner(wiring, PIPELINE, owner="test").run_step("checkpoint_trail")
    assert (report.done, report.failed) == (0, 0)
    assert not trail.folder.exists()
