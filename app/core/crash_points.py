"""Named places where a rehearsal may end the process; in service each is one comparison.

Source of the list: the places between two facts of which one may be lost, from the first byte of
an incident to the last receipt. No setting arms a process: only a rehearsal's own code does.
"""

import os
import signal
from collections.abc import Callable
from enum import StrEnum


class CrashPoint(StrEnum):
    """Where the process may end, in the order of an incident's life."""

    ACCEPT_BEFORE_COMMIT = "CP1"
    ACCEPT_AFTER_COMMIT = "CP2"
    MATCHED = "CP3"
    COMPOSED = "CP4"
    STEP_TAKEN = "CP5"
    CLAIM_BEFORE_COMMIT = "CP6"
    INTENT_STORED = "CP7"
    PROVIDER_ACCEPTED = "CP8"
    RESULT_STORED = "CP9"
    # An act of a page, or of the police interface, is stored and its answer not yet sent.
    PAGE_STORED = "CP10"
    POLICE_STORED = "CP11"
    # Keys change: the file is replaced, or some rows are moved, in or after their transaction.
    KEYS_TURNED = "CP12"
    # An incident is erased: its key is gone and the rest not yet, or all of it is stored.
    CONTENT_ERASED = "CP13"
    MIGRATED = "CP14"


Hook = Callable[[CrashPoint], None]

_hook: Hook | None = None


def crash_point(place: CrashPoint) -> None:
    """Do nothing, unless a rehearsal armed this process."""
    if _hook is not None:
        _hook(place)


def arm(hook: Hook | None) -> None:
    """Call `hook` at every crash point of this process from now on; `None` disarms."""
    global _hook  # noqa: PLW0603 (one process, one rehearsal)
    _hook = hook


def killing(spec: str) -> Hook:
    """Return a hook that ends this process at the n-th pass of a place: `CP7:3`.

    SIGKILL: nothing is flushed, closed or told, as when the power goes. Raises `ValueError` for an
    unknown place or a count below one.
    """
    name, _, count = spec.partition(":")
    place, left = CrashPoint(name), int(count or 1)
    if left < 1:
        raise ValueError("a crash point is passed once at least: write CP7:1 or more")

    def hook(passed: CrashPoint) -> None:
        nonlocal left
        if passed is place:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return hook
