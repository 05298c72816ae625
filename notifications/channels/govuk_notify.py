"""Alerts by GOV.UK Notify, e-mail or text: its REST interface, and what its answers mean for us.

A reference is not an idempotency key there: two posts with one reference are two messages. So
whoever does not know whether a try arrived asks first (`find`). Source: the service's REST
documentation; reliability.md F29–F31.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from app.core.clock import Clock
from app.core.errors import Refused
from notifications.alerts import Letterhead, telling_words
from notifications.breaker import ASKED_SECONDS
from notifications.channels.base import (
    AlertMessage,
    ChannelError,
    ErrorKind,
    Found,
    Phase,
    Sent,
)
from notifications.channels.whole_requests import WholeRequests
from notifications.states import Channel, DeliveryStatus, Medium

_ANSWER = httpx.Timeout(15.0, connect=5.0)
# For one request as a whole, however slowly its answer comes.
_REQUEST_SECONDS = 25.0
_LIMITS = httpx.Limits(max_connections=16, max_keepalive_connections=16)

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_API_KEY = re.compile(rf".*?({_UUID})-({_UUID})")

# Every status that the interface names for an e-mail or a text; what is not here may still arrive.
STATUSES: Mapping[str, DeliveryStatus] = {
    "created": DeliveryStatus.SENDING,
    "sending": DeliveryStatus.SENDING,
    "pending": DeliveryStatus.SENDING,
    # A text abroad: handed on, and nothing more will be heard of it.
    "sent": DeliveryStatus.SENDING,
    "delivered": DeliveryStatus.DELIVERED,
    "permanent-failure": DeliveryStatus.PERMANENT_FAILURE,
    "temporary-failure": DeliveryStatus.TEMPORARY_FAILURE,
    "technical-failure": DeliveryStatus.TECHNICAL_FAILURE,
}
_ADDRESS_FIELD = {Medium.EMAIL: "email_address", Medium.TEXT: "phone_number"}
_PATH = {Medium.EMAIL: "email", Medium.TEXT: "sms"}
_NAME = {Medium.EMAIL: Channel.NOTIFY, Medium.TEXT: Channel.NOTIFY_TEXT}


@dataclass(frozen=True, slots=True)
class Account:
    """Where the service is, and the key it knows us by: `name-issuer-secret`."""

    url: str
    issuer: str
    secret: str

    @classmethod
    def of(cls, url: str, api_key: str) -> "Account":
        """Read a key as Notify hands it out; raise `Refused` for anything else."""
        found = _API_KEY.fullmatch(api_key.strip())
        if found is None:
            raise Refused("ENCOMPASS_NOTIFY_API_KEY is no key of GOV.UK Notify: copy all of it.")
        return cls(url.rstrip("/"), found[1], found[2])


class NotifyChannel:
    """Hands alerts to GOV.UK Notify; `templates` are the ids of ours there, Welsh as `name.cy`.

    `transport` stands for the network where there is none.
    """

    def __init__(
        self, account: Account, *, medium: Medium, templates: Mapping[str, str], head: Letterhead,
        clock: Clock, per_minute: int, timeout: httpx.Timeout = _ANSWER,
        request_seconds: float = _REQUEST_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        self.name = _NAME[medium].value
        self.medium = medium
        self.per_minute: int | None = per_minute
        self._account = account
        self._templates = dict(templates)
        self._head = head
        self._clock = clock
        self._key = OctKey.import_key(account.secret)
        self._timeout = timeout
        self._request_seconds = request_seconds
        self._transport = transport
        self._lock = Lock()
        self._open: httpx.Client | None = None

    def carries(self, template: str) -> bool:
        return {template, f"{template}.cy"} <= self._templates.keys()

    def send(self, message: AlertMessage) -> Sent:
        """Hand one alert over; raise `ChannelError` whose kind says what the next try may do."""
        answer = self._post(f"/v2/notifications/{_PATH[self.medium]}", self._body(message))
        if answer.status_code == httpx.codes.CREATED:
            return Sent(_plain(_text(answer, "id")), Phase.ACCEPTED)
        raise _meaning(answer, self.medium)

    def find(self, alert_id: UUID) -> Found | None:
        """Ask by reference; of several tries the newest that left the provider counts."""
        try:
            answer = self._client.get(
                "/v2/notifications", params={"reference": str(alert_id)}, headers=self._signed()
            )
        except httpx.HTTPError as error:
            raise ChannelError(ErrorKind.CONNECTION, _lost(error)) from None
        if answer.status_code != httpx.codes.OK:
            said = _meaning(answer, self.medium)
            kept = said.kind in {ErrorKind.BUSY, ErrorKind.REFUSED}
            kind = said.kind if kept else ErrorKind.CONNECTION
            raise ChannelError(kind, said.code, seconds=said.seconds)
        found = [_found(row) for row in _rows(answer)]
        # What never left it may be sent again.
        alive = [one for one in found if one.status is not DeliveryStatus.TECHNICAL_FAILURE]
        return alive[0] if alive else None

    def wording(self, template: str) -> str:
        """Return subject and body that the provider holds for one of ours, for `check`."""
        template_id = self._templates[template]
        try:
            answer = self._client.get(f"/v2/template/{template_id}", headers=self._signed())
        except httpx.HTTPError as error:
            raise ChannelError(ErrorKind.CONNECTION, _lost(error)) from None
        if answer.status_code != httpx.codes.OK:
            raise _meaning(answer, self.medium)
        return f"{_text(answer, 'subject')}\n{_text(answer, 'body')}"

    @property
    def templates(self) -> tuple[str, ...]:
        """Return our names of the templates that are mapped."""
        return tuple(sorted(self._templates))

    def close(self) -> None:
        with self._lock:
            client, self._open = self._open, None
        if client is not None:
            client.close()

    @property
    def _client(self) -> httpx.Client:
        """Return the open client; no proxy from the environment, no redirect with our token."""
        with self._lock:
            if self._open is None:
                self._open = httpx.Client(
                    base_url=self._account.url, timeout=self._timeout, trust_env=False,
                    follow_redirects=False,
                    transport=self._transport or WholeRequests(self._request_seconds, _LIMITS),
                )  # fmt: skip
            return self._open

    def _body(self, message: AlertMessage) -> dict[str, Any]:
        extra = dict(message.extra)
        if telling_words(" ".join(extra.values())):
            raise ValueError("what this alert is filled in with would tell an onlooker")
        if "path" in extra:
            extra["link"] = f"{self._head.base_url}{extra.pop('path')}"
        name = f"{message.template}.cy" if message.welsh else message.template
        return {
            _ADDRESS_FIELD[self.medium]: message.address,
            "template_id": self._templates[name],
            "personalisation": extra,
            "reference": str(message.alert_id),
        }

    def _post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        try:
            return self._client.post(path, json=body, headers=self._signed())
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ChannelError(ErrorKind.CONNECTION, _lost(error)) from None
        except httpx.HTTPError as error:
            # Something may have arrived: nobody but the provider knows.
            raise ChannelError(ErrorKind.UNKNOWN, _lost(error)) from None

    def _signed(self) -> dict[str, str]:
        claims = {"iss": self._account.issuer, "iat": int(self._clock.now().timestamp())}
        token = jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, self._key)
        return {"Authorization": f"Bearer {token}"}


def status_of(word: str) -> DeliveryStatus:
    """Return what one of the provider's words means; an unknown one is not an end."""
    return STATUSES.get(word, DeliveryStatus.SENDING)


