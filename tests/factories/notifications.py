"""Schools with key adults, involved children, and notifications placed about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Account, Force, PoliceClient
from app.core.cipher import Cipher, SealingKey
from app.core.clock import HandClock
from app.core.database import Database
from app.core.ids import new_id
from app.core.models import ContentKey
from app.core.scope import PLATFORM, Scope
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from app.wiring import Wiring
from notifications.compose import NoticeFacts
from notifications.ladder import due_notifications, take_due_steps
from notifications.models import Notification
from notifications.placing import Order, place
from notifications.timing import LEAD, Due
from schools.key_adult_details import (
    KeyAdultDetails,
    email_digest,
    mobile_digest,
    open_details,
    seal_details,
)
from schools.models import Establishment, KeyAdult, KeyAdultAbsence, Status
from schools.term_dates import Nation

FORCE = "99"
URN = 990001
LATER_URN = 990002
WELSH_URN = 990003
DUE = datetime(2026, 11, 20, 8, 55, tzinfo=UTC)
TODAY = date(2026, 11, 20)
ACTOR = "job:test"
PERSON = b"p" * 32
KEY_ADULT, DEPUTY, CALLER = "account:key-adult", "account:deputy", "account:caller"

FACTS = NoticeFacts(
    forename="Asha",
    surname="Example-Khan",
    date_of_birth=date(2016, 3, 2),
    birth_year=None,
    occurred_at=datetime(2026, 11, 19, 22, 40, tzinfo=UTC),
    location="was",
    presence="heard",
    elsewhere=False,
    reference="99-2026-0012345",
    demeanour="upset",
    words="I hid under the bed",
)


def morning(due_at: datetime = DUE) -> Due:
    return Due(due_at, due_at - LEAD, False, False, due_at.date())


@dataclass
class Happened:
    """One incident with one child, as intake leaves it; the rooms here read only its ids."""

    incident_id: UUID
    child_id: UUID
    key: SealingKey


@dataclass
class NotifyingForce:
    """A force on one of the two databases, its schools, and what it places."""

    wiring: Wiring
    client_id: UUID = field(default_factory=new_id)
    key_adults: list[UUID] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.wiring.database

    @property
    def cipher(self) -> Cipher:
        return self.wiring.cipher

    @property
    def now(self) -> datetime:
        return self.wiring.clock.now()

    def at(self, instant: datetime) -> None:
        """Move the clock by hand."""
        assert isinstance(self.wiring.clock, HandClock)
        self.wiring.clock.move_to(instant)

    def later(self, number: float) -> None:
        """Let some minutes pass."""
        self.at(self.now + minutes(number))

    def begin(self) -> "NotifyingForce":
        """Store the force and its police system."""
        with self.database.write(PLATFORM) as session:
            session.add(Force(code=FORCE, name="Exampleshire", added_at=self.now))
            session.flush()
            session.add(
                PoliceClient(
                    id=self.client_id, force=FORCE, name="control room",
                    scopes="incidents:write", added_at=self.now,
                )
            )  # fmt: skip
        return self

    def school(
        self, urn: int = URN, *key_adults: str, nation: Nation = Nation.ENGLAND, **options: Any
    ) -> list[UUID]:
        """Add a school and its key adults in order; returns their ids."""
        with self.database.write(PLATFORM) as session:
            session.add(
                Establishment(
                    urn=urn, la_code="999", la_name="Exampleshire", name=f"School {urn}",
                    name_key=f"school {urn}", type_code=1, type_name="Community school",
                    status=Status.OPEN, nation=nation, statutory=True, row_digest=bytes(32),
                    imported_at=self.now,
                )
            )  # fmt: skip
            session.flush()
            return [
                self._key_adult(session, urn, place, email, **options)
                for place, email in enumerate(key_adults, start=1)
            ]

    def _key_adult(
        self, session: Session, urn: int, position: int, email: str, **options: Any
    ) -> UUID:
        key_adult_id = new_id()
        details = KeyAdultDetails(name=f"Key Adult {position}", email=email)
        session.add(
            KeyAdult(
                **{
                    "id": key_adult_id, "urn": urn, "position": position,
                    "email_digest": email_digest(self.cipher, email),
                    "sealed": seal_details(self.cipher, key_adult_id, details),
                    "trained_on": date(2026, 1, 10), "training_expires_on": date(2028, 1, 10),
                    "contact_verified_at": self.now, "added_at": self.now, **options,
                }
            )
        )  # fmt: skip
        session.flush()
        return key_adult_id

    def mobile(self, key_adult_id: UUID, number: str = "07700 900123") -> None:
        """Let a key adult have a mobile that a code has proved."""
        with self.database.write(PLATFORM) as session:
            row = session.get_one(KeyAdult, key_adult_id)
            details = replace(open_details(self.cipher, row), telephone=number)
            row.sealed = seal_details(self.cipher, key_adult_id, details)
            row.mobile_digest = mobile_digest(self.cipher, number.replace(" ", ""))
            row.mobile_verified_at = self.now

    def away(self, key_adult_id: UUID, on: date = TODAY) -> None:
        with self.database.write(PLATFORM) as session:
            session.add(KeyAdultAbsence(key_adult_id=key_adult_id, first_on=on, last_on=on))

    def account(self) -> UUID:
        """Add a person without more than an id; what they may do is not this room's question."""
        account_id = new_id()
        with self.database.write(PLATFORM) as session:
            session.add(
                Account(
                    id=account_id, email_digest=account_id.bytes * 2, sealed=b"", added_at=self.now
                )
            )
        return account_id

    def happened(self) -> Happened:
        """Store an incident with one child."""
        key, wrapped = self.cipher.new_content_key(FORCE)
        incident_id, child_id = new_id(), new_id()
        with self.database.write(PLATFORM) as session:
            session.add(
                ContentKey(id=key.id, force=FORCE, incident_id=incident_id, wrapped_key=wrapped)
            )
            session.flush()
            session.add(
                Incident(
                    id=incident_id, force=FORCE, reference=f"99-{incident_id.hex[:12]}", version=1,
                    client_id=self.client_id, state=IncidentState.NEWEST,
                    notice_type="domestic_abuse", occurred_from=FACTS.occurred_at,
                    received_at=self.now, body_digest=bytes(32), restricted_access=False,
                    content_key_id=key.id, sealed=b"",
                )
            )  # fmt: skip
            session.flush()
            session.add(
                InvolvedChild(
                    id=child_id, force=FORCE, incident_id=incident_id, ref="c1", position=0,
                    outcome=Outcome.RECEIVED, outcome_at=self.now, received_at=self.now,
                    school_given=False, warnings=[], sealed=b"",
                )
            )  # fmt: skip
        return Happened(incident_id, child_id, key)

    def order(self, happened: Happened | None = None, **options: Any) -> Order:
        happened = happened or self.happened()
        urn = options.pop("urn", URN)
        return Order(
            **{
                "force": FORCE, "urn": urn, "council": "999", "recipient": f"urn:{urn}",
                "involved_child_id": happened.child_id, "incident_id": happened.incident_id,
                "person_digest": None, "content_key": happened.key, "facts": FACTS,
                "accepted_at": self.now, "due": morning(), "priority": 5, **options,
            }
        )  # fmt: skip

    def place(self, order: Order | None = None, **options: Any) -> UUID:
        """Place a notification in a transaction of its own; returns its id."""
        order = order or self.order(**options)
        with self.database.write(PLATFORM) as session:
            return place(session, self.cipher, order, now=self.now, actor=ACTOR).id

    def chase(self) -> int:
        """Take every step that is due now, each notification in a transaction of its own."""
        with self.database.read(PLATFORM) as session:
            due = due_notifications(session, now=self.now, limit=100)
        taken = 0
        for notification_id in due:
            with self.database.write(PLATFORM) as session:
                taken += take_due_steps(
                    session, self.cipher, notification_id=notification_id, now=self.now,
                    actor=ACTOR, texts=self.wiring.texts,
                )  # fmt: skip
        return taken

    def act(
        self, notification_id: UUID, what: Callable[..., Any], actor: str = KEY_ADULT,
        **options: Any,
    ) -> Any:  # fmt: skip
        """Do one act as its own unit of work, in the force's and the school's scope."""
        scope = Scope(forces=frozenset({FORCE}), urns=frozenset({URN}))
        with self.database.write(scope) as session:
            notification = session.get_one(Notification, notification_id)
            return what(session, notification, actor=actor, now=self.now, **options)

    def read(self, notification_id: UUID) -> Notification:
        with self.database.read(PLATFORM) as session:
            return session.get_one(Notification, notification_id)

    def rows(self, model: type[Any], **equal: Any) -> Sequence[Any]:
        """Return all rows of a table that have these values."""
        with self.database.read(PLATFORM) as session:
            return session.scalars(select(model).filter_by(**equal)).all()


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
