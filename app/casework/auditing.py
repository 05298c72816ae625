"""The trail as a force's auditor reads it: by day, by person, by incident, and whether it holds.

Source: DPA 2018 s.62; design 4.8. Every reading is on the trail itself. Left out is what does not
exist for the reader: an incident of their own family, and a restricted one whose group they are not
of. Who is connected with a family is the lead's alone to read (domain.md §4).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.models import PoliceClient
from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.connections import Tie, desk_ties, ties
from app.casework.timeline import shown_reason
from app.core import audit
from app.core.audit import Chain
from app.core.checkpoints import MARK
from app.core.clock import at_london
from app.core.errors import NotFound
from app.core.models import AuditEntry, AuditHead, Lease
from app.core.scope import scope_of
from app.intake import restrictions
from app.intake.models import Incident, InvolvedChild
from notifications.models import AlertCover, CallSheetLine, Notification, Occurrence
from notifications.passing_over import ToldOf
from notifications.receipt_models import Breach, Recall
from schools.matching.models import Match, Review

ROWS = 200
_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."
# Of these a row may be about an incident without naming it: who may not know of one sees none.
_NOT_BESIDE_CLOSED = frozenset({"break_glass", "officer", "suspect_pattern"})


@dataclass(frozen=True, slots=True)
class ChainState:
    """How a force's chain stands: its rows, and what its last checkpoint found.

    `looked_at` is None where no second place is kept, or nobody looked yet.
    """

    force: str
    rows: int
    looked_at: datetime | None
    kept_at: datetime | None
    wrong: str


@dataclass(frozen=True, slots=True)
class Row:
    """One act: when, what, about which thing, by whom, and the coded reason.

    `notification_id` is set where it is about a message, whose timeline can be read.
    """

    at: datetime
    event: str
    about: str
    who: str
    account_id: UUID | None
    reason: str
    notification_id: UUID | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A page of the trail; `following` is where the next one begins, `holds` that it is unbroken.

    `holds` is None where nothing was read.
    """

    rows: tuple[Row, ...]
    following: int | None
    holds: bool | None
    person: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A message about one child of an incident, whose timeline can be read."""

    notification_id: UUID
    child_ref: str
    due_at: datetime


def states(session: Session, acting: Acting) -> list[ChainState]:
    """Return how the chain of each force of this auditor stands; raise `NotFound` without one."""
    forces = sorted(acting.actor.forces(Role.AUDITOR))
    if not forces:
        raise NotFound(_NOTHING_HERE)
    wanted = select(AuditHead).where(AuditHead.chain.in_(forces))
    heads = {one.chain: one.seq for one in session.scalars(wanted)}
    marks = {
        one.name.removeprefix(MARK): one
        for one in session.scalars(
            select(Lease).where(Lease.name.in_([f"{MARK}{force}" for force in forces]))
        )
    }
    for force in forces:
        record_reading(session, acting, force, "audit:state", 0)
    return [_state(force, heads.get(force, 0), marks.get(force)) for force in forces]


def read_day(
    session: Session, acting: Acting, chain: Chain, *, force: str, on: date, first: int = 0
) -> Reading:
    """Return the acts of one London day in their order, from row `first` of the chain on."""
    require(acting, Action.READ_AUDIT, Relation(force=force))
    start, end = at_london(on, time()), at_london(on + timedelta(days=1), time())
    wanted = (
        select(AuditEntry)
        .where(
            AuditEntry.force == force, AuditEntry.chain == force, AuditEntry.seq >= first,
            AuditEntry.at >= start, AuditEntry.at < end,
        )
        .order_by(AuditEntry.seq)
        .limit(ROWS + 1)
    )  # fmt: skip
    found = session.scalars(wanted).all()
    shown, more = found[:ROWS], found[ROWS:]
    holds = None
    if shown:
        holds = chain.verify_part(session, force, shown[0].seq, shown[-1].seq) is None
    rows = _rows(session, acting, force, shown)
    record_reading(session, acting, force, f"audit:day:{on}", len(rows))
    return Reading(rows, more[0].seq if more else None, holds)


def read_person(session: Session, acting: Acting, *, force: str, account_id: UUID) -> Reading:
    """Return the newest acts of one person in one force, the newest first."""
    require(acting, Action.READ_AUDIT, Relation(force=force))
    actor = f"account:{account_id}"
    found = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.force == force, AuditEntry.actor == actor)
        .order_by(AuditEntry.at.desc(), AuditEntry.seq.desc())
        .limit(ROWS)
    ).all()
    if not found:
        raise NotFound(_NOTHING_HERE)
    rows = _rows(session, acting, force, found)
    record_reading(session, acting, force, f"audit:person:{account_id}", len(rows))
    name = names_of(session, acting.cipher, [account_id]).get(account_id, "")
    return Reading(rows, None, None, name)


def find_messages(
    session: Session, acting: Acting, *, force: str, reference: str
) -> tuple[Told, ...]:
    """Return the messages about an incident, by its police reference; none where there are none."""
    require(acting, Action.READ_AUDIT, Relation(force=force))
    pairs = session.execute(
        select(Notification, InvolvedChild.ref)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .join(InvolvedChild, InvolvedChild.id == Occurrence.involved_child_id)
        .join(Incident, Incident.id == Occurrence.incident_id)
        .where(Incident.force == force, Incident.reference == reference.strip())
        .order_by(InvolvedChild.ref, Notification.due_at)
    ).all()
    tied = desk_ties(session, acting, {one.id: force for one, _ in pairs})
    record_reading(session, acting, force, "audit:incident", len(pairs))
    found = [Told(one.id, ref, one.due_at) for one, ref in pairs if tied.get(one.id) is not Tie.OUT]
    return tuple(dict.fromkeys(found))


def _rows(
    session: Session, acting: Acting, force: str, entries: Sequence[AuditEntry]
) -> tuple[Row, ...]:
    kept = shown_to(session, acting, force, entries)
    accounts = {one for row in kept if (one := account_of(row.actor)) is not None}
    names = names_of(session, acting.cipher, accounts)
    systems: dict[UUID | None, str] = {
        one.id: one.name
        for one in session.scalars(select(PoliceClient).where(PoliceClient.force == force))
    }
    return tuple(_row(row, names, systems) for row in kept)


def _row(row: AuditEntry, names: Mapping[UUID, str], systems: Mapping[UUID | None, str]) -> Row:
    # Who acted would say who is connected with the family.
    actor = "" if row.event == audit.Event.RECIPIENT_CHANGED else row.actor
    account_id, (kind, _, ident) = account_of(actor), actor.partition(":")
    if account_id is not None:
        who = names.get(account_id, "somebody whose account is gone")
    elif kind == "client":
        who = systems.get(_id_of(ident), "a system of the force")
    else:
        who = "the service" if kind == "job" else actor
    about, _, thing = row.subject.partition(":")
    return Row(
        row.at, row.event, about, who, account_id, shown_reason(row.reason_code or "", why=False),
        _id_of(thing) if about == "notification" else None,
    )  # fmt: skip


def _state(force: str, rows: int, mark: Lease | None) -> ChainState:
    if mark is None:
        return ChainState(force, rows, None, None, "")
    return ChainState(force, rows, mark.started_at, mark.finished_at, mark.last_error or "")


def shown_to(
    session: Session, acting: Acting, force: str, entries: Sequence[AuditEntry]
) -> list[AuditEntry]:
    """Return the rows without those about what does not exist for the reader."""
    incidents = _incidents(session, entries)
    wanted = {one for found in incidents.values() for one in found}
    tied = ties(session, acting, {one: ToldOf({one}) for one in wanted}, force=force)
    out = {one for one, tie in tied.items() if tie is Tie.OUT}
    closed = force in scope_of(session).closed
    seen = set(session.scalars(select(Incident.id).where(Incident.id.in_(wanted))))
    kept = []
    for row in entries:
        about = incidents.get(row.subject)
        kind = row.subject.partition(":")[0]
        if row.event == audit.Event.NOTIFICATION_WITHHELD or (about and out.intersection(about)):
            continue
        # Of a thing that is not found nobody here knows whose it is.
        hidden = kind in _NOT_BESIDE_CLOSED or (about is not None and not (about and seen >= about))
        if not (closed and hidden):
            kept.append(row)
    return kept


def _incidents(session: Session, entries: Iterable[AuditEntry]) -> dict[str, frozenset[UUID]]:
    """Return the incidents that each subject is about; an empty set where its row is not found.

    Subjects that are about no incident are left out.
    """
    ids: dict[str, set[UUID]] = {}
    for row in entries:
        kind, _, ident = row.subject.partition(":")
        if kind in _ABOUT and (thing := _id_of(ident)) is not None:
            ids.setdefault(kind, set()).add(thing)
    found: dict[str, frozenset[UUID]] = {}
    for kind, wanted in ids.items():
        of_kind: dict[UUID, set[UUID]] = {one: set() for one in wanted}
        for ident_of, incident in session.execute(_ABOUT[kind](wanted)):
            of_kind[ident_of].add(incident)
        found |= {f"{kind}:{one}": frozenset(about) for one, about in of_kind.items()}
    return found


def _of_child(thing: type[Match | Review]) -> Callable[[set[UUID]], Select[UUID, UUID]]:
    def statement(ids: set[UUID]) -> Select[UUID, UUID]:
        return (
            select(thing.id, InvolvedChild.incident_id)
            .join(InvolvedChild, InvolvedChild.id == thing.involved_child_id)
            .where(thing.id.in_(ids))
        )

    return statement


# How a subject's incidents are found, by the kind of thing it is.
_ABOUT: dict[str, Callable[[set[UUID]], Select[UUID, UUID]]] = {
    "incident": lambda ids: select(Incident.id, Incident.id).where(Incident.id.in_(ids)),
    "involved_child": lambda ids: select(InvolvedChild.id, InvolvedChild.incident_id).where(
        InvolvedChild.id.in_(ids)
    ),
    "notification": lambda ids: select(Occurrence.notification_id, Occurrence.incident_id).where(
        Occurrence.notification_id.in_(ids)
    ),
    "restriction_lift": restrictions.incidents_of,
    "recall": lambda ids: (
        select(Recall.id, Occurrence.incident_id)
        .join(Occurrence, Occurrence.notification_id == Recall.notification_id)
        .where(Recall.id.in_(ids))
    ),
    "breach": lambda ids: (
        select(Breach.id, Occurrence.incident_id)
        .join(Recall, Recall.id == Breach.recall_id)
        .join(Occurrence, Occurrence.notification_id == Recall.notification_id)
        .where(Breach.id.in_(ids))
    ),
    # One that stands for no message here (for a review, for what is closed) is about nothing found.
    "alert": lambda ids: (
        select(AlertCover.alert_id, Occurrence.incident_id)
        .join(Occurrence, Occurrence.notification_id == AlertCover.notification_id)
        .where(AlertCover.alert_id.in_(ids))
    ),
    "call": lambda ids: (
        select(CallSheetLine.id, Occurrence.incident_id)
        .join(Occurrence, Occurrence.notification_id == CallSheetLine.notification_id)
        .where(CallSheetLine.id.in_(ids))
    ),
    "match": _of_child(Match),
    "review": _of_child(Review),
}


def account_of(actor: str) -> UUID | None:
    kind, _, ident = actor.partition(":")
    return _id_of(ident) if kind == "account" else None


def _id_of(text: str) -> UUID | None:
    """Return the id in a subject or an actor; some name no thing of their own (`match:export`)."""
    try:
        return UUID(text)
    except ValueError:
        return None


def record_reading(session: Session, acting: Acting, force: str, subject: str, count: int) -> None:
    audit.record(
        session, event=audit.Event.AUDIT_READ, actor=acting.actor.id, force=force,
        subject=subject, now=acting.now, detail={"count": count},
    )  # fmt: skip
