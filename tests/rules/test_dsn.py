"""What comes to the bounce mailbox, read without believing it."""

from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.cipher import Cipher
from app.core.key_file import Keys
from notifications import dsn
from notifications.alerts import telling_words
from notifications.dsn import Kind
from notifications.states import DeliveryStatus
from notifications.verp import alert_of, return_address
from tests.factories.bounces import delivery_report

CIPHER = Cipher(Keys.generate())
ALERT = UUID("0d9a2f3e-7c53-4c6b-8a53-0b3a8f2f7c11")
MAILBOX = "bounces@messages.example.org"
ADDRESS = return_address(MAILBOX, ALERT, CIPHER)


@pytest.mark.feature("DL8")
@pytest.mark.parametrize(
    ("action", "status", "meaning"),
    [
        ("failed", "5.1.1", DeliveryStatus.PERMANENT_FAILURE),
        ("Failed", "5.2.1 (mailbox disabled)", DeliveryStatus.PERMANENT_FAILURE),
        ("failed", "4.2.2", DeliveryStatus.TEMPORARY_FAILURE),
        ("failed", "5.7.1", DeliveryStatus.TEMPORARY_FAILURE),
        ("failed", "", DeliveryStatus.TEMPORARY_FAILURE),
        ("delivered", "2.0.0", DeliveryStatus.DELIVERED),
        ("delayed", "4.4.1", None),
        ("relayed", "2.0.0", None),
    ],
)
def test_a_delivery_report_says_what_became_of_the_mail(
    action: str, status: str, meaning: DeliveryStatus | None
) -> None:
    returned = dsn.read(delivery_report(ADDRESS, action=action, status=status))
    assert returned.status is meaning
    assert returned.kind is (Kind.DELAYED if meaning is None else Kind.REPORT)
    assert ADDRESS in returned.addresses


@pytest.mark.feature("DL8")
def test_an_absence_note_says_nothing_about_the_mailbox() -> None:
    note = EmailMessage()
    note["To"], note["Subject"] = ADDRESS, "Out of office: failed 5.1.1"
    note["Auto-Submitted"] = "auto-replied"
    note.set_content("Action: failed\nStatus: 5.1.1\n")
    returned = dsn.read(note.as_bytes())
    assert (returned.kind, returned.status) == (Kind.AUTOMATIC, None)


@given(st.binary(max_size=2000))
def test_no_bytes_whatever_stop_the_reading(raw: bytes) -> None:
    assert dsn.read(raw).kind in Kind


@pytest.mark.feature("DL8")
@given(st.uuids(version=4))
def test_a_return_address_is_read_back_and_tells_nothing(alert_id: UUID) -> None:
    address = return_address(MAILBOX, alert_id, CIPHER)
    assert alert_of(address, CIPHER) == alert_id
    assert alert_of(f"<{address.upper()}>", CIPHER) == alert_id
    assert telling_words(address) == ()
    assert len(address.partition("@")[0]) <= 64


@pytest.mark.feature("DL8")
def test_an_address_made_up_or_made_with_another_key_is_nobodys() -> None:
    assert alert_of(return_address(MAILBOX, ALERT, Cipher(Keys.generate())), CIPHER) is None
    last = ADDRESS.index("@") - 2
    forged = ADDRESS[:last] + ("b" if ADDRESS[last] != "b" else "c") + ADDRESS[last + 1 :]
    assert alert_of(forged, CIPHER) is None
    for made_up in ("", "bounces@x", "bounces+@x", "bounces+b8k7@x", f"+{'z' * 60}@x", "é+é@é"):
        assert alert_of(made_up, CIPHER) is None
