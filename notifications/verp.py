"""The return address of each alert: the bounce mailbox with a word added that only we can read.

The word is the alert's id and a check under our key, so a bounce is believed only for an alert
that was sent. Like every part of an alert it is made without the vowels a telling word needs.
"""

import hmac
from base64 import b32decode
from binascii import Error
from uuid import UUID

from app.core.cipher import Cipher
from notifications.alerts import neutral_token

_CHECK_BYTES = 8
_ID_BYTES = 16
_BACK = str.maketrans("0189", "AEIO")


def return_address(mailbox: str, alert_id: UUID, cipher: Cipher) -> str:
    """Return `name+word@domain` for one alert; the same at every try."""
    name, _, domain = mailbox.rpartition("@")
    return f"{name}+{neutral_token(alert_id.bytes + _check(alert_id, cipher))}@{domain}"


def alert_of(address: str, cipher: Cipher) -> UUID | None:
    """Return the alert whose return address this is, None where it is nobody's."""
    _, _, word = address.strip().strip("<>").rpartition("@")[0].rpartition("+")
    letters = word.upper().translate(_BACK)
    try:
        raw = b32decode(letters + "=" * (-len(letters) % 8))
    except (Error, ValueError):
        return None
    if len(raw) != _ID_BYTES + _CHECK_BYTES:
        return None
    alert_id = UUID(bytes=raw[:_ID_BYTES])
    return alert_id if hmac.compare_digest(raw[_ID_BYTES:], _check(alert_id, cipher)) else None


def _check(alert_id: UUID, cipher: Cipher) -> bytes:
    return cipher.digest("alert-return-address", str(alert_id))[:_CHECK_BYTES]
