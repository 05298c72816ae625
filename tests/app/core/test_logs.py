"""The log holds the closed list of fields and nothing else, whenever it is set up."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from app.core import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Each test sets the log up anew; afterwards it is as the other tests expect it."""
    before, handlers = structlog.get_config(), logging.getLogger().handlers[:]
    yield
    structlog.configure(**before)
    logging.getLogger().handlers[:] = handlers


def test_a_logger_made_before_the_set_up_keeps_to_the_closed_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = logs.get("app.somewhere")
    logs.configure("INFO")
    log.info("child matched", count=3, surname="Quillmere", postcode="ZZ99 3VZ")
    (line,) = capsys.readouterr().err.splitlines()
    body = json.loads(line)
    assert body["event"] == "child matched"
    assert (body["module"], body["count"]) == ("app.somewhere", 3)
    assert "Quillmere" not in line
    assert "ZZ99" not in line


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("ERROR")
    logs.get("app.somewhere").info("nobody needs this")
    assert capsys.readouterr().err == ""


def test_an_error_is_named_by_its_class_alone() -> None:
    assert logs.error_kind(ValueError("Asha Quillmere")) == "ValueError"


def test_what_a_library_says_is_written_as_its_place_and_never_as_its_words(
    tmp_path: Path,
) -> None:
    """As the server's own logger does for an error that nobody caught, traceback and all."""
    script = tmp_path / "says.py"
    script.write_text(
        "import logging\n"
        "from app.core import logs\n"
        "logs.configure('INFO')\n"
        "try:\n"
        "    raise RuntimeError('Quillmere')\n"
        "except RuntimeError:\n"
        "    for name in ('uvicorn.error', 'sqlalchemy.pool', 'asyncio', 'concurrent.futures'):\n"
        "        logging.getLogger(name).exception('Exception of %s', 'Quillmere')\n"
        "logging.getLogger('python_multipart.multipart').warning('Expected %r', 'Q')\n"
    )
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["error"] for line in lines] == ["RuntimeError"] * 4
    assert all(set(line) <= logs.ALLOWED_FIELDS for line in lines)
    assert "Quillmere" not in ended.stderr


def test_a_process_that_breaks_leaves_no_core_file_and_no_value(tmp_path: Path) -> None:
    """In a process of its own: a thread breaks, then the process itself."""
    script = tmp_path / "breaks.py"
    script.write_text(
        "import resource, threading\n"
        "from app.core import logs, quiet\n"
        "logs.configure('INFO'); quiet.keep_quiet()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))\n"
        "def fail(secret):\n"
        "    raise RuntimeError('Quillmere' + secret)\n"
        "thread = threading.Thread(target=fail, args=('ZZ99',)); thread.start(); thread.join()\n"
        "fail('ZZ99')\n"
    )
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert ended.stdout.strip() == "(0, 0)"
    assert [(line["event"], line["error"]) for line in lines] == [
        ("thread broke", "RuntimeError"), ("process broke", "RuntimeError"),
    ]  # fmt: skip
    assert all("breaks.py:6 fail" in line["code"] for line in lines)
    assert "Quillmere" not in ended.stderr
    assert "ZZ99" not in ended.stderr
