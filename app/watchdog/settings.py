"""What an operator sets for the watchdog: `ENCOMPASS_WATCHDOG_*`, secrets also as `…_FILE`."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.core.settings import MailSecurity, SecretFiles

_PREFIX = "encompass_watchdog_"
FROM_FILES = (
    "database_url", "smtp_password", "webhook_url", "webhook_token", "heartbeat_url",
)  # fmt: skip


class WatchdogSettings(BaseSettings):
    """Nothing here is shared with the service: what fails there must not fail here."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: str = Field(description="a role that may only read: `watchdog role` prints it")
    state_dir: Path = Field(
        default=Path(".encompass-watchdog"), description="what it rang about, kept over a restart"
    )
    every_seconds: int = Field(default=60, ge=10, le=60)
    log_level: str = "INFO"

    smtp_host: str | None = Field(default=None, description="a mail server of its own")
    smtp_port: int = 587
    smtp_security: MailSecurity = MailSecurity.STARTTLS
    smtp_ca_file: Path | None = None
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    mail_from: str = "watch@messages.example.org"
    mail_to: tuple[str, ...] = ()
    webhook_url: SecretStr | None = Field(default=None, description="HTTPS, gets JSON by POST")
    webhook_token: SecretStr | None = None
    ca_file: Path | None = Field(default=None, description="whom webhook and heartbeat must prove")
    heartbeat_url: SecretStr | None = Field(
        default=None, description="the dead-man's switch; asked only if every check passes"
    )
    heartbeat_method: Literal["GET", "POST"] = "POST"

    disk_paths: tuple[Path, ...] = (Path("/"),)
    ready_url: str | None = Field(default=None, description="/health/ready of the service")
    call_sheet_files: bool = Field(
        default=False, description="encrypted call sheets are written for every force"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFiles(settings_cls, FROM_FILES)

    @model_validator(mode="after")
    def _can_ring(self) -> Self:
        mail = self.smtp_host is not None and bool(self.mail_to)
        if not mail and self.webhook_url is None:
            raise ValueError(
                "a watchdog that cannot ring is none: set ENCOMPASS_WATCHDOG_SMTP_HOST and "
                "ENCOMPASS_WATCHDOG_MAIL_TO, or ENCOMPASS_WATCHDOG_WEBHOOK_URL"
            )
        return self

    @field_validator("webhook_url", "heartbeat_url")
    @classmethod
    def _is_secure(cls, url: SecretStr | None) -> SecretStr | None:
        """Refuse an address in clear unless it is on this machine."""
        if url is None:
            return None
        parts = urlsplit(url.get_secret_value())
        if parts.scheme == "https" or parts.hostname in {"127.0.0.1", "localhost"}:
            return url
        raise ValueError("write an https address")
