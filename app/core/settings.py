"""Settings: one typed class, read from `ENCOMPASS_*`; secrets also from files by `…_FILE`."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources import EnvSettingsSource
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.core.addresses import fit_for_secrets, too_trusting

FROM_FILES = (
    "database_url", "smtp_password", "metrics_token", "second_smtp_password", "notify_api_key",
    "notify_callback_token", "bounce_token", "call_sheet_push_url", "call_sheet_push_token",
    "oidc_client_secret",
)  # fmt: skip

_SHORTEST_SECRET = 20
_LONGEST_NAME = 60
# In an address: no part of it may lead anywhere else.
_A_PATH = re.compile(
    r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,9}"
)


class Environment(StrEnum):
    """Production is the default, so that a forgotten setting is the safe one."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected; there is no third way."""

    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class MailServer:
    """One mail server to hand alerts to."""

    host: str
    port: int
    security: MailSecurity
    ca_file: Path | None
    username: str | None
    password: SecretStr | None


class SecretFiles(EnvSettingsSource):
    """Reads `PREFIX_X_FILE` as the value of `x`, the way containers hand over secrets.

    The prefix is the settings' own. An empty file is no secret: a container names all its files,
    used or not.
    """

    def __init__(self, settings_cls: type[BaseSettings], names: tuple[str, ...]) -> None:
        super().__init__(settings_cls)
        self._names = names

    def __call__(self) -> dict[str, Any]:
        prefix = self.env_prefix.lower()
        found = {name: self.env_vars.get(f"{prefix}{name}_file") for name in self._names}
        return {
            name: secret
            for name, path in found.items()
            if path and (secret := Path(path).read_text(encoding="utf-8").strip())
        }


