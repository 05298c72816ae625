"""Logs: one JSON object a line, with a closed list of fields, so that nothing personal fits."""

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

ALLOWED_FIELDS = frozenset(
    {
        "event", "level", "timestamp", "module", "request_id", "method", "route", "status", "ms",
        "job", "force", "count", "failed", "state", "channel", "code", "error", "item", "attempt",
        "port", "host", "environment", "schema", "seconds", "worker", "late_by_seconds",
    }
)  # fmt: skip


def _only_allowed(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop every field outside the closed list: a forgotten one is silence, never a leak."""
    return {key: value for key, value in event.items() if key in ALLOWED_FIELDS}


class OfLibraries(logging.Formatter):
    """Writes what a library says as its place in the library, never its words or its traceback.

    They quote what they stumbled on: a form, an address, a row.
    """

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "event": "library", "level": record.levelname.lower(), "module": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "code": f"{record.filename}:{record.lineno}",
        }  # fmt: skip
        if record.exc_info and record.exc_info[1] is not None:
            said["error"] = error_kind(record.exc_info[1])
        return json.dumps(said)


def configure(level: str = "INFO") -> None:
    """Send our log and the libraries' warnings to stderr as JSON.

    httpx logs whole addresses at INFO and uvicorn's access log holds queries, so both are quiet;
    of a warning its place is written, never its words.
    """
    # It says which byte of a form was wrong, for each that is.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(OfLibraries())
    for noisy in ("httpx", "httpcore", "uvicorn.access", "apscheduler"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of one module; it obeys `configure` even when that is called later.

    Binding here would fix the library's own defaults, without our closed list, at import time.
    """
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger


def error_kind(error: BaseException) -> str:
    """Name an error for the log: its class alone, because driver messages hold values."""
    return type(error).__name__
