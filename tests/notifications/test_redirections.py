"""Who answers "elsewhere" is not followed: nothing of ours goes where nobody chose to send it."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.core.clock import HandClock
from app.watchdog.bells import Heartbeat, Message, WebhookBell
from app.watchdog.settings import WatchdogSettings
from notifications.channels.base import ChannelError
from notifications.channels.put_file import put_file
from tests.notifications.test_govuk_notify import MESSAGE, channel_to

AT = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
Asked = list[str]


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, Asked]]:
    """A server that sends everybody on to a place of its own, and what it was asked for."""
    asked: Asked = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(self.path)
            self.send_response(307)
            self.send_header("Location", "/taken-elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = answer  # noqa: N815 (the library calls them so)

        def log_message(self, *_: object) -> None:
            """Say nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_no_call_of_ours_follows_a_redirection(
    elsewhere: tuple[str, Asked], tmp_path: Path
) -> None:
    url, asked = elsewhere
    said = put_file(SecretStr(url), "99.sheet", b"{}", token=SecretStr("t"), ca_file=None)
    assert said == "answered_307"
    notify = channel_to(url, HandClock(AT))
    with pytest.raises(ChannelError):
        notify.send(MESSAGE)
    notify.close()
    watching = WatchdogSettings(
        database_url=f"sqlite:///{tmp_path / 'none.db'}",
        webhook_url=SecretStr(f"{url}/rings"), webhook_token=SecretStr("t"),
        heartbeat_url=SecretStr(f"{url}/beats"),
    )  # fmt: skip
    rings = Message("ring", "late", ("one line",), AT, {})
    assert not WebhookBell(watching).ring(rings)
    assert not Heartbeat(watching).beat()
    assert len(asked) == 4
    assert "/taken-elsewhere" not in asked
