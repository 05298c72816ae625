"""Production is the default and strict; secrets come from files and are never shown."""

from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize("anybody", ["*", "192.0.2.7, *", "0.0.0.0/0", "192.0.2.7,::/0"])
def test_production_believes_its_proxy_alone_about_where_a_call_comes_from(
    tmp_path: Path, anybody: str
) -> None:
    given: dict[str, Any] = {"database_url": POSTGRES, "keys_file": tmp_path / "keys.json"}
    with pytest.raises(ValidationError, match="FORWARDED_ALLOW_IPS"):
        Settings(**given, forwarded_allow_ips=anybody)
    Settings(**given, forwarded_allow_ips="192.0.2.7,198.51.100.0/24")
    Settings(environment=Environment.DEMO, forwarded_allow_ips=anybody)


def test_production_answers_to_hosts_that_are_named(tmp_path: Path) -> None:
    given: dict[str, Any] = {"database_url": POSTGRES, "keys_file": tmp_path / "keys.json"}
    with pytest.raises(ValidationError, match="ALLOWED_HOSTS"):
        Settings(**given, allowed_hosts=("messages.example.org", "*"))
    assert Settings(**given, allowed_hosts=("messages.example.org",)).production


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


PROVIDER = {
    "ENVIRONMENT": "test", "OIDC_ISSUER": "https://provider.example.org", "OIDC_CLIENT_ID": "us",
    "OIDC_CLIENT_SECRET": "a secret",
}  # fmt: skip


def test_there_is_no_openid_provider_unless_it_is_set_up(tmp_path: Path) -> None:
    plain = Settings(environment=Environment.TEST, data_dir=tmp_path, channel="recording")
    assert build(plain).identity_provider is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({"OIDC_CLIENT_SECRET": None}, "OIDC_CLIENT_SECRET_FILE"),
        ({"OIDC_ISSUER": "http://provider.example.org"}, "https"),
        ({"OIDC_ISSUER": "https://provider.example.org?a=b"}, "https"),
        ({"OIDC_ISSUER": "https://"}, "https"),
        ({"OIDC_ISSUER": "https://[a"}, "https"),
        ({"OIDC_ISSUER": "https://us:secret@provider.example.org"}, "https"),
        ({"OIDC_NAME": ""}, "OIDC_NAME"),
        ({"OIDC_NAME": "a\nb"}, "OIDC_NAME"),
    ],
)
def test_a_provider_that_is_half_set_up_is_refused(
    wrong: dict[str, str | None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (PROVIDER | wrong).items():
        if value is not None:
            monkeypatch.setenv(f"ENCOMPASS_{name}", value)
    with pytest.raises(ValidationError, match=said):
        Settings()


def test_a_provider_without_tls_is_for_a_rehearsal_on_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("a secret\n", encoding="utf-8")
    for name, value in (PROVIDER | {"OIDC_ISSUER": "http://127.0.0.1:9000"}).items():
        monkeypatch.setenv(f"ENCOMPASS_{name}", value)
    monkeypatch.delenv("ENCOMPASS_OIDC_CLIENT_SECRET")
    monkeypatch.setenv("ENCOMPASS_OIDC_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("ENCOMPASS_OIDC_AMR", '["mfa"]')
    assert Settings().oidc_amr == ("mfa",)
    assert "a secret" not in repr(Settings())
    with pytest.raises(ValidationError, match="https"):
        Settings(
            environment=Environment.PRODUCTION, keys_file=tmp_path / "keys.json",
            database_url=POSTGRES,
        )  # fmt: skip


KEY_SERVICE = {
    "ENVIRONMENT": "test", "KEY_SERVICE_URL": "https://bao.example.org:8200",
    "KEY_SERVICE_TOKEN_FILE": "/run/encompass/token", "KEY_SERVICE_INSTALLATION": "example-live",
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"KEY_SERVICE_TOKEN_FILE": None}, "KEY_SERVICE_TOKEN_FILE"),
        ({"KEY_SERVICE_INSTALLATION": None}, "KEY_SERVICE_INSTALLATION"),
        ({"KEY_SERVICE_INSTALLATION": "a|b"}, "KEY_SERVICE_INSTALLATION"),
        ({"KEY_SERVICE_URL": "http://bao.example.org:8200"}, "https"),
        ({"KEY_SERVICE_URL": "https://us:secret@bao.example.org"}, "https"),
        ({"KEY_SERVICE_URL": "https://bao.example.org?a=b"}, "https"),
        ({"KEY_SERVICE_KEY": "../sys/seal"}, "KEY_SERVICE_KEY"),
        ({"KEY_SERVICE_KEY": ""}, "KEY_SERVICE_KEY"),
        ({"KEY_SERVICE_MOUNT": "a//b"}, "KEY_SERVICE_MOUNT"),
        ({"KEY_SERVICE_MOUNT": "a/.."}, "KEY_SERVICE_MOUNT"),
        ({"KEY_SERVICE_NAMESPACE": "a\nb"}, "KEY_SERVICE_NAMESPACE"),
    ],
)
def test_a_key_service_that_is_half_set_up_is_refused(
    wrong: dict[str, str | None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (KEY_SERVICE | wrong).items():
        if value is not None:
            monkeypatch.setenv(f"ENCOMPASS_{name}", value)
    with pytest.raises(ValidationError, match=said):
        Settings()


def test_a_key_service_without_tls_is_for_a_rehearsal_on_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"KEY_SERVICE_URL": "http://127.0.0.1:8200", "KEY_SERVICE_MOUNT": "teams/transit"}
    for name, value in (KEY_SERVICE | here).items():
        monkeypatch.setenv(f"ENCOMPASS_{name}", value)
    assert Settings().key_service_mount == "teams/transit"
    with pytest.raises(ValidationError, match="https"):
        Settings(
            environment=Environment.PRODUCTION, keys_file=tmp_path / "keys.json",
            database_url=POSTGRES,
        )  # fmt: skip
