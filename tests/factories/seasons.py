"""A season of messages at every edge of a deadline, stored as the service would leave them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from app.access.models import Force, PoliceClient
from app.core.clock import at_london
from app.core.ids import new_id
from app.core.models import ContentKey
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from app.wiring import Wiring
from notifications.models import Notification, Receipt, Run
from notifications.states import LateCause, NotificationState, Purpose, ReceiptKind, ToldHow
from schools.matching.details import Band
from schools.matching.models import DecidedBy, Match
from schools.models import Establishment, Status
from schools.term_dates import Nation

# Over the night on which the clocks go back.
FIRST, LAST = date(2026, 10, 19), date(2026, 11, 6)
FORCES, URNS = ("99", "98"), (990001, 990002, 990003, 990004)
COUNCILS, PHASES = ("999", "998"), ("Primary", "Secondary", None)
# How long before its record an incident was.
BEFORE = timedelta(hours=9)
_STATES = (
    NotificationState.READY, NotificationState.HELD, NotificationState.RECALLED,
    NotificationState.SUPERSEDED, NotificationState.OPENED, NotificationState.ACKNOWLEDGED,
)  # fmt: skip


def before(row: Notification) -> timedelta:
    """How long before its clock started an incident was: one in five was held over a holiday."""
    return BEFORE + timedelta(days=40 if row.incident_id.int % 5 == 0 else 0)


@dataclass
class Season:
    """Two forces, four schools of two councils, and rows by a seed."""

    wiring: Wiring
    chance: random.Random
    keys: dict[UUID, UUID] = field(default_factory=dict)

    def begin(self) -> "Season":
        """Store the forces, their systems, a run of each, and the schools."""
        now = self.wiring.clock.now()
        with self.wiring.database.write(PLATFORM) as session:
            for code in FORCES:
                session.add(Force(code=code, name=f"=Force {code}", added_at=now))
            session.flush()
            self.clients = {code: new_id() for code in FORCES}
            self.runs = {code: new_id() for code in FORCES}
            for code in FORCES:
                session.add_all(
                    [
                        PoliceClient(
                            id=self.clients[code], force=code, name="control room", scopes="",
                            added_at=now,
                        ),
                        Run(
                            id=self.runs[code], force=code, on_date=FIRST, made_at=now,
                            policy_version=1, policy={},
                        ),
                    ]
                )  # fmt: skip
            for place, urn in enumerate(URNS):
                session.add(
                    Establishment(
                        urn=urn, la_code=COUNCILS[place % 2], la_name=f"Council {place % 2}",
                        name=f"=School {urn}", name_key=f"school {urn}", type_code=1,
                        type_name="Community school", status=Status.OPEN, nation=Nation.ENGLAND,
                        statutory=True, row_digest=bytes(32), imported_at=now,
                        phase=PHASES[place % 3],
                    )
                )  # fmt: skip
        return self

    def messages(self, count: int) -> list[Notification]:
        """Store so many at random, each about a child of its own; return them as stored."""
        return self.store([self.one() for _ in range(count)])

    def store(self, rows: Sequence[dict[str, Any]]) -> list[Notification]:
        """Store rows, each about a child and an incident of its own."""
        made = [
            Notification(
                id=new_id(), purpose=Purpose.INFORM, involved_child_id=new_id(),
                incident_id=new_id(), run_id=self.runs[row["force"]], content_version=1,
                priority=5, **row,
            )
            for row in rows
        ]  # fmt: skip
        with self.wiring.database.write(PLATFORM) as session:
            for kind in (self._key, self._incident, self._child, lambda one: one):
                session.add_all([kind(one) for one in made])
                session.flush()
        return made

    def decisions(self, rows: Sequence[Notification]) -> dict[UUID, list[datetime]]:
        """Store up to three decisions about each message's child; return when they were made."""
        made = {row.id: self._some(row, (-60 * 24 * 60, 7, 50, 180)) for row in rows}
        with self.wiring.database.write(PLATFORM) as session:
            session.add_all(
                Match(
                    id=new_id(), force=row.force, involved_child_id=row.involved_child_id,
                    band=Band.MATCHED, score=0.99, margin=0.9, urns=[], evidence=[],
                    rules_version="1", input_digest=bytes(32), decided_by=DecidedBy.RULES,
                    actor="job:match", decided_at=at, composed_at=at,
                )
                for row in rows
                for at in made[row.id]
            )  # fmt: skip
        return made

    def hand_overs(self, rows: Sequence[Notification]) -> dict[UUID, list[datetime]]:
        """Store up to three alerts of each message that were handed over; return when."""
        made = {row.id: self._some(row, (3, 61, 190)) for row in rows}
        with self.wiring.database.write(PLATFORM) as session:
            session.add_all(
                Receipt(
                    id=new_id(), force=row.force, urn=row.urn, council=row.council,
                    notification_id=row.id, kind=kind, at=at, actor="job:test", source="smtp",
                )
                for row in rows
                for at in made[row.id]
                for kind in (ReceiptKind.HANDED_OVER, ReceiptKind.REACHED_MAILBOX)
            )  # fmt: skip
        return made

    def _some(self, row: Notification, minutes: Sequence[int]) -> list[datetime]:
        chosen = self.chance.sample(minutes, self.chance.randrange(len(minutes) + 1))
        return [row.accepted_at + timedelta(minutes=after) for after in chosen]

    def one(self, **fixed: Any) -> dict[str, Any]:
        """Return what one row holds: on the edge of a day, a deadline or 9am as often as not."""
        pick = self.chance.choice
        on = FIRST + timedelta(days=self.chance.randrange((LAST - FIRST).days + 1))
        hour = pick([time(8, 30), time(8, 45), time(9), time(9, 30), time(0), time(23, 59)])
        due = fixed.pop("due_at", at_london(on, hour))
        state = pick(_STATES)
        told = state in {NotificationState.OPENED, NotificationState.ACKNOWLEDGED}
        told = told or (state in _STATES[1:4] and pick([True, False]))
        told_at = self._near(due) if told else None
        urn = pick([*URNS, None])
        council = COUNCILS[URNS.index(urn) % 2] if urn else pick(COUNCILS)
        answered = told_at is not None and state is NotificationState.ACKNOWLEDGED
        late = told_at is None or told_at > due
        return {
            "force": pick(FORCES), "urn": urn, "council": council,
            "recipient": f"urn:{urn}" if urn else f"council:{council}", "state": state,
            "accepted_at": due - timedelta(hours=3), "due_at": due,
            "late_record": pick([True, False, False, False]),
            "ready_at": due - timedelta(hours=2), "told_at": told_at,
            "told_how": pick(list(ToldHow)) if told_at else None,
            "told_by": "account:test" if told_at else None,
            "acknowledged_at": told_at + timedelta(minutes=pick([0, 1, 30]))
            if told_at and answered else None,
            "late_at": due if late else None,
            "late_cause": pick([*LateCause, None]) if late else None,
            "shown_only_to": pick([None, None, None, "nobody"]), **fixed,
        }  # fmt: skip

    def _near(self, due: datetime) -> datetime:
        nine = at_london(due.date(), time(9))
        beside = timedelta(seconds=self.chance.choice([-3600, -1, 0, 1, 3600]))
        return self.chance.choice([due, nine]) + beside

    def _key(self, row: Notification) -> ContentKey:
        key, wrapped = self.wiring.cipher.new_content_key(row.force)
        self.keys[row.incident_id] = key.id
        return ContentKey(
            id=key.id, force=row.force, incident_id=row.incident_id, wrapped_key=wrapped
        )

    def _incident(self, row: Notification) -> Incident:
        return Incident(
            id=row.incident_id, force=row.force, version=1, client_id=self.clients[row.force],
            reference=f"{row.force}-{row.incident_id.hex[:12]}", state=IncidentState.NEWEST,
            notice_type="domestic_abuse", occurred_from=row.accepted_at - before(row),
            received_at=row.accepted_at - before(row) + BEFORE, body_digest=bytes(32),
            restricted_access=False,
            content_key_id=self.keys[row.incident_id], sealed=b"",
        )  # fmt: skip

    def _child(self, row: Notification) -> InvolvedChild:
        return InvolvedChild(
            id=row.involved_child_id, force=row.force, incident_id=row.incident_id, ref="c1",
            position=0, outcome=Outcome.SENT_TO_SCHOOL, outcome_at=row.accepted_at,
            received_at=row.accepted_at, school_given=False, warnings=[], sealed=b"",
        )  # fmt: skip
