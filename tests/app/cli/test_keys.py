"""`encompass keys …` and `check` with a key service, as an operator meets them."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.key_file import Keys
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.app.cli.test_serve import ENCOMPASS
from tests.app.conftest import Encompass
from tests.factories.key_services import RunningKeyService
from tests.processes.key_service import OPENS, SEALS
from tests.processes.server import ROOT


@pytest.fixture
def key_service(tmp_path: Path) -> Iterator[RunningKeyService]:
    with RunningKeyService(tmp_path / "key-service") as running:
        yield running


@pytest.fixture
def with_service(
    encompass: Encompass, key_service: RunningKeyService, monkeypatch: pytest.MonkeyPatch
) -> Encompass:
    for name, value in key_service.environment().items():
        monkeypatch.setenv(name, value)
    return encompass


def keys_line(encompass: Encompass, name: str = "key service") -> tuple[str, str]:
    shown = json.loads(encompass("check", "--json").stdout)
    line = next(one for one in shown["lines"] if one["name"] == name)
    return line["state"], line["text"]


def test_fresh_keys_are_sealed_at_once(
    with_service: Encompass, key_service: RunningKeyService, tmp_path: Path
) -> None:
    path = tmp_path / "fresh.json"
    assert with_service("keys", "init", "--file", path).exit_code == 0
    assert "masters" not in path.read_text(encoding="utf-8")
    assert Keys.load(path, key_service.client()).masters


def test_a_file_is_sealed_in_its_place_rotated_and_opened_again(
    wiring: Wiring, with_service: Encompass, key_service: RunningKeyService
) -> None:
    path, keys = wiring.settings.key_path, Keys.load(wiring.settings.key_path)
    refused = with_service("step", "send_due")
    assert (refused.exit_code, "encompass keys seal" in refused.stderr) == (1, True)
    sealed = with_service("keys", "seal")
    assert (sealed.exit_code, "plain copies" in sealed.stdout) == (0, True)
    assert Keys.load(path, key_service.client()) == keys
    assert with_service("step", "send_due").exit_code == 0
    for act in ("add", "rotate"):
        assert with_service("keys", act).exit_code == 0
    assert len(Keys.load(path, key_service.client()).masters) == 2
    early = with_service("keys", "retire")
    assert (early.exit_code, "less than a day ago" in early.stderr) == (1, True)
    key_service.says(version=2)
    again = with_service("keys", "seal")
    assert (again.exit_code, "plain copies" in again.stdout) == (0, False)
    turned = Keys.load(path, key_service.client())
    opened = with_service("keys", "seal", "--open")
    assert (opened.exit_code, "whoever reads it" in opened.stdout) == (0, True)
    assert Keys.load(path) == turned
    with wiring.database.read(PLATFORM) as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.event == "keys:file:changed")
        ).all()
    assert [(entry.detail or {})["sealed"] for entry in entries] == [1, 1, 0]


def test_sealing_needs_a_service_and_a_token_that_may(
    wiring: Wiring,
    encompass: Encompass,
    key_service: RunningKeyService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, keys = wiring.settings.key_path, Keys.load(wiring.settings.key_path)
    refused = encompass("keys", "seal")
    assert (refused.exit_code, "ENCOMPASS_KEY_SERVICE_URL" in refused.stderr) == (1, True)
    for name, value in key_service.environment().items():
        monkeypatch.setenv(name, value)
    key_service.gives(OPENS)
    refused = encompass("keys", "seal")
    assert (refused.exit_code, "does not let us seal" in refused.stderr) == (1, True)
    assert OPENS not in refused.stderr + refused.stdout
    assert Keys.load(path) == keys
    path.write_text("half a fi", encoding="utf-8")
    refused = encompass("keys", "seal")
    assert (refused.exit_code, "not a key file" in refused.stderr) == (1, True)
    path.unlink()
    refused = encompass("keys", "seal")
    assert (refused.exit_code, "keys init" in refused.stderr) == (1, True)


def test_check_says_how_the_key_file_is_kept(
    wiring: Wiring,
    encompass: Encompass,
    key_service: RunningKeyService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert keys_line(encompass) == (
        "ok", "none is set up: whoever reads the key file has the keys"
    )  # fmt: skip
    for name, value in key_service.environment().items():
        monkeypatch.setenv(name, value)
    state, said = keys_line(encompass, "keys")
    assert (state, "not sealed" in said) == ("fail", True)
    encompass("keys", "seal")
    state, said = keys_line(encompass)
    assert (state, said.endswith("opens the key file")) == ("ok", True)
    key_service.token_file.chmod(0o644)
    assert keys_line(encompass)[0] == "warn"
    key_service.token_file.chmod(0o600)
    key_service.says(version=3)
    state, said = keys_line(encompass)
    assert (state, "under version 1 of 3: encompass keys seal" in said) == ("warn", True)
    key_service.gives(OPENS)
    state, said = keys_line(encompass)
    assert (state, "this token seals nothing" in said) == ("ok", True)
    key_service.gives(SEALS)
    key_service.stop()
    state, said = keys_line(encompass, "keys")
    assert (state, "does not answer now" in said) == ("fail", True)


@pytest.mark.timeout(180)
def test_a_process_waits_for_its_keys_and_asks_once_as_it_starts(
    key_service: RunningKeyService, sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "keys.json"
    Keys.generate().save(path, key_service.client())
    database = tmp_path / "encompass.db"
    database.write_bytes(sqlite_template.read_bytes())
    environment = {
        **os.environ, **key_service.environment(), "ENCOMPASS_ENVIRONMENT": "test",
        "ENCOMPASS_CHANNEL": "recording", "ENCOMPASS_DATABASE_URL": f"sqlite:///{database}",
        "ENCOMPASS_DATA_DIR": str(path.parent),
    }  # fmt: skip
    key_service.stop()
    waiting = subprocess.Popen(
        [*ENCOMPASS, "scheduler"], cwd=ROOT, env=environment, text=True, stderr=subprocess.PIPE
    )
    assert waiting.stderr is not None
    assert "key service not ready" in waiting.stderr.readline()
    key_service.start()
    said = next(line for line in waiting.stderr if "not ready" not in line)
    assert "scheduler started" in said
    assert key_service.asked() == 1
    waiting.terminate()
    waiting.communicate()
    assert waiting.returncode == 0


@pytest.mark.timeout(180)
def test_who_ends_a_process_that_waits_for_its_keys_need_not_wait(
    key_service: RunningKeyService, sqlite_template: Path, tmp_path: Path
) -> None:
    database = tmp_path / "encompass.db"
    database.write_bytes(sqlite_template.read_bytes())
    path = tmp_path / "data" / "keys.json"
    Keys.generate().save(path, key_service.client())
    key_service.stop()
    for command in ("scheduler", "serve"):
        waiting = subprocess.Popen(
            [*ENCOMPASS, command], cwd=ROOT, text=True, stderr=subprocess.PIPE,
            env={
                **os.environ, **key_service.environment(), "ENCOMPASS_ENVIRONMENT": "test",
                "ENCOMPASS_DATABASE_URL": f"sqlite:///{database}",
                "ENCOMPASS_DATA_DIR": str(path.parent),
            },
        )  # fmt: skip
        assert waiting.stderr is not None
        assert "key service not ready" in waiting.stderr.readline()
        waiting.terminate()
        waiting.communicate(timeout=20)
        assert waiting.returncode != 0
