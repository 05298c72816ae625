"""The two processes as an operator starts and stops them."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.machine import free_port
from tests.processes.server import ROOT

ENCOMPASS = [sys.executable, "-c", "from app.cli import main; main()"]
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def environment(sqlite_template: Path, tmp_path: Path) -> dict[str, str]:
    shutil.copy(sqlite_template, tmp_path / "encompass.db")
    return {
        **os.environ, "ENCOMPASS_ENVIRONMENT": "test", "ENCOMPASS_CHANNEL": "recording",
        "ENCOMPASS_DATABASE_URL": f"sqlite:///{tmp_path / 'encompass.db'}",
        "ENCOMPASS_DATA_DIR": str(tmp_path / "data"),
    }  # fmt: skip


def started(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    """Start a process and return once its scheduler says that it ticks."""
    process = subprocess.Popen(
        [*ENCOMPASS, *arguments], cwd=ROOT, env=environment, text=True, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "scheduler started" in line:
            return process
    raise AssertionError(f"it ended with {process.wait()}")


@pytest.fixture
def serving(environment: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    port = free_port()
    process = started(environment, "serve", "--port", str(port))
    yield process, f"http://127.0.0.1:{port}"
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_serve_on_sqlite_runs_the_jobs_too_and_ends_cleanly(
    serving: tuple["subprocess.Popen[str]", str],
) -> None:
    process, address = serving
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
        assert client.get(f"{address}/health/live", timeout=10).status_code == 200
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=180)
    assert process.returncode == 0
    assert "scheduler stopped" in said


def test_the_scheduler_ends_cleanly_on_sigterm(environment: dict[str, str]) -> None:
    process = started(environment, "scheduler")
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=180)
    assert process.returncode == 0
    assert "scheduler stopped" in said
