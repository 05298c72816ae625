"""The policy of a force at the command line: printed, and changed by a version with a name."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.access.accounts import disable, find
from app.access.models import Account
from app.access.permissions import Role
from app.core.audit import Event
from app.core.models import AuditEntry, PolicyRow
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


def enrolled(world: World, *emails: str) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        for email in emails:
            account = session.get_one(Account, world.people[email].id)
            account.enrolled_at = world.wiring.clock.now()


def held(encompass: Encompass) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(encompass("force", "policy", "99").stdout)
    return shown


@pytest.mark.feature("AU4")
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
    enrolled(world, "second@example.org")
    world.person("lead@example.org", Role.LEAD, force=FORCE)
    enrolled(world, "lead@example.org")
    names = ("--proposed-by", "second@example.org", "--approved-by", "lead@example.org")
    assert encompass("force", "policy", "99", path, *names).exit_code == 0
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


SAFER = {"matching": {"auto_threshold": 0.995}}
YOUNGER = {"early_years": True}
SOONER = {"going_live": {"drilled": 0.5}}


@pytest.fixture
def people(world: World) -> None:
    world.person("lead@example.org", Role.LEAD, force=FORCE)
    world.person("other.lead@example.org", Role.LEAD, force=FORCE)
    world.person("reviewer@example.org", Role.REVIEWER, force=FORCE)
    world.person("auditor@example.org", Role.AUDITOR, force=FORCE)
    world.person("council.lead@example.org", Role.LEAD, council=COUNCIL)
    enrolled(world, *world.people)
    world.person("invited.lead@example.org", Role.LEAD, force=FORCE)


@pytest.mark.feature("AU4")
@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("body", [SAFER, YOUNGER, SOONER])
@pytest.mark.parametrize("proposer", ["reviewer@example.org", "other.lead@example.org"])
def test_thresholds_and_exclusions_are_proposed_by_one_and_approved_by_another(
    encompass: Encompass, tmp_path: Path, world: World, proposer: str, body: dict[str, Any]
) -> None:
    names = ("--proposed-by", proposer, "--approved-by", "lead@example.org")
    path = written(tmp_path, body)
    done = encompass("force", "policy", "99", path, *names)
    assert (done.exit_code, held(encompass)["version"]) == (0, 1)
    with world.wiring.database.read(PLATFORM) as session:
        ids = {}
        for email in (proposer, "lead@example.org"):
            account = find(session, world.wiring.cipher, email)
            assert account is not None
            ids[email] = f"account:{account.id}"
        row = session.scalars(
            select(AuditEntry).where(AuditEntry.event == Event.POLICY_CHANGED)
        ).one()
        assert row.actor == ids["lead@example.org"]
        assert row.detail == {"proposed_by": ids[proposer], "parts": list(body)}
        assert session.get_one(PolicyRow, (FORCE, 1)).approved_by == row.actor
    # The same again changes none of it, and takes one name.
    again = encompass("force", "policy", "99", path, "--approved-by", "The DPO")
    assert (again.exit_code, held(encompass)["version"]) == (0, 2)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("--approved-by", "lead@example.org"), "which two people decide"),
        (
            ("--proposed-by", "lead@example.org", "--approved-by", "lead@example.org"),
            "Nobody approves what they propose",
        ),
        (
            ("--proposed-by", "lead@example.org", "--approved-by", "LEAD@example.org "),
            "Nobody approves what they propose",
        ),
        (
            ("--proposed-by", "lead@example.org", "--approved-by", "reviewer@example.org"),
            "no lead of this force",
        ),
        (
            ("--proposed-by", "lead@example.org", "--approved-by", "council.lead@example.org"),
            "no lead of this force",
        ),
        (
            ("--proposed-by", "lead@example.org", "--approved-by", "invited.lead@example.org"),
            "no lead of this force",
        ),
        (
            ("--proposed-by", "auditor@example.org", "--approved-by", "lead@example.org"),
            "desk, reviewers or leads",
        ),
        (
            ("--proposed-by", "nobody@example.org", "--approved-by", "lead@example.org"),
            "desk, reviewers or leads",
        ),
        (
            ("--proposed-by", "reviewer@example.org", "--approved-by", "The DPO"),
            "no lead of this force",
        ),
    ],
)
def test_one_person_a_stranger_or_a_made_up_name_changes_no_threshold(
    encompass: Encompass, tmp_path: Path, names: tuple[str, ...], said: str
) -> None:
    for body in (SAFER, YOUNGER):
        done = encompass("force", "policy", "99", written(tmp_path, body), *names)
        assert done.exit_code == 1
        assert said in " ".join(done.stderr.split())
    assert held(encompass)["version"] == 0


@pytest.mark.usefixtures("people")
def test_going_back_to_the_default_thresholds_takes_two_people_as_well(
    encompass: Encompass, tmp_path: Path
) -> None:
    names = ("--proposed-by", "reviewer@example.org", "--approved-by", "lead@example.org")
    changed, default = written(tmp_path, SAFER), tmp_path / "default.json"
    default.write_text("{}")
    assert encompass("force", "policy", "99", changed, *names).exit_code == 0
    alone = encompass("force", "policy", "99", default, "--approved-by", "The DPO")
    assert (alone.exit_code, held(encompass)["version"]) == (1, 1)
    assert encompass("force", "policy", "99", default, *names).exit_code == 0


@pytest.mark.usefixtures("people")
def test_an_account_that_was_disabled_decides_nothing(
    encompass: Encompass, tmp_path: Path, world: World
) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        account = find(session, world.wiring.cipher, "lead@example.org")
        assert account is not None
        disable(session, account.id, now=world.wiring.clock.now(), actor="operator:test")
    names = ("--proposed-by", "reviewer@example.org", "--approved-by", "lead@example.org")
    done = encompass("force", "policy", "99", written(tmp_path, SAFER), *names)
    assert (done.exit_code, held(encompass)["version"]) == (1, 0)
