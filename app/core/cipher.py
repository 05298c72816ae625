"""Sealing: one sealed record per row, bound to its place, and keyed digests.

Keys, from the top: master keys in a file → one key per force (derived) → one content key per
incident (wrapped, in `content_key`). The register (rolls, key adults) has a data key and an index
key of its own and belongs to no force. AES-256-GCM; associated data `table|row|force|key id`, so a
ciphertext moved to another row does not open.
"""

import hmac
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import TypeAdapter, ValidationError

from app.core.errors import Refused
from app.core.ids import new_id

if TYPE_CHECKING:
    from hashlib import _Hash

Record = TypeVar("Record")

_VERSION = b"\x01"
_SHORT = b"\x02"
_NONCE = 12
_KEY_ID = 16
_SHORT_ID = 2
_REGISTER = "register"


class CannotOpen(Exception):
    """The sealed bytes do not belong to this row, or were changed, or the key is another."""


class Erased(Exception):
    """The content key was destroyed: the content is gone for good."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """An open key; `id` is written into every envelope it makes."""

    id: UUID
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """The contents of the key file; `active` names the master key new content is wrapped with."""

    active: str
    masters: dict[str, bytes] = field(repr=False)
    index: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    tokens: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> "Keys":
        """Return fresh random keys."""
        name = f"k{new_id().hex[:8]}"
        return cls(name, {name: os.urandom(32)}, os.urandom(32), os.urandom(32), os.urandom(32))

    @classmethod
    def load(cls, path: Path) -> "Keys":
        """Read a key file; raise `Refused` when it is missing or is not one."""
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            masters = {name: b64decode(key) for name, key in body["masters"].items()}
            others = (b64decode(body[name]) for name in ("index", "audit", "tokens"))
            return cls(body["active"], masters, *others)
        except FileNotFoundError:
            raise Refused(
                f"There is no key file at {path}: make one with `encompass keys init`."
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refused(f"{path} is not a key file: restore it from the backup.") from None

    def save(self, path: Path) -> None:
        """Write the key file, readable by its owner alone; raise `Refused` if one is there."""
        body = {
            "active": self.active,
            "masters": {name: b64encode(key).decode() for name, key in self.masters.items()},
            **{
                name: b64encode(getattr(self, name)).decode()
                for name in ("index", "audit", "tokens")
            },
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refused(f"{path} exists: keys are never overwritten.") from None
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(body, file, indent=1)


class Cipher:
    """Seals and opens records, wraps content keys, and makes keyed digests."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._derived: dict[tuple[bytes, str], bytes] = {}
        # Of the register alone, which opens and looks up by the million: set up once.
        self._rows: dict[bytes, AESGCM] = {}
        self._register: SealingKey | None = None
        self._block_states: tuple[_Hash, _Hash] | None = None

    def new_content_key(self, force: str) -> tuple[SealingKey, bytes]:
        """Return a fresh key for one incident and its wrapped form for `content_key`."""
        key = SealingKey(new_id(), os.urandom(32))
        nonce = os.urandom(_NONCE)
        wrapping = AESGCM(self._force_key(self._keys.active, force))
        ciphertext = wrapping.encrypt(nonce, key.secret, _associated("content_key", key.id, force))
        name = self._keys.active.encode()
        return key, _VERSION + bytes([len(name)]) + name + nonce + ciphertext

    def unwrap(self, key_id: UUID, force: str, wrapped: bytes | None) -> SealingKey:
        """Open a wrapped content key; raise `Erased` where it was destroyed."""
        if wrapped is None:
            raise Erased("the content key of this incident was destroyed")
        start = 2 + wrapped[1]
        name = wrapped[2:start].decode()
        nonce, ciphertext = wrapped[start : start + _NONCE], wrapped[start + _NONCE :]
        wrapping = AESGCM(self._force_key(name, force))
        associated = _associated("content_key", key_id, force)
        return SealingKey(key_id, _decrypt(wrapping, nonce, ciphertext, associated))

    def register_key(self) -> SealingKey:
        """Return the register's own data key; it belongs to the platform, to no force."""
        if self._register is None:
            secret = self._derive(self._keys.masters[self._keys.active], "register-data")
            name = sha256(self._keys.active.encode()).digest()
            self._register = SealingKey(UUID(bytes=name[:16]), secret)
        return self._register

    def seal(
        self, record: object, *, table: str, row: object, force: str | None, key: SealingKey
    ) -> bytes:
        """Return `version|key id|nonce|ciphertext` of a frozen dataclass, bound to its row."""
        nonce = os.urandom(_NONCE)
        plain = _adapter(cast(Hashable, type(record))).dump_json(record)
        associated = _associated(f"{table}|{row}", key.id, force or _REGISTER)
        return (
            _VERSION + key.id.bytes + nonce + AESGCM(key.secret).encrypt(nonce, plain, associated)
        )

    def open(
        self, kind: type[Record], sealed: bytes, *, table: str, row: object, force: str | None,
        key: SealingKey,
    ) -> Record:  # fmt: skip
        """Return the record sealed for exactly this row; raise `CannotOpen` otherwise."""
        start = 1 + _KEY_ID
        nonce, ciphertext = sealed[start : start + _NONCE], sealed[start + _NONCE :]
        associated = _associated(f"{table}|{row}", key.id, force or _REGISTER)
        # A content key must not outlive its use in memory; the register's is here for good.
        opening = AESGCM(key.secret) if force is not None else self._row_key(key)
        plain = _decrypt(opening, nonce, ciphertext, associated)
        try:
            record: Record = _adapter(cast(Hashable, kind)).validate_json(plain)
        except ValidationError:
            raise CannotOpen("this row holds a record of another shape") from None
        return record

    def seal_row(self, plain: bytes, *, place: str, key: SealingKey) -> bytes:
        """Return a short envelope of bytes of the register, bound to a place, `table|row`.

        `version|two bytes of the key id|nonce|ciphertext`: of millions of rows each byte counts.
        The whole key id is in what the ciphertext is bound to.
        """
        nonce = os.urandom(_NONCE)
        associated = _associated(place, key.id, _REGISTER)
        ciphertext = self._row_key(key).encrypt(nonce, plain, associated)
        return _SHORT + key.id.bytes[:_SHORT_ID] + nonce + ciphertext

    def open_row(self, sealed: bytes, *, place: str, key: SealingKey) -> bytes:
        """Return the bytes sealed for exactly this place; raise `CannotOpen` otherwise."""
        start = 1 + _SHORT_ID
        nonce, ciphertext = sealed[start : start + _NONCE], sealed[start + _NONCE :]
        associated = _associated(place, key.id, _REGISTER)
        return _decrypt(self._row_key(key), nonce, ciphertext, associated)

    def digest(self, purpose: str, value: str, *, force: str | None = None) -> bytes:
        """Return a keyed digest (32 bytes) of a normalised value, for equality alone.

        A plain hash of a name and a date of birth can be guessed; without the key this cannot.
        """
        key = self._derive(self._keys.index, f"digest:{purpose}:{force or _REGISTER}")
        return hmac.digest(key, value.encode(), "sha256")

    def digest_with(self, key: SealingKey, purpose: str, value: str) -> bytes:
        """Return a digest under an open key: with that key goes what it could be compared with.

        Not kept: a destroyed key must not live on in memory.
        """
        made = HKDF(SHA256(), 32, salt=None, info=f"digest:{purpose}".encode()).derive(key.secret)
        return hmac.digest(made, value.encode(), "sha256")

    def block_key(self, value: str) -> int:
        """Return the signed 32-bit keyed block key under which the register finds candidates.

        Short on purpose: among fifty million keys one in eighty meets a stranger's, which costs
        one comparison and makes an equal key say less.
        """
        if self._block_states is None:
            self._block_states = _hmac_states(self._derive(self._keys.index, "register-block"))
        inner, outer = (state.copy() for state in self._block_states)
        inner.update(value.encode())
        outer.update(inner.digest())
        return int.from_bytes(outer.digest()[:4], signed=True)

    def token_key(self) -> bytes:
        """Return the key that signs police bearer tokens."""
        return self._keys.tokens

    def audit_key(self) -> bytes:
        """Return the key of the audit chain."""
        return self._keys.audit

    def checkpoint_key(self) -> bytes:
        """Return the secret of the key that signs checkpoints of the audit chain."""
        return self._derive(self._keys.audit, "checkpoint")

    def _row_key(self, key: SealingKey) -> AESGCM:
        found = self._rows.get(key.secret)
        if found is None:
            found = self._rows[key.secret] = AESGCM(key.secret)
        return found

    def _force_key(self, master: str, force: str) -> bytes:
        return self._derive(self._keys.masters[master], f"force:{force}")

    def _derive(self, secret: bytes, purpose: str) -> bytes:
        found = self._derived.get((secret, purpose))
        if found is None:
            found = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret)
            self._derived[secret, purpose] = found
        return found


def _hmac_states(key: bytes) -> "tuple[_Hash, _Hash]":
    """Return SHA-256 begun with the inner and the outer pad of HMAC (RFC 2104).

    The same digests as `hmac.digest`, in half the time: the key is taken in once.
    """
    block = key.ljust(sha256().block_size, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in block)), sha256(
        bytes(byte ^ 0x5C for byte in block)
    )


@lru_cache(maxsize=64)
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(type[Any], kind))


def _associated(place: str, key_id: UUID, force: str) -> bytes:
    return f"{place}|{force}|{key_id.hex}".encode()


def _decrypt(key: AESGCM, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
    try:
        return key.decrypt(nonce, ciphertext, associated)
    except (InvalidTag, ValueError):
        raise CannotOpen("these bytes were not sealed for this row") from None
