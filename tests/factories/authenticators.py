"""An authenticator in software: makes passkeys and answers with them, honestly or not."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIED, _MAY_BE_BACKED_UP, _BACKED_UP, _WITH_KEY = 1, 4, 8, 16, 64


@dataclass
class Authenticator:
    """One passkey for one site; `options` are what our own routes answer, parsed."""

    origin: str = "https://testserver"
    domain: str = "testserver"
    credential_id: bytes = b"a passkey of sixteen or more bytes"
    count: int = 0
    flags: int = _PRESENT | _VERIFIED
    user_handle: bytes | None = None
    framed: bool = False
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    def make(self, options: dict[str, Any]) -> str:
        """Return the answer to `navigator.credentials.create`."""
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert options["authenticatorSelection"]["userVerification"] == "required"
        self.user_handle = unbase(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        length = len(self.credential_id).to_bytes(2)
        attested = bytes(16) + length + self.credential_id + cbor2.dumps(public)
        data = self._data(self.flags | _WITH_KEY) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": client, "attestationObject": attestation})

    def answer(self, options: dict[str, Any]) -> str:
        """Return the answer to `navigator.credentials.get`; its counter moves on by one."""
        assert options["userVerification"] == "required"
        self.count += 1
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(self.flags)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        if self.user_handle is not None:
            parts["userHandle"] = self.user_handle
        return self._answer(parts)

    def keeps_copies(self) -> "Authenticator":
        """Return itself as one whose maker keeps copies of its keys."""
        self.flags |= _MAY_BE_BACKED_UP | _BACKED_UP
        return self

    def without_asking(self) -> "Authenticator":
        """Return itself as one that checks no finger, face or PIN."""
        self.flags &= ~_VERIFIED
        return self

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps(
            {
                "type": kind,
                "challenge": challenge,
                "origin": self.origin,
                "crossOrigin": self.framed,
            }
        ).encode()

    def _data(self, flags: int) -> bytes:
        return sha256(self.domain.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _answer(self, parts: dict[str, bytes]) -> str:
        ident = base(self.credential_id)
        response = {name: base(value) for name, value in parts.items()}
        return json.dumps(
            {
                "id": ident, "rawId": ident, "type": "public-key", "response": response,
                "clientExtensionResults": {},
            }
        )  # fmt: skip


def base(data: bytes) -> str:
    """Return bytes as WebAuthn writes them in JSON."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase(text: str) -> bytes:
    """Return the bytes of such a text."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
