"""A duty officer's private key: it opens by its passphrase alone, and each guess is slow."""

import json
from base64 import b64decode, b64encode
from hashlib import scrypt
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from app.core.errors import Refused
from app.core.paper_keys import lock, unlock

WORDS = "three words together"


def before(key: X25519PrivateKey | Ed25519PrivateKey) -> bytes:
    """The file as the library writes it, which is how it was made before."""
    hidden = BestAvailableEncryption(WORDS.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)


def test_a_key_opens_by_its_passphrase_alone() -> None:
    key = X25519PrivateKey.generate()
    file, again = lock(key, WORDS), lock(key, WORDS)
    assert key.private_bytes_raw() not in b64decode(json.loads(file)["sealed"])
    assert unlock(file, WORDS).private_bytes_raw() == key.private_bytes_raw()
    assert json.loads(file)["salt"] != json.loads(again)["salt"]
    for words in ("three words", "", f"{WORDS} "):
        with pytest.raises(Refused):
            unlock(file, words)


def test_each_guess_takes_128_mib_whatever_the_file_says() -> None:
    """Opened here by another scrypt, with those costs and no others: 128 bytes by N by r."""
    key = X25519PrivateKey.generate()
    body = json.loads(lock(key, WORDS)) | {"n": 2, "r": 1, "cost": 2}
    assert unlock(json.dumps(body).encode(), WORDS).private_bytes_raw() == key.private_bytes_raw()
    salt, nonce, sealed = (b64decode(body[name]) for name in ("salt", "nonce", "sealed"))

    def opened(cost: int) -> bytes:
        derived = scrypt(WORDS.encode(), salt=salt, n=cost, r=8, p=1, dklen=32, maxmem=256 * 2**20)
        return AESGCM(derived).decrypt(nonce, sealed, body["format"].encode())

    assert opened(2**17) == key.private_bytes_raw()
    with pytest.raises(InvalidTag):
        opened(2**16)


def test_a_file_from_before_still_opens() -> None:
    key = X25519PrivateKey.generate()
    assert unlock(before(key), WORDS).private_bytes_raw() == key.private_bytes_raw()
    with pytest.raises(Refused):
        unlock(before(key), "another")


@pytest.mark.parametrize("name", ["salt", "nonce", "sealed", "format"])
def test_a_file_that_was_changed_or_is_another_does_not_open(name: str) -> None:
    body = json.loads(lock(X25519PrivateKey.generate(), WORDS))
    raw = bytearray(b64decode(body[name])) if name != "format" else bytearray(b"x")
    raw[0] ^= 1
    changed = {**body, name: b64encode(bytes(raw)).decode()}
    missing = {key: value for key, value in body.items() if key != name}
    others: list[Any] = [changed, missing, {**body, name: 7}, []]
    for other in others:
        with pytest.raises(Refused):
            unlock(json.dumps(other).encode(), WORDS)
    for data in (b"", b"{", b"-----BEGIN NOTHING-----", before(Ed25519PrivateKey.generate())):
        with pytest.raises(Refused):
            unlock(data, WORDS)
