"""A small county for whole nights: one force, a few schools, people, and a clock moved by hand."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from app.access.accounts import add_account
from app.access.clients import ALL_SCOPES, Caller, add_client
from app.access.models import Account, Force
from app.access.permissions import Actor, Role
from app.access.restricted import set_group
from app.access.roles import roles_of
from app.casework.acting import Acting
from app.casework.not_our_pupil import say_not_our_pupil
from app.casework.officers import add as add_officer
from app.casework.opening import answer_questions, take_first_step
from app.casework.police import PoliceActing
from app.casework.reviewing import claim
from app.casework.settling import Answer, settle
from app.casework.submit import submit
from app.casework.withdraw import withdraw_incident
from app.core.clock import HandClock, at_london, london_date
from app.core.errors import ServiceError
from app.core.scope import PLATFORM, Scope, of_force
from app.intake.models import Incident
from app.intake.payload import IncidentMessage, WithdrawalMessage
from app.intake.receive import Result, Submission
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.reports.balance import Imbalance, balance
from app.reports.morning import board
from app.reports.rows import Board
from app.wiring import Wiring
from notifications.channels.recording import RecordingChannel
from notifications.models import (
    Alert,
    AlertCover,
    EscalationStep,
    Notification,
    Occurrence,
    ReviewStep,
    UnsettledChild,
)
from notifications.states import AlertState, StepState
from schools.calendars import import_calendar, seed_bank_holidays
from schools.key_adults import import_key_adults
from schools.matching.models import Review, ReviewReason, ReviewState
from schools.models import Establishment, Status
from schools.officers import Duty
from schools.term_dates import Nation

FORCE = "99"
COUNCIL = "999"


class World:
    """Everything a journey needs, through the same functions the edges call."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        assert isinstance(wiring.clock, HandClock)
        self.clock = wiring.clock
        self.runner = Runner(wiring, PIPELINE, owner="journey")
        self.people: dict[str, Account] = {}
        # Steps that a journey breaks on purpose.
        self.may_fail: set[str] = set()
        # Those that failed at the last tick.
        self.failed: set[str] = set()
        with wiring.database.write(PLATFORM) as session:
            seed_bank_holidays(session)
            session.add(Force(code=FORCE, name="Exampleshire Police", added_at=self.now))
            session.flush()
            client, _ = add_client(session, force=FORCE, name="Control room", now=self.now)
            self.clients = {FORCE: client.id}
        self.person("desk@example.org", Role.FORCE_DESK, force=FORCE)
        self.person("reviewer@example.org", Role.REVIEWER, force=FORCE)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def restart(self) -> None:
        """Forget everything a process holds in memory, as after a crash."""
        self.runner = Runner(self.wiring, PIPELINE, owner="after the restart")

    def school(
        self, urn: int, name: str, *, town: str = "Exampleton", key_adults: Sequence[str] = (),
        **changes: Any,
    ) -> None:  # fmt: skip
        """Add an open primary school and its key adults in order, each with an account."""
        facts: dict[str, Any] = {
            "la_code": COUNCIL, "la_name": "Exampleshire", "name": name,
            "name_key": name.casefold(), "type_code": 1, "type_name": "Community school",
            "phase": "Primary", "status": Status.OPEN, "nation": Nation.ENGLAND,
            "statutory": True, "low_age": 4, "high_age": 11, "town": town,
            "postcode": "ZZ99 1AA", "telephone": "01632 960001", "row_digest": bytes(32),
        }  # fmt: skip
        with self.wiring.database.write(PLATFORM) as session:
            session.add(Establishment(urn=urn, imported_at=self.now, **facts | changes))
            session.flush()
            rows = ["URN,Position,Name,Email,Telephone,TrainedOn,TrainingExpiresOn,VerifiedOn"]
            rows += [
                f"{urn},{place},Key Adult {place},{email},07700 900001,"
                f"2026-01-10,2028-01-10,{london_date(self.now)}"
                for place, email in enumerate(key_adults, start=1)
            ]
            report = import_key_adults(
                session, self.wiring.cipher, io.StringIO("\n".join(rows)), now=self.now
            )
            assert not report.errors
        for email in key_adults:
            self.person(email, Role.KEY_ADULT, urn=urn)

    def calendar(self, *rows: str) -> None:
        """Add rows `Owner,Kind,From,To,DoorsOpen,RegisterClose,PupilsLeave,Note`."""
        header = "Owner,Kind,From,To,DoorsOpen,RegisterClose,PupilsLeave,Note"
        with self.wiring.database.write(PLATFORM) as session:
            report = import_calendar(session, io.StringIO("\n".join([header, *rows])), now=self.now)
            assert not report.errors

    def person(
        self, email: str, role: Role, *, urn: int | None = None, force: str | None = None,
        council: str | None = None,
    ) -> None:  # fmt: skip
        with self.wiring.database.write(PLATFORM) as session:
            self.people[email], _ = add_account(
                session, self.wiring.cipher, email=email, name=email.partition("@")[0].title(),
                role=role, urn=urn, force=force, council=council, now=self.now,
            )  # fmt: skip
            self.people[email].enrolled_at = self.now if urn else None

    def acting(self, email: str) -> Acting:
        account = self.people[email]
        with self.wiring.database.read() as session:
            grants = roles_of(session, account.id, on=london_date(self.now))
        actor = Actor(f"account:{account.id}", account_id=account.id, grants=grants)
        return Acting(self.now, actor, self.wiring.cipher)

    def scope_of(self, email: str) -> Scope:
        actor = self.acting(email).actor
        every = tuple(Role)
        return Scope(actor.forces(*every), actor.urns(*every), actor.councils(*every))

    def another_force(self, code: str, name: str) -> None:
        """Add a force that pushes too: `push(…, force=code)`."""
        with self.wiring.database.write(PLATFORM) as session:
            session.add(Force(code=code, name=name, added_at=self.now))
            session.flush()
            client, _ = add_client(session, force=code, name="Control room", now=self.now)
            self.clients[code] = client.id

    def push(
        self, reference: str, *children: dict[str, Any], version: int = 1, force: str = FORCE,
        **more: Any,
    ) -> None:  # fmt: skip
        """Push an incident now, as the force's control room would; it began an hour ago."""
        assert isinstance(
            self.offer(reference, *children, version=version, force=force, **more), Result
        )

    def offer(
        self, reference: str, *children: dict[str, Any], version: int = 1, force: str = FORCE,
        **more: Any,
    ) -> Result | ServiceError:  # fmt: skip
        """Push an incident as `push` does, and return what was answered."""
        submission = self.submission(reference, *children, version=version, force=force, **more)
        with self.wiring.database.write(PLATFORM) as session:
            (result,) = submit(session, [submission], cipher=self.wiring.cipher, now=self.now)
        return result

    def submission(
        self, reference: str, *children: dict[str, Any], version: int = 1, force: str = FORCE,
        **more: Any,
    ) -> Submission:  # fmt: skip
        """Return what `push` would store now."""
        body = {
            "reference": reference, "version": version, "children": list(children),
            "occurred_from": (self.now - timedelta(hours=1)).isoformat(), **more,
        }  # fmt: skip
        message = IncidentMessage.model_validate_json(json.dumps(body))
        return Submission(force, self.clients[force], message)

    def withdraw(self, reference: str) -> None:
        """Take an incident back, as the force's control room would."""
        caller = Caller(self.clients[FORCE], FORCE, ALL_SCOPES)
        acting = PoliceActing(self.now, caller, self.wiring.cipher)
        message = WithdrawalMessage(reason_code="recorded_in_error", reason="A wrong record.")
        with self.wiring.database.write(of_force(FORCE)) as session:
            withdraw_incident(session, acting, reference=reference, message=message)

    def tick(self) -> None:
        reports = self.runner.run_pipeline()
        self.failed = {one.step for one in reports if one.failed or one.skipped}
        assert self.failed <= self.may_fail

    def until(self, clock_time: time, *, on: date | None = None) -> None:
        """Tick at every instant at which something is due, up to this London time."""
        target = at_london(on or london_date(self.now), clock_time)
        self.tick()
        while (due := self._next_due(target)) is not None:
            self.clock.move_to(due)
            self.tick()
        self.clock.move_to(target)
        self.tick()

    def _next_due(self, target: datetime) -> datetime | None:
        with self.wiring.database.read(PLATFORM) as session:
            step = session.scalar(
                select(func.min(EscalationStep.planned_at)).where(
                    EscalationStep.state == StepState.PLANNED,
                    EscalationStep.planned_at > self.now,
                )
            )
            retry = session.scalar(
                select(func.min(Alert.next_attempt_at)).where(
                    Alert.state.in_((AlertState.PLANNED, AlertState.UNKNOWN)),
                    Alert.next_attempt_at > self.now,
                )
            )
            chase = session.scalar(
                select(func.min(ReviewStep.planned_at)).where(
                    ReviewStep.state == StepState.PLANNED, ReviewStep.planned_at > self.now
                )
            )
        due = (at for at in (step, retry, chase) if at is not None and at < target)
        return min(due, default=None)

    @property
    def board(self) -> Board:
        with self.wiring.database.read(of_force(FORCE)) as session:
            return board(
                session, self.wiring.cipher, force=FORCE, on=london_date(self.now), now=self.now
            )

    def board_on(self, on: date) -> Board:
        with self.wiring.database.read(of_force(FORCE)) as session:
            return board(session, self.wiring.cipher, force=FORCE, on=on, now=self.now)

    @property
    def imbalances(self) -> list[Imbalance]:
        with self.wiring.database.read(PLATFORM) as session:
            return balance(session, now=self.now)

    def notifications(self, reference: str) -> list[Notification]:
        """Every notification about an incident of this reference, by deadline."""
        with self.wiring.database.read(PLATFORM) as session:
            return list(
                session.scalars(
                    select(Notification)
                    .join(Occurrence, Occurrence.notification_id == Notification.id)
                    .join(Incident, Incident.id == Occurrence.incident_id)
                    .where(Incident.reference == reference)
                    .order_by(Notification.due_at, Notification.urn)
                )
            )

    def steps(self, notification_id: UUID) -> dict[str, tuple[str, str | None]]:
        """The rungs of a ladder: state and reason by kind."""
        with self.wiring.database.read(PLATFORM) as session:
            rows = session.scalars(
                select(EscalationStep).where(EscalationStep.notification_id == notification_id)
            )
            return {row.kind.value: (row.state.value, row.reason_code) for row in rows}

    def officer(self, duty: Duty, email: str, *, council: str | None = None) -> None:
        """Add a named officer of the force, or of a council, with a proved address."""
        owner = f"force:{FORCE}" if council is None else f"council:{council}"
        with self.wiring.database.write(PLATFORM) as session:
            add_officer(
                session, self.wiring.cipher, owner=owner, duty=duty, position=None,
                name=email.partition("@")[0].title(), email=email, telephone="01632 960555",
                verified=True, now=self.now, actor="operator:test",
            )  # fmt: skip

    def everybody(self) -> None:
        """Put the force's own people in their place: each can sign in, each duty has a person."""
        self.person("lead@example.org", Role.LEAD, force=FORCE)
        for duty, email in (
            (Duty.DUTY_OFFICER, "duty@example.org"), (Duty.DUTY_OFFICER, "stand-in@example.org"),
            (Duty.REVIEWER, "ruth@example.org"), (Duty.FORCE_LEAD, "lead@example.org"),
            (Duty.REVIEWER, "reviewer@example.org"),
        ):  # fmt: skip
            self.officer(duty, email)
        group = [
            self.people[one].id
            for one in ("lead@example.org", "reviewer@example.org", "desk@example.org")
        ]
        with self.wiring.database.write(PLATFORM) as session:
            session.execute(update(Account).values(enrolled_at=Account.added_at))
            set_group(session, force=FORCE, accounts=group, now=self.now, actor="operator:test")

    def review_steps(self) -> dict[str, tuple[str, str | None]]:
        """The rungs of the newest ladder of an unsettled child: state and reason by kind."""
        with self.wiring.database.read(PLATFORM) as session:
            newest = session.scalars(
                select(UnsettledChild).order_by(UnsettledChild.opened_at.desc()).limit(1)
            ).one()
            rows = session.scalars(
                select(ReviewStep)
                .where(ReviewStep.unsettled_id == newest.id)
                .order_by(ReviewStep.planned_at)
            )
            return {row.kind.value: (row.state.value, row.reason_code) for row in rows}

    @property
    def alerts(self) -> list[tuple[str, str]]:
        """Every alert handed over so far: London time and address."""
        channel = self.wiring.channel
        assert isinstance(channel, RecordingChannel)
        return [(str(one.message.alert_id), one.message.address) for one in channel.sent]

    def alerted(self) -> list[str]:
        return [address for _, address in self.alerts]

    def chased(self) -> list[str]:
        """The addresses of those alerts that a message's ladder planned: no later reminder."""
        with self.wiring.database.read(PLATFORM) as session:
            covering = {str(one) for one in session.scalars(select(AlertCover.alert_id))}
        return [address for ident, address in self.alerts if ident in covering]

    def open(self, email: str, notification_id: UUID) -> None:
        """Open a notification in its two steps, as the page does."""
        with self.wiring.database.write(self.scope_of(email)) as session:
            take_first_step(session, self.acting(email), notification_id=notification_id)
        with self.wiring.database.write(self.scope_of(email)) as session:
            answer_questions(
                session, self.acting(email), notification_id=notification_id, on_roll=True,
                knows_family=False,
            )  # fmt: skip

    def refuse(self, email: str, notification_id: UUID) -> None:
        """Say "not our pupil" after the first step, and stay with it."""
        with self.wiring.database.write(self.scope_of(email)) as session:
            take_first_step(session, self.acting(email), notification_id=notification_id)
        with self.wiring.database.write(self.scope_of(email)) as session:
            say_not_our_pupil(session, self.acting(email), notification_id=notification_id)

    def settle(self, email: str, *urns: int, urn: int | None = None) -> None:
        """Claim the only open review and settle it at one school or two, with a reason."""
        review_id = self.claim(email)
        chosen = urns if urn is None else (urn,)
        answer = Answer(chosen, ReviewReason.OFFICER_CLARIFIED, "The officer named the street.")
        with self.wiring.database.write(self.scope_of(email)) as session:
            settle(session, self.acting(email), review_id=review_id, answer=answer)

    def claim(self, email: str) -> UUID:
        """Claim the only open review; returns it."""
        with self.wiring.database.write(self.scope_of(email)) as session:
            review = session.scalars(select(Review).where(Review.state == ReviewState.OPEN)).one()
            claim(session, self.acting(email), review_id=review.id)
            return review.id


def child(ref: str = "c1", **changes: Any) -> dict[str, Any]:
    """A child as an officer writes it, at the first school of the county."""
    return {
        "ref": ref, "forename": "Asha", "surname": "Example-Khan", "date_of_birth": "2018-03-02",
        "residences": [{"postcode": "ZZ99 3VZ", "authority": COUNCIL}],
        "relation": "child_of_both", "presence": "heard",
        "voice": {"spoken_with": "officer_alone", "demeanour": "upset", "seen_safe": True},
        "education": {"school_name": "Exampleton Primary School", "town": "Exampleton"},
    } | changes  # fmt: skip


def at(day: str, clock_time: str) -> datetime:
    """An instant by its London date and time."""
    return at_london(date.fromisoformat(day), time.fromisoformat(clock_time)).astimezone(UTC)
