"""Production is the default and strict; secrets come from files and are never shown."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.errors import Refused
from app.core.settings import Environment, Settings
from app.watchdog.settings import WatchdogSettings
from app.wiring import build

POSTGRES = "postgresql+psycopg://encompass@127.0.0.1/encompass"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("ENCOMPASS_")]:
        if name != "ENCOMPASS_REQUIRE":
            monkeypatch.delenv(name)


def test_production_refuses_sqlite_unless_it_is_allowed_knowingly(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    with pytest.raises(ValidationError, match="PostgreSQL"):
        Settings(keys_file=keys)
    assert Settings(keys_file=keys, allow_sqlite=True).environment is Environment.PRODUCTION


def test_production_refuses_to_start_without_keys(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="KEYS_FILE"):
        Settings(database_url=POSTGRES)
    with pytest.raises(Refused, match="keys init"):
        build(Settings(database_url=POSTGRES, keys_file=tmp_path / "none.json"))


def test_a_demonstration_makes_its_own_keys_once(tmp_path: Path) -> None:
    settings = Settings(environment=Environment.DEMO, data_dir=tmp_path, channel="recording")
    first = build(settings).cipher
    assert build(settings).cipher.digest("x", "y") == first.digest("x", "y")


def test_a_secret_comes_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text(f"{POSTGRES}\n", encoding="utf-8")
    (tmp_path / "password").write_text("hunter2\n", encoding="utf-8")
    monkeypatch.setenv("ENCOMPASS_DATABASE_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("ENCOMPASS_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    settings = Settings(keys_file=tmp_path / "keys.json")
    assert settings.database_url == POSTGRES
    assert settings.smtp_password is not None
    assert settings.smtp_password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings)


def test_an_empty_file_is_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    for name in ("NOTIFY_API_KEY", "NOTIFY_CALLBACK_TOKEN", "BOUNCE_TOKEN"):
        monkeypatch.setenv(f"ENCOMPASS_{name}_FILE", str(tmp_path / "empty"))
    monkeypatch.setenv("ENCOMPASS_WATCHDOG_SMTP_PASSWORD_FILE", str(tmp_path / "empty"))
    settings = Settings(environment=Environment.TEST)
    assert settings.notify_api_key is settings.notify_callback_token is None
    assert settings.bounce_token is None
    watchdog = WatchdogSettings(database_url="sqlite://", smtp_host="h", mail_to=("o@example.org",))
    assert watchdog.smtp_password is None


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCOMPASS_ENVIRONMENT", "test")
    monkeypatch.setenv("ENCOMPASS_TICK_SECONDS", "15")
    assert Settings().tick_seconds == 15
