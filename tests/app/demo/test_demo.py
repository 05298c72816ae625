"""The demonstration as a newcomer starts it: a real process, a whole night, exit code and all."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.demo.browser import Browser
from app.demo.people import PASSWORD
from tests.machine import free_port
from tests.processes.server import ROOT

# The whole night takes half a minute on two idle cores.
pytestmark = pytest.mark.timeout(400)
ENCOMPASS = [sys.executable, "-c", "from app.cli import main; main()", "demo"]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A demonstration that has told its story and keeps serving; its address and its words."""
    port = free_port()
    process = start("--port", str(port), "--data-dir", str(tmp_path / "demo"))
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if "Ctrl-C ends" in line:
            break
    assert process.poll() is None, told
    yield f"http://127.0.0.1:{port}", told
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=180)
    assert process.returncode == 0


def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*ENCOMPASS, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, "COLUMNS": "120", **environment},
    )  # fmt: skip


@pytest.mark.feature("AD3", "RP3", "CO2", "MA3", "DL7", "AU1")
def test_a_whole_night_is_played_and_verified(tmp_path: Path) -> None:
    # What the environment says of another installation must not reach the demonstration.
    process = start(
        "--check", ENCOMPASS_ENVIRONMENT="production", ENCOMPASS_SMTP_PORT="1",
        ENCOMPASS_KEY_SERVICE_URL="https://keys.invalid", ENCOMPASS_KEY_SERVICE_INSTALLATION="live",
        ENCOMPASS_KEY_SERVICE_TOKEN_FILE="/nowhere",
    )  # fmt: skip
    told, _ = process.communicate(timeout=380)
    assert process.returncode == 0, told
    lines = [line for line in told.splitlines() if re.match(r"(ok|FAIL)\b", line)]
    assert len(lines) == 13
    assert not [line for line in lines if line.startswith("FAIL")]


def test_it_tells_the_story_and_serves_on_with_sign_ins_that_work(
    serving: tuple[str, str],
) -> None:
    base, told = serving
    for words in (
        "Exampleshire Police", "A message is waiting for you", "a reviewer decides",
        "opens and acknowledges", "Not told, and who has each", "nobody is told: over 18",
        "lead@example.org", "of 36 schools could not receive tomorrow", "Inspector Bryn",
        "→ the council's officer",
    ):  # fmt: skip
        assert words in told
    report = re.search(r"/reports/morning/99/\d{4}-\d\d-\d\d", told)
    assert report is not None
    assert '{"' not in told, "a line of the log stands in the story"
    with Browser(base) as browser:
        browser.press(
            browser.get("/sign-in"), "/sign-in", email="lead@example.org", password=PASSWORD,
            code=code_of(base, "lead"),
        )  # fmt: skip
        page = browser.get(report[0])
    with Browser(base) as browser:
        browser.press(
            browser.get("/sign-in"), "/sign-in", email="second.reviewer@example.org",
            password=PASSWORD, code=code_of(base, "second.reviewer"),
        )  # fmt: skip
        queue = browser.get("/review").text
    assert len(set(re.findall(r"99-\d{4}-\d{3}090[0-2]", queue))) == 3
    assert page.path == report[0]
    assert "99-20" in page.text
    everybody = httpx.get(f"{base}/demo").text
    for person in ("register administrator", "council lead", "second.reviewer@example.org"):
        assert person in everybody


def code_of(base: str, local: str) -> str:
    """Read the code of this minute from the page of accounts, which nothing may keep or run."""
    answer = httpx.get(f"{base}/demo")
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert httpx.post(f"{base}/demo").status_code in {404, 405}
    row = rf">{re.escape(local)}@example\.org</td><td[^>]*>[^<]*</td><td[^>]*>(\d{{6}})<"
    (code,) = re.findall(row, answer.text)
    return str(code)


def test_a_folder_with_other_files_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    process = start("--check", "--data-dir", str(tmp_path))
    told, _ = process.communicate(timeout=180)
    assert process.returncode == 1
    assert "give --data-dir an empty folder" in told
    assert (tmp_path / "thesis.txt").exists()


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = start("--check", "--port", port, "--data-dir", str(tmp_path / "other"))
        told, _ = process.communicate(timeout=180)
    assert process.returncode == 1
    assert "choose another with --port" in told
