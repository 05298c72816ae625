"""Commands run inside the test's own database, data folder and environment."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.root import build

Encompass = Callable[..., Result]


@pytest.fixture
def bare_encompass(monkeypatch: pytest.MonkeyPatch) -> Encompass:
    """The command line without a database: for help, usage and settings."""
    # The runner's streams end with each command; the log must not hold on to them.
    monkeypatch.setattr("app.core.logs.configure", lambda level="INFO": None)

    def run(*arguments: object, typed: str | None = None) -> Result:
        return CliRunner().invoke(build(), [str(argument) for argument in arguments], input=typed)

    return run


@pytest.fixture
def encompass(
    bare_encompass: Encompass, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Encompass:
    """The command line on the test's migrated database, with a recording channel."""
    for name, value in (
        ("ENVIRONMENT", "test"), ("DATABASE_URL", database_url), ("CHANNEL", "recording"),
        ("DATA_DIR", str(tmp_path / "data")), ("BASE_URL", "http://127.0.0.1:8000"),
    ):  # fmt: skip
        monkeypatch.setenv(f"ENCOMPASS_{name}", value)
    return bare_encompass
