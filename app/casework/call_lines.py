"""The lines of the call sheet as a caller sees them: by place, with whom to ask for; no child."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.casework.acting import Acting
from app.core.clock import london_date
from app.core.policies import current_policy
from app.core.policy import Policy
from app.intake.models import Incident, InvolvedChild
from notifications.desk_calls import calls_wanted
from notifications.models import CallSheetLine, Notification
from notifications.passing_over import passed_over
from notifications.recipients import Recipient, people_of, those_shown
from notifications.states import CallResult
from schools import queries


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call to make: opaque references only."""

    line_id: UUID
    notification_id: UUID
    reference: str
    child_ref: str
    due_at: datetime
    attempts: int
    last_result: CallResult | None
    claimed_by: str | None
    mine: bool
    # By when it must be made, whoever has read the message: it is about going home.
    compulsory_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class School:
    """Whom to ring, on the register's own number, and whom to ask for, in order.

    `left_out` says that the recipient changed: a key adult is not among the contacts.
    """

    name: str
    town: str | None
    telephone: str | None
    contacts: tuple[Recipient, ...]
    lines: tuple[CallLine, ...]
    left_out: bool = False
    # A council has no number in the register: its officers' own are rung.
    is_council: bool = False
    # A protected child: nobody but whom it was released to may be told.
    only: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Lines of one place are one call; a protected child's are a call of their own."""

    urn: int | None
    council: str | None
    only: str | None
    protected: UUID | None


def schools_to_ring(
    session: Session, acting: Acting, lines: Sequence[CallSheetLine], *, force: str
) -> list[School]:
    """Group lines by place, in the order of each place's most urgent line."""
    _, policy = current_policy(session, force, at=acting.now)
    shown = _call_lines(session, acting, lines)
    only = _released_to(session, [line.notification_id for line in lines])
    by_place: dict[_Place, list[CallLine]] = {}
    for line in lines:
        alone = line.notification_id if line.notification_id in only else None
        place = _Place(line.urn, line.council, only.get(line.notification_id), alone)
        by_place.setdefault(place, []).append(shown[line.id])
    return [
        _school(session, acting, place, tuple(own), policy=policy)
        for place, own in by_place.items()
    ]


def _school(
    session: Session, acting: Acting, where: _Place, lines: tuple[CallLine, ...], *, policy: Policy
) -> School:
    people = people_of(
        session, acting.cipher, urn=where.urn, council=where.council, on=london_date(acting.now),
        policy=policy,
    )  # fmt: skip
    people = those_shown(people, where.only)
    left_out = passed_over(
        session, acting.cipher, [line.notification_id for line in lines], people
    ).everybody
    asked = tuple(one for one in people if one.id not in left_out)
    fewer, only = len(asked) < len(people), where.only is not None
    place = queries.establishment(session, where.urn) if where.urn is not None else None
    if place is not None:
        return School(
            place.name, place.town, place.telephone, asked, lines, left_out=fewer, only=only
        )
    number = next((one.telephone for one in asked if one.telephone), None)
    name = queries.council_name(session, where.council or "")
    return School(name, None, number, asked, lines, left_out=fewer, is_council=True, only=only)


def _released_to(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return to whom alone the protected children among these were released."""
    rows = session.execute(
        select(Notification.id, Notification.shown_only_to).where(
            Notification.id.in_(ids), Notification.shown_only_to.is_not(None)
        )
    )
    return {ident: only for ident, only in rows if only is not None}


def _call_lines(
    session: Session, acting: Acting, lines: Sequence[CallSheetLine]
) -> dict[UUID, CallLine]:
    ids = [line.notification_id for line in lines]
    refs, compulsory = _references(session, ids), calls_wanted(session, ids)
    claims = {line.id: line.claimed_by for line in lines if _claimed(line, acting.now)}
    names = names_of(session, acting.cipher, {who for who in claims.values() if who})
    return {
        line.id: CallLine(
            line.id, line.notification_id, *refs[line.notification_id],
            compulsory.get(line.notification_id, line.due_at),
            line.attempts, line.result, names.get(who) if (who := claims.get(line.id)) else None,
            is_mine(line, acting), compulsory.get(line.notification_id),
        )
        for line in lines
    }  # fmt: skip


def _references(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    rows = session.execute(
        select(Notification.id, Incident.reference, InvolvedChild.ref)
        .join(InvolvedChild, InvolvedChild.id == Notification.involved_child_id)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(Notification.id.in_(ids))
    )
    return {ident: (reference, ref) for ident, reference, ref in rows}


def _claimed(line: CallSheetLine, now: datetime) -> bool:
    until = line.claimed_until
    return line.claimed_by is not None and until is not None and until > now


def is_mine(line: CallSheetLine, acting: Acting) -> bool:
    """Return whether whoever acts has claimed this line, and still has it."""
    return _claimed(line, acting.now) and line.claimed_by == acting.actor.account_id
