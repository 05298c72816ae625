"""The key service: the Transit engine of OpenBao or HashiCorp Vault, over HTTPS.

It holds a key that never leaves it, and seals and opens the key file with it. `associated_data`
binds what is sealed to this installation; `rewrap` takes none, so what is sealed anew is opened
and sealed. Nothing of what it answers is shown or logged.
"""

import json
import re
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from app.core import logs
from app.core.key_seal import KeyServiceDown, KeyServiceRefused
from app.core.settings import Settings

# How long to wait before each further question of a process that starts: a minute in all. A
# service that starts beside us is up by then, and an agent has written its token.
PATIENCE = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

_ANSWER = httpx.Timeout(5.0, connect=3.0)
_WHOLE_SECONDS = 10.0
# A key file is under 1 KiB; what it answers is that, sealed.
_LONGEST = 64 * 1024
_LONGEST_TOKEN = 8 * 1024
# Nobody else knows it by this: what another program seals with the same key is no key file.
_PURPOSE = "encompass key file"
# Not now, says the service: sealed, no leader, too many requests, behind another node.
_NOT_NOW = frozenset({408, 412, 429})
_VERSION = re.compile(r"vault:v([0-9]{1,9}):")


def service_from(settings: Settings) -> "Transit | None":
    """Return the key service of these settings, or None: it is asked nothing before it is used."""
    url, token = settings.key_service_url, settings.key_service_token_file
    installation = settings.key_service_installation
    if url is None or token is None or installation is None:
        return None
    return Transit(
        url, token, installation, key=settings.key_service_key, mount=settings.key_service_mount,
        namespace=settings.key_service_namespace, ca_file=settings.key_service_ca_file,
    )  # fmt: skip


def version_of(sealed: str) -> int | None:
    """Return the version of the service's key that something is sealed under, if it says so."""
    found = _VERSION.match(sealed)
    return None if found is None else int(found[1])


class Transit:
    """One key of one Transit engine. Its token is read from its file each time: agents renew it."""

    def __init__(
        self,
        url: str,
        token_file: Path,
        installation: str,
        *,
        key: str,
        mount: str = "transit",
        namespace: str | None = None,
        ca_file: Path | None = None,
        timeout: httpx.Timeout = _ANSWER,
    ) -> None:
        self._url = url.rstrip("/")
        self._token_file = token_file
        self._installation = installation
        self._key = key
        self._mount = mount
        self._namespace = namespace
        self._ca_file = ca_file
        self._timeout = timeout
        self._bound = b64encode(f"{_PURPOSE}|{installation}".encode()).decode()

    @property
    def installation(self) -> str:
        return self._installation

    @property
    def said(self) -> str:
        return f"{self._url} ({self._mount}/{self._key})"

    def seal(self, opened: bytes) -> str:
        """Return these bytes sealed under the newest version of the service's key."""
        sealed = self._ask("encrypt", {"plaintext": b64encode(opened).decode()}, "ciphertext")
        if not sealed.isascii() or not sealed.isprintable():
            raise self._junk()
        return sealed

    def open(self, sealed: str) -> bytes:
        """Return what was sealed for this installation under any version that it still opens."""
        try:
            return b64decode(
                self._ask("decrypt", {"ciphertext": sealed}, "plaintext"), validate=True
            )
        except ValueError:
            raise self._junk() from None

    def _ask(self, act: str, sent: Mapping[str, str], wanted: str) -> str:
        status, told = self._answer(
            f"{self._url}/v1/{self._mount}/{act}/{self._key}",
            {**sent, "associated_data": self._bound},
        )
        if status != httpx.codes.OK:
            raise self._no(act, status)
        try:
            found = json.loads(told)["data"][wanted]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._junk() from None
        if not isinstance(found, str) or not found:
            raise self._junk()
        return found

    def _answer(self, url: str, sent: Mapping[str, Any]) -> tuple[int, bytes]:
        """Return status and body of an answer that is neither too long nor too late."""
        headers, end = self._headers(), time.monotonic() + _WHOLE_SECONDS
        told = bytearray()
        try:
            with (
                httpx.Client(
                    timeout=self._timeout, verify=self._trusted(), trust_env=False,
                    follow_redirects=False,
                ) as client,
                client.stream("POST", url, json=sent, headers=headers) as answer,
            ):  # fmt: skip
                for part in answer.iter_raw():
                    told += part
                    if len(told) > _LONGEST:
                        raise self._junk()
                    if time.monotonic() > end:
                        raise self._down("it is too slow")
                return answer.status_code, bytes(told)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The kind alone: its words may quote what was sent.
            raise self._down(logs.error_kind(error)) from None

    def _trusted(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._ca_file)
        except OSError:
            raise KeyServiceRefused(
                f"{self._ca_file} holds no certificates: ENCOMPASS_KEY_SERVICE_CA_FILE names them."
            ) from None

    def _headers(self) -> dict[str, str]:
        headers = {
            "X-Vault-Token": self._token(), "X-Vault-Request": "true",
            # What is counted as it comes in is what it is.
            "Accept-Encoding": "identity",
        }  # fmt: skip
        if self._namespace is not None:
            headers["X-Vault-Namespace"] = self._namespace
        return headers

    def _token(self) -> str:
        try:
            with self._token_file.open("rb") as file:
                token = file.read(_LONGEST_TOKEN).decode("ascii").strip()
        except (OSError, ValueError):
            token = ""
        if not token or not token.isprintable() or " " in token:
            raise KeyServiceDown(
                f"There is no token for the key service in {self._token_file}: does its agent run?"
            )
        return token

    def _no(self, act: str, status: int) -> KeyServiceDown | KeyServiceRefused:
        """Return what an answer without what was asked for means."""
        at, does = f"The key service at {self.said}", "seal" if act == "encrypt" else "open"
        if status == httpx.codes.FORBIDDEN:
            # Perhaps it has just ended, and an agent writes the next in a moment.
            return KeyServiceDown(
                f"{at} does not let us {does} (403): renew the token in {self._token_file}, or let "
                f"it update {self._mount}/{act}/{self._key}."
            )
        if status in _NOT_NOW or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return self._down(f"it answered {status}")
        if status == httpx.codes.NOT_FOUND:
            return KeyServiceRefused(f"{at} has no such engine or key (404).")
        if status == httpx.codes.BAD_REQUEST and act == "decrypt":
            return KeyServiceRefused(
                f"{at} does not open the key file (400): it was sealed by another key, for another "
                "installation, under a version that is no longer opened, or was changed."
            )
        return KeyServiceRefused(f"{at} does not {does} the key file: it answered {status}.")

    def _down(self, why: str) -> KeyServiceDown:
        return KeyServiceDown(f"The key service at {self.said} does not answer now: {why}.")

    def _junk(self) -> KeyServiceRefused:
        return KeyServiceRefused(f"What answers at {self.said} is no Transit engine.")
