"""The shipped stand-in for GOV.UK Notify: its interface over HTTP, kept in memory.

It checks what the real one checks (token, clock, template, address, both limits), fails on
request, one scripted fault for each post, and posts callbacks. For rehearsals and tests.
"""

import json
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from app.core.clock import Clock
from app.core.ids import new_id

ISSUER = "26785a09-ab16-4eb0-8407-a37497a57506"
SECRET = "3d844edf-8d35-48ac-975b-e847b4f122b0"  # noqa: S105 (good for this stand-in only)
API_KEY = f"rehearsal-{ISSUER}-{SECRET}"
_CLOCK_SECONDS = 30
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MOBILE = re.compile(r"(?:\+?44|0)7\d{9}")
_PLACEHOLDER = re.compile(r"\(\((\w+)\)\)")


class NotifyFault(StrEnum):
    """What goes wrong with one post."""

    RATE_LIMIT = "rate_limit"
    DAILY_LIMIT = "daily_limit"
    KEY_REVOKED = "key_revoked"
    TRIAL_MODE = "trial_mode"
    ERROR_NOT_STORED = "error_not_stored"
    # Taken and kept, and the sender hears something else or nothing.
    ERROR_BUT_STORED = "error_but_stored"
    LOST_BUT_STORED = "lost_but_stored"
    LOST_NOT_STORED = "lost_not_stored"
    SILENT_BUT_STORED = "silent_but_stored"


