"""The desk takes a message back, and answers what that leaves: who is in danger, who saw it.

Source: domain.md §7. The content is gone in the transaction that recalls; the child goes back to a
reviewer with its deadline. "Does anyone need protecting today?" is asked before anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.permissions import Action, Relation, may
from app.casework.acting import Acting, require
from app.casework.connections import declared_of, desk_tie, require_untied
from app.casework.not_our_pupil import newest_match
from app.casework.remembering import children_of, remember_wrong_school
from app.casework.restricted import only_for_message
from app.casework.waiting import notification_for, recipient_name
from app.core import audit
from app.core.errors import Conflict, NotFound
from app.core.models import AuditEntry
from app.core.policies import current_policy
from app.core.scope import acting_for
from app.intake.models import InvolvedChild
from app.intake.moves import move_child
from app.intake.outcomes import SENT, Outcome, OutcomeReason
from app.reports.rows import NOT_SHOWN
from notifications import recall_cases, recalls_of_many
from notifications.models import Notification
from notifications.recall import recall_notifications
from notifications.receipt_models import Breach, Recall
from notifications.receipt_states import BreachDecision, Said
from notifications.states import ENDED, ReceiptKind
from schools.matching import review

_AN_HOUR = timedelta(hours=1)
_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


class RecallReason(StrEnum):
    """Why a person takes a message back."""

    WRONG_SCHOOL = "wrong_school"
    WRONG_CHILD = "wrong_child"
    WRONG_CONTENT = "wrong_content"
    SENT_IN_ERROR = "sent_in_error"


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """One reader by name: who answers for a breach must be able to ring them."""

    name: str
    seen: tuple[tuple[ReceiptKind, datetime], ...]
    destroyed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Case:
    """A message to be recalled, or one that was with what is still to be answered."""

    notification_id: UUID
    force: str
    school: str
    readers: tuple[ReaderLine, ...]
    recall: Recall | None = None
    breach: Breach | None = None
    may_decide: bool = False


def before(session: Session, acting: Acting, *, notification_id: UUID) -> Case:
    """Return what would be recalled and who has seen it so far."""
    found = _of_force(session, acting, notification_id, action=Action.RECALL)
    if found.state in ENDED:
        raise Conflict("This message was taken back already.")
    return _case(session, acting, found)


def recall(
    session: Session, acting: Acting, *, notification_id: UUID, reason: RecallReason
) -> UUID | None:
    """Take a message back now; return the case to answer, or None where nobody had read it.

    Raises `NotFound`, and `Conflict` where it was taken back already or this person took so many
    back in the last hour that a second one has to agree.
    """
    found = _of_force(session, acting, notification_id, action=Action.RECALL)
    _require_few(session, acting, found.force)
    if not take_back(session, acting, [found], reason=reason):
        raise Conflict("This message was taken back already.")
    case = recall_cases.newest_recall(session, found.id)
    return case.id if case is not None else None


def take_back(
    session: Session, acting: Acting, notifications: Sequence[Notification], *, reason: RecallReason
) -> int:
    """Recall these messages and give their children back to reviewers; return how many went.

    What went to a wrong school is kept: neither a newer version nor the child's next incident may
    go there again by itself (domain.md §3).
    """
    went = 0
    for found in notifications:
        children = children_of(session, found)
        if reason is RecallReason.WRONG_SCHOOL and found.state not in ENDED:
            remember_wrong_school(session, acting, found)
        counts = recall_notifications(
            session, [found.id], reason_code=reason.value, actor=acting.actor.id, now=acting.now
        )
        went += counts.recalled
        for child in children:
            if counts.recalled and child.outcome in SENT:
                _to_reviewers(session, acting, child, due_at=found.due_at)
    return went


def look(session: Session, acting: Acting, *, recall_id: UUID) -> Case:
    """Return one recall with its readers by name; looking is on the trail."""
    row, found = _open(session, acting, recall_id, action=Action.ANSWER_RECALL)
    audit.record(
        session, event=audit.Event.RECALL_VIEWED, actor=acting.actor.id, force=row.force,
        subject=f"notification:{found.id}", now=acting.now,
    )  # fmt: skip
    return _case(session, acting, found, row)


def say_protecting(session: Session, acting: Acting, *, recall_id: UUID, said: Said) -> None:
    """Answer whether anyone needs protecting today."""
    row, _ = _open(session, acting, recall_id, action=Action.ANSWER_RECALL)
    recall_cases.say_protecting(session, row, said=said, actor=acting.actor.id, now=acting.now)


def say_disclosed(session: Session, acting: Acting, *, recall_id: UUID, said: Said) -> None:
    """Answer whether a wrong person saw it; all but "no" opens a breach record."""
    row, found = _open(session, acting, recall_id, action=Action.ANSWER_RECALL)
    recall_cases.say_disclosed(
        session, acting.cipher, row, said=said, actor=acting.actor.id, now=acting.now,
        declared=declared_of(session, found.id),
        only=only_for_message(session, found.id, now=acting.now),
    )  # fmt: skip


def told_dpo(session: Session, acting: Acting, *, recall_id: UUID) -> None:
    """Record that this person told the data protection officer by voice."""
    breach = _breach(session, acting, recall_id, action=Action.ANSWER_RECALL)
    recall_cases.tell_dpo(session, breach, actor=acting.actor.id, now=acting.now)


def decide(session: Session, acting: Acting, *, recall_id: UUID, decision: BreachDecision) -> None:
    """Record what the data protection officer decided, as the force lead."""
    breach = _breach(session, acting, recall_id, action=Action.DECIDE_BREACH)
    recall_cases.decide_breach(
        session, breach, decision=decision, actor=acting.actor.id, now=acting.now
    )


def destroy(session: Session, acting: Acting, *, notification_id: UUID) -> None:
    """Record that a reader keeps nothing of what was taken back: a message, or one incident."""
    notification = notification_for(
        session, acting, notification_id, action=Action.OPEN_NOTIFICATION
    )
    taken_back = recall_cases.newest_recall(session, notification.id)
    if notification.state not in ENDED and taken_back is None:
        raise Conflict("This message was not taken back: keep what belongs on the child’s file.")
    with acting_for(session, notification.force):
        if recall_cases.destroyed(
            session, notification, actor=acting.actor.id, now=acting.now, source="page"
        ):
            audit.record(
                session, event=audit.Event.NOTIFICATION_DESTROYED, actor=acting.actor.id,
                force=notification.force, subject=f"notification:{notification.id}",
                now=acting.now,
            )  # fmt: skip


def _require_few(session: Session, acting: Acting, force: str) -> None:
    """Raise `Conflict` for who took back so many alone that somebody else has to look."""
    _, policy = current_policy(session, force, at=acting.now)
    alone = session.scalar(
        select(func.count())
        .select_from(AuditEntry)
        .where(
            AuditEntry.force == force, AuditEntry.actor == acting.actor.id,
            AuditEntry.event == audit.Event.NOTIFICATION_RECALLED,
            AuditEntry.at > acting.now - _AN_HOUR,
            AuditEntry.reason_code.in_([str(one) for one in RecallReason]),
        )
    )  # fmt: skip
    # What somebody else asked for, and this person agreed to, was not alone.
    agreed = recalls_of_many.agreed_since(
        session, acting.actor.account_id, force=force, since=acting.now - _AN_HOUR
    )
    if (alone or 0) - agreed >= policy.recalls.alone_an_hour:
        raise Conflict(
            "You took many messages back within the hour. For more, ask on the page “Take many "
            "messages back”: a second person has to agree."
        )


def _to_reviewers(
    session: Session, acting: Acting, child: InvolvedChild, *, due_at: datetime
) -> None:
    """Give the child back to a person, against the deadline it had."""
    move_child(
        session, child, to=Outcome.IN_REVIEW, reason=OutcomeReason.EVIDENCE_DISAGREES,
        now=acting.now, due_at=due_at,
    )  # fmt: skip
    review.open_review(
        session, force=child.force, involved_child_id=child.id,
        match_id=newest_match(session, child.id),
        reason_code=OutcomeReason.EVIDENCE_DISAGREES.value, due_at=due_at, now=acting.now,
    )  # fmt: skip


def _of_force(
    session: Session, acting: Acting, notification_id: UUID, *, action: Action
) -> Notification:
    found = session.get(Notification, notification_id)
    if found is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, action, Relation(force=found.force))
    require_untied(desk_tie(session, acting, found))
    return found


def _open(
    session: Session, acting: Acting, recall_id: UUID, *, action: Action
) -> tuple[Recall, Notification]:
    row = session.get(Recall, recall_id, with_for_update={"key_share": True})
    if row is None:
        raise NotFound(_NOTHING_HERE)
    return row, _of_force(session, acting, row.notification_id, action=action)


def _breach(session: Session, acting: Acting, recall_id: UUID, *, action: Action) -> Breach:
    row, _ = _open(session, acting, recall_id, action=action)
    breach = recall_cases.breach_of(session, row.id)
    if breach is None:
        raise Conflict("There is no breach record: first say whether a wrong person saw it.")
    return breach


def _case(session: Session, acting: Acting, found: Notification, row: Recall | None = None) -> Case:
    readers = recall_cases.readers_of(session, found.id, row)
    ids = {one.actor: _account(one.actor) for one in readers}
    names = names_of(session, acting.cipher, {one for one in ids.values() if one is not None})
    lines = tuple(
        ReaderLine(_name(names, ids[one.actor]), one.seen, one.destroyed_at) for one in readers
    )
    force = Relation(force=found.force)
    return Case(
        found.id, found.force,
        NOT_SHOWN if found.shown_only_to is not None else recipient_name(session, found), lines,
        row, recall_cases.breach_of(session, row.id) if row is not None else None,
        may_decide=may(acting.actor, Action.DECIDE_BREACH, force),
    )  # fmt: skip


def _name(names: dict[UUID, str], account_id: UUID | None) -> str:
    return names.get(account_id, "Somebody") if account_id is not None else "Somebody"


def _account(actor: str) -> UUID | None:
    kind, _, ident = actor.partition(":")
    try:
        return UUID(ident) if kind == "account" else None
    except ValueError:
        return None
