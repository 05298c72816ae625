"""Passwords that stood in a breach, looked up in the operator's file: nothing is asked outside.

The file is as the published downloader of Have I Been Pwned writes it: a line for each, with its
SHA-1 in 40 hex digits, a colon and how often it was seen, in the order of the digests. It has a
thousand million lines, so that it is searched where it lies and never read.
"""

from hashlib import sha1
from pathlib import Path
from string import hexdigits
from typing import BinaryIO

from app.core import logs

log = logs.get(__name__)
_DIGITS = 40
# No line is longer: the digest, a colon, ten figures of a count and the line's end.
LONGEST_LINE = 64


def was_breached(file: Path | None, password: str) -> bool:
    """Return whether a password stands in the list; never where there is none.

    A list that cannot be read holds nobody back who must come in before eight; it is logged, and
    `encompass check` says so.
    """
    if file is None:
        return False
    # How the list is kept; what we keep of a password is argon2id.
    digest = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
        with file.open("rb") as lines:
            return _stands(lines, digest)
    except OSError as error:
        log.error("list of passwords not read", error=logs.error_kind(error))
        return False


def fault_of(file: Path) -> str | None:
    """Return what is wrong with a list, by its first and last lines, or `None`."""
    with file.open("rb") as lines:
        first, size = lines.readline(LONGEST_LINE), lines.seek(0, 2)
        lines.seek(max(0, size - LONGEST_LINE))
        *_, last = lines.read().splitlines() or [b""]
    if not (_is_entry(first) and _is_entry(last)):
        return "it has other lines than SHA-1, colon and count"
    return "it is not in the order of the digests" if first[:_DIGITS] > last[:_DIGITS] else None


def _stands(lines: BinaryIO, digest: bytes) -> bool:
    """Halve the file until the first line at or after the digest is found."""
    low, high = 0, lines.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        if _line_from(lines, middle) < digest:
            low = middle + 1
        else:
            high = middle
    return _line_from(lines, low) == digest


def _line_from(lines: BinaryIO, place: int) -> bytes:
    """Return the digest of the first line that begins at a place or after it; past the end, `~`."""
    lines.seek(max(0, place - 1))
    if place:
        lines.readline(LONGEST_LINE)
    found = lines.readline(LONGEST_LINE)[:_DIGITS].upper()
    return found or b"~"


def _is_entry(line: bytes) -> bool:
    digest, colon, count = line.strip().partition(b":")
    hexadecimal = len(digest) == _DIGITS and not digest.strip(hexdigits.encode())
    return hexadecimal and colon == b":" and count.isdigit()
