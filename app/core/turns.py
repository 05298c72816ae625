"""Taking turns: one writer at a time inside a process, first come, first served.

SQLite lets one writer in and leaves the others polling. A job that writes item after item would
then keep an incident that waits to be stored out for seconds, by chance alone.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.errors import Unavailable


class Turns:
    """A fair lock: whoever asks first is let in first."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience = patience_seconds
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it; raise `Unavailable` when it does not come in time."""
        self._wait()
        try:
            yield
        finally:
            self._pass_on()

    def _wait(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(self._patience):
            return
        with self._guard:
            if not mine.is_set():
                self._waiting.remove(mine)
                raise Unavailable("The database is busy with others: send it again.")

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
