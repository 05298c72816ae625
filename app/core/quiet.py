"""What a process keeps to itself when it breaks: no core file, and no traceback with values in it.

A driver's message holds what was stored, and a core file holds every key: what is left of an error
is its class and the places in our code it came through.
"""

import resource
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType

from app.core import logs

log = logs.get(__name__)
_FRAMES = 8


def keep_quiet() -> None:
    """Let this process, its threads and its children leave nothing that a stranger may read."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.excepthook = _broke
    threading.excepthook = _thread_broke
    sys.unraisablehook = _unraisable


def places(error: BaseException) -> Iterator[str]:
    """Name the last lines of code an error came through: file, line and function, no value."""
    for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]:
        yield f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"


def _broke(
    _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None
) -> None:
    log.error("process broke", error=logs.error_kind(error), code=" < ".join(places(error)))


def _thread_broke(broken: threading.ExceptHookArgs) -> None:
    error = broken.exc_value or broken.exc_type()
    log.error("thread broke", error=logs.error_kind(error), code=" < ".join(places(error)))


def _unraisable(broken: "sys.UnraisableHookArgs") -> None:
    log.error("cleaning up broke", error=broken.exc_type.__name__)
