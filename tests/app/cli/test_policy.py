"""The policy of a force at the command line: printed, and changed by a version with a name."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.access.permissions import Role
from app.core.models import PolicyRow
from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.officers import Duty
from tests.app.conftest import Encompass
from tests.journeys.world import COUNCIL, FORCE, World

SIGNED = {"on": True, "signed_off_by": "The DPO", "signed_off_on": "2026-10-01"}


@pytest.fixture(autouse=True)
def world(wiring: Wiring) -> World:
    return World(wiring)


def written(tmp_path: Path, body: Any) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(body if isinstance(body, str) else json.dumps(body))
    return path


def held(encompass: Encompass) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(encompass("force", "policy", "99").stdout)
    return shown


def test_the_default_is_printed_and_a_version_takes_its_place(
    encompass: Encompass, tmp_path: Path
) -> None:
    before = held(encompass)
    assert (before["version"], before["body"]["suspects"]["on"]) == (0, False)
    path = written(tmp_path, {"suspects": SIGNED})
    done = encompass("force", "policy", "99", path, "--approved-by", "The DPO")
    assert done.exit_code == 0
    after = held(encompass)
    assert (after["version"], after["body"]["suspects"]) == (1, SIGNED)
    assert after["body"]["ladder"] == before["body"]["ladder"]


@pytest.mark.feature("IN13")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"suspects": {"on": True}}, "data protection officer"),
        ({"suspects": {"on": True, "signed_off_by": "The DPO"}}, "data protection officer"),
        ({"suspect": SIGNED}, "suspect"),
        ("{", "not JSON"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_and_changes_nothing(
    encompass: Encompass, tmp_path: Path, body: Any, said: str
) -> None:
    done = encompass("force", "policy", "99", written(tmp_path, body), "--approved-by", "x")
    assert done.exit_code == 1
    assert said in done.stderr
    assert held(encompass)["version"] == 0


@pytest.mark.feature("ES8")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"ladder": {"call_sheet": 10}}, "ladder.call_sheet"),
        ({"matching": {"second_person_for_several": True}}, "name a second reviewer first"),
        ({"timing": {"holiday": "council"}}, "officer of these councils first: 999"),
    ],
)
def test_a_policy_that_nobody_could_follow_is_refused_with_what_to_do(
    encompass: Encompass, tmp_path: Path, body: Any, said: str
) -> None:
    assert encompass("force", "area", "99", "999").exit_code == 0
    path = written(tmp_path, body)
    for option in (("--approved-by", "The DPO"), ("--check",)):
        done = encompass("force", "policy", "99", path, *option)
        assert done.exit_code == 1
        assert said in done.stderr
    assert held(encompass)["version"] == 0


@pytest.mark.feature("ES8")
def test_it_is_taken_once_the_people_that_it_needs_are_named(
    encompass: Encompass, tmp_path: Path, world: World
) -> None:
    assert encompass("force", "area", "99", "999").exit_code == 0
    world.school(990001, "Exampleton Primary School")
    world.person("second@example.org", Role.REVIEWER, force=FORCE)
    world.officer(Duty.COUNCIL_OFFICER, "officer@council.test", council=COUNCIL)
    path = written(
        tmp_path,
        {"matching": {"second_person_for_several": True}, "timing": {"holiday": "council"}},
    )
    checked = encompass("force", "policy", "99", path, "--check")
    assert (checked.exit_code, held(encompass)["version"]) == (0, 0)
    assert encompass("force", "policy", "99", path, "--approved-by", "The DPO").exit_code == 0
    assert held(encompass)["version"] == 1


def test_a_stored_policy_that_cannot_be_read_does_not_bar_its_correction(
    encompass: Encompass, tmp_path: Path, world: World
) -> None:
    path = written(tmp_path, {"suspects": SIGNED})
    assert encompass("force", "policy", "99", path, "--approved-by", "The DPO").exit_code == 0
    with world.wiring.database.write(PLATFORM) as session:
        session.get_one(PolicyRow, (FORCE, 1)).body = {"ladder": {"call_sheet": "soon"}}
    assert encompass("force", "policy", "99", path, "--approved-by", "The DPO").exit_code == 0
    assert held(encompass)["version"] == 2


def test_a_version_needs_a_name_and_a_force(encompass: Encompass, tmp_path: Path) -> None:
    path = written(tmp_path, {"suspects": SIGNED})
    assert encompass("force", "policy", "99", path).exit_code == 2
    assert encompass("force", "policy", "98", path, "--approved-by", "x").exit_code == 1
