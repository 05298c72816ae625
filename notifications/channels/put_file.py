"""Puts one file at an address of the operator's, by HTTPS: a call sheet, off this host."""

import ssl
from pathlib import Path

import httpx
from pydantic import SecretStr

_SECONDS = httpx.Timeout(5.0, connect=3.0)
UNANSWERED = "unanswered"


def put_file(
    url: SecretStr, name: str, data: bytes, *, token: SecretStr | None, ca_file: Path | None
) -> str | None:
    """PUT `data` at `url`/`name`; return None where it was taken, else why not, as a code.

    The other side proves itself by a certificate of the usual authorities, or of `ca_file`. Never
    raises for a network; a redirection is not followed, as its end is nobody's choice.
    """
    headers = {"Content-Type": "application/octet-stream"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token.get_secret_value()}"
    try:
        answer = httpx.put(
            f"{url.get_secret_value().rstrip('/')}/{name}", content=data, headers=headers,
            timeout=_SECONDS, verify=ssl.create_default_context(cafile=ca_file), trust_env=False,
        )  # fmt: skip
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return UNANSWERED
    return None if answer.is_success else f"answered_{answer.status_code}"
