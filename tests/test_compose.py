"""The compose file against itself and the service; its schema does not see a dangling name."""

import importlib
import json
import secrets
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
import yaml

from app.core import settings as core
from app.core.key_file import Keys
from app.core.settings import Environment, Settings
from app.watchdog import settings as watchdog
from app.watchdog.settings import WatchdogSettings
from app.wiring import build
from notifications.channels.registry import TEXTED
from notifications.states import Template

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
    handed = {name for service in OURS for name in SERVICES[service]["environment"]}
    wanted = {f"ENCOMPASS_{field.upper()}_FILE" for field in core.FROM_FILES} | {
        f"ENCOMPASS_WATCHDOG_{field.upper()}_FILE" for field in watchdog.FROM_FILES
    }
    # The operator's .env file has it, as a watchdog without one must not start here.
    assert wanted - handed == {"ENCOMPASS_WATCHDOG_HEARTBEAT_URL_FILE"}


def ids_of(*templates: Template) -> str:
    """Return made-up ids of templates, in both languages, as the setting has them."""
    names = [f"{one.value}{twin}" for one in templates for twin in ("", ".cy")]
    return json.dumps({name: str(uuid4()) for name in names})


def test_each_process_is_given_the_secrets_that_it_reads_and_no_others() -> None:
    """Who answers people cannot send as the service, and who sends knows nobody's way in."""
    sending = {"smtp_password", "second_smtp_password", "notify_api_key"}
    pushing = {"call_sheet_push_url", "call_sheet_push_token"}
    answering = {"notify_callback_token", "bounce_token", "oidc_client_secret", "metrics_token"}
    wanted = {
        "migrate": {"database_url", "keys"},
        "web": {"web_database_url", "keys"} | answering,
        "scheduler": {"scheduler_database_url", "keys"} | sending | pushing,
        "watchdog": {f"watchdog_{name}" for name in (
            "database_url", "smtp_password", "webhook_url", "webhook_token",
        )},
        "database": {"database_password", "web_password", "scheduler_password"},
    }  # fmt: skip
    assert {name: set(service["secrets"]) for name, service in SERVICES.items()} == wanted


@pytest.mark.parametrize("name", ["web", "scheduler"])
def test_each_process_starts_with_the_secrets_that_it_is_given(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With everything switched on that a secret is for."""
    keys = tmp_path / "keys"
    Keys.generate().save(keys)
    used = {
        "CHANNEL": "govuk_notify", "SECOND_CHANNEL": "smtp", "TEXT_CHANNEL": "govuk_notify_text",
        "NOTIFY_TEMPLATES": ids_of(*Template), "NOTIFY_TEXT_TEMPLATES": ids_of(*TEXTED),
        "OIDC_ISSUER": "https://provider.example.org", "OIDC_CLIENT_ID": "encompass",
        "BASE_URL": "https://testserver",
    }  # fmt: skip
    values = {
        "keys": None, "call_sheet_push_url": "https://sheets.example.org",
        "notify_api_key": f"test-{uuid4()}-{uuid4()}",
        f"{name}_database_url": "postgresql+psycopg://nobody@192.0.2.1/encompass",
    }  # fmt: skip
    for key in SERVICES[name]["environment"]:
        short = key.removeprefix("ENCOMPASS_")
        if SERVICES[name]["environment"][key] is None and short not in used:
            continue  # handed on where the operator's own file has it
        if short in used:
            monkeypatch.setenv(key, used[short])
        elif short.endswith("_FILE"):
            secret = Path(SERVICES[name]["environment"][key]).name
            path = keys if secret == "keys" else tmp_path / secret
            if path != keys:
                path.write_text(values.get(secret) or secrets.token_hex(32))
            monkeypatch.setenv(key, str(path))
    settings = Settings(environment=Environment.PRODUCTION)
    wiring = build(settings, sends=name == "scheduler")
    assert wiring.texts
    assert len(wiring.channels) == (3 if name == "scheduler" else 0)
    assert (wiring.identity_provider is not None) is (name == "web")
    for channel in wiring.channels:
        channel.close()
    wiring.database.engine.dispose()


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
