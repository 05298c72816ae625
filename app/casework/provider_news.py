"""What providers and mail servers say became of alerts; whoever calls has proved who they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from notifications import dsn, reported
from notifications.dsn import Kind
from notifications.reported import Heard
from notifications.states import DeliveryStatus
from notifications.verp import alert_of

NOTIFY = "provider:govuk_notify"
MAIL = "provider:mail"


def note_status(
    session: Session, *, alert_id: UUID, status: DeliveryStatus, now: datetime
) -> Heard:
    """Take in a callback: idempotent, monotonic, and in any order."""
    return reported.report(session, alert_id, status, now=now, actor=NOTIFY)


def take_bounce(session: Session, cipher: Cipher, *, raw: bytes, now: datetime) -> Kind | Heard:
    """Take in one message of the bounce mailbox; return what it was, or what came of it.

    Only a delivery report to the return address of an alert that was sent moves anything: an
    absence note does not, nor does a report whose address is not ours.
    """
    returned = dsn.read(raw)
    if returned.status is None:
        return returned.kind
    found = [alert_of(address, cipher) for address in returned.addresses]
    alerts = [one for one in found if one is not None]
    if not alerts:
        return Kind.OTHER
    return reported.report(session, alerts[0], returned.status, now=now, actor=MAIL)
