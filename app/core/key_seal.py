"""A key file that a key service sealed: its form on the disk, and what any service has to do.

The whole contents go through the service, not each key: a process asks it when it starts and when
the file changed, and for nothing else (decision 128).
"""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from app.core.errors import Refused


class KeyServiceRefused(Refused):
    """The key service says no, or something no key service says: asking again changes nothing."""


class KeyServiceDown(Refused):
    """The key service does not answer, or not yet: the same question may be answered later."""


class KeyService(Protocol):
    """Seals a key file and opens it again; raises `KeyServiceDown` and `KeyServiceRefused`."""

    @property
    def installation(self) -> str:
        """Whose file it is: the name of this installation, which what is sealed is bound to."""

    @property
    def said(self) -> str:
        """How an operator knows the service; no secret is in it."""

    def seal(self, opened: bytes) -> str:
        """Return these bytes sealed, as printable ASCII."""

    def open(self, sealed: str) -> bytes:
        """Return what was sealed by this service, for this installation."""


def is_sealed(body: Any) -> bool:
    """Return whether the JSON of a key file says that a service sealed it."""
    return isinstance(body, Mapping) and "sealed" in body


def packed(opened: bytes, service: KeyService) -> bytes:
    """Return the contents of a sealed key file; raise where the service would not open it again.

    It is going to replace the only keys there are, so it is opened once before anybody relies
    on it.
    """
    # Also inside of what is sealed: a service that passes over what it does not know would bind
    # it to nothing.
    inside = {"installation": service.installation, "keys": opened.decode()}
    body = {
        "sealed_by": service.said,
        "installation": service.installation,
        "sealed": service.seal(json.dumps(inside).encode()),
    }
    if unpacked(body, service) != opened:
        raise KeyServiceRefused(
            f"The key service at {service.said} does not give back what it sealed: the file was "
            "left as it was."
        )
    return json.dumps(body, indent=1).encode()


def unpacked(body: Mapping[str, Any], service: KeyService) -> bytes:
    """Return what was sealed into a key file.

    Raises `KeyServiceDown`, `KeyServiceRefused`, and `ValueError`, `TypeError` or `KeyError`
    where what is inside is no key file.
    """
    if body.get("installation") != service.installation:
        raise _anothers(service)
    sealed = body["sealed"]
    if not isinstance(sealed, str):
        raise TypeError("no text")
    inside = json.loads(service.open(sealed))
    if inside["installation"] != service.installation:
        raise _anothers(service)
    return str(inside["keys"]).encode()


def _anothers(service: KeyService) -> KeyServiceRefused:
    return KeyServiceRefused(
        f"The key file was sealed for another installation than {service.installation}: is it the "
        "right file, and ENCOMPASS_KEY_SERVICE_INSTALLATION the right name?"
    )
