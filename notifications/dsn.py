"""Reading what came to the bounce mailbox: delivery reports (RFC 3464), and what is none. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum

from notifications.states import DeliveryStatus

_STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.\d{1,3}")
# Where mail servers leave the address that a message was for.
_FOR = ("Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "To")
_GIVEN_UP = "failed"


class Kind(StrEnum):
    """What one message turned out to be."""

    REPORT = "report"
    # An absence note or the like: says nothing about the mailbox.
    AUTOMATIC = "automatic"
    # A delivery report that only says "later".
    DELAYED = "delayed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Returned:
    """One message that came back: to which addresses, and what it says became of the alert."""

    kind: Kind
    addresses: tuple[str, ...]
    status: DeliveryStatus | None = None


def read(raw: bytes) -> Returned:
    """Return what a message says; nothing in it makes this raise."""
    mail = message_from_bytes(raw)
    addresses = tuple(_addresses(mail))
    statuses = [_meaning(fields) for fields in _reports(mail)]
    known = [status for status in statuses if status is not None]
    if known:
        return Returned(Kind.REPORT, addresses, known[0])
    if statuses:
        return Returned(Kind.DELAYED, addresses)
    automatic = str(mail.get("Auto-Submitted", "no")).strip().lower() != "no"
    return Returned(Kind.AUTOMATIC if automatic else Kind.OTHER, addresses)


def _addresses(mail: Message) -> Iterator[str]:
    values = [str(value) for name in _FOR for value in mail.get_all(name, [])]
    for _, address in getaddresses(values):
        yield address


def _reports(mail: Message) -> Iterator[Message]:
    """Yield the fields about each recipient; the first block is about the message as a whole."""
    for part in mail.walk():
        blocks = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(blocks, list):
            for block in blocks:
                if isinstance(block, Message) and "Action" in block:
                    yield block


def _meaning(fields: Message) -> DeliveryStatus | None:
    """Return what one recipient's fields mean, None for "still trying".

    Class 5 is for good, unless its subject is policy (7), which says nothing about the mailbox.
    """
    action = str(fields.get("Action", "")).strip().lower()
    if action == "delivered":
        return DeliveryStatus.DELIVERED
    if action != _GIVEN_UP:
        return None
    status = _STATUS.match(str(fields.get("Status", "")))
    if status is not None and status[1] == "5" and status[2] != "7":
        return DeliveryStatus.PERMANENT_FAILURE
    return DeliveryStatus.TEMPORARY_FAILURE
