"""A school morning with everybody in it: one notification, those it is for, and strangers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.access.permissions import Role
from app.core.clock import HandClock
from app.core.scope import PLATFORM
from app.intake.details import ChildDetails, Education
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from app.wiring import Wiring
from notifications.models import Notification
from schools.matching.details import Band, CandidateEvidence, Decision
from schools.matching.review import open_review, record_decision
from tests.factories.incidents import incident_details
from tests.factories.notifications import FORCE, LATER_URN, URN, Happened, NotifyingForce
from tests.factories.people import Person, add_person

HALF_PAST_SIX = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
CHILD = ChildDetails(
    ref="c1", forename="Asha", surname="Example-Khan",
    education=Education("registered", None, "St Marys Primary", "Exampleton"),
)  # fmt: skip


def _said(urn: int) -> CandidateEvidence:
    fields = {"name": "exact", "place": "elsewhere", "age": "unknown"}
    return CandidateEvidence(urn, 0.6, "told", fields, {})


TWO_SCHOOLS = Decision(
    band=Band.SEVERAL, score=0.6, margin=0.2, urns=(URN, LATER_URN),
    reason_code=OutcomeReason.SEVERAL_SCHOOLS.value, evidence=(_said(URN), _said(LATER_URN)),
    rules_version="1", input_digest=bytes(32),
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
        """Put a child where a test begins, whatever it was: no move of its life."""
        with self.wiring.database.write(PLATFORM) as session:
            session.execute(
                update(InvolvedChild)
                .where(InvolvedChild.id == child_id)
                .values(outcome=outcome, **values)
            )

    def seal_child(self, happened: Happened, details: ChildDetails = CHILD) -> None:
        with self.wiring.database.write(PLATFORM) as session:
            child = session.get_one(InvolvedChild, happened.child_id)
            child.sealed = self.wiring.cipher.seal(
                details, table="involved_child", row=child.id, force=FORCE, key=happened.key
            )
            incident = session.get_one(Incident, happened.incident_id)
            incident.sealed = self.wiring.cipher.seal(
                incident_details(), table="incident", row=incident.id, force=FORCE,
                key=happened.key,
            )  # fmt: skip

    def unclear(self, *, minutes: int) -> UUID:
        """Put a child of whom two schools are possible before the reviewers; returns the review.

        It is to be settled within so many minutes of half past six.
        """
        happened, due_at = self.force.happened(), HALF_PAST_SIX + timedelta(minutes=minutes)
        reason = OutcomeReason.SEVERAL_SCHOOLS
        self.child_becomes(
            happened.child_id, Outcome.IN_REVIEW, outcome_reason=reason, due_at=due_at
        )
        self.seal_child(happened)
        with self.wiring.database.write(PLATFORM) as session:
            match = record_decision(
                session, force=FORCE, involved_child_id=happened.child_id, decision=TWO_SCHOOLS,
                actor="job:test", now=HALF_PAST_SIX,
            )  # fmt: skip
            return open_review(
                session, force=FORCE, involved_child_id=happened.child_id, match_id=match.id,
                reason_code=reason.value, due_at=due_at, now=HALF_PAST_SIX,
            ).id  # fmt: skip

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
