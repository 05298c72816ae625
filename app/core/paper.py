"""A file that only named people can open, for the hours in which the service cannot be reached.

Each person holds a private key; the service has only the public ones, so that neither the database,
its backups nor the master keys open the file. RFC 9180 (HPKE) with X25519, HKDF-SHA256 and
AES-256-GCM, by `cryptography`; whose file it is and until when is bound into the encryption.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from app.core.errors import Refused
from app.core.paper_keys import lock, unlock

_FORMAT = "call-sheet-1"
_BUCKET = 32 * 1024
# In the name of a key file: its holder is of the group that sees restricted incidents.
_GROUP = "restricted"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_BROKEN = "This is not a call sheet, or it was changed: fetch it again."


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on the outside of a file and cannot be changed without breaking it."""

    force: str
    written_at: datetime
    expires_at: datetime

    def bound(self) -> bytes:
        parts = (_FORMAT, self.force, self.written_at.isoformat(), self.expires_at.isoformat())
        return "|".join(parts).encode()


def make_key(passphrase: str) -> tuple[bytes, bytes]:
    """Return a fresh private key, locked by a passphrase, and its public half (PEM)."""
    key = X25519PrivateKey.generate()
    private = lock(key, passphrase)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private, public


def public_keys(folder: Path, force: str) -> list[X25519PublicKey]:
    """Return the public keys of a force's people: `FORCE.NAME.pem`; raise `Refused` for others."""
    return _keys(folder, f"{force}.*.pem", but=f"{force}.{_GROUP}.*.pem")


def group_keys(folder: Path, force: str) -> list[X25519PublicKey]:
    """Return the keys of who sees restricted incidents: `FORCE.restricted.NAME.pem`."""
    return _keys(folder, f"{force}.{_GROUP}.*.pem")


def _keys(folder: Path, pattern: str, *, but: str | None = None) -> list[X25519PublicKey]:
    found = []
    for path in sorted(folder.glob(pattern)):
        if but is not None and path.match(but):
            continue
        try:
            key = load_pem_public_key(path.read_bytes())
        except ValueError:
            raise Refused(
                f"{path.name} is no public key: make one by `callsheet keygen`."
            ) from None
        if not isinstance(key, X25519PublicKey):
            raise Refused(f"{path.name} is a key of another kind: make one by `callsheet keygen`.")
        found.append(key)
    return found


def seal_file(plain: Sequence[tuple[X25519PublicKey, bytes]], label: Label) -> bytes:
    """Return the file, readable by the holder of any one of these keys: to each what is theirs.

    All are of one length, a multiple of 32 KiB, so that neither the file nor the spaces at the end
    of one's own part say that there is more for another. JSON does not mind spaces.
    """
    longest = -(-max((len(one) for _, one in plain), default=0) // _BUCKET) * _BUCKET
    sealed = {
        _fingerprint(key): b64encode(
            _SUITE.encrypt(one.ljust(longest), key, label.bound())
        ).decode()
        for key, one in plain
    }
    body = {
        "format": _FORMAT, "force": label.force, "written_at": label.written_at.isoformat(),
        "expires_at": label.expires_at.isoformat(), "sealed": sealed,
    }  # fmt: skip
    return json.dumps(body, indent=1).encode()


def open_file(
    data: bytes, private: bytes, passphrase: str, *, now: datetime
) -> tuple[Label, bytes]:
    """Open a file with a private key; raise `Refused` where it is over, changed or not for it."""
    key = unlock(private, passphrase)
    label, sealed = _read(data)
    if now >= label.expires_at:
        raise Refused("This sheet is over: fetch today's, or sign in to the service.")
    mine = sealed.get(_fingerprint(key.public_key()))
    if mine is None:
        raise Refused("This sheet was not made for this key: ask whose keys the service has.")
    try:
        return label, _SUITE.decrypt(b64decode(mine), key, label.bound())
    except (InvalidTag, ValueError):
        raise Refused(_BROKEN) from None


def _read(data: bytes) -> tuple[Label, Mapping[str, str]]:
    try:
        body = json.loads(data)
        if body["format"] != _FORMAT:
            raise Refused(_BROKEN)
        at = (datetime.fromisoformat(body[name]) for name in ("written_at", "expires_at"))
        return Label(str(body["force"]), *at), dict(body["sealed"])
    except (ValueError, KeyError, TypeError):
        raise Refused(_BROKEN) from None


def _fingerprint(key: X25519PublicKey) -> str:
    return sha256(key.public_bytes_raw()).hexdigest()[:32]