_STORED = frozenset(
    {
        NotifyFault.ERROR_BUT_STORED, NotifyFault.LOST_BUT_STORED, NotifyFault.SILENT_BUT_STORED,
    }
)  # fmt: skip
_ANSWERS = {
    NotifyFault.RATE_LIMIT: (
        429, "RateLimitError",
        "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds",
    ),
    NotifyFault.DAILY_LIMIT: (
        429, "TooManyRequestsError", "Exceeded send limits (250000) for today",
    ),
    NotifyFault.KEY_REVOKED: (403, "AuthError", "Invalid token: API key revoked"),
    NotifyFault.TRIAL_MODE: (
        400, "BadRequestError", "Can't send to this recipient when service is in trial mode",
    ),
    NotifyFault.ERROR_NOT_STORED: (500, "Exception", "Internal server error"),
    NotifyFault.ERROR_BUT_STORED: (500, "Exception", "Internal server error"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """One message as the stand-in keeps it."""

    id: str
    reference: str | None
    kind: str
    to: str = field(repr=False)
    template_id: str
    personalisation: Mapping[str, str]
    created_at: str
    status: str = "sending"

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id, "reference": self.reference, "type": self.kind, "status": self.status,
            "created_at": self.created_at, "template": {"id": self.template_id, "version": 1},
        }  # fmt: skip


class Answer(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"status_code": status, "errors": [{"error": error, "message": message}]}


class FakeNotify:
    """The service on this machine; `with FakeNotify(clock, templates) as fake:` runs it.

    `templates` maps an id to its text; one with `((name))` wants that name.
    """

    def __init__(
        self, clock: Clock, templates: Mapping[str, str], *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.templates = dict(templates)
        self._clock = clock
        self._lock = Lock()
        self._taken: list[Taken] = []
        self._faults: deque[NotifyFault] = deque()
        self._asking_fails: deque[NotifyFault] = deque()
        self.stopping = Event()
        self.asked = 0
        self._server = _Server((host, port), self)
        self._thread = Thread(target=self._server.serve_forever, name="fake notify", daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def taken(self) -> Sequence[Taken]:
        """Return what was taken, oldest first."""
        with self._lock:
            return tuple(self._taken)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail_next(self, *faults: NotifyFault) -> None:
        """Make the next posts go wrong, one fault each, in this order."""
        with self._lock:
            self._faults.extend(faults)

    def fail_asking(self, *faults: NotifyFault) -> None:
        """Make the next questions by reference go wrong."""
        with self._lock:
            self._asking_fails.extend(faults)

    def becomes(self, reference: str, status: str) -> None:
        """Let every message with this reference have another status."""
        with self._lock:
            self._taken = [
                replace(one, status=status) if one.reference == reference else one
                for one in self._taken
            ]

    def call_back(self, reference: str, url: str, token: str) -> list[int]:
        """Post the state of every message with this reference; return the answers' statuses."""
        return [
            httpx.post(
                url, json=_callback(one), headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
            ).status_code
            for one in self.taken
            if one.reference == reference
        ]  # fmt: skip

    def next_fault(self, *, asking: bool) -> NotifyFault | None:
        with self._lock:
            waiting = self._asking_fails if asking else self._faults
            return waiting.popleft() if waiting else None

    def check_token(self, header: str) -> None:
        """Raise the 403 that the real service answers to a bad token or a clock 30 s off."""
        _, _, token = header.partition("Bearer ")
        try:
            claims = jwt.decode(token, OctKey.import_key(SECRET), algorithms=["HS256"]).claims
            issuer, issued = claims["iss"], int(claims["iat"])
        except (JoseError, ValueError, KeyError, TypeError):
            issuer, issued = "", 0
        if issuer != ISSUER:
            raise Answer(403, "AuthError", "Invalid token: signature, API token not found")
        if abs(self._clock.now().timestamp() - issued) > _CLOCK_SECONDS:
            raise Answer(
                403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds"
            )

    def take(self, kind: str, body: Mapping[str, Any]) -> Taken:
        """Keep one message; raise the answer that the real service gives to a bad one."""
        name, shape = ("email_address", _EMAIL) if kind == "email" else ("phone_number", _MOBILE)
        to = str(body.get(name, ""))
        if not shape.fullmatch(to.replace(" ", "")):
            raise Answer(400, "ValidationError", f"{name} is not valid")
        text = self.templates.get(str(body.get("template_id")))
        if text is None:
            raise Answer(400, "BadRequestError", "Template not found")
        given = {str(k): str(v) for k, v in (body.get("personalisation") or {}).items()}
        missing = set(_PLACEHOLDER.findall(text)) - given.keys()
        if missing:
            raise Answer(400, "BadRequestError", "Missing personalisation")
        taken = Taken(
            str(new_id()), body.get("reference"), kind, to, str(body["template_id"]), given,
            self._clock.now().isoformat(),
        )  # fmt: skip
        with self._lock:
            self._taken.append(taken)
        return taken


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], fake: FakeNotify) -> None:
        super().__init__(address, _Handler)
        self.fake = fake


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: _Server
    protocol_version = "HTTP/1.1"
    # Head and body leave as one: a small second packet would wait for an acknowledgement.
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
        """Say nothing: a request line holds a reference."""

    def do_POST(self) -> None:
        self._answered(self._posted)

    def do_GET(self) -> None:
        self._answered(self._asked)

    def _answered(self, act: Any) -> None:
        try:
            self.server.fake.check_token(self.headers.get("Authorization", ""))
            act()
        except Answer as answer:
            self._say(answer.status, answer.body)

    def _posted(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        fake, fault = self.server.fake, self.server.fake.next_fault(asking=False)
        kind = self.path.removeprefix("/v2/notifications/")
        if kind not in {"email", "sms"}:
            raise Answer(404, "NoResultFound", "Not found")
        taken = fake.take(kind, json.loads(raw)) if fault is None or fault in _STORED else None
        if fault is not None:
            self._fail(fault)
        elif taken is not None:
            self._say(201, {"id": taken.id, "reference": taken.reference, "content": {}})

    def _asked(self) -> None:
        fake, parts = self.server.fake, urlsplit(self.path)
        if parts.path.startswith("/v2/template/"):
            text = fake.templates.get(parts.path.removeprefix("/v2/template/"))
            if text is None:
                raise Answer(404, "NoResultFound", "No result found")
            self._say(200, {"subject": "", "body": text})
            return
        fake.asked += 1
        fault = fake.next_fault(asking=True)
        if fault is not None:
            self._fail(fault)
            return
        wanted = parse_qs(parts.query).get("reference", [""])[0]
        rows = [one.shown() for one in reversed(fake.taken) if one.reference == wanted]
        self._say(200, {"notifications": rows, "links": {}})

    def _fail(self, fault: NotifyFault) -> None:
        if fault in _ANSWERS:
            raise Answer(*_ANSWERS[fault])
        if fault is NotifyFault.SILENT_BUT_STORED:
            # Until the other side has lost its patience, or the stand-in ends.
            self.server.fake.stopping.wait(30)
        self.close_connection = True

    def _say(self, status: int, body: Mapping[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def _callback(one: Taken) -> dict[str, Any]:
    return {
        "id": one.id, "reference": one.reference, "to": one.to, "status": one.status,
        "created_at": one.created_at, "completed_at": None, "sent_at": None,
        "notification_type": one.kind, "template_id": one.template_id, "template_version": 1,
    }  # fmt: skip
