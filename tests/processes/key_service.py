"""A Transit engine as a process of its own: encrypt, decrypt, versions, tokens, namespaces.

Written after the public description of that HTTP interface. What it seals is really sealed, with
the associated data it is given. A test tells it by `POST /says` what is wrong with its answers.
"""

import hashlib
import json
import os
import re
import ssl
import sys
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# What each token may do. The first is an operator's, the second is a process's.
SEALS, OPENS = "hvs.seals-and-opens", "hvs.only-opens"
TOKENS = {SEALS: {"encrypt", "decrypt"}, OPENS: {"decrypt"}}
KEY, NAMESPACE = "encompass", "exampleshire"
_SEALED = re.compile(r"vault:v(\d+):([A-Za-z0-9+/=]+)")


@dataclass
class State:
    """What the engine is, and what it was told to get wrong."""

    # A restarted engine has the key it had.
    secret: str
    version: int = 1
    says: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def key(self, version: int) -> AESGCM:
        return AESGCM(hashlib.sha256(f"{self.secret}|{version}".encode()).digest())

    def bound(self, sent: dict[str, str]) -> bytes:
        if self.says.get("binds_nothing"):
            return b""
        return b64decode(sent.get("associated_data", ""), validate=True)

    def encrypt(self, sent: dict[str, str]) -> dict[str, Any]:
        opened, nonce = b64decode(sent["plaintext"], validate=True), os.urandom(12)
        sealed = nonce + self.key(self.version).encrypt(nonce, opened, self.bound(sent))
        text = f"vault:v{self.version}:{b64encode(sealed).decode()}"
        return {"ciphertext": text, "key_version": self.version}

    def decrypt(self, sent: dict[str, str]) -> dict[str, Any]:
        """Return what was sealed; raise `ValueError` or `InvalidTag` for anything else."""
        found = _SEALED.fullmatch(sent["ciphertext"])
        if found is None or not self.says.get("oldest", 1) <= int(found[1]) <= self.version:
            raise ValueError
        sealed = b64decode(found[2], validate=True)
        opened = self.key(int(found[1])).decrypt(sealed[:12], sealed[12:], self.bound(sent))
        return {"plaintext": self.says.get("plaintext", b64encode(opened).decode())}


class Handler(BaseHTTPRequestHandler):
    state: State

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the signature is given)
        """Say nothing."""

    def do_GET(self) -> None:
        self._json(200, self.state.asked)

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        state = self.state
        if self.path == "/says":
            state.says = sent
            state.version = sent.get("version", state.version)
            self._json(200, {})
            return
        state.asked.append(self.path)
        says = state.says
        time.sleep(says.get("pause", 0))
        if says.get("trickle"):
            self._trickle()
        elif "status" in says:
            self._send(says["status"], says.get("body", '{"errors":["scripted"]}'))
        else:
            self._transit(sent)

    def _transit(self, sent: dict[str, str]) -> None:
        state, act = self.state, self.path.split("/")[-2]
        token, space = self.headers.get("x-vault-token", ""), self.headers.get("x-vault-namespace")
        if space != state.says.get("namespace") or not self.path.startswith("/v1/transit/"):
            self._json(404, {"errors": ["no handler for route"]})
        elif act not in TOKENS.get(token, set()) or token in state.says.get("ended", []):
            self._json(403, {"errors": ["permission denied"]})
        elif self.path != f"/v1/transit/{act}/{KEY}":
            self._json(400, {"errors": ["encryption key not found"]})
        else:
            try:
                data = state.encrypt(sent) if act == "encrypt" else state.decrypt(sent)
            except (ValueError, KeyError, InvalidTag):
                self._json(400, {"errors": ["cipher: message authentication failed"]})
                return
            self._json(200, {"request_id": "r", "lease_id": "", "data": data})

    def _trickle(self) -> None:
        """Answer a byte at a time, for as long as anybody listens."""
        self.send_response(200)
        self.send_header("content-length", "100000")
        self.end_headers()
        for _ in range(300):
            try:
                self.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.1)

    def _json(self, status: int, told: Any) -> None:
        self._send(status, json.dumps(told))

    def _send(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body.encode())))
        if 300 <= status < 400:
            self.send_header("location", f"http://{self.headers['host']}/asked")
        self.end_headers()
        try:
            self.wfile.write(body.encode())
        except OSError:
            # Nobody waits for it any more.
            self.close_connection = True


def main(port: int, secret: str, certificate: Path | None) -> None:
    Handler.state = State(secret)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]) if len(sys.argv) > 3 else None)
