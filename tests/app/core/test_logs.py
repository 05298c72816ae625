"""The log holds the closed list of fields and nothing else, whenever it is set up."""

import json
import logging
from collections.abc import Iterator

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
