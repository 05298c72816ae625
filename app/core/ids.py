"""Opaque identifiers, made before a row is inserted, and random secrets."""

import random
import secrets
from collections.abc import Sequence
from uuid import UUID

_seeded: random.Random | None = None


def new_id() -> UUID:
    """Return a fresh version 4 UUID; also the identifier used in URLs, so it says nothing."""
    if _seeded is None:
        return UUID(bytes=secrets.token_bytes(16), version=4)
    return UUID(bytes=_seeded.randbytes(16), version=4)


def seed(number: int | None) -> None:
    """Make `new_id` repeatable for demonstrations and simulations; `None` returns to chance.

    Secrets are never seeded: `new_secret` always asks the operating system.
    """
    global _seeded  # noqa: PLW0603 (one process-wide source is what makes a run repeatable)
    _seeded = None if number is None else random.Random(number)  # noqa: S311 (ids, not secrets)


def new_secret() -> str:
    """Return 32 random bytes as URL-safe text, for tokens and client secrets."""
    return secrets.token_urlsafe(32)


def choose(options: Sequence[str]) -> str:
    """Return one of several at random, for a secret that people say to each other."""
    return secrets.choice(options)
