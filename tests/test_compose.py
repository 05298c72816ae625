"""The compose file against itself and the service; its schema does not see a dangling name."""

import importlib
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from app.core import settings as core
from app.core.settings import Settings
from app.watchdog import settings as watchdog
from app.watchdog.settings import WatchdogSettings

COMPOSE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "docker-compose.yml").read_text(encoding="utf-8")
)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("encompass:")]


@pytest.mark.parametrize("kind", ["secrets", "networks", "configs", "volumes"])
def test_what_a_service_names_is_defined_and_what_is_defined_is_named(kind: str) -> None:
    used = {
        (name["source"] if isinstance(name, dict) else name.split(":")[0])
        for service in SERVICES.values()
        for name in service.get(kind, [])
        # A folder of the host is nothing that this file defines.
        if not (isinstance(name, str) and name.startswith("./"))
    }
    assert used == set(COMPOSE.get(kind, {}))


def test_services_wait_only_for_services_that_exist() -> None:
    awaited = {name for service in SERVICES.values() for name in service.get("depends_on", {})}
    assert awaited <= set(SERVICES)
    unhealthy = [
        name
        for service in SERVICES.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy" and "test" not in SERVICES[name]["healthcheck"]
    ]
    assert not unhealthy


@pytest.mark.parametrize("name", OURS)
def test_secrets_are_read_from_files_that_are_mounted(name: str) -> None:
    settings = cast("dict[str, str]", SERVICES[name]["environment"])
    mounted = {f"/run/secrets/{secret}" for secret in SERVICES[name]["secrets"]}
    # One without a value is for the operator's .env file to set.
    assert {value for key, value in settings.items() if key.endswith("_FILE") and value} == mounted


@pytest.mark.parametrize("name", OURS)
def test_who_reads_the_key_file_can_ask_the_key_service_and_nobody_else_has_its_token(
    name: str,
) -> None:
    reads = "keys" in SERVICES[name]["secrets"]
    told = {key for key in SERVICES[name]["environment"] if "KEY_SERVICE" in key}
    known = {f for f in Settings.model_fields if f.startswith("key_service_")}
    assert told == ({f"ENCOMPASS_{field.upper()}" for field in known} if reads else set())
    mounted = [one for one in SERVICES[name].get("volumes", []) if "key-service" in one]
    assert mounted == (["./.key-service:/etc/encompass/key-service:ro"] if reads else [])


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_one_the_service_reads(name: str) -> None:
    known = {f"ENCOMPASS_{field.upper()}" for field in Settings.model_fields} | {
        f"ENCOMPASS_WATCHDOG_{field.upper()}" for field in WatchdogSettings.model_fields
    }
    from_files = {f"ENCOMPASS_{field.upper()}_FILE" for field in core.FROM_FILES} | {
        f"ENCOMPASS_WATCHDOG_{field.upper()}_FILE" for field in watchdog.FROM_FILES
    }
    assert set(SERVICES[name]["environment"]) <= known | from_files


def test_every_secret_that_the_service_reads_from_a_file_can_be_handed_over() -> None:
    handed = set(SERVICES["web"]["environment"]) | set(SERVICES["watchdog"]["environment"])
    wanted = {f"ENCOMPASS_{field.upper()}_FILE" for field in core.FROM_FILES} | {
        f"ENCOMPASS_WATCHDOG_{field.upper()}_FILE" for field in watchdog.FROM_FILES
    }
    # The operator's .env file has it, as a watchdog without one must not start here.
    assert wanted - handed == {"ENCOMPASS_WATCHDOG_HEARTBEAT_URL_FILE"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_cannot_change_itself_or_gain_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_one_the_service_knows(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program, *arguments = SERVICES[name]["command"]
    assert program == "encompass"
    monkeypatch.setattr("sys.argv", [program, *arguments, "--help"])
    # Imported here, because only this test needs the whole service.
    main = importlib.import_module("app.cli").main
    # --help ends before anything runs, but after an unknown command or option was refused.
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None), capsys.readouterr().err
