"""Every command: help with an example, exit codes, and nothing that is not built."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from app.cli.root import build
from tests.app.conftest import Encompass

BUILT = {
    "demo", "migrate", "roles", "serve", "scheduler", "step", "check", "simulate", "features",
    "register import", "roll import", "roll erase", "roll list", "roll mark-postcode",
    "calendar import", "key-adults import", "force add", "force area", "clients add",
    "accounts add", "report morning", "match explain", "match export", "audit verify",
    "accounts new-link", "accounts disable", "accounts sign-out",
    "audit export", "data", "keys init", "keys add", "keys rotate", "keys retire",
    "keys seal",
    "calendar bank-holiday", "drill begin", "force policy",
    "force restricted-group", "force wording", "force go-live", "mail wording",
    "mail bounces", "mail providers", "stand-in mail", "stand-in notify",
    "officers add", "officers import", "officers leave", "officers list", "report decisions",
    "report fairness", "report quality", "report readiness", "watchdog run", "watchdog once",
    "clients new-secret", "clients add-key", "clients change", "clients revoke", "clients list",
    "audit checkpoint-key", "audit check-file",
    "watchdog role", "callsheet keygen", "callsheet open", "callsheet write",
}  # fmt: skip


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


COMMANDS = dict(commands(typer.main.get_command(build())))


def test_the_commands_are_those_that_are_built() -> None:
    assert set(COMMANDS) == BUILT


@pytest.mark.parametrize("name", sorted(BUILT))
def test_help_has_an_example_of_this_very_command(name: str) -> None:
    help_text = COMMANDS[name].help
    assert f"Example: encompass {name}" in help_text


@pytest.mark.parametrize("name", sorted(BUILT))
def test_help_is_shown(name: str, bare_encompass: Encompass) -> None:
    shown = bare_encompass(*name.split(), "--help")
    assert shown.exit_code == 0
    assert "Example:" in shown.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("rotate",),
        ("force", "add"),
        ("force", "add", "99"),
        ("roll", "import"),
        ("accounts", "add", "a@example.org", "--role", "emperor"),
        ("accounts", "sign-out"),
        ("accounts", "sign-out", "a@example.org", "--everybody"),
        ("report", "morning", "--format", "pdf"),
        ("serve", "--port", "70000"),
        ("match", "explain", "not-an-id"),
    ],
)
def test_wrong_usage_exits_2(arguments: tuple[str, ...], bare_encompass: Encompass) -> None:
    assert bare_encompass(*arguments).exit_code == 2


def test_unusable_settings_are_named_without_their_values(
    bare_encompass: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCOMPASS_ENVIRONMENT", "production")
    monkeypatch.setenv("ENCOMPASS_DATABASE_URL", "sqlite:///secret-place.db")
    refused = bare_encompass("check")
    assert refused.exit_code == 1
    assert "production needs PostgreSQL" in refused.stderr
    assert "secret-place" not in refused.output


def test_a_setting_of_the_wrong_kind_is_named(
    bare_encompass: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCOMPASS_ENVIRONMENT", "test")
    monkeypatch.setenv("ENCOMPASS_TICK_SECONDS", "often")
    refused = bare_encompass("check")
    assert refused.exit_code == 1
    assert "ENCOMPASS_TICK_SECONDS" in refused.stderr
    assert "often" not in refused.stderr


def test_sqlite_refuses_workers(bare_encompass: Encompass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCOMPASS_ENVIRONMENT", "test")
    refused = bare_encompass("serve", "--workers", "2")
    assert refused.exit_code == 1
    assert "SQLite" in refused.stderr
