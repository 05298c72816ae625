"""The shipped stand-in for GOV.UK Notify: its interface over HTTP, on this machine.

It does what `notify_stand_in` does with each request, and posts callbacks. For rehearsals and
tests.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import httpx

from app.core.clock import Clock
from notifications.channels.notify_stand_in import (
    API_KEY,
    Lost,
    NotifyFault,
    NotifyStandIn,
    Taken,
)

__all__ = ["API_KEY", "FakeNotify", "NotifyFault"]

_DRIP_SECONDS = 0.05


class FakeNotify(NotifyStandIn):
    """The service on this machine; `with FakeNotify(clock, templates) as fake:` runs it."""

    def __init__(
        self, clock: Clock, templates: Mapping[str, str], *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        super().__init__(clock, templates)
        self.stopping = Event()
        self._server = _Server((host, port), self)
        self._thread = Thread(target=self._server.serve_forever, name="fake notify", daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

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
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def do_GET(self) -> None:
        self._answer(b"")

    def _answer(self, raw: bytes) -> None:
        fake = self.server.fake
        try:
            reply = fake.respond(
                self.command, self.path, self.headers.get("Authorization", ""), raw
            )
        except Lost as lost:
            # Until the other side has lost its patience, or the stand-in ends.
            if lost.begins is not None:
                self._trickle(lost.begins)
            elif lost.silent:
                fake.stopping.wait(30)
            self.close_connection = True
            return
        said = json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _trickle(self, begins: str) -> None:
        """Say how an answer begins, and go on byte by byte."""
        more = begins.encode()
        with suppress(OSError):
            while not self.server.fake.stopping.wait(_DRIP_SECONDS):
                self.wfile.write(more)
                self.wfile.flush()
                more = b" "


def _callback(one: Taken) -> dict[str, Any]:
    return {
        "id": one.id, "reference": one.reference, "to": one.to, "status": one.status,
        "created_at": one.created_at, "completed_at": None, "sent_at": None,
        "notification_type": one.kind, "template_id": one.template_id, "template_version": 1,
    }  # fmt: skip
