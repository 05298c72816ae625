"""What `encompass check` asks of the key file, and of the key service that opens it."""

import json
import stat
from pathlib import Path

from app.cli.force_checks import State
from app.core.errors import Refused
from app.core.key_service import service_from, version_of
from app.core.settings import Settings


def keys(settings: Settings) -> tuple[State, str]:
    """Say where the key file is, and whether others could read it."""
    if _for_others(settings.key_path):
        return State.WARN, f"others may read {settings.key_path}: chmod 600"
    return State.OK, f"{settings.key_path}; is there a copy apart from the database's backup?"


def key_service(settings: Settings) -> tuple[State, str]:
    """Say how the key file is kept; where it is sealed it was opened a moment ago."""
    service, token = service_from(settings), settings.key_service_token_file
    if service is None or token is None:
        return State.OK, "none is set up: whoever reads the key file has the keys"
    if _for_others(token):
        return State.WARN, f"others may read {token}: chmod 600"
    under = version_of(json.loads(settings.key_path.read_bytes())["sealed"])
    said = f"{service.said} opens the key file"
    try:
        newest = version_of(service.seal(b"encompass check"))
    except Refused:
        return State.OK, f"{said}; this token seals nothing, which `encompass keys` alone needs"
    if under != newest:
        return State.WARN, f"{said}, but under version {under} of {newest}: encompass keys seal"
    return State.OK, said


def _for_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO))
