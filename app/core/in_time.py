"""Work on a folder that may hang: a mount whose host is gone holds nobody for ever.

A file operation on such a mount has no time-out of its own and cannot be ended from outside. It is
left to a thread of its own, and the place is not asked again until that thread came back.
"""

from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

Answer = TypeVar("Answer")

_SECONDS = 5.0
_lock = Lock()
_asked: dict[Path, Thread] = {}


def in_time(place: Path, work: Callable[[], Answer], *, seconds: float | None = None) -> Answer:
    """Return what `work` on a place returns, or raise what it raises.

    Raises `TimeoutError`, an `OSError`, where that takes longer than `seconds` (five), and at once
    while earlier work on the same place has not come back. `work` may still end then, unheard: it
    must be such that doing it late does no harm, and must not use a database session.
    """
    patience = _SECONDS if seconds is None else seconds
    answers: SimpleQueue[tuple[Answer | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:  # noqa: BLE001 (it is raised where it was asked for)
            answers.put((None, error))

    with _lock:
        before = _asked.get(place)
        if before is not None and before.is_alive():
            raise TimeoutError(f"{place} has not answered yet")
        # A daemon: what hangs for ever must not hold the end of the process, too.
        thread = _asked[place] = Thread(target=run, name=f"in time: {place}", daemon=True)
        thread.start()
    try:
        answer, error = answers.get(timeout=patience)
    except Empty:
        raise TimeoutError(f"{place} did not answer in {patience:g} s") from None
    # What it put is its last act: another thread for the place can be begun now.
    thread.join()
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]