class Settings(BaseSettings):
    """What an operator may set; `encompass check` says what is wrong with it."""

    model_config = SettingsConfigDict(
        env_prefix="ENCOMPASS_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    environment: Environment = Environment.PRODUCTION
    database_url: str = "sqlite:///encompass.db"
    allow_sqlite: bool = Field(default=False, description="production on SQLite, knowingly")
    data_dir: Path = Path(".encompass")
    keys_file: Path | None = Field(default=None, description="the master keys, made by `keys init`")
    key_service_url: str | None = Field(
        default=None, description="OpenBao or Vault, which seals that file; none: it is plain"
    )
    key_service_token_file: Path | None = Field(
        default=None, description="where an agent keeps our token there renewed"
    )
    key_service_installation: str | None = Field(
        default=None, description="this installation's name; another's file does not open"
    )
    key_service_key: str = "encompass"
    key_service_mount: str = "transit"
    key_service_namespace: str | None = None
    key_service_ca_file: Path | None = None
    base_url: str = "http://127.0.0.1:8000"
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    forwarded_allow_ips: str = "127.0.0.1"
    log_level: str = "INFO"
    tick_seconds: int = Field(default=20, ge=1, le=60)
    live_seconds: int = Field(
        default=15, ge=0, le=600, description="how long one stream of the board lasts; 0: none"
    )
    pool_size: int = Field(default=20, ge=1, le=100)
    metrics_token: SecretStr | None = None
    register_dir: Path | None = Field(
        default=None, description="the folder into which the official register file is put"
    )
    call_sheet_dir: Path | None = Field(
        default=None, description="where the encrypted call sheets are written"
    )
    call_sheet_keys: Path | None = Field(
        default=None, description="the public keys of duty officers: FORCE.NAME.pem"
    )
    call_sheet_push_dir: Path | None = Field(
        default=None, description="a folder off this host, into which each sheet is copied"
    )
    call_sheet_push_url: SecretStr | None = Field(
        default=None, description="an address off this host; each sheet is PUT below it"
    )
    call_sheet_push_token: SecretStr | None = None
    call_sheet_push_ca_file: Path | None = None
    checkpoint_dir: Path | None = Field(
        default=None, description="a folder off this host, where checkpoints of the trail are kept"
    )

    oidc_issuer: str | None = Field(
        default=None, description="the OpenID provider people may sign in by; none: they may not"
    )
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = Field(
        default="your organisation’s account", description="as the button says: DfE Sign-in"
    )
    oidc_acr: tuple[str, ...] = Field(
        default=(), description="one of these levels, of the last 15 minutes, stands for our code"
    )
    oidc_amr: tuple[str, ...] = Field(
        default=(), description="all of these methods, of the last 15 minutes, stand for our code"
    )

    breached_passwords_file: Path | None = Field(
        default=None, description="SHA-1 of passwords that stood in a breach, in order"
    )

    channel: str = Field(
        default="smtp", description="smtp or govuk_notify, or recording for a rehearsal"
    )
    second_channel: str | None = Field(
        default=None,
        description="who takes over e-mail: smtp, smtp_second, govuk_notify or recording_second",
    )
    text_channel: str | None = Field(
        default=None, description="govuk_notify_text, or recording_text for a rehearsal"
    )
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 587
    smtp_security: MailSecurity = MailSecurity.STARTTLS
    smtp_ca_file: Path | None = None
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_per_minute: int | None = Field(default=None, ge=1, description="no more mails than this")
    second_smtp_host: str = "127.0.0.1"
    second_smtp_port: int = 587
    second_smtp_security: MailSecurity = MailSecurity.STARTTLS
    second_smtp_ca_file: Path | None = None
    second_smtp_username: str | None = None
    second_smtp_password: SecretStr | None = None
    bounce_mailbox: str | None = Field(
        default=None, description="where bounces go, a plus and a word of each alert added"
    )
    bounce_token: SecretStr | None = Field(
        default=None, description="lets a mail server POST what came to the bounce mailbox"
    )
    notify_url: str = "https://api.notifications.service.gov.uk"
    notify_api_key: SecretStr | None = None
    notify_templates: dict[str, str] = Field(
        default_factory=dict, description="the id there of each of our e-mail templates"
    )
    notify_text_templates: dict[str, str] = Field(
        default_factory=dict, description="the id there of each of our text templates"
    )
    notify_callback_token: SecretStr | None = None
    notify_per_minute: int = Field(default=2500, ge=1, le=100_000)
    mail_from: str = "alerts@messages.example.org"
    mail_from_name: str = "Message service"
    mail_host: str = "messages.example.org"

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

    @field_validator("database_url")
    @classmethod
    def _names_a_database_we_know(cls, url: str) -> str:
        try:
            known = make_url(url).drivername in {"sqlite", "postgresql+psycopg"}
        except ArgumentError:
            known = False
        if not known:
            raise ValueError(
                "ENCOMPASS_DATABASE_URL must be sqlite:///FILE or postgresql+psycopg://…"
            )
        return url

    @model_validator(mode="after")
    def _production_is_strict(self) -> "Settings":
        if self.production and self.on_sqlite and not self.allow_sqlite:
            raise ValueError(
                "production needs PostgreSQL: set ENCOMPASS_DATABASE_URL, or "
                "ENCOMPASS_ALLOW_SQLITE=true where one host without failover is acceptable"
            )
        if self.production and self.keys_file is None:
            raise ValueError("production needs ENCOMPASS_KEYS_FILE: make it with `keys init`")
        return self

    @model_validator(mode="after")
    def _believes_no_stranger(self) -> "Settings":
        problem = too_trusting(proxies=self.forwarded_allow_ips, hosts=self.allowed_hosts)
        if self.production and problem is not None:
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _nothing_in_clear(self) -> "Settings":
        if self.production and not self.notify_url.startswith("https://"):
            raise ValueError("ENCOMPASS_NOTIFY_URL must begin with https:// in production")
        url = self.call_sheet_push_url
        if self.production and url and not url.get_secret_value().startswith("https://"):
            raise ValueError("ENCOMPASS_CALL_SHEET_PUSH_URL must begin with https:// in production")
        for name in ("notify_callback_token", "bounce_token"):
            secret = getattr(self, name)
            if secret is not None and len(secret.get_secret_value()) < _SHORTEST_SECRET:
                raise ValueError(
                    f"ENCOMPASS_{name.upper()} is too short: use {_SHORTEST_SECRET} random "
                    "characters or more"
                )
        return self

    @model_validator(mode="after")
    def _provider_is_whole(self) -> "Settings":
        if self.oidc_issuer is None:
            return self
        if not self.oidc_client_id or self.oidc_client_secret is None:
            raise ValueError(
                "ENCOMPASS_OIDC_ISSUER needs ENCOMPASS_OIDC_CLIENT_ID and "
                "ENCOMPASS_OIDC_CLIENT_SECRET_FILE: the provider gives you both"
            )
        if not fit_for_secrets(self.oidc_issuer, production=self.production):
            raise ValueError("ENCOMPASS_OIDC_ISSUER must begin with https://, with nothing after ?")
        if not 1 <= len(self.oidc_name) <= _LONGEST_NAME or not self.oidc_name.isprintable():
            raise ValueError(f"ENCOMPASS_OIDC_NAME has 1 to {_LONGEST_NAME} characters")
        return self

    @model_validator(mode="after")
    def _key_service_is_whole(self) -> "Settings":
        if self.key_service_url is None:
            return self
        if self.key_service_token_file is None or not self.key_service_installation:
            raise ValueError(
                "ENCOMPASS_KEY_SERVICE_URL needs ENCOMPASS_KEY_SERVICE_TOKEN_FILE, and a name for "
                "this installation in ENCOMPASS_KEY_SERVICE_INSTALLATION"
            )
        if not fit_for_secrets(self.key_service_url, production=self.production):
            raise ValueError(
                "ENCOMPASS_KEY_SERVICE_URL must begin with https://, with nothing after ?"
            )
        for name in ("installation", "key", "mount", "namespace"):
            value = getattr(self, f"key_service_{name}")
            if value is not None and not _A_PATH.fullmatch(value):
                raise ValueError(
                    f"ENCOMPASS_KEY_SERVICE_{name.upper()} has letters, figures, dots, dashes, "
                    "underscores, and between them slashes"
                )
        return self

    @property
    def mail_server(self) -> MailServer:
        return MailServer(
            self.smtp_host, self.smtp_port, self.smtp_security, self.smtp_ca_file,
            self.smtp_username, self.smtp_password,
        )  # fmt: skip

    @property
    def second_mail_server(self) -> MailServer:
        """The mail server that takes over; named apart, so that one can be down alone."""
        return MailServer(
            self.second_smtp_host, self.second_smtp_port, self.second_smtp_security,
            self.second_smtp_ca_file, self.second_smtp_username, self.second_smtp_password,
        )  # fmt: skip

    @property
    def production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @cached_property
    def on_sqlite(self) -> bool:
        return make_url(self.database_url).get_backend_name() == "sqlite"

    @property
    def key_path(self) -> Path:
        """Where the master keys are; demonstrations and tests make their own in the data folder."""
        return self.keys_file or self.data_dir / "keys.json"
