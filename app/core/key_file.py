"""The master keys and the file they are in: read again when it changed, replaced whole or not.

A file holds one master key, or two while a rotation is under way, the newer one last. The keys of
digests, of the audit chain and of tokens stay through a rotation (decision 120).
"""

import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from app.core import logs
from app.core.errors import Conflict, Refused
from app.core.ids import new_id

_OTHERS = ("index", "audit", "tokens")
# So many bytes of a register key's id are in a pupil's envelope (`cipher.seal_row`).
SHORT_ID = 2

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Keys:
    """The contents of the key file; `active` names the master key new content is wrapped with."""

    active: str
    masters: dict[str, bytes] = field(repr=False)
    index: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    tokens: bytes = field(repr=False)
    # Since when the active one is (aware UTC); none where it is the first.
    active_since: datetime | None = None

    @classmethod
    def generate(cls) -> "Keys":
        """Return fresh random keys."""
        name = _name()
        return cls(name, {name: os.urandom(32)}, os.urandom(32), os.urandom(32), os.urandom(32))

    @classmethod
    def load(cls, path: Path) -> "Keys":
        """Read a key file; raise `Refused` when it is missing or is not one."""
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            masters = {name: b64decode(key) for name, key in body["masters"].items()}
            index, chain, tokens = (b64decode(body[name]) for name in _OTHERS)
            since = body.get("active_since")
            active_since = None if since is None else datetime.fromisoformat(since)
            return cls(body["active"], masters, index, chain, tokens, active_since)
        except FileNotFoundError:
            raise Refused(
                f"There is no key file at {path}: make one with `encompass keys init`."
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refused(f"{path} is not a key file: restore it from the backup.") from None

    def save(self, path: Path) -> None:
        """Write the key file, readable by its owner alone; raise `Refused` if one is there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refused(f"{path} exists: keys are never overwritten.") from None
        self._write(descriptor)

    def replace_in(self, path: Path) -> None:
        """Put these keys in the place of a file's: after a crash it is the one or the other.

        Raises `OSError` where the folder cannot be written.
        """
        before, beside = path.stat(), path.with_name(f"{path.name}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        # An operator may be another user than the service that has to read it.
        os.fchmod(descriptor, 0o600)
        os.fchown(descriptor, before.st_uid, before.st_gid)
        self._write(descriptor)
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @property
    def newest(self) -> str:
        """Return the name of the master key that was added last."""
        return list(self.masters)[-1]

    def with_another(self) -> "Keys":
        """Return these keys with a fresh master key that nothing is wrapped with yet.

        Raises `Conflict` where two are there already.
        """
        if len(self.masters) > 1:
            raise Conflict(
                "Two master keys are there: finish with `encompass keys rotate` and "
                "`encompass keys retire` first."
            )
        name = _name()
        while register_id(name)[:SHORT_ID] == register_id(self.active)[:SHORT_ID]:
            name = _name()
        return replace(self, masters={**self.masters, name: os.urandom(32)})

    def turned(self, now: datetime) -> "Keys":
        """Return these keys with the newest one active from now on."""
        return replace(self, active=self.newest, active_since=now)

    def alone(self) -> "Keys":
        """Return these keys with the active master key and no other."""
        return replace(self, masters={self.active: self.masters[self.active]})

    def _write(self, descriptor: int) -> None:
        body: dict[str, Any] = {
            "active": self.active,
            "masters": {name: b64encode(key).decode() for name, key in self.masters.items()},
            **{name: b64encode(getattr(self, name)).decode() for name in _OTHERS},
        }
        if self.active_since is not None:
            body["active_since"] = self.active_since.astimezone(UTC).isoformat()
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(body, file, indent=1)
            file.flush()
            os.fsync(file.fileno())


class KeyFile:
    """A key file as a running process follows it: a changed one is read at the next use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = self._stat()
        self._keys = Keys.load(path)

    def current(self) -> Keys:
        """Return the keys as the file has them; those before where it cannot be read just now."""
        try:
            stamp = self._stat()
            if stamp != self._stamp:
                self._keys, self._stamp = Keys.load(self.path), stamp
        except (OSError, Refused) as error:
            log.error("key file not read", error=logs.error_kind(error))
        return self._keys

    def _stat(self) -> tuple[int, int, int]:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return 0, 0, 0
        return found.st_mtime_ns, found.st_ino, found.st_size


def register_id(master: str) -> bytes:
    """Return the id (16 bytes) of the register's data key under a master key of this name."""
    return sha256(master.encode()).digest()[:16]


def _name() -> str:
    return f"k{new_id().hex[:8]}"
