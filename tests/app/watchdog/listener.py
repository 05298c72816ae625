"""A real HTTP server on this machine that keeps what was sent to it: webhook and heartbeat."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Listener:
    """`with Listener() as listener:`; answers `status`, keeps JSON bodies by path."""

    def __init__(self) -> None:
        self.status = 200
        self.heard: list[tuple[str, str, Any]] = []
        self.raw: list[tuple[str, bytes, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def of(self, path: str) -> list[Any]:
        """Return the bodies that came to a path."""
        return [body for _, at, body in self.heard if at == path]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                is_json = (self.headers.get("Content-Type") or "").startswith("application/json")
                body = json.loads(raw) if raw and is_json else None
                listener.heard.append((self.command, self.path, body))
                listener.raw.append((self.path, raw, dict(self.headers)))
                self.send_response(listener.status)
                self.end_headers()

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 (the library calls them so)

            def log_message(self, *_: Any) -> None:
                """Say nothing on stderr."""

        return Handler
