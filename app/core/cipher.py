"""Sealing: one sealed record per row, bound to its place, and keyed digests.

Keys, from the top: master keys in a file → one key per force (derived) → one content key per
incident (wrapped, in `content_key`). The register (rolls, key adults) has a data key and an index
key of its own and belongs to no force. AES-256-GCM; associated data `table|row|force|key id`, so a
ciphertext moved to another row does not open. Each wrapped key, and each record of the register,
names the master key it is under, so that two can stand side by side while one takes over.
"""

import hmac
import os
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import TypeAdapter, ValidationError

from app.core.ids import new_id
from app.core.key_file import SHORT_ID, Keys, register_id

if TYPE_CHECKING:
    from hashlib import _Hash

Record = TypeVar("Record")

_VERSION = b"\x01"
_SHORT = b"\x02"
_NONCE = 12
_KEY_ID = 16
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


class Cipher:
    """Seals and opens records, wraps content keys, and makes keyed digests."""

    def __init__(self, keys: Keys, follow: Callable[[], Keys] | None = None) -> None:
        """Work with these keys; `follow` says what they are now, where a file may change them."""
        self._keys = keys
        self._follow = follow
        self._derived: dict[tuple[bytes, str], bytes] = {}
        # Of the register alone, which opens and looks up by the million: set up once.
        self._rows: dict[bytes, AESGCM] = {}
        self._registers: dict[str, SealingKey] = {}
        self._block_states: tuple[_Hash, _Hash] | None = None

    def new_content_key(self, force: str) -> tuple[SealingKey, bytes]:
        """Return a fresh key for one incident and its wrapped form for `content_key`."""
        key = SealingKey(new_id(), os.urandom(32))
        return key, self._wrap(key, force)

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

    def rewrap(self, key_id: UUID, force: str, wrapped: bytes) -> bytes:
        """Return a content key under the master key that is active now; raise `CannotOpen`."""
        return self._wrap(self.unwrap(key_id, force, wrapped), force)

    def wrapped_now(self) -> bytes:
        """Return what every content key begins with that is under the active master key."""
        return _naming(self._now().active)

    def sealed_now(self) -> tuple[bytes, bytes]:
        """Return what records of the register begin with that are under its key of now."""
        key = self.register_key().id.bytes
        return _VERSION + key, _SHORT + key[:SHORT_ID]

    def register_key(self) -> SealingKey:
        """Return the register's own data key; it belongs to the platform, to no force."""
        return self._register_key(self._now().active)

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
        """Return the record sealed for exactly this row; raise `CannotOpen` otherwise.

        One of the register opens with whichever of the register's keys it names.
        """
        start = 1 + _KEY_ID
        if force is None:
            key = self._named(sealed[1:start], key)
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
        return _SHORT + key.id.bytes[:SHORT_ID] + nonce + ciphertext

    def open_row(self, sealed: bytes, *, place: str, key: SealingKey) -> bytes:
        """Return the bytes sealed for exactly this place; raise `CannotOpen` otherwise."""
        start = 1 + SHORT_ID
        key = self._named(sealed[1:start], key)
        nonce, ciphertext = sealed[start : start + _NONCE], sealed[start + _NONCE :]
        associated = _associated(place, key.id, _REGISTER)
        return _decrypt(self._row_key(key), nonce, ciphertext, associated)

    def resealed(self, sealed: bytes, *, place: str) -> bytes:
        """Return a record of the register under its key of now, for the same place, `table|row`.

        Raises `CannotOpen` where it was not sealed for this place.
        """
        size = SHORT_ID if sealed[:1] == _SHORT else _KEY_ID
        start, key = 1 + size, self.register_key()
        before, nonce = self._named(sealed[1 : 1 + size], key), sealed[start : start + _NONCE]
        associated = _associated(place, before.id, _REGISTER)
        opened = _decrypt(self._row_key(before), nonce, sealed[start + _NONCE :], associated)
        nonce, associated = os.urandom(_NONCE), _associated(place, key.id, _REGISTER)
        ciphertext = self._row_key(key).encrypt(nonce, opened, associated)
        return sealed[:1] + key.id.bytes[:size] + nonce + ciphertext

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

    def _now(self) -> Keys:
        """Return the keys as they are now; what was made of others is forgotten."""
        keys = self._keys if self._follow is None else self._follow()
        if keys is not self._keys:
            self._keys, self._derived, self._rows, self._registers = keys, {}, {}, {}
        return keys

    def _master(self, name: str) -> bytes:
        """Return a master key by the name in an envelope; another process may know it first."""
        found = self._keys.masters.get(name) or self._now().masters.get(name)
        if found is None:
            raise CannotOpen("the master key this is under is not in the key file")
        return found

    def _wrap(self, key: SealingKey, force: str) -> bytes:
        master, nonce = self._now().active, os.urandom(_NONCE)
        wrapping = AESGCM(self._force_key(master, force))
        associated = _associated("content_key", key.id, force)
        return _naming(master) + nonce + wrapping.encrypt(nonce, key.secret, associated)

    def _register_key(self, master: str) -> SealingKey:
        found = self._registers.get(master)
        if found is None:
            secret = self._derive(self._master(master), "register-data")
            found = SealingKey(UUID(bytes=register_id(master)), secret)
            self._registers[master] = found
        return found

    def _named(self, named: bytes, key: SealingKey) -> SealingKey:
        """Return the register's key that an envelope names; `key` where there is none such."""
        if key.id.bytes.startswith(named):
            return key
        for keys in (self._keys, self._now()):
            for master in keys.masters:
                if register_id(master).startswith(named):
                    return self._register_key(master)
        return key

    def _row_key(self, key: SealingKey) -> AESGCM:
        found = self._rows.get(key.secret)
        if found is None:
            found = self._rows[key.secret] = AESGCM(key.secret)
        return found

    def _force_key(self, master: str, force: str) -> bytes:
        return self._derive(self._master(master), f"force:{force}")

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


def _naming(master: str) -> bytes:
    """Return the beginning of a wrapped key: its version, and the master key it is under."""
    name = master.encode()
    return _VERSION + bytes([len(name)]) + name


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
