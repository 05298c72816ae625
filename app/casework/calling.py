"""The call sheet: claim a school that must be rung, see whom to ask for, tell, and record it.

No child is on the sheet. The child opens on the screen of the caller who claimed the row, once per
call, and each showing is logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import Tie, require_untied, ties_to_notifications
from app.casework.released import released
from app.core import audit
from app.core.clock import london_date
from app.core.errors import Conflict, NotFound
from app.core.policies import current_policy
from app.core.policy import Policy
from app.intake.models import Incident, InvolvedChild
from app.reports.rows import NOT_SHOWN
from notifications import receipts
from notifications.channels import call_sheet
from notifications.compose import Content
from notifications.desk_calls import calls_wanted, still_to_ring
from notifications.models import CallSheetLine, Notification
from notifications.passing_over import passed_over
from notifications.queries import content_of
from notifications.receipt_rows import shown_to_caller
from notifications.recipients import Recipient, people_of, those_shown
from notifications.states import CallResult
from schools import queries

_NOT_RELEASED = (
    "A protected child: name whom it is released to on the morning board, and have it confirmed."
)
_NOT_SHOWN = (
    "What is to be told was not on your screen: open it while they are on the line, then record it."
)
_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


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


@dataclass(frozen=True, slots=True)
class Call:
    """The page of one claimed call."""

    school: School
    line: CallLine
    policy: Policy
    # Somebody of the caller's name is concerned: they say that they are not before anything opens.
    asks_tie: bool = False
    # A protected child is read to nobody before somebody confirmed to whom.
    released: bool = True
    # The version of what is to be told, so that the page can ask whether it still stands.
    version: int = 0


def sheet(session: Session, acting: Acting, *, force: str) -> list[School]:
    """Return the schools of one force that must be rung, most urgent first."""
    require(acting, Action.SEE_BOARD, Relation(force=force))
    lines = call_sheet.open_lines(session, force=force)
    # A school that said "not our pupil" is not rung about that child; its reviewer has it.
    waiting = still_to_ring(session, [line.notification_id for line in lines])
    lines = [line for line in lines if line.notification_id in waiting]
    tied = ties_to_notifications(session, acting, {one.notification_id: force for one in lines})
    lines = [line for line in lines if tied.get(line.notification_id) is not Tie.OUT]
    schools = _schools(session, acting, lines, force=force)
    return [_unnamed(school) if school.only else school for school in schools]


def _unnamed(school: School) -> School:
    """Say on the list that somebody must be rung, and not where: who claims it sees whom."""
    return replace(school, name=NOT_SHOWN, town=None, telephone=None, contacts=(), left_out=False)


def claim(session: Session, acting: Acting, *, line_id: UUID) -> None:
    """Take a line for ten minutes; raise `Conflict` where another caller has it."""
    line = _line_for(session, acting, line_id, action=Action.CLAIM_CALL)
    call_sheet.claim_line(session, line.id, account_id=_account(acting), now=acting.now)
    _record(session, acting, line, audit.Event.CALL_CLAIMED)


def call(session: Session, acting: Acting, *, line_id: UUID) -> Call:
    """Return whom to ring and what to say, to the caller who claimed the line; no child on it."""
    line = claimed_line(session, acting, line_id)
    (school,) = _schools(session, acting, [line], force=line.force)
    _, policy = current_policy(session, line.force, at=acting.now)
    notification = session.get_one(Notification, line.notification_id)
    return Call(
        school, school.lines[0], policy, asks_tie=call_tie(session, acting, line) is Tie.ASK,
        released=released(session, acting.cipher, notification, acting.now),
        version=notification.content_version,
    )  # fmt: skip


def show_content(
    session: Session, acting: Acting, *, line_id: UUID, untied: bool = False
) -> tuple[Call, Content]:
    """Return what to read out, to the caller who is speaking with the school now; logged.

    A caller of whose name somebody is concerned says first that they are not (`untied`): raises
    `Conflict` without.
    """
    line = claimed_line(session, acting, line_id)
    if not untied and call_tie(session, acting, line) is Tie.ASK:
        raise Conflict("Say first whether you are related to or involved with this family.")
    notification = session.get_one(Notification, line.notification_id)
    if not released(session, acting.cipher, notification, acting.now):
        raise Conflict(_NOT_RELEASED)
    content = content_of(session, acting.cipher, notification)
    receipts.shown_to_caller(session, notification, actor=acting.actor.id, now=acting.now)
    _record(session, acting, line, audit.Event.CALL_CONTENT_SHOWN)
    return call(session, acting, line_id=line_id), content


def record_call(
    session: Session, acting: Acting, *, line_id: UUID, result: CallResult, recipient_trained: bool
) -> None:
    """Record what came of a call; `told` is a receipt like an opening, by the same function.

    Nobody has told what they did not have on the screen, as it stands now: raises `Conflict`.
    """
    line = claimed_line(session, acting, line_id)
    notification = session.get_one(Notification, line.notification_id)
    if result is CallResult.TOLD and not released(session, acting.cipher, notification, acting.now):
        raise Conflict(_NOT_RELEASED)
    if result is CallResult.TOLD and not shown_to_caller(
        session, notification, actor=acting.actor.id, since=line.opened_at
    ):
        raise Conflict(_NOT_SHOWN)
    call_sheet.record_call(
        session, line.id, result=result, actor=acting.actor.id, now=acting.now,
        recipient_trained=recipient_trained,
    )  # fmt: skip
    _record(session, acting, line, audit.Event.CALL_RECORDED, reason_code=result.value)


def call_tie(session: Session, acting: Acting, line: CallSheetLine) -> Tie | None:
    ids = {line.notification_id: line.force}
    return ties_to_notifications(session, acting, ids).get(line.notification_id)


def _line_for(session: Session, acting: Acting, line_id: UUID, *, action: Action) -> CallSheetLine:
    line = session.get(CallSheetLine, line_id)
    if line is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, action, Relation(force=line.force))
    require_untied(call_tie(session, acting, line))
    if line.closed_at is not None:
        raise Conflict("This school has been told: nothing is left to ring about.")
    return line


def claimed_line(session: Session, acting: Acting, line_id: UUID) -> CallSheetLine:
    """Return the line that this caller holds; raise `Conflict` where it is not theirs now."""
    line = _line_for(session, acting, line_id, action=Action.RECORD_CALL)
    if not _mine(line, acting):
        raise Conflict("You no longer have this call: claim it again on the morning board.")
    return line


def _schools(
    session: Session, acting: Acting, lines: Sequence[CallSheetLine], *, force: str
) -> list[School]:
    """Group lines by school, in the order of each school's most urgent line."""
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
            _mine(line, acting), compulsory.get(line.notification_id),
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


def _mine(line: CallSheetLine, acting: Acting) -> bool:
    return _claimed(line, acting.now) and line.claimed_by == acting.actor.account_id


def _account(acting: Acting) -> UUID:
    if acting.actor.account_id is None:
        raise NotFound(_NOTHING_HERE)
    return acting.actor.account_id


def _record(
    session: Session,
    acting: Acting,
    line: CallSheetLine,
    event: audit.Event,
    *,
    reason_code: str | None = None,
) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=line.force,
        subject=f"notification:{line.notification_id}", now=acting.now, reason_code=reason_code,
    )  # fmt: skip
