"""A duty officer's private key at rest: sealed under a passphrase that is slow to guess.

The library's own file for a private key stretches a passphrase by 2,048 rounds of PBKDF2, which a
rented machine guesses at by the million. Here it is scrypt (RFC 7914) with 128 MiB for each guess,
half a second or so, and AES-256-GCM. Files that were made before open as they did.
"""

import json
import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.core.errors import Refused

# The costs belong to the format: a file cannot ask for less, nor for all the memory there is.
_FORMAT = "call-sheet-key-1"
_COST, _BLOCK, _LANES = 2**17, 8, 1
_SALT, _NONCE = 16, 12
_BEFORE = b"-----BEGIN"


def lock(key: X25519PrivateKey, passphrase: str) -> bytes:
    """Return the file of a private key, which opens with the passphrase alone."""
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    sealed = _cipher(passphrase, salt).encrypt(nonce, key.private_bytes_raw(), _FORMAT.encode())
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    texts = {name: b64encode(part).decode() for name, part in parts.items()}
    return json.dumps({"format": _FORMAT, **texts}, indent=1).encode()


def unlock(data: bytes, passphrase: str) -> X25519PrivateKey:
    """Return the private key of a file; raise `Refused` for another file or passphrase."""
    try:
        key = _before(data, passphrase) if data.startswith(_BEFORE) else _now(data, passphrase)
    except (ValueError, TypeError, KeyError, InvalidTag):
        raise Refused("The key does not open: check the file and the passphrase.") from None
    if not isinstance(key, X25519PrivateKey):
        raise Refused("The key is of another kind: make one by `callsheet keygen`.")
    return key


def _now(data: bytes, passphrase: str) -> X25519PrivateKey:
    body = json.loads(data)
    if body["format"] != _FORMAT:
        raise ValueError(_FORMAT)
    salt, nonce, sealed = (b64decode(body[name]) for name in ("salt", "nonce", "sealed"))
    plain = _cipher(passphrase, salt).decrypt(nonce, sealed, _FORMAT.encode())
    return X25519PrivateKey.from_private_bytes(plain)


def _before(data: bytes, passphrase: str) -> object:
    return load_pem_private_key(data, passphrase.encode())


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    scrypt = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_LANES)
    return AESGCM(scrypt.derive(passphrase.encode()))
