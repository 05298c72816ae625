"""What an operator adds: forces, police systems, people, keys; and one step, run by hand."""

import json
import stat
from pathlib import Path

from sqlalchemy import select

from app.access.models import Account, AccountRole, Force, PoliceClient
from app.access.permissions import Role
from app.core.cipher import Keys
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.app.cli.conftest import Encompass


def test_a_force_is_added_once(encompass: Encompass, wiring: Wiring) -> None:
    assert encompass("force", "add", "99", "Exampleshire Police").exit_code == 0
    again = encompass("force", "add", "99", "Exampleshire Police")
    assert again.exit_code == 1
    assert "already" in again.stderr
    with wiring.database.read(PLATFORM) as session:
        assert [force.name for force in session.scalars(select(Force))] == ["Exampleshire Police"]


def test_a_police_system_gets_its_secret_once_as_one_object(
    encompass: Encompass, wiring: Wiring
) -> None:
    encompass("force", "add", "99", "Exampleshire Police")
    added = encompass("clients", "add", "99", "Control room", "--json")
    assert added.exit_code == 0
    body = json.loads(added.stdout)
    with wiring.database.read(PLATFORM) as session:
        (client,) = session.scalars(select(PoliceClient))
    assert body["client_id"] == str(client.id)
    assert client.secret_hash is not None
    assert body["client_secret"] not in client.secret_hash


def test_a_police_system_of_no_force_is_refused(encompass: Encompass) -> None:
    refused = encompass("clients", "add", "98", "Control room")
    assert refused.exit_code == 1
    assert "encompass force add" in refused.stderr


def test_an_invited_person_gets_a_link_and_a_role(encompass: Encompass, wiring: Wiring) -> None:
    encompass("force", "add", "99", "Exampleshire Police")
    invited = encompass(
        "accounts", "add", "desk@example.org", "--role", "force_desk", "--force", "99", "--json"
    )
    assert invited.exit_code == 0
    assert json.loads(invited.stdout)["link"].startswith("http://127.0.0.1:8000/enrol/")
    with wiring.database.read(PLATFORM) as session:
        (role,) = session.scalars(select(AccountRole))
        (account,) = session.scalars(select(Account))
    assert (role.role, role.force) == (Role.FORCE_DESK, "99")
    assert b"desk@example.org" not in account.sealed


def test_a_person_is_of_one_place_only(encompass: Encompass) -> None:
    asked = encompass(
        "accounts", "add", "a@example.org", "--role", "lead", "--force", "99", "--council", "999"
    )
    assert asked.exit_code == 2


def test_keys_are_made_for_their_owner_alone_and_never_again(
    bare_encompass: Encompass, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    assert bare_encompass("keys", "init", "--file", path).exit_code == 0
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.load(path).masters
    assert bare_encompass("keys", "init", "--file", path).exit_code == 1
    assert path.read_bytes() == before


def test_a_step_runs_by_name(encompass: Encompass) -> None:
    done = encompass("step", "send_due", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["step"] == "send_due"


def test_an_unknown_step_is_a_wrong_usage_that_names_the_steps(encompass: Encompass) -> None:
    asked = encompass("step", "send_everything")
    assert asked.exit_code == 2
    assert "match_children" in asked.stderr


def test_migrating_a_migrated_database_changes_nothing(encompass: Encompass) -> None:
    done = encompass("migrate", "--json")
    assert done.exit_code == 0
    body = json.loads(done.stdout)
    assert body["before"] == body["after"]
