"""`encompass watchdog …` as an operator types it, and the process as a supervisor runs it."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from app.watchdog.codes import Code
from tests.app.conftest import Encompass
from tests.app.watchdog.watched import Watched
from tests.processes.server import ROOT

ENCOMPASS = [sys.executable, "-c", "from app.cli import main; main()"]
# Wrong at whatever time this machine's clock shows.
OTHER_SCHEMA = "UPDATE alembic_version SET version_num = '0001'"


def environment(calm: Watched, **more: str) -> dict[str, str]:
    """What the process is given."""
    set_ = {
        "DATABASE_URL": calm.url, "STATE_DIR": str(calm.folder / "process"),
        "SMTP_HOST": calm.sink.host, "SMTP_PORT": str(calm.sink.port),
        "SMTP_CA_FILE": str(calm.sink.ca_file), "MAIL_TO": '["ops@example.org"]',
        "WEBHOOK_URL": f"{calm.listener.url}/alarm", "HEARTBEAT_URL": f"{calm.listener.url}/beat",
        "DISK_PATHS": "[]", **more,
    }  # fmt: skip
    return {f"ENCOMPASS_WATCHDOG_{name}": value for name, value in set_.items()}


def test_once_says_what_is_wrong_rings_it_and_exits_with_one(
    calm: Watched, bare_encompass: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm.sql(OTHER_SCHEMA)
    for name, value in environment(calm).items():
        monkeypatch.setenv(name, value)
    done = bare_encompass("watchdog", "once", "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout[done.stdout.index("{\n") :])
    assert Code.SCHEMA_OTHER in {one["code"] for one in said["findings"]}
    assert (said["heard"], said["heartbeat"]) == (True, False)
    assert Code.SCHEMA_OTHER in calm.rung()


def test_role_prints_the_script_of_the_reading_role(bare_encompass: Encompass) -> None:
    said = bare_encompass("watchdog", "role").stdout
    assert "CREATE ROLE encompass_watchdog" in said
    # One script for all roles: what is granted to this one stands under its name.
    _, _, own = said.rpartition("IF who = 'encompass_watchdog' THEN")
    assert set(re.findall(r"GRANT ([A-Z, ]+)", own)) == {"SELECT "}


def test_missing_settings_are_named_as_the_operator_writes_them(
    bare_encompass: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in os.environ if one.startswith("ENCOMPASS_WATCHDOG_")]:
        monkeypatch.delenv(name)
    done = bare_encompass("watchdog", "once")
    assert done.exit_code == 1
    assert "ENCOMPASS_WATCHDOG_DATABASE_URL" in done.stderr


def test_the_process_looks_rings_and_ends_cleanly_on_sigterm(calm: Watched) -> None:
    calm.sql(OTHER_SCHEMA)
    process = subprocess.Popen(
        [*ENCOMPASS, "watchdog", "run"], cwd=ROOT, env={**os.environ, **environment(calm)},
        text=True, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "watchdog looked" in line:
            break
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=180)
    assert (process.returncode, "watchdog stopped" in said) == (0, True)
    assert Code.SCHEMA_OTHER in calm.rung()
