"""Naming who sees restricted incidents, and reports that leave them out."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from app.access.models import RestrictedMember
from app.access.permissions import Role
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.app.conftest import Encompass
from tests.factories.notifications import FORCE
from tests.factories.restricted import colleague
from tests.journeys.world import World, child

ONE, TWO = "one@example.org", "two@example.org"


@pytest.fixture
def named(encompass: Encompass, wiring: Wiring) -> Encompass:
    encompass("force", "add", FORCE, "Exampleshire Police")
    colleague(wiring, ONE, Role.LEAD)
    colleague(wiring, TWO, Role.REVIEWER)
    return encompass


def test_a_group_is_named_in_place_of_the_one_before_and_shown(
    named: Encompass, wiring: Wiring
) -> None:
    assert "0 of force 99 can act" in named("force", "restricted-group", FORCE).stdout
    assert "1 of force 99 can act" in named("force", "restricted-group", FORCE, ONE).stdout
    both = named("force", "restricted-group", FORCE, ONE, TWO)
    assert "name two" not in both.stdout
    assert "One: can act" in both.stdout
    assert named("force", "restricted-group", FORCE, TWO).exit_code == 0
    shown = json.loads(named("force", "restricted-group", FORCE, "--json").stdout)
    assert (shown["members"], shown["able"]) == (1, 1)
    named("force", "restricted-group", FORCE, "--nobody")
    with wiring.database.read(PLATFORM) as session:
        rows = session.scalars(select(RestrictedMember)).all()
        assert len(rows) == 2
        assert all(row.ended_at is not None for row in rows)
        trail = session.scalars(
            select(AuditEntry.detail).where(AuditEntry.event == Event.RESTRICTED_GROUP_CHANGED)
        ).all()
    assert [(len(one["named"]), len(one["ended"])) for one in trail if one] == [
        (1, 0), (1, 0), (0, 1), (0, 1),
    ]  # fmt: skip


def test_a_group_without_a_number_of_its_own_is_something_to_do(
    named: Encompass, tmp_path: Path
) -> None:
    lacking = "a group for restricted incidents and no number of its own"
    assert lacking not in named("check").stdout
    named("force", "restricted-group", FORCE, ONE, TWO)
    assert lacking in named("check").stdout
    own = {"name": "the senior officer for this", "telephone": "01632 960777"}
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"restricted": {"desk": own}}))
    assert named("force", "policy", FORCE, path, "--approved-by", "The DPO").exit_code == 0
    assert lacking not in named("check").stdout
    path.write_text(json.dumps({"restricted": {"desk": {**own, "telephone": ""}}}))
    refused = named("force", "policy", FORCE, path, "--approved-by", "The DPO")
    assert refused.exit_code == 1


def test_nobody_without_an_account_of_the_force_is_named(named: Encompass, wiring: Wiring) -> None:
    colleague(wiring, "other@example.org", Role.LEAD)
    for wrong in ("stranger@example.org", "priya@example.org"):
        refused = named("force", "restricted-group", FORCE, ONE, wrong)
        assert refused.exit_code == 1
        assert "encompass accounts add" in refused.stderr
    assert named("force", "restricted-group", "98", ONE).exit_code == 1
    assert named("force", "restricted-group", FORCE, ONE, "--nobody").exit_code == 2
    with wiring.database.read(PLATFORM) as session:
        assert session.scalars(select(RestrictedMember)).all() == []


def test_a_printed_report_is_without_them(encompass: Encompass, wiring: Wiring) -> None:
    world = World(wiring)
    now = datetime.now(UTC)
    world.clock.move_to(now)
    world.push("N-1", child())
    world.push("N-2", child(forename="Bela"), restricted_access=True)
    for command in (("morning", "--format", "csv"), ("quality", "--json"), ("decisions",)):
        printed = encompass("report", *command)
        assert printed.exit_code == 0
        assert "N-2" not in printed.stdout
    assert "N-1" in encompass("report", "morning", "--format", "csv").stdout
