"""Taking a settled decision back while nobody has opened it, and the second look after sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.connections import require_untied, tie_to_review
from app.casework.reviewing import NOTHING_HERE, account_of, record_on, references
from app.core import audit
from app.core.errors import Conflict, NotFound
from app.core.models import AuditEntry
from app.core.policies import current_policy
from app.intake.models import Incident, InvolvedChild
from app.intake.moves import move_child
from app.intake.outcomes import IncidentState, Outcome, OutcomeReason
from app.reports.rows import NOT_SHOWN
from notifications.models import CallSheetLine, Notification, Occurrence, Receipt
from notifications.recall import recall_child
from notifications.states import ENDED, ReceiptKind
from schools import queries
from schools.matching import second_look
from schools.matching.models import Match, Review, ReviewState

_SEEN = (ReceiptKind.FIRST_STEP, ReceiptKind.OPENED, ReceiptKind.TOLD_BY_PHONE)
_SENT = (Outcome.SENT_TO_SCHOOL, Outcome.SENT_TO_COUNCIL, Outcome.NOT_NOTIFIED)
# How far back a page looks for what somebody settled just now.
_LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SettledLine:
    """A decision that can be taken back, or that another person has to look at again."""

    review_id: UUID
    reference: str
    child_ref: str
    schools: tuple[str, ...]
    reason: str
    until: datetime


def undo(session: Session, acting: Acting, *, review_id: UUID) -> None:
    """Take one's own decision back within the minutes of the policy, before anybody opened it.

    What was sent is recalled, what was said with it no longer counts, and the child waits for a
    person again. Raises `NotFound`, and `Conflict` where it is too late: also while somebody rings
    about it, who could not record any more whom they told, and once a newer version took over.
    """
    found = _settled(session, acting, review_id, action=Action.UNDO_REVIEW)
    if found.settled_by != account_of(acting):
        raise Conflict("Who decided takes it back: ring them, or ring the desk.")
    if acting.now >= _until(session, found):
        raise Conflict("It is too late to undo this here. Ring the desk and say what happened.")
    _lock_what_was_sent(session, found)
    if _seen(session, found):
        raise Conflict(
            "Somebody has opened it or rings about it: ring the desk, a recall tells who has seen "
            "it."
        )
    _reopen(session, acting, found, reason_code="review_undone")
    record_on(session, acting, found, audit.Event.REVIEW_UNDONE)


def open_again(session: Session, acting: Acting, *, review_id: UUID) -> UUID:
    """Return the review in which the child of another one waits now; raise `NotFound`."""
    found = session.get(Review, review_id)
    if found is None:
        raise NotFound(NOTHING_HERE)
    require(acting, Action.SEE_REVIEWS, Relation(force=found.force))
    waiting = session.scalars(
        select(Review.id).where(
            Review.involved_child_id == found.involved_child_id, Review.state == ReviewState.OPEN
        )
    ).one_or_none()
    if waiting is None:
        raise NotFound(NOTHING_HERE)
    return waiting


def look_again(session: Session, acting: Acting, *, review_id: UUID, agrees: bool) -> None:
    """Record the second look at a decision that was sent; who disagrees recalls it at once.

    Raises `NotFound`, and `Conflict` for the person who decided, for a second answer, and for who
    disagrees about a version that a newer one replaced.
    """
    found = _settled(session, acting, review_id, action=Action.LOOK_AGAIN)
    second_look.look_again(
        session, found.id, account_id=account_of(acting), agrees=agrees, now=acting.now
    )
    session.refresh(found)
    if not agrees:
        _lock_what_was_sent(session, found)
        _reopen(session, acting, found, reason_code="second_look_disagrees")
    record_on(
        session, acting, found, audit.Event.REVIEW_LOOKED_AGAIN,
        reason_code="agrees" if agrees else "disagrees",
    )  # fmt: skip


def undoable(session: Session, acting: Acting) -> list[SettledLine]:
    """Return what this person settled just now and may still take back."""
    rows = session.scalars(
        select(Review)
        .where(
            Review.state == ReviewState.SETTLED, Review.settled_by == account_of(acting),
            Review.settled_at > acting.now - _LONGEST,
        )
        .order_by(Review.settled_at.desc())
    ).all()  # fmt: skip
    live = [row for row in rows if _live(session, row) and acting.now < _until(session, row)]
    return _lines(session, [row for row in live if not _seen(session, row)], undo=True)


def second_looks(session: Session, acting: Acting) -> list[SettledLine]:
    """Return the sent decisions of others that this reviewer is asked to look at."""
    forces = acting.actor.forces(Role.REVIEWER)
    rows = [
        row
        for row in second_look.waiting_for_second(session)
        if row.force in forces and row.settled_by != account_of(acting) and _of_newest(session, row)
    ]
    untied = [row for row in rows if tie_to_review(session, acting, row) is None]
    return _lines(session, untied, undo=False)


def _settled(session: Session, acting: Acting, review_id: UUID, *, action: Action) -> Review:
    found = session.get(Review, review_id)
    if found is None:
        raise NotFound(NOTHING_HERE)
    require(acting, action, Relation(force=found.force))
    require_untied(tie_to_review(session, acting, found))
    if found.state is not ReviewState.SETTLED or found.settled_match_id is None:
        raise Conflict("This one is not settled: go back to the queue.")
    return found


def _reopen(session: Session, acting: Acting, found: Review, *, reason_code: str) -> None:
    # A newer version of the incident may have taken the decision along until the locks were had.
    session.refresh(found)
    child = session.get_one(InvolvedChild, found.involved_child_id)
    session.refresh(child)
    if not _of_newest(session, found):
        raise Conflict(
            "The police replaced or withdrew this version of the incident: look in the queue for "
            "the newer one, or ring the desk."
        )
    recall_child(
        session, involved_child_id=child.id, incident_id=child.incident_id,
        reason_code=reason_code, actor=acting.actor.id, now=acting.now,
    )  # fmt: skip
    again = second_look.take_back(session, found, actor=acting.actor.id, now=acting.now)
    if child.outcome in _SENT:
        move_child(
            session, child, to=Outcome.IN_REVIEW, reason=OutcomeReason(found.reason_code),
            now=acting.now, due_at=again.due_at,
        )  # fmt: skip


def _lock_what_was_sent(session: Session, found: Review) -> None:
    """Wait for whoever composes, opens or rings about this decision now, and keep others off.

    The decision first, as composing it does: what was not composed by then never will be.
    """
    session.scalars(
        select(Match.id).where(Match.id == found.settled_match_id).with_for_update(key_share=True)
    ).all()
    sent = select(Occurrence.notification_id).where(
        Occurrence.involved_child_id == found.involved_child_id
    )
    session.scalars(
        select(Notification)
        .where(Notification.id.in_(sent), Notification.state.not_in(ENDED))
        .order_by(Notification.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    session.scalars(
        select(CallSheetLine)
        .where(CallSheetLine.notification_id.in_(sent), CallSheetLine.closed_at.is_(None))
        .order_by(CallSheetLine.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _until(session: Session, found: Review) -> datetime:
    at = found.settled_at or found.opened_at
    _, policy = current_policy(session, found.force, at=at)
    return at + timedelta(minutes=policy.confirm_within_minutes)


def _live(session: Session, found: Review) -> bool:
    match = session.get(Match, found.settled_match_id) if found.settled_match_id else None
    return match is not None and match.undone_at is None and _of_newest(session, found)


def _of_newest(session: Session, found: Review) -> bool:
    """Return whether what is decided of this child sends anything: no newer version took over."""
    state = session.scalars(
        select(Incident.state)
        .join(InvolvedChild, InvolvedChild.incident_id == Incident.id)
        .where(InvolvedChild.id == found.involved_child_id)
    ).one_or_none()
    return state is IncidentState.NEWEST


def _seen(session: Session, found: Review) -> bool:
    """Return whether anybody was shown anything of this child, or is ringing or rang about it.

    A claim that ran out counts: its caller may have read it out and claim it again to say so.
    """
    since = found.settled_at or found.opened_at
    sent = session.scalars(
        select(Notification.id)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(
            Occurrence.involved_child_id == found.involved_child_id,
            Notification.state.not_in(ENDED),
        )
    ).all()
    proofs = (
        select(Receipt.id).where(
            Receipt.notification_id.in_(sent), Receipt.kind.in_(_SEEN), Receipt.at >= since
        ),
        select(CallSheetLine.id).where(
            CallSheetLine.notification_id.in_(sent), CallSheetLine.claimed_by.is_not(None)
        ),
        select(AuditEntry.seq).where(
            AuditEntry.subject.in_([f"notification:{one}" for one in sent]),
            AuditEntry.event == audit.Event.CALL_CONTENT_SHOWN, AuditEntry.at >= since,
        ),
    )  # fmt: skip
    return any(session.execute(proof.limit(1)).first() is not None for proof in proofs)


def _lines(session: Session, rows: list[Review], *, undo: bool) -> list[SettledLine]:
    refs = references(session, [row.involved_child_id for row in rows])
    matches = {row.id: session.get_one(Match, row.settled_match_id) for row in rows}
    urns = {urn for match in matches.values() for urn in match.urns}
    names = {urn: place.name for urn, place in queries.establishments(session, urns).items()}
    hidden = _protected(session, [row.involved_child_id for row in rows])
    return [
        SettledLine(
            row.id, *refs[row.involved_child_id],
            (NOT_SHOWN,) if row.involved_child_id in hidden and matches[row.id].urns
            else tuple(names.get(urn, str(urn)) for urn in matches[row.id].urns),
            matches[row.id].reason_code or matches[row.id].reason or "",
            _until(session, row) if undo or row.second_due_at is None else row.second_due_at,
        )
        for row in rows
    ]  # fmt: skip


def _protected(session: Session, child_ids: Sequence[UUID]) -> set[UUID]:
    """Return the protected among these: no list says where they are beside their reference."""
    wanted = select(InvolvedChild.id).where(
        InvolvedChild.id.in_(child_ids), InvolvedChild.protected.is_(True)
    )
    return set(session.scalars(wanted))
