"""The key service process in a test's hand: started, told what to get wrong, stopped for real."""

import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from app.core.key_service import Transit
from tests.machine import free_port
from tests.processes.key_service import KEY, SEALS
from tests.processes.server import ROOT

INSTALLATION = "exampleshire-live"


class RunningKeyService:
    """A Transit engine that runs; `file` is where its clients read their token."""

    def __init__(self, folder: Path, *, certificate: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.token_file = folder / "key-service-token"
        self.gives(SEALS)
        self._certificate = certificate
        self._http = httpx.Client(base_url=self.url, verify=certificate is None, timeout=30)
        self._process: subprocess.Popen[bytes] | None = None

    def gives(self, token: str) -> None:
        """Put a token where clients read it, as an agent does."""
        self.token_file.write_text(f"{token}\n", encoding="ascii")
        self.token_file.chmod(0o600)

    def client(self, installation: str = INSTALLATION, **more: Any) -> Transit:
        """Return our own client of it."""
        return Transit(self.url, self.token_file, installation, **({"key": KEY} | more))

    def environment(self) -> dict[str, str]:
        """Return the settings of a service that uses it."""
        return {
            "ENCOMPASS_KEY_SERVICE_URL": self.url,
            "ENCOMPASS_KEY_SERVICE_TOKEN_FILE": str(self.token_file),
            "ENCOMPASS_KEY_SERVICE_INSTALLATION": INSTALLATION,
        }

    def says(self, **told: Any) -> None:
        """Get this wrong from now on; nothing, to be well again."""
        self._http.post("/says", json=told).raise_for_status()

    def asked(self) -> int:
        """Return how often it was asked to seal or open, since it was started."""
        return len(self._http.get("/asked").json())

    def start(self) -> None:
        more = [] if self._certificate is None else [str(self._certificate)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.processes.key_service", str(self.port), "k", *more],
            cwd=ROOT,
        )
        while not self._answers():
            assert self._process.poll() is None

    def _answers(self) -> bool:
        # Without a certificate to trust: whether anybody listens is all that is asked.
        trusting = httpx.HTTPTransport(verify=False, retries=3)
        with httpx.Client(transport=trusting) as client:
            try:
                return client.get(self.url).is_success
            except httpx.TransportError:
                return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(60)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._http.close()
