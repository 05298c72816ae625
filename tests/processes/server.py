"""The real server as a child process, so that it can really be killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.machine import free_port

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """`encompass serve` on a free port of this machine, with settings from the environment."""

    def __init__(self, database_url: str, data_dir: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = data_dir / "server.log"
        data_dir.mkdir(parents=True, exist_ok=True)
        self._environment = {
            "PATH": os.environ["PATH"],
            "ENCOMPASS_ENVIRONMENT": "test",
            "ENCOMPASS_DATABASE_URL": database_url,
            "ENCOMPASS_DATA_DIR": str(data_dir),
            "ENCOMPASS_CHANNEL": "recording",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(signal.SIGKILL)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [Path(sys.executable).with_name("encompass"), "serve", "--port", str(self.port)],
                cwd=ROOT, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        while not self._answers():
            assert self.process.poll() is None, self.log

    def _answers(self) -> bool:
        # Connecting to a port nobody listens on fails at once; the transport waits between tries.
        with httpx.Client(transport=httpx.HTTPTransport(retries=3)) as client:
            try:
                return client.get(f"{self.url}/health/live", timeout=5).is_success
            except httpx.TransportError:
                return False

    def end(self, how: signal.Signals) -> int:
        """Send a signal to the process this started, wait, and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(120)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")
