"""Signed checkpoints of the audit chains, kept in a second place, line after line in a file each.

Who can write the database, or bring back an old copy of it, can shorten a chain without a gap; a
checkpoint that somebody else keeps shows it. The signature is Ed25519, so whoever has the public
key can check it: an auditor, a force's data protection officer. No key of the chain is needed.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from app.core.cipher import Cipher
from app.core.errors import Refused

SUFFIX = ".checkpoints"
# Name of the row (`Lease`) of each chain that says when it was looked at last; `last_error` says
# what was wrong, for the watchdog and the auditor.
MARK = "checkpoint:"
_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a chain stood: its newest row and that row's hash, and the line that came before."""

    chain: str
    seq: int
    hash: bytes
    at: datetime
    previous: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file; `checkpoint` is None where it cannot be read, or is not signed."""

    number: int
    checkpoint: Checkpoint | None
    digest: str


class Signer:
    """Signs with a key that is derived from the chain's own, which no database holds."""

    def __init__(self, cipher: Cipher) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(cipher.checkpoint_key())

    @property
    def public(self) -> Ed25519PublicKey:
        """Return the key by which anybody can check."""
        return self._key.public_key()

    def line(self, checkpoint: Checkpoint) -> bytes:
        """Return the line of a checkpoint, without its end."""
        body = _body(checkpoint)
        body["signature"] = b64encode(self._key.sign(_canonical(body))).decode()
        return _canonical(body)


def as_pem(key: Ed25519PublicKey) -> str:
    """Return a public key as text to hand on."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def from_pem(raw: bytes) -> Ed25519PublicKey:
    """Return the public key of a file; raise `Refused` for any other."""
    try:
        key = load_pem_public_key(raw)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("This is not the public key: `encompass audit checkpoint-key` prints it.")
    return key


def path_of(folder: Path, chain: str) -> Path:
    """Return the file of a chain."""
    return folder / f"{chain}{SUFFIX}"


def read(path: Path, key: Ed25519PublicKey) -> Iterator[Line]:
    """Yield every line of a file in its order, each held to the key; none where there is none."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            yield _line(number, raw.rstrip(b"\n"), key)


def last(path: Path, key: Ed25519PublicKey) -> Line | None:
    """Return the last line of a file, or None where it has none yet. Reads its end alone."""
    if not path.exists() or not (size := path.stat().st_size):
        return None
    with path.open("rb") as file:
        file.seek(max(0, size - 4096))
        raw = file.read().rstrip(b"\n").rpartition(b"\n")[2]
    return _line(0, raw, key)


def append(path: Path, line: bytes) -> None:
    """Add a line for good; raise `OSError` where the place does not take it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, line + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def follows(before: Line | None) -> str:
    """Return what the next line names as its previous."""
    return _FIRST if before is None else before.digest


def wrong_lines(lines: Sequence[Line]) -> list[int]:
    """Return the numbers of lines that are not signed, or do not follow the line before them."""
    wrong, before = [], None
    for line in lines:
        found = line.checkpoint
        if found is None or found.previous != follows(before):
            wrong.append(line.number)
        before = line
    return wrong


def _line(number: int, raw: bytes, key: Ed25519PublicKey) -> Line:
    digest = sha256(raw).hexdigest()
    try:
        body = json.loads(raw)
        signature = b64decode(body.pop("signature"), validate=True)
        key.verify(signature, _canonical(body))
        found = Checkpoint(
            body["chain"], body["seq"], bytes.fromhex(body["hash"]),
            datetime.fromisoformat(body["at"]), body["previous"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        return Line(number, None, digest)
    return Line(number, found, digest)


def _body(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "chain": checkpoint.chain, "seq": checkpoint.seq, "hash": checkpoint.hash.hex(),
        "at": checkpoint.at.astimezone(UTC).isoformat(), "previous": checkpoint.previous,
    }  # fmt: skip


def _canonical(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
