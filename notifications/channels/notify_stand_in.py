"""What the shipped stand-in for GOV.UK Notify does with a request, kept in memory, without HTTP.

It checks what the real one checks (token, clock, template, address, both limits) and fails on
request, one scripted fault for each post. `fake_notify` serves it, `NotifyInProcess` calls it.
"""

import json
import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import NAMESPACE_URL, uuid5

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from app.core.clock import Clock

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
    # Answers byte by byte for as long as the sender waits: the head, or a body after it.
    TRICKLES_HEAD_BUT_STORED = "trickles_head_but_stored"
    TRICKLES_BODY_BUT_STORED = "trickles_body_but_stored"


_STORED = frozenset(
    {
        NotifyFault.ERROR_BUT_STORED, NotifyFault.LOST_BUT_STORED, NotifyFault.SILENT_BUT_STORED,
        NotifyFault.TRICKLES_HEAD_BUT_STORED, NotifyFault.TRICKLES_BODY_BUT_STORED,
    }
)  # fmt: skip
_BEGINS = {
    NotifyFault.TRICKLES_HEAD_BUT_STORED: "HTTP/1.1 201 Created\r\nX-Pad: ",
    NotifyFault.TRICKLES_BODY_BUT_STORED:
        "HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n",
}  # fmt: skip
_SILENT = frozenset({NotifyFault.SILENT_BUT_STORED, *_BEGINS})
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


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status and its JSON."""

    status: int
    body: Mapping[str, Any]


class Lost(Exception):
    """No answer: the connection ends, or nothing comes until the other side loses its patience."""

    def __init__(self, *, silent: bool, begins: str | None = None) -> None:
        super().__init__("no answer")
        self.silent = silent
        # What there is of the answer before the rest of it trickles.
        self.begins = begins


class Answer(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"status_code": status, "errors": [{"error": error, "message": message}]}


class NotifyStandIn:
    """The service without its network; `templates` maps an id to its text.

    A text with `((name))` wants that name.
    """

    def __init__(self, clock: Clock, templates: Mapping[str, str]) -> None:
        self.templates = dict(templates)
        self.clock = clock
        self._lock = Lock()
        self._taken: list[Taken] = []
        self._tries: Counter[str] = Counter()
        self._faults: deque[NotifyFault] = deque()
        self._asking_fails: deque[NotifyFault] = deque()
        self.asked = 0

    @property
    def taken(self) -> Sequence[Taken]:
        """Return what was taken, oldest first."""
        with self._lock:
            return tuple(self._taken)

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

    def next_fault(self, reference: str, *, asking: bool) -> NotifyFault | None:
        """Return what goes wrong with this request, the one that was scripted next."""
        with self._lock:
            waiting = self._asking_fails if asking else self._faults
            return waiting.popleft() if waiting else None

    def status_of(self, one: Taken) -> str:
        """Return how far a message got."""
        return one.status

    def respond(self, method: str, target: str, authorization: str, raw: bytes) -> Reply:
        """Return the answer to one request; raise `Lost` where none comes."""
        try:
            self._check_token(authorization)
            return self._posted(target, raw) if method == "POST" else self._asked(target)
        except Answer as answer:
            return Reply(answer.status, answer.body)

    def _posted(self, target: str, raw: bytes) -> Reply:
        kind = target.removeprefix("/v2/notifications/")
        if kind not in {"email", "sms"}:
            raise Answer(404, "NoResultFound", "Not found")
        body = json.loads(raw)
        fault = self.next_fault(str(body.get("reference")), asking=False)
        taken = self._take(kind, body) if fault is None or fault in _STORED else None
        if fault is not None or taken is None:
            return _failing(fault)
        return Reply(201, {"id": taken.id, "reference": taken.reference, "content": {}})

    def _asked(self, target: str) -> Reply:
        parts = urlsplit(target)
        if parts.path.startswith("/v2/template/"):
            text = self.templates.get(parts.path.removeprefix("/v2/template/"))
            if text is None:
                raise Answer(404, "NoResultFound", "No result found")
            return Reply(200, {"subject": "", "body": text})
        self.asked += 1
        wanted = parse_qs(parts.query).get("reference", [""])[0]
        fault = self.next_fault(wanted, asking=True)
        if fault is not None:
            return _failing(fault)
        rows = [self._shown(one) for one in reversed(self.taken) if one.reference == wanted]
        return Reply(200, {"notifications": rows, "links": {}})

    def _shown(self, one: Taken) -> dict[str, Any]:
        return {
            "id": one.id, "reference": one.reference, "type": one.kind,
            "status": self.status_of(one), "created_at": one.created_at,
            "template": {"id": one.template_id, "version": 1},
        }  # fmt: skip

    def _check_token(self, header: str) -> None:
        """Raise the 403 that the real service answers to a bad token or a clock 30 s off."""
        _, _, token = header.partition("Bearer ")
        try:
            claims = jwt.decode(token, OctKey.import_key(SECRET), algorithms=["HS256"]).claims
            issuer, issued = claims["iss"], int(claims["iat"])
        except (JoseError, ValueError, KeyError, TypeError):
            issuer, issued = "", 0
        if issuer != ISSUER:
            raise Answer(403, "AuthError", "Invalid token: signature, API token not found")
        if abs(self.clock.now().timestamp() - issued) > _CLOCK_SECONDS:
            raise Answer(
                403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds"
            )

    def _take(self, kind: str, body: Mapping[str, Any]) -> Taken:
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
        with self._lock:
            reference = str(body.get("reference"))
            self._tries[reference] += 1
            taken = Taken(
                # Of its reference alone, whoever else is being served at this moment.
                str(uuid5(NAMESPACE_URL, f"{reference}/{self._tries[reference]}")),
                body.get("reference"), kind, to, str(body["template_id"]), given,
                self.clock.now().isoformat(),
            )  # fmt: skip
            self._taken.append(taken)
        return taken


class NotifyInProcess(httpx.BaseTransport):
    """Carries the requests of a client to a stand-in in the same process: no socket, no wait."""

    def __init__(self, stand_in: NotifyStandIn) -> None:
        self._stand_in = stand_in

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the stand-in's answer; what the network would do is raised as httpx raises it."""
        try:
            reply = self._stand_in.respond(
                request.method, request.url.raw_path.decode(),
                request.headers.get("Authorization", ""), request.read(),
            )  # fmt: skip
        except Lost as lost:
            if lost.silent:
                raise httpx.ReadTimeout("no answer", request=request) from None
            raise httpx.RemoteProtocolError("connection closed", request=request) from None
        return httpx.Response(reply.status, json=reply.body)


def _failing(fault: NotifyFault | None) -> Reply:
    if fault in _ANSWERS:
        raise Answer(*_ANSWERS[fault])
    raise Lost(silent=fault in _SILENT, begins=_BEGINS.get(fault) if fault else None)