def _meaning(answer: httpx.Response, medium: Medium) -> ChannelError:
    """Return what a refusal means for the next try."""
    kind, text = _error(answer)
    match answer.status_code:
        case 400 if kind == "ValidationError" and _ADDRESS_FIELD[medium] in text:
            return ChannelError(ErrorKind.PERMANENT, f"{Phase.RECIPIENT}_400")
        case 400:
            return ChannelError(ErrorKind.BROKEN, "request_400")
        case 403 if "clock" in text:
            return _stop(ErrorKind.REFUSED, "clock_refused")
        case 401 | 403 | 404:
            return _stop(ErrorKind.REFUSED, "key_refused")
        case 429 if kind == "TooManyRequestsError":
            return _stop(ErrorKind.BUSY, "daily_limit")
        case 429:
            return _stop(ErrorKind.BUSY, "rate_limit")
        case status:
            return ChannelError(ErrorKind.UNKNOWN, f"http_{status}")


def _stop(kind: ErrorKind, code: str) -> ChannelError:
    """Return that the provider wants to be left alone, for as long as this reason is worth."""
    return ChannelError(kind, code, seconds=ASKED_SECONDS[code])


def _error(answer: httpx.Response) -> tuple[str, str]:
    """Return the first error's class and text; the text is looked at and never kept."""
    try:
        first = answer.json()["errors"][0]
        return str(first["error"]), str(first["message"])
    except (ValueError, KeyError, IndexError, TypeError):
        return "", ""


def _rows(answer: httpx.Response) -> list[dict[str, Any]]:
    try:
        rows = answer.json()["notifications"]
        return sorted(rows, key=lambda row: str(row["created_at"]), reverse=True)
    except (ValueError, KeyError, TypeError):
        raise ChannelError(ErrorKind.CONNECTION, "answer_unreadable") from None


def _found(row: Mapping[str, Any]) -> Found:
    return Found(_plain(str(row.get("id", ""))), status_of(str(row.get("status", ""))))


def _text(answer: httpx.Response, name: str) -> str:
    """Return a field of an answer; a body that is no JSON has none, and the message is taken."""
    try:
        return str(answer.json().get(name) or "")
    except (ValueError, AttributeError):
        return ""


def _plain(text: str) -> str:
    """Return a reference as a row can keep it: one that cannot be kept would hold up a block."""
    return text.encode("ascii", "replace").replace(b"\0", b"?").decode()[:64]


def _lost(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "timeout_at_connecting" if "Connect" in type(error).__name__ else "timeout_at_answer"
    return "failed_at_connecting" if isinstance(error, httpx.ConnectError) else "lost_at_answer"
