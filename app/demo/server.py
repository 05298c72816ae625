"""The service over real HTTP inside this process: uvicorn in a thread on the loopback address."""

import socket
import threading
import time
from typing import Any

import uvicorn

from app.core.errors import Refused

HOST = "127.0.0.1"
_USUAL_PORT = 8000
_START_SECONDS = 120.0


def reserve(port: int | None) -> socket.socket:
    """Return a bound socket: the port asked for, else the usual one, else any that is free."""
    wanted = [port] if port is not None else [_USUAL_PORT, 0]
    for number in wanted:
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((HOST, number))
        except OSError:
            held.close()
        else:
            return held
    raise Refused(f"Port {port} is taken: choose another with --port.")


class Server:
    """Serves one ASGI application until `stop`."""

    def __init__(self, application: Any, held: socket.socket) -> None:
        config = uvicorn.Config(
            application, log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=5, lifespan="on",
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [held]}, name="server", daemon=True
        )

    def start(self) -> None:
        """Start and return once it answers."""
        self._thread.start()
        until = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > until:
                raise Refused("The server did not start: the lines above say why.")
            time.sleep(0.02)

    def stop(self) -> None:
        """Finish what was accepted and end."""
        self._server.should_exit = True
        self._thread.join()
