"""A school morning with everybody in it: one notification, those it is for, and strangers."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.access.permissions import Role
from app.core.clock import HandClock
from app.core.scope import PLATFORM
from app.intake.details import ChildDetails, Education
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from app.wiring import Wiring
from notifications.models import Notification
from tests.factories.notifications import FORCE, LATER_URN, URN, Happened, NotifyingForce
from tests.factories.people import Person, add_person

HALF_PAST_SIX = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
CHILD = ChildDetails(
    ref="c1", forename="Asha", surname="Example-Khan",
    education=Education("registered", None, "St Marys Primary", "Exampleton"),
)  # fmt: skip


@dataclass
class Morning:
    """Two schools at half past six; `priya` and `huw` are at one, `stranger` at the other."""

    wiring: Wiring
    force: NotifyingForce
    priya: Person
    huw: Person
    stranger: Person

    def notification(self, **options: Any) -> UUID:
        """Place one about Asha at the first school, as the composing job would leave it."""
        happened = self.force.happened()
        placed = self.force.place(self.force.order(happened, **options))
        self.child_becomes(happened.child_id, Outcome.SENT_TO_SCHOOL)
        self.seal_child(happened)
        return placed

    def child_becomes(self, child_id: UUID, outcome: Outcome, **values: Any) -> None:
        with self.wiring.database.write(PLATFORM) as session:
            child = session.get_one(InvolvedChild, child_id)
            child.outcome = outcome
            for name, value in values.items():
                setattr(child, name, value)

    def seal_child(self, happened: Happened, details: ChildDetails = CHILD) -> None:
        with self.wiring.database.write(PLATFORM) as session:
            child = session.get_one(InvolvedChild, happened.child_id)
            child.sealed = self.wiring.cipher.seal(
                details, table="involved_child", row=child.id, force=FORCE, key=happened.key
            )

    def read(self, notification_id: UUID) -> Notification:
        return self.force.read(notification_id)


def morning_at_school(wiring: Wiring) -> Morning:
    """Make the schools and the people, and move the clock to half past six."""
    assert isinstance(wiring.clock, HandClock)
    wiring.clock.move_to(HALF_PAST_SIX)
    force = NotifyingForce(wiring).begin()
    force.school(URN, "priya@example.org", "huw@example.org")
    force.school(LATER_URN, "stranger@example.org")
    return Morning(
        wiring, force,
        add_person(wiring, "priya@example.org", Role.KEY_ADULT, name="Priya Nair", urn=URN),
        add_person(wiring, "huw@example.org", Role.KEY_ADULT, name="Huw Price", urn=URN),
        add_person(
            wiring, "stranger@example.org", Role.KEY_ADULT, name="Sam Other", urn=LATER_URN
        ),
    )  # fmt: skip
