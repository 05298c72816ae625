"""Reads a request's body strictly: bounded in size and time, UTF-8, and JSON with nothing doubtful.

What JSON leaves open (repeated keys, NaN, lone surrogates, huge numbers, endless nesting) is
refused here, before anything looks at the content.
"""

import asyncio
import json
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from app.api.errors import TooSlow
from app.core.errors import Malformed, TooLarge, WrongMediaType

SINGLE = 256 * 1024
BATCH = 16 * 1024 * 1024
_SECONDS = 20
_DEEPEST = 12
_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Unsound:
    """Stands in a parsed value where JSON was ambiguous, so that one row cannot spoil the rest."""

    why: str


async def read_body(
    request: Request, *, limit: int, accepts: Collection[str], seconds: float = _SECONDS
) -> bytes:
    """Return the whole body; raise `WrongMediaType`, `TooLarge` or `TooSlow`."""
    _check_headers(request, limit, accepts)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise TooSlow("Send the whole body within twenty seconds.") from None
    except ClientDisconnect:
        raise Malformed("The body ended early.") from None
    return bytes(body)


def decode(raw: bytes) -> str:
    """Return the text of a body; raise `Malformed` where it is not plain UTF-8."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("Send the body as UTF-8.") from None
    if text.startswith("\ufeff"):
        raise Malformed("Send the body without a byte-order mark.")
    return text


def parse(text: str) -> Any:
    """Return the JSON value; what was ambiguous is an `Unsound` in it. Raises `Malformed`."""
    try:
        return _DECODER.decode(text)
    except ValueError:
        raise Malformed("The body is not JSON.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None


def check_sound(value: Any) -> None:
    """Raise `Malformed` for a value that holds anything ambiguous, or is nested too deeply."""
    level = [value]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                _check_text(one)
            elif isinstance(one, dict):
                for key in one:
                    _check_text(key)
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, Unsound):
                raise Malformed(one.why)
        if not below:
            return
        level = below
    raise Malformed("The body is nested too deeply.")


def _check_headers(request: Request, limit: int, accepts: Collection[str]) -> None:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() not in accepts or charset not in {"", "utf-8", "utf8"}:
        raise WrongMediaType(f"Send {' or '.join(sorted(accepts))} in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise WrongMediaType("Send the body without a content encoding.")
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length[:18]) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"Send no more than {limit // 1024} KiB at once.")


def _check_text(text: str) -> None:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise Malformed("A text holds half of a character pair.")


def _no_repeated_key(pairs: list[tuple[str, Any]]) -> Any:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Unsound("An object has a key twice.")


def _constant(_: str) -> Unsound:
    return Unsound("NaN and Infinity are not JSON.")


def _whole(text: str) -> Any:
    return int(text) if len(text) <= _LONGEST_NUMBER else Unsound("A number is too large.")


def _fraction(text: str) -> Any:
    number = float(text) if len(text) <= 32 else math.inf
    return number if math.isfinite(number) else Unsound("A number is too large.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_repeated_key,
    parse_constant=_constant,
    parse_int=_whole,
    parse_float=_fraction,
)
