"""One-time words that are never stored: each follows from a row's id and the index key.

Whoever holds the database without the key cannot make them, and the same row always gives the
same word, so that a message sent twice is the same bytes.
"""

from base64 import b32encode
from uuid import UUID

from app.core.cipher import Cipher

# The letters that neutral texts must do without (notifications.alerts) cannot come up by chance.
_NO_VOWELS = str.maketrans("AEIO", "0189")
_TOKEN_BYTES = 25
_CODE_FIGURES = 6


def invitation_token(cipher: Cipher, enrolment_id: UUID) -> str:
    """Return the token of an invitation's one-time link: 200 bits as forty letters and figures."""
    digest = cipher.digest("invitation-token", str(enrolment_id))[:_TOKEN_BYTES]
    return b32encode(digest).decode().translate(_NO_VOWELS).lower()


def contact_code(cipher: Cipher, code_id: UUID) -> str:
    """Return the six figures that prove an address."""
    number = int.from_bytes(cipher.digest("contact-code", str(code_id))[:8])
    return f"{number % 10**_CODE_FIGURES:0{_CODE_FIGURES}}"
