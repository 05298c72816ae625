"""What is sealed of a key adult, and the digest by which an address is found."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from app.core.cipher import Cipher
from schools.models import KeyAdult

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_MOBILE = re.compile(r"(?:\+?44|0)7(\d{9})")
TELEPHONE = re.compile(r"\+?[0-9 ()]{6,25}")


@dataclass(frozen=True, slots=True)
class KeyAdultDetails:
    """The personal fields of one key adult; the row binding is its id.

    `email` is the person's own, with which they sign in. Alerts go to `alert_email` where there is
    one: it may be a mailbox that several read, for an alert tells nothing. The date of birth is
    there to be compared by digest with the adults of an incident, and is shown nowhere.
    """

    name: str = field(repr=False)
    email: str = field(repr=False)
    telephone: str | None = field(default=None, repr=False)
    alert_email: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where alerts go, and what a code proves."""
        return self.alert_email or self.email


class SealedKeyAdult(NamedTuple):
    """What opening a key adult's record reads of its row, by the names of its columns."""

    id: UUID
    sealed: bytes
    mobile_digest: bytes | None
    mobile_verified_at: datetime | None


def mobile_of(details: KeyAdultDetails) -> str | None:
    """Return the telephone where it is a UK mobile, as `07…`; a landline takes no text message."""
    digits = re.sub(r"[ ()]", "", details.telephone or "")
    found = _MOBILE.fullmatch(digits)
    return f"07{found[1]}" if found else None


def mobile_digest(cipher: Cipher, mobile: str) -> bytes:
    """Return the keyed digest that remembers which mobile was proved."""
    return cipher.digest("key_adult_mobile", mobile)


def verified_mobile(
    cipher: Cipher, row: KeyAdult | SealedKeyAdult, details: KeyAdultDetails
) -> str | None:
    """Return the mobile that may be sent text messages: the one on the record, proved by a code."""
    mobile = mobile_of(details)
    if mobile is None or row.mobile_verified_at is None:
        return None
    return mobile if row.mobile_digest == mobile_digest(cipher, mobile) else None


def email_digest(cipher: Cipher, email: str) -> bytes:
    """Return the keyed digest by which the register finds an address, whatever its capitals."""
    return cipher.digest("key_adult_email", email.strip().casefold())


def open_details(cipher: Cipher, row: KeyAdult | SealedKeyAdult) -> KeyAdultDetails:
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
