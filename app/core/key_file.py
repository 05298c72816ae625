"""The master keys and the file they are in: read again when it changed, replaced whole or not.

A file holds one master key, or two while a rotation is under way, the newer one last. The keys of
digests, of the audit chain and of tokens stay through a rotation (decision 120). Where there is a
key service, the file is sealed by it and opens nothing by itself (decision 128).
"""

import json
import os
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from app.core import key_seal, logs
from app.core.errors import Conflict, Refused
from app.core.ids import new_id
from app.core.key_seal import KeyService, KeyServiceDown

_OTHERS = ("index", "audit", "tokens")
# So many bytes of a register key's id are in a pupil's envelope (`cipher.seal_row`).
SHORT_ID = 2
# A changed file that the key service did not open is tried again after so long, not at each use.
ASKED_AGAIN_SECONDS = 30.0
# Whoever needs the keys while another thread asks goes on with those before, after so long.
_OTHERS_WAIT_SECONDS = 1.0

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
    def load(cls, path: Path, service: KeyService | None = None) -> "Keys":
        """Read a key file, sealed where there is a service; raise `Refused` for anything else.

        A plain file where there is a service is refused too: it may be somebody else's keys.
        """
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            raise Refused(
                f"There is no key file at {path}: make one with `encompass keys init`."
            ) from None
        try:
            body = json.loads(found)
            if key_seal.is_sealed(body):
                if service is None:
                    raise Refused(
                        f"{path} is sealed by a key service: set ENCOMPASS_KEY_SERVICE_URL."
                    )
                body = json.loads(key_seal.unpacked(body, service))
            elif service is not None:
                raise Refused(
                    f"{path} is not sealed by the key service: `encompass keys seal`, where it is "
                    "our own file."
                )
            return cls._of(body)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refused(f"{path} is not a key file: restore it from the backup.") from None

    @classmethod
    def _of(cls, body: Any) -> "Keys":
        masters = {name: b64decode(key) for name, key in body["masters"].items()}
        index, chain, tokens = (b64decode(body[name]) for name in _OTHERS)
        since = body.get("active_since")
        active_since = None if since is None else datetime.fromisoformat(since)
        return cls(body["active"], masters, index, chain, tokens, active_since)

    def contents(self, service: KeyService | None = None) -> bytes:
        """Return what a key file with these keys holds, sealed where there is a service."""
        body: dict[str, Any] = {
            "active": self.active,
            "masters": {name: b64encode(key).decode() for name, key in self.masters.items()},
            **{name: b64encode(getattr(self, name)).decode() for name in _OTHERS},
        }
        if self.active_since is not None:
            body["active_since"] = self.active_since.astimezone(UTC).isoformat()
        opened = json.dumps(body, indent=1).encode()
        return opened if service is None else key_seal.packed(opened, service)

    def save(self, path: Path, service: KeyService | None = None) -> None:
        """Write the key file, readable by its owner alone; raise `Refused` if one is there."""
        if path.exists():
            raise _never_overwritten(path)
        contents = self.contents(service)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise _never_overwritten(path) from None
        _write(descriptor, contents)

    def replace_in(self, path: Path, service: KeyService | None = None) -> None:
        """Put these keys in the place of a file's: after a crash it is the one or the other.

        Raises `OSError` where the folder cannot be written.
        """
        put_in_place(path, self.contents(service))

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


class KeyFile:
    """A key file as a running process follows it: a changed one is read at the next use.

    Safe for many threads. A key service is asked when the process starts and when the file
    changed; whatever it answers, or does not, a process that runs keeps the keys it has.
    """

    def __init__(
        self,
        path: Path,
        service: KeyService | None = None,
        *,
        patience: Sequence[float] = (),
        wait: Callable[[float], None] = time.sleep,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the file; raise `Refused`, where a service is down only after all of `patience`.

        `patience` is how many seconds to wait before each further question.
        """
        self.path = path
        self._service = service
        self._elapsed = elapsed
        self._lock = Lock()
        # Of a file that was refused: which, and until when it is left alone.
        self._left: tuple[_Stamp, float] | None = None
        for seconds in patience:
            try:
                self._held = self._read()
                return
            except KeyServiceDown as error:
                log.warning("key service not ready", error=logs.error_kind(error), seconds=seconds)
                wait(seconds)
        self._held = self._read()

    def current(self) -> Keys:
        """Return the keys as the file has them; those before where it cannot be read just now."""
        try:
            stamp = self._stat()
        except OSError as error:
            log.error("key file not read", error=logs.error_kind(error))
            return self._held[1]
        if self._is_news(stamp) and self._lock.acquire(timeout=_OTHERS_WAIT_SECONDS):
            try:
                if self._is_news(stamp):
                    self._follow(stamp)
            finally:
                self._lock.release()
        return self._held[1]

    def _is_news(self, stamp: "_Stamp") -> bool:
        if stamp == self._held[0]:
            return False
        return self._left is None or self._left[0] != stamp or self._elapsed() >= self._left[1]

    def _follow(self, stamp: "_Stamp") -> None:
        try:
            self._held, self._left = self._read(), None
        except (OSError, Refused) as error:
            log.error("key file not read", error=logs.error_kind(error))
            if self._service is not None:
                self._left = stamp, self._elapsed() + ASKED_AGAIN_SECONDS

    def _read(self) -> "tuple[_Stamp, Keys]":
        # Looked at first: what is put there while it is read is news at the next use.
        stamp = self._stat()
        return stamp, Keys.load(self.path, self._service)

    def _stat(self) -> "_Stamp":
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return 0, 0, 0
        return found.st_mtime_ns, found.st_ino, found.st_size


_Stamp = tuple[int, int, int]


def seal_file(path: Path, service: KeyService) -> bool:
    """Seal a plain key file in its place, a sealed one anew under the service's newest key.

    Returns whether it was plain. Raises `Refused`; then the file is as it was.
    """
    try:
        plain = not key_seal.is_sealed(json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, RecursionError):
        # Says in words what is wrong.
        plain = True
    Keys.load(path, None if plain else service).replace_in(path, service)
    return plain


def put_in_place(path: Path, contents: bytes) -> None:
    """Replace a file whole, with its owner, readable by them alone; raise `OSError`."""
    before, beside = path.stat(), path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # An operator may be another user than the service that has to read it.
    os.fchmod(descriptor, 0o600)
    os.fchown(descriptor, before.st_uid, before.st_gid)
    _write(descriptor, contents)
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def register_id(master: str) -> bytes:
    """Return the id (16 bytes) of the register's data key under a master key of this name."""
    return sha256(master.encode()).digest()[:16]


def _name() -> str:
    return f"k{new_id().hex[:8]}"


def _write(descriptor: int, contents: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())


def _never_overwritten(path: Path) -> Refused:
    return Refused(f"{path} exists: keys are never overwritten.")
