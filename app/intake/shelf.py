"""New incidents made ready in memory and written in a few statements, with their audit rows."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from app.core import audit
from app.core.audit import Event
from app.core.bulk import insert_rows
from app.core.cipher import Cipher, SealingKey
from app.core.ids import new_id
from app.core.models import ContentKey
from app.core.policy import Policy
from app.core.scope import must_admit
from app.intake.connected import connected_rows, suspect_rows
from app.intake.details import ChildDetails, IncidentDetails
from app.intake.eligibility import decide
from app.intake.free_text import names_besides
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome, OutcomeReason
from app.intake.payload import UNNAMED, IncidentMessage
from app.intake.person import person_digest
from app.intake.sealing import child_details, incident_details
from app.intake.suspects import SuspectLink
from app.intake.warnings import Warn, is_placeholder, warnings_of
from app.intake.words import ResidenceKind
from schools.connected_models import ConnectedDigest

_DECIDED = {
    Outcome.NOT_NOTIFIED: Event.CHILD_NOT_NOTIFIED,
    Outcome.IN_REVIEW: Event.CHILD_TO_REVIEW,
    Outcome.HELD: Event.CHILD_HELD,
    Outcome.DETAILS_AWAITED: Event.CHILD_AWAITED,
}


@dataclass(slots=True)
class NewChild:
    """One child row to be."""

    id: UUID
    ref: str
    outcome: Outcome
    reason: OutcomeReason | None
    warnings: tuple[str, ...]
    row: dict[str, Any]


@dataclass(slots=True)
class NewIncident:
    """One incident row to be, with its children."""

    id: UUID
    actor: str
    request_id: str | None
    superseded_by: int | None
    row: dict[str, Any]
    children: list[NewChild]

    def supersede(self) -> None:
        """Give way to a higher version of the same list."""
        self.row["state"] = IncidentState.SUPERSEDED
        for child in self.children:
            child.outcome = child.row["outcome"] = Outcome.SUPERSEDED
            child.reason = child.row["outcome_reason"] = None


@dataclass(slots=True)
class _Replaced:
    id: UUID
    force: str
    actor: str
    by: int


@dataclass(slots=True)
class Shelf:
    """What one transaction is about to store; `write` stores it."""

    cipher: Cipher
    now: datetime
    _keys: list[dict[str, Any]] = field(default_factory=list)
    _incidents: list[NewIncident] = field(default_factory=list)
    _digests: list[dict[str, Any]] = field(default_factory=list)
    _suspects: list[dict[str, Any]] = field(default_factory=list)
    _replaced: list[_Replaced] = field(default_factory=list)
    # By replaced incident: how far each of its children was.
    outcomes_of: dict[UUID, dict[UUID, Outcome]] = field(default_factory=dict)

    def put(
        self, *, force: str, client_id: UUID, message: IncidentMessage, digest: bytes,
        state: IncidentState, superseded_by: int | None, policy: Policy, request_id: str | None,
    ) -> NewIncident:  # fmt: skip
        """Make one incident ready: its content key, its sealed record, its children."""
        incident_id = new_id()
        details = incident_details(message)
        key, wrapped = self.cipher.new_content_key(force)
        self._keys.append(
            {"id": key.id, "force": force, "incident_id": incident_id, "wrapped_key": wrapped}
        )
        row = {
            "id": incident_id, "force": force, "reference": message.reference,
            "version": message.version, "client_id": client_id, "state": state,
            "notice_type": message.notice_type.value, "occurred_from": message.occurred_from,
            "received_at": self.now, "body_digest": digest,
            "restricted_access": message.restricted_access,
            "children_seen": message.children_seen, "content_key_id": key.id,
            "sealed": self.cipher.seal(
                details, table="incident", row=incident_id, force=force, key=key
            ),
        }  # fmt: skip
        spoken = policy.content.voice_words
        given = [
            child_details(
                child, policy=policy, names=names_besides(message, child) if spoken else ()
            )
            for child in message.children
        ]
        acted_on = _without_hold_over(details, self.now)
        bench = _Bench(self.cipher, key, force, incident_id, acted_on, policy, self.now)
        children = [bench.child(child, position) for position, child in enumerate(given)]
        more = range(_unlisted(details, listed=len(given)))
        children += [bench.unnamed(number, len(given) + number) for number in more]
        new = NewIncident(
            incident_id, f"client:{client_id}", request_id, superseded_by, row, children
        )
        if state is IncidentState.SUPERSEDED:
            new.supersede()
        else:
            self._connect(new, message, policy)
        self._incidents.append(new)
        return new

    def _connect(self, new: NewIncident, message: IncidentMessage, policy: Policy) -> None:
        """Keep digests of adults, and of suspects where the policy has it, of what is acted on."""
        force, children = new.row["force"], {child.ref: child.id for child in new.children}
        self._digests += connected_rows(
            self.cipher, force, message, incident_id=new.id, children=children
        )
        if policy.suspects.on:
            self._suspects += suspect_rows(
                self.cipher, force, message, incident_id=new.id, children=children
            )

    def supersede(self, incident_id: UUID, *, force: str, actor: str, by: int) -> None:
        """Let a stored incident give way to a higher version, with its children."""
        self._replaced.append(_Replaced(incident_id, force, actor, by))

    def write(self, session: Session) -> None:
        """Write everything, parents first, and buffer the audit rows."""
        self._write_replaced(session)
        if not self._incidents:
            return
        must_admit(session, {new.row["force"] for new in self._incidents})
        children = [child.row for new in self._incidents for child in new.children]
        for model, rows in (
            (ContentKey, self._keys), (Incident, [new.row for new in self._incidents]),
            (InvolvedChild, children), (ConnectedDigest, self._digests),
            (SuspectLink, self._suspects),
        ):  # fmt: skip
            insert_rows(session.connection(), model, rows)
        for new in self._incidents:
            self._record(session, new)

    def _write_replaced(self, session: Session) -> None:
        if not self._replaced:
            return
        ids = [old.id for old in self._replaced]
        for incident_id, child_id, outcome in session.execute(
            select(InvolvedChild.incident_id, InvolvedChild.id, InvolvedChild.outcome).where(
                InvolvedChild.incident_id.in_(ids)
            )
        ):
            self.outcomes_of.setdefault(incident_id, {})[child_id] = outcome
        session.execute(
            update(Incident)
            .where(Incident.id.in_(ids), Incident.state != IncidentState.SUPERSEDED)
            .values(state=IncidentState.SUPERSEDED)
            .execution_options(synchronize_session=False)
        )
        session.execute(
            update(InvolvedChild)
            .where(InvolvedChild.incident_id.in_(ids), InvolvedChild.outcome != Outcome.WITHDRAWN)
            .values(outcome=Outcome.SUPERSEDED, outcome_reason=None, outcome_at=self.now)
            .execution_options(synchronize_session=False)
        )
        for old in self._replaced:
            audit.record(
                session, event=Event.INCIDENT_SUPERSEDED, actor=old.actor, force=old.force,
                subject=f"incident:{old.id}", now=self.now, detail={"by_version": old.by},
            )  # fmt: skip

    def _record(self, session: Session, new: NewIncident) -> None:
        detail: dict[str, Any] = {"version": new.row["version"], "children": len(new.children)}
        if new.superseded_by is not None:
            detail["superseded_by"] = new.superseded_by
        # The writer's thread serves many requests at once: each row names its own.
        with bound_contextvars(request_id=new.request_id):
            audit.record(
                session, event=Event.INCIDENT_RECEIVED, actor=new.actor, force=new.row["force"],
                subject=f"incident:{new.id}", now=self.now, detail=detail,
            )  # fmt: skip
            for child in new.children:
                event = _DECIDED.get(child.outcome)
                if event is None:
                    continue
                audit.record(
                    session, event=event, actor=new.actor, force=new.row["force"],
                    subject=f"involved_child:{child.id}", now=self.now, reason_code=child.reason,
                )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where the child rows of one incident are made."""

    cipher: Cipher
    key: SealingKey
    force: str
    incident_id: UUID
    incident: IncidentDetails
    policy: Policy
    now: datetime

    def child(self, details: ChildDetails, position: int) -> NewChild:
        """Return the row of a listed child, with its outcome and its warnings."""
        warnings = warnings_of(details, self.incident)
        outcome, reason = decide(details, self.incident, policy=self.policy)
        if Warn.UPN_INVALID in warnings:
            details = replace(details, upn=None)
        return self._row(details, position, outcome, reason, warnings)

    def unnamed(self, number: int, position: int) -> NewChild:
        """Return the row of a child who was seen but not listed: the desk asks who it is."""
        details = ChildDetails(f"{UNNAMED}{number + 1}")
        return self._row(
            details, position, Outcome.DETAILS_AWAITED, OutcomeReason.CHILD_UNNAMED,
            (Warn.CHILDREN_FEWER_THAN_SEEN,),
        )  # fmt: skip

    def _row(
        self, details: ChildDetails, position: int, outcome: Outcome,
        reason: OutcomeReason | None, warnings: tuple[str, ...],
    ) -> NewChild:  # fmt: skip
        child_id = new_id()
        codes = tuple(str(code) for code in warnings)
        hold = self.incident.hold
        row = {
            "id": child_id, "force": self.force, "incident_id": self.incident_id,
            "ref": details.ref, "position": position, "outcome": outcome, "outcome_reason": reason,
            "outcome_at": self.now, "received_at": self.now,
            # A hold ends by itself; the matching job sets every other deadline.
            "due_at": hold.until if hold and outcome is Outcome.HELD else None,
            "protected": bool(details.protected),
            "school_given": _school_given(details), "authority": _authority(details),
            "warnings": list(codes),
            "person_digest": self._digest(details),
            "sealed": self.cipher.seal(
                details, table="involved_child", row=child_id, force=self.force, key=self.key
            ),
        }  # fmt: skip
        return NewChild(child_id, details.ref, outcome, reason, codes, row)

    def _digest(self, details: ChildDetails) -> bytes | None:
        born = details.date_of_birth
        if born is not None and is_placeholder(born):
            return None
        return person_digest(
            self.cipher, self.force, forename=details.forename, surname=details.surname, born=born
        )


def _without_hold_over(incident: IncidentDetails, now: datetime) -> IncidentDetails:
    """A hold that ended before its incident arrived holds nothing; the record still shows it."""
    over = incident.hold is not None and incident.hold.until <= now
    return replace(incident, hold=None) if over else incident


def _school_given(details: ChildDetails) -> bool:
    return details.education.urn is not None or details.education.school_name is not None


def _authority(details: ChildDetails) -> str | None:
    """Return the council of the main residence, else of the first residence that has one."""
    homes = sorted(details.residences, key=lambda home: home.kind != ResidenceKind.MAIN)
    return next((home.authority for home in homes if home.authority), None)


def _unlisted(incident: IncidentDetails, *, listed: int) -> int:
    """Return how many children were seen but not listed.

    An incident that lists nobody, and a list that the force itself calls incomplete, stand for one
    child more, unless the force says that it counted none.
    """
    missing = max((incident.children_seen or 0) - listed, 0)
    nobody = listed == 0 and incident.children_seen is None
    return max(missing, 1) if nobody or not incident.children_complete else missing
