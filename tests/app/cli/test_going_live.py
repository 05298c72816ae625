"""`encompass force go-live`: what is missing is said, and no live system comes before it."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.access.forces import set_area
from app.access.models import Force, PoliceClient
from app.core.policies import add_policy
from app.core.policy import GoingLive, Policy
from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.drills import DrillSchool
from schools.drills import begin as begin_drill
from tests.app.conftest import Encompass
from tests.factories.incidents import incident
from tests.journeys.world import COUNCIL, FORCE, World, at, child

pytestmark = pytest.mark.feature("AD2")


@pytest.fixture
def world(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> World:
    """One school that answered a drill, everybody in their place; the commands share the clock."""
    made = World(wiring)
    made.clock.move_to(at("2026-11-19", "12:00"))
    monkeypatch.setattr("app.wiring.SystemClock", lambda: made.clock)
    made.school(990001, "Exampleton Primary School", key_adults=("dsl@example.org",))
    made.everybody()
    with wiring.database.write(PLATFORM) as session:
        set_area(session, code=FORCE, councils=[COUNCIL], now=made.now, actor="operator:test")
        begin_drill(
            session, force=FORCE, schools=[(990001, COUNCIL)], council=None,
            actor="operator:test", now=made.now,
        )  # fmt: skip
        add_policy(
            session, FORCE, body=Policy(going_live=GoingLive(children=3)), valid_from=made.now,
            approved_by="The DPO", now=made.now,
        )  # fmt: skip
    return made


def drilled(world: World) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(DrillSchool).values(
                asked_at=world.now, acknowledged_at=world.now, acknowledged_by="account:first"
            )
        )


def written(folder: Path, *records: Any, array: bool = False) -> Path:
    path = folder / "records.ndjson"
    lines = [json.dumps(one) for one in records]
    path.write_text(f"[{','.join(lines)}]" if array else "\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def records(tmp_path: Path) -> Path:
    unclear = child("c2", forename="Bela", education={"school_name": "Nowhere Academy"})
    lines = [incident(f"T-{number}", children=[child()]) for number in range(9)]
    return written(tmp_path, *lines, incident("T-9", children=[child(), unclear]))


def test_a_live_system_waits_for_the_force_and_a_test_system_does_not(
    encompass: Encompass, world: World, records: Path
) -> None:
    refused = encompass("clients", "add", "99", "Its control room")
    assert refused.exit_code == 1
    assert "force go-live 99" in refused.stderr
    assert encompass("clients", "add", "99", "Vendor", "--test").exit_code == 0
    drilled(world)
    checked = encompass("force", "go-live", "99", records, "--check")
    assert (checked.exit_code, "Nothing is missing" in checked.stdout) == (0, True)
    assert encompass("clients", "add", "99", "Its control room").exit_code == 1
    live = encompass("force", "go-live", "99", records)
    assert live.exit_code == 0
    assert "10 of them found without a person" in live.stdout
    assert encompass("clients", "add", "99", "Its control room").exit_code == 0
    assert encompass("force", "go-live", "99", records).exit_code == 1
    with world.wiring.database.read(PLATFORM) as session:
        kinds = session.scalars(select(PoliceClient.kind).order_by(PoliceClient.added_at)).all()
    # The first is the one that the county of these tests was made with.
    assert sorted(kind.value for kind in kinds) == ["live", "live", "test"]


def test_what_is_missing_is_printed_and_nothing_changes(
    encompass: Encompass, world: World, records: Path
) -> None:
    said = encompass("force", "go-live", "99", records)
    assert said.exit_code == 1
    assert "MISSING 0.0% of its schools answered a drill lately (wanted 80%)" in said.stdout
    assert "ok      90.9% of them found without a person (wanted 80%)" in said.stdout
    assert "Asha" not in said.stdout + said.stderr
    body = json.loads(encompass("force", "go-live", "99", records, "--check", "--json").stdout)
    assert (body["live"], body["children"], body["found"]) == (False, 11, 10)
    assert [one["standard"] for one in body["standards"] if not one["met"]] == ["drilled"]
    with world.wiring.database.read(PLATFORM) as session:
        assert session.get_one(Force, FORCE).live_at is None


@pytest.mark.usefixtures("world")
def test_records_that_a_push_would_refuse_are_named_by_their_line_and_not_repeated(
    encompass: Encompass, tmp_path: Path
) -> None:
    wrong = incident("T-2", children=[child(date_of_birth="Asha's birthday")])
    said = encompass("force", "go-live", "99", written(tmp_path, incident("T-1"), wrong))
    assert said.exit_code == 1
    assert "record 2: children.0.date_of_birth" in said.stderr
    assert "Asha" not in said.stdout + said.stderr
    (tmp_path / "records.ndjson").write_text("not json\n", encoding="utf-8")
    assert "record 1" in encompass("force", "go-live", "99", tmp_path / "records.ndjson").stderr
    nothing = written(tmp_path)
    assert encompass("force", "go-live", "99", nothing).exit_code == 1
    assert encompass("force", "go-live", "98", written(tmp_path, incident("T-1"))).exit_code == 1
