"""A real Chromium in front of a real server in this process."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from app.core.settings import Settings
from app.main import create_app
from app.wiring import Wiring
from tests.factories.mornings import Morning, morning_at_school
from tests.machine import free_port
from tests.requirements import require

CHROMIUM = Path(os.environ.get("ENCOMPASS_CHROMIUM", "/usr/bin/chromium"))
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


# A machine that others use too may stand still for seconds.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    require("browser", CHROMIUM.exists(), f"no Chromium at {CHROMIUM} (apt install chromium)")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def address() -> str:
    """The address of a port that is free now."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def settings(settings: Settings, address: str) -> Settings:
    return settings.model_copy(update={"base_url": address})


@pytest.fixture
def morning(wiring: Wiring) -> Morning:
    return morning_at_school(wiring)


@pytest.fixture
def site(wiring: Wiring, address: str) -> Iterator[str]:
    """Serve the application at the address, as `encompass serve` would."""
    port = int(address.rpartition(":")[2])
    server = uvicorn.Server(
        uvicorn.Config(create_app(wiring), host="127.0.0.1", port=port, log_level="error")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield address
    server.should_exit = True
    thread.join()
