"""What is sealed of a key adult, and the digest by which an address is found."""

from dataclasses import dataclass, field
from uuid import UUID

from app.core.cipher import Cipher
from schools.models import KeyAdult


@dataclass(frozen=True, slots=True)
class KeyAdultDetails:
    """The personal fields of one key adult; the row binding is its id."""

    name: str = field(repr=False)
    email: str = field(repr=False)
    telephone: str | None = field(default=None, repr=False)


def email_digest(cipher: Cipher, email: str) -> bytes:
    """Return the keyed digest by which the register finds an address, whatever its capitals."""
    return cipher.digest("key_adult_email", email.strip().casefold())


def open_details(cipher: Cipher, row: KeyAdult) -> KeyAdultDetails:
    """Return what is sealed of a key adult."""
    return cipher.open(
        KeyAdultDetails, row.sealed, table="key_adult", row=row.id, force=None,
        key=cipher.register_key(),
    )  # fmt: skip


def seal_details(cipher: Cipher, key_adult_id: UUID, details: KeyAdultDetails) -> bytes:
    """Return a key adult's sealed record, bound to its row."""
    return cipher.seal(
        details, table="key_adult", row=key_adult_id, force=None, key=cipher.register_key()
    )
