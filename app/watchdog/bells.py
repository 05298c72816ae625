"""The watchdog's own ways to ring: a mail server and a webhook of its own, nothing of the service.

A message holds codes, counts and ages. No name, no place, no reference, and no word that says what
the service is for: it may lie on anybody's lock screen.
"""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

import httpx

from app.core import logs
from app.core.settings import MailSecurity
from app.watchdog.settings import WatchdogSettings

log = logs.get(__name__)
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the operators; `kind` is alarm, over or digest."""

    kind: str
    subject: str
    lines: tuple[str, ...]
    at: datetime
    # The same for a machine.
    body: dict[str, object]


class Bell(Protocol):
    """One way to ring."""

    name: str

    def ring(self, message: Message) -> bool:
        """Return whether the other side took it; never raises for a network."""
        ...


def bells_of(settings: WatchdogSettings) -> list[Bell]:
    """Return every way of ringing that is set."""
    found: list[Bell] = []
    if settings.smtp_host is not None and settings.mail_to:
        found.append(MailBell(settings))
    if settings.webhook_url is not None:
        found.append(WebhookBell(settings))
    return found


def ring(bells: Sequence[Bell], message: Message) -> bool:
    """Ring every bell; return whether at least one was heard."""
    heard = [bell.ring(message) for bell in bells]
    return any(heard)


class MailBell:
    """Mail over verified TLS, one message to all operators."""

    name = "mail"

    def __init__(self, settings: WatchdogSettings) -> None:
        self._settings = settings
        self._tls = ssl.create_default_context(cafile=settings.smtp_ca_file)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def ring(self, message: Message) -> bool:
        try:
            with self._connect() as server:
                refused = server.send_message(self._mail(message))
        except (smtplib.SMTPException, OSError) as error:
            log.error("not rung", channel=self.name, error=logs.error_kind(error))
            return False
        return not refused

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._settings.mail_from
        mail["To"] = ", ".join(self._settings.mail_to)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(message.at)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content("\n".join(message.lines) + "\n")
        return mail

    def _connect(self) -> smtplib.SMTP:
        settings, host = self._settings, self._settings.smtp_host or ""
        if settings.smtp_security is MailSecurity.TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, settings.smtp_port, timeout=_SECONDS, context=self._tls
            )
        else:
            server = smtplib.SMTP(host, settings.smtp_port, timeout=_SECONDS)
            server.starttls(context=self._tls)
        if settings.smtp_username and settings.smtp_password:
            server.login(settings.smtp_username, settings.smtp_password.get_secret_value())
        return server


class WebhookBell:
    """A POST of one JSON object to an address of the operator's alarm service."""

    name = "webhook"

    def __init__(self, settings: WatchdogSettings) -> None:
        self._url = settings.webhook_url.get_secret_value() if settings.webhook_url else ""
        token = settings.webhook_token
        self._headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self._verify = _context(settings)

    def ring(self, message: Message) -> bool:
        body = {"kind": message.kind, "at": message.at.isoformat(), **message.body}
        try:
            answer = httpx.post(
                self._url, json=body, headers=self._headers, timeout=_SECONDS,
                verify=self._verify, trust_env=False,
            )  # fmt: skip
        except httpx.HTTPError as error:
            log.error("not rung", channel=self.name, error=logs.error_kind(error))
            return False
        return answer.is_success


class Heartbeat:
    """The dead-man's switch of somebody else: told only that everything passed, else nothing."""

    def __init__(self, settings: WatchdogSettings) -> None:
        self._url = settings.heartbeat_url.get_secret_value() if settings.heartbeat_url else None
        self._method = settings.heartbeat_method
        self._verify = _context(settings)

    def beat(self) -> bool:
        """Return whether it was taken, or there is none."""
        if self._url is None:
            return True
        try:
            answer = httpx.request(
                self._method, self._url, timeout=_SECONDS, verify=self._verify, trust_env=False
            )
        except httpx.HTTPError as error:
            log.error("no heartbeat", error=logs.error_kind(error))
            return False
        return answer.is_success


def _context(settings: WatchdogSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file)
