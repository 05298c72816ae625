"""The folder into which somebody puts the official file: which one is newest, and its digest."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from app.core.clock import london_date

_STEM = "edubasealldata"
_DATED = re.compile(r"(20\d{2})-?(\d{2})-?(\d{2})")
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class OfficialFile:
    """One supply of the register: schools, with their links beside them or in the same zip.

    `on` is the date in its name, else that of the file; `digest` is of both files' bytes.
    """

    path: Path
    links: Path | None
    on: date
    digest: bytes


def newest_file(folder: Path) -> OfficialFile | None:
    """Return the newest official file of a folder, None where there is none."""
    if not folder.is_dir():
        return None
    files = [one for one in folder.iterdir() if one.suffix.lower() in {".csv", ".zip"}]
    found = [one for one in files if _is_register(one)]
    if not found:
        return None
    path = max(found, key=lambda one: (file_date(one), one.name))
    linked = [one for one in files if one.name.lower().startswith("links_")]
    links = max(linked, key=lambda one: (file_date(one), one.name), default=None)
    return OfficialFile(path, links, file_date(path), digest_of(path, links))


def file_date(path: Path) -> date:
    """Return the date in a file's name, else the London date on which it was last written."""
    for year, month, day in _DATED.findall(path.stem):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return london_date(datetime.fromtimestamp(path.stat().st_mtime, UTC))


def digest_of(*paths: Path | None) -> bytes:
    """Return the SHA-256 of these files, one after the other."""
    total = hashlib.sha256()
    for path in paths:
        if path is None:
            continue
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                total.update(chunk)
    return total.digest()


def _is_register(path: Path) -> bool:
    name = path.name.lower()
    return not name.startswith("links_") and (_STEM in name or path.suffix.lower() == ".zip")
