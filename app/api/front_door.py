"""What every request passes first and every answer last: host, request id, headers, last resort."""

from time import perf_counter
from typing import Any

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from app.api import metrics
from app.api.body import BATCH
from app.api.csp_reports import PATH as REPORTS
from app.api.errors import Answer, WrongHost, for_machines, problem
from app.core import logs
from app.core.errors import Malformed, ServiceError, TooLarge, WrongMediaType
from app.core.ids import new_id, new_secret
from app.core.settings import Settings

_log = logs.get(__name__)

# What people post are forms; only the batch is large.
_FORM = 1024 * 1024
_ALWAYS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": (
        "camera=(), display-capture=(), fullscreen=(), geolocation=(), microphone=(), "
        "payment=(), usb=(), publickey-credentials-get=(self)"
    ),
}

_RAW = [(name.lower().encode(), value.encode()) for name, value in _ALWAYS.items()]


class FrontDoor:
    """ASGI middleware; outermost, so that errors get its headers too."""

    def __init__(self, app: ASGIApp, *, settings: Settings, answer: Answer) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in settings.allowed_hosts)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        # Our own id: one that came along could hold anything.
        request_id = state["request_id"] = new_id().hex
        state["csp_nonce"] = new_secret()
        with bound_contextvars(request_id=request_id):
            await self._watched(scope, receive, _Sender(send, state))

    async def _watched(self, scope: Scope, receive: Receive, send: "_Sender") -> None:
        began = perf_counter()
        request = Request(scope, receive)
        try:
            self._admit(request)
            await self._app(scope, _limited(receive, request), send)
        except Exception as error:
            if send.started:
                raise
            await self._last(request, _last_resort(error, scope))(scope, receive, send)
        finally:
            _count(scope, send.status, perf_counter() - began)

    def _last(self, request: Request, error: ServiceError) -> Response:
        """Return the answer to an error, also where making the page of it breaks."""
        try:
            return self._answer(request, error)
        except Exception as broken:  # noqa: BLE001 (an error page that breaks must not go out bare)
            _log.error("error page broke", error=logs.error_kind(broken))
            return problem(request, error)

    def _admit(self, request: Request) -> None:
        """Raise what turns a request away before its body is read: host, address, size, kind."""
        if not self._ours(request):
            raise WrongHost("Use the host name of the service.")
        # No address has such bytes, and whoever reads it as text would break on them.
        if not request.scope["query_string"].isascii():
            raise Malformed("Write the address in ASCII, other characters percent-encoded.")
        if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
            raise _no_text()
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:18]) > _longest(request):
            raise _too_large()
        # No page takes a file: a parser that keeps files is not reached.
        if _kind(request).startswith("multipart/"):
            raise WrongMediaType("Send a form as application/x-www-form-urlencoded.")

    def _ours(self, request: Request) -> bool:
        host = request.headers.get("host", "").lower()
        name, port, number = host.rpartition(":")
        if not port or host.endswith("]"):
            name, number = host, "0"
        return number.isdecimal() and ("*" in self._hosts or name in self._hosts)


class _Sender:
    """Adds the headers to an answer as it goes out, and remembers its status."""

    def __init__(self, send: Send, state: dict[str, Any]) -> None:
        self._send = send
        self._state = state
        self.status = 500
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            headers = message.setdefault("headers", [])
            headers += _RAW
            headers.append((b"x-request-id", self._state["request_id"].encode()))
            policy = content_policy(self._state["csp_nonce"])
            headers.append((b"content-security-policy", policy.encode()))
            # Everything is private; only the pages' static files say otherwise themselves.
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
        await self._send(message)


def content_policy(nonce: str) -> str:
    """Return the content security policy: nothing by default, our own files, scripts by nonce."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
        "img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
        f"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; report-uri {REPORTS}"
    )


def _longest(request: Request) -> int:
    return BATCH if for_machines(request.scope["path"]) else _FORM


def _too_large() -> TooLarge:
    return TooLarge("Send a smaller body.")


def _no_text() -> Malformed:
    return Malformed("Leave out the character NUL: no text has it.")


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").strip().lower()


def _limited(receive: Receive, request: Request) -> Receive:
    """Return a `receive` that counts, for bodies that came without their length.

    It also looks into forms for NUL, which PostgreSQL takes in no text. A form is read by a
    library that would hand it on; our reader of JSON refuses it by itself.
    """
    taken, limit, end = 0, _longest(request), b""
    form = _kind(request).startswith("application/x-www-form-urlencoded")

    async def counted() -> Message:
        nonlocal taken, end
        message = await receive()
        body = message.get("body", b"")
        taken += len(body)
        if taken > limit:
            raise _too_large()
        if form:
            end += body
            if b"\0" in end or b"%00" in end:
                raise _no_text()
            # So much of one that comes in two parts can stand at the end of the first.
            end = end[-2:]
        return message

    return counted


def _last_resort(error: Exception, scope: Scope) -> ServiceError:
    """Return what may go out of an error that nobody expected: nothing of it."""
    if isinstance(error, ServiceError):
        return error
    _log.error("request broke", error=logs.error_kind(error), route=_route(scope))
    return ServiceError("Something went wrong: tell us the request id.")


def _route(scope: Scope) -> str:
    """Return the route's template, never the path: what was asked for may be anything."""
    route = scope.get("route")
    return str(getattr(route, "path", "unknown"))


def _count(scope: Scope, status: int, seconds: float) -> None:
    method, route = scope["method"], _route(scope)
    method = method if method in {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"} else "other"
    metrics.requests.labels(method, route, str(status)).inc()
    metrics.request_seconds.labels(method, route).observe(seconds)
