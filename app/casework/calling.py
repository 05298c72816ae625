"""The call sheet: claim a school that must be rung, see whom to ask for, tell, and record it.

No child is on the sheet. The child opens on the screen of the caller who claimed the row, once per
call, and each showing is logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.access.spoken_codes import SpokenCode
from app.casework.acting import Acting, require
from app.casework.call_lines import CallLine, School, is_mine, schools_to_ring
from app.casework.connections import Tie, desk_ties, require_untied
from app.casework.released import released
from app.casework.spoken_codes import codes_of
from app.core import audit
from app.core.errors import Conflict, NotFound
from app.core.policies import current_policy
from app.core.policy import Policy
from app.reports.rows import NOT_SHOWN
from notifications import receipts
from notifications.channels import call_sheet
from notifications.compose import Content
from notifications.desk_calls import still_to_ring
from notifications.models import CallSheetLine, Notification
from notifications.queries import content_of
from notifications.receipt_rows import shown_to_caller
from notifications.recipients import Recipient
from notifications.states import CallResult

_NOT_RELEASED = (
    "A protected child: name whom it is released to on the morning board, and have it confirmed."
)
_NOT_SHOWN = (
    "What is to be told was not on your screen: open it while they are on the line, then record it."
)
_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


class KnownBy(StrEnum):
    """How a caller knows that the right person is on the line."""

    SPOKEN_CODE = "spoken_code"
    PUT_THROUGH = "put_through"


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
    # The spoken codes of those who may be asked for, by person.
    codes: Mapping[UUID, SpokenCode] = field(default_factory=dict, repr=False)


def sheet(session: Session, acting: Acting, *, force: str) -> list[School]:
    """Return the schools of one force that must be rung, most urgent first."""
    require(acting, Action.SEE_BOARD, Relation(force=force))
    lines = call_sheet.open_lines(session, force=force)
    # A school that said "not our pupil" is not rung about that child; its reviewer has it.
    waiting = still_to_ring(session, [line.notification_id for line in lines])
    lines = [line for line in lines if line.notification_id in waiting]
    tied = desk_ties(session, acting, {one.notification_id: force for one in lines})
    lines = [line for line in lines if tied.get(line.notification_id) is not Tie.OUT]
    schools = schools_to_ring(session, acting, lines, force=force)
    return [_unnamed(school) if school.only else school for school in schools]


def _named(school: School) -> tuple[Recipient, ...]:
    """Return whom the page of a call names: a protected child's one person, or all who receive."""
    return tuple(one for one in school.contacts if school.only or one.can_receive)


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
    (school,) = schools_to_ring(session, acting, [line], force=line.force)
    _, policy = current_policy(session, line.force, at=acting.now)
    notification = session.get_one(Notification, line.notification_id)
    return Call(
        school, school.lines[0], policy, asks_tie=call_tie(session, acting, line) is Tie.ASK,
        released=released(session, acting.cipher, notification, acting.now),
        version=notification.content_version,
        codes=codes_of(session, acting.cipher, _named(school)),
    )  # fmt: skip


def show_content(
    session: Session, acting: Acting, *, line_id: UUID, untied: bool = False,
    known_by: KnownBy | None = None,
) -> tuple[Call, Content]:  # fmt: skip
    """Return what to read out, to the caller who is speaking with the school now; logged.

    How the caller knows whom they speak to (`known_by`) is on the trail. A caller of whose name
    somebody is concerned says first that they are not (`untied`): raises `Conflict` without.
    """
    line = claimed_line(session, acting, line_id)
    if not untied and call_tie(session, acting, line) is Tie.ASK:
        raise Conflict("Say first whether you are related to or involved with this family.")
    notification = session.get_one(Notification, line.notification_id)
    if not released(session, acting.cipher, notification, acting.now):
        raise Conflict(_NOT_RELEASED)
    content = content_of(session, acting.cipher, notification)
    receipts.shown_to_caller(session, notification, actor=acting.actor.id, now=acting.now)
    shown = call(session, acting, line_id=line_id)
    if known_by is KnownBy.SPOKEN_CODE and not shown.codes:
        known_by = None
    reason = known_by.value if known_by else None
    _record(session, acting, line, audit.Event.CALL_CONTENT_SHOWN, reason_code=reason)
    return shown, content


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
    return desk_ties(session, acting, ids).get(line.notification_id)


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
    if not is_mine(line, acting):
        raise Conflict("You no longer have this call: claim it again on the morning board.")
    return line


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
