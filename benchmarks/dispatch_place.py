"""A morning's outbox for `dispatch` to send: schools, key adults, and an alert to each of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from app.core import schema
from app.core.clock import HandClock
from app.core.database import make_engine
from app.core.ids import new_id
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.wiring import Wiring, build
from notifications.alerts import build_message, letterhead, message_id
from notifications.channels.base import AlertMessage
from notifications.models import Alert, AlertCover, Receipt
from notifications.states import AlertState, Channel, Medium
from schools.key_adult_details import KeyAdultDetails, email_digest, seal_details
from schools.models import KeyAdult
from tests.factories.notifications import DUE, FORCE, URN, NotifyingForce, minutes

PLANNED_AT = DUE - minutes(145)
_SCHOOLS = 500
_BLOCK = 1000


class RunningClock(HandClock):
    """Half past six at the start, and going on from there."""

    def __init__(self) -> None:
        super().__init__(PLANNED_AT)
        self._began: float | None = None

    def start(self) -> None:
        self._began = perf_counter()

    def now(self) -> datetime:
        passed = 0.0 if self._began is None else perf_counter() - self._began
        return super().now() + timedelta(seconds=passed)


def prepared(url: str, folder: Path, *, port: int, ca_file: Path, alerts: int) -> Wiring:
    """Return a service whose outbox holds so many alerts, each to another person."""
    engine = make_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    settings = Settings(
        environment=Environment.TEST, database_url=url, data_dir=folder, smtp_host="127.0.0.1",
        smtp_port=port, smtp_ca_file=ca_file, bounce_mailbox="bounces@messages.example.org",
    )  # fmt: skip
    wiring = build(settings, clock=RunningClock())
    force = NotifyingForce(wiring).begin()
    schools = max(1, min(_SCHOOLS, alerts // 10))
    for number in range(schools):
        force.school(URN + number)
    placed = [force.place(urn=URN + number) for number in range(schools)]
    for first in range(0, alerts, _BLOCK):
        _add(wiring, placed, range(first, min(first + _BLOCK, alerts)))
    return wiring


def _add(wiring: Wiring, placed: Sequence[UUID], numbers: range) -> None:
    adults, alerts, covers = [], [], []
    for number in numbers:
        adult_id, alert_id, email = new_id(), new_id(), f"dsl{number}@example.org"
        place = number % len(placed)
        details = KeyAdultDetails(name=f"Key Adult {number}", email=email)
        adults.append(
            {
                "id": adult_id, "urn": URN + place, "position": number // len(placed) + 1,
                "email_digest": email_digest(wiring.cipher, email),
                "sealed": seal_details(wiring.cipher, adult_id, details),
                "contact_verified_at": PLANNED_AT, "added_at": PLANNED_AT,
            }
        )  # fmt: skip
        owned = {"force": FORCE, "urn": URN + place, "council": "999"}
        alerts.append(
            {
                **owned, "id": alert_id, "key_adult_id": adult_id, "channel": Channel.SMTP,
                "medium": Medium.EMAIL, "state": AlertState.PLANNED,
                "template": "message_waiting", "planned_at": PLANNED_AT,
                "next_attempt_at": PLANNED_AT, "due_at": DUE,
            }
        )  # fmt: skip
        covers.append({**owned, "alert_id": alert_id, "notification_id": placed[place]})
    with wiring.database.write(PLATFORM) as session:
        session.execute(insert(KeyAdult), adults)
        session.execute(insert(Alert), alerts)
        session.execute(insert(AlertCover), covers)


def again(wiring: Wiring) -> None:
    """Let every alert be planned once more."""
    with wiring.database.write(PLATFORM) as session:
        session.execute(delete(Receipt))
        session.execute(
            update(Alert).values(
                state=AlertState.PLANNED, attempts=0, handed_over_at=None, settled_at=None,
                provider_reference=None,
            )
        )  # fmt: skip


def mails(wiring: Wiring) -> list[tuple[str, bytes]]:
    """Return every mail that the outbox will send, made beforehand."""
    head = letterhead(wiring.settings)
    with wiring.database.read(PLATFORM) as session:
        rows = session.execute(select(Alert.id, Alert.template, Alert.planned_at)).all()
    found = []
    for number, (alert_id, template, planned_at) in enumerate(rows):
        message = AlertMessage(alert_id, f"dsl{number}@example.org", template, False, planned_at)
        identity = message_id(message, wiring.cipher, head.mail_host)
        raw = build_message(message, head=head, message_id=identity)
        found.append((message.address, raw))
    return found
