"""Opening a notification in two steps, each of them logged.

Step 1 shows a first name and a year of birth and asks two questions; step 2 shows the content to
the person who answered them. A colleague's answers open nothing for anybody else.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action
from app.casework import not_our_pupil
from app.casework.acting import Acting
from app.casework.amendments import changes_left
from app.casework.connections import Tie, tie_to_notification
from app.casework.earlier_messages import EarlierMessage, earlier_messages
from app.casework.following_up import recorded
from app.casework.remembering import remember_on_roll, speaks_for
from app.casework.restricted import is_restricted
from app.casework.waiting import Seen, notification_for, recipient_name, require_seen, seen_by
from app.core import audit
from app.core.cipher import Erased
from app.core.errors import Conflict
from app.core.policies import current_policy
from app.core.policy import Desk
from app.core.scope import acting_for
from notifications import receipts
from notifications.attendance import question_of
from notifications.compose import Content
from notifications.models import FollowUp, Notification
from notifications.queries import content_of
from notifications.recall_cases import to_destroy
from notifications.receipt_models import Attendance
from notifications.receipt_rows import has_receipt
from notifications.states import ENDED, NotificationState, ReceiptKind
from schools.connected_models import ChangeReason
from schools.recipient_changes import note_change


class Shown(StrEnum):
    """What a person is shown of a notification now."""

    COVER = "cover"
    QUESTIONS = "questions"
    CONTENT = "content"
    # This person knows the family: a colleague is to open it.
    WITHHELD = "withheld"
    # "Not our pupil" was said: nothing of the child is shown.
    CLOSED = "closed"
    # Recalled, replaced, or erased after its time.
    ENDED = "ended"


class Answer(StrEnum):
    """Where the two questions lead."""

    OPENED = "opened"
    NOT_ON_ROLL = "not_on_roll"
    KNOWS_FAMILY = "knows_the_family"


@dataclass(frozen=True, slots=True)
class Opening:
    """One notification as this person may see it now; `content` only once they opened it."""

    notification: Notification
    shown: Shown
    recipient: str
    desk: Desk
    first_name: str | None = None
    birth_year: int | None = None
    content: Content | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    undo_until: datetime | None = None
    # What changed after somebody was told, as codes of its fields, and nobody has read since.
    unread_changes: tuple[str, ...] = ()
    earlier: tuple[EarlierMessage, ...] = ()
    # Whether the child came to school, once that was asked.
    attendance: Attendance | None = None
    acknowledged_by_me: bool = False
    may_print: bool = False
    # This person read what was taken back, or one incident of it that was, and has not said yet
    # that nothing of it is kept.
    to_destroy: bool = False
    # Somebody of this person's name is concerned: one more question comes before the content.
    asks_tie: bool = False
    # A council's officer is asked, for a child of its own or for a school on holiday.
    at_council: bool = False

    @property
    def for_school(self) -> bool:
        """Whether a council's officer is asked for a school on holiday."""
        return self.at_council and self.notification.urn is not None


def look(session: Session, acting: Acting, *, notification_id: UUID) -> Opening:
    """Return a notification as far as this person has opened it; each look at a child is logged.

    Raises `NotFound` for what does not exist and for what is somebody else's.
    """
    notification = _mine(session, acting, notification_id)
    seen = seen_by(session, notification, actor=acting.actor.id)
    shown = _shown(notification, seen)
    if shown not in {Shown.QUESTIONS, Shown.CONTENT}:
        return _opening(session, acting, notification, shown)
    try:
        with acting_for(session, notification.force):
            content = content_of(session, acting.cipher, notification)
            _record_look(session, acting, notification, shown)
    except Erased:
        return _opening(session, acting, notification, Shown.ENDED)
    return _opening(session, acting, notification, shown, content)


def take_first_step(session: Session, acting: Acting, *, notification_id: UUID) -> None:
    """Let this person see the first name and year of birth; recorded, and telling nobody yet."""
    notification = _mine(session, acting, notification_id)
    if seen_by(session, notification, actor=acting.actor.id) is not Seen.NOTHING:
        return
    with acting_for(session, notification.force):
        receipts.first_step(
            session, notification, actor=acting.actor.id, now=acting.now, source="page"
        )


def asks_tie(session: Session, acting: Acting, *, notification_id: UUID) -> bool:
    """Return whether this person is asked if they are related to or involved with the family."""
    notification = _mine(session, acting, notification_id)
    return tie_to_notification(session, acting, notification) is Tie.ASK


def answer_questions(
    session: Session, acting: Acting, *, notification_id: UUID, on_roll: bool, knows_family: bool,
    tied: bool | None = None,
) -> Answer:  # fmt: skip
    """Open the content to this person, where the answers allow it: this is what counts as told.

    Whoever knows the family outside school is not shown the content, and no later answer changes
    that; the ladder goes on to the next key adult. So it is with whoever is asked whether they are
    related to or involved with the family and does not deny it (`tied`). Raises `NotFound`, and
    `Conflict` before the first step or where that answer is missing.
    """
    notification = _mine(session, acting, notification_id)
    withheld = seen_by(session, notification, actor=acting.actor.id) is Seen.WITHHELD
    if not withheld:
        require_seen(session, notification, actor=acting.actor.id, least=Seen.FIRST_STEP)
    if notification.state in ENDED or notification.state is NotificationState.HELD:
        raise Conflict("This message was closed a moment ago: go back to your messages.")
    asked = tie_to_notification(session, acting, notification) is Tie.ASK
    if asked and tied is None and not (knows_family or withheld):
        raise Conflict("One question is not answered: go back to your messages and start there.")
    if knows_family or withheld or (asked and tied):
        reason = ChangeReason.KNOWS_THE_FAMILY if knows_family else ChangeReason.SAID_RELATED
        _withhold(session, acting, notification, reason=reason)
        return Answer.KNOWS_FAMILY
    if not on_roll:
        return Answer.NOT_ON_ROLL
    with acting_for(session, notification.force):
        receipts.opened(session, notification, actor=acting.actor.id, now=acting.now, source="page")
        remember_on_roll(session, acting, notification)
        _record(session, acting, notification, audit.Event.NOTIFICATION_OPENED)
    return Answer.OPENED


def _withhold(
    session: Session, acting: Acting, notification: Notification, *, reason: ChangeReason
) -> None:
    """Remember that this person may not read it; each try is on the trail."""
    with acting_for(session, notification.force):
        receipts.withheld(
            session, notification, actor=acting.actor.id, now=acting.now, source="page"
        )
        note_change(
            session, force=notification.force, incident_id=notification.incident_id,
            about=f"notification:{notification.id}", person=acting.actor.id, reason=reason,
            now=acting.now, actor=acting.actor.id,
        )  # fmt: skip
        _record(
            session, acting, notification, audit.Event.NOTIFICATION_WITHHELD,
            reason_code=Answer.KNOWS_FAMILY.value,
        )  # fmt: skip


def _mine(session: Session, acting: Acting, notification_id: UUID) -> Notification:
    return notification_for(session, acting, notification_id, action=Action.OPEN_NOTIFICATION)


def _shown(notification: Notification, seen: Seen) -> Shown:
    if notification.state in ENDED:
        return Shown.ENDED
    if notification.state is NotificationState.HELD:
        return Shown.CLOSED
    return {
        Seen.WITHHELD: Shown.WITHHELD, Seen.NOTHING: Shown.COVER,
        Seen.FIRST_STEP: Shown.QUESTIONS, Seen.CONTENT: Shown.CONTENT,
    }[seen]  # fmt: skip


def _opening(
    session: Session,
    acting: Acting,
    notification: Notification,
    shown: Shown,
    content: Content | None = None,
) -> Opening:
    _, policy = current_policy(session, notification.force, at=acting.now)
    whole = content if shown is Shown.CONTENT else None
    asks = shown is Shown.QUESTIONS and (
        tie_to_notification(session, acting, notification) is Tie.ASK
    )
    return Opening(
        notification, shown, recipient_name(session, notification),
        policy.desk_for(restricted=is_restricted(session, notification)),
        first_name=content.identity.first_name if content else None,
        birth_year=content.identity.birth_year if content else None,
        content=whole,
        follow_ups=recorded(session, notification) if whole else (),
        undo_until=not_our_pupil.undo_until(session, notification),
        unread_changes=changes_left(session, notification) if whole else (),
        earlier=earlier_messages(session, acting, notification) if whole else (),
        attendance=question_of(session, notification) if whole else None,
        acknowledged_by_me=has_receipt(
            session, notification, ReceiptKind.ACKNOWLEDGED, acting.actor.id
        ),
        may_print=whole is not None and policy.receipts.printing,
        to_destroy=to_destroy(session, notification, acting.actor.id),
        asks_tie=asks,
        at_council=not speaks_for(acting, notification),
    )  # fmt: skip


def _record_look(
    session: Session, acting: Acting, notification: Notification, shown: Shown
) -> None:
    event = audit.Event.NOTIFICATION_FIRST_STEP
    if shown is Shown.CONTENT:
        event = audit.Event.NOTIFICATION_READ
    _record(session, acting, notification, event)


def _record(
    session: Session,
    acting: Acting,
    notification: Notification,
    event: audit.Event,
    *,
    reason_code: str | None = None,
) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=notification.force,
        subject=f"notification:{notification.id}", now=acting.now, reason_code=reason_code,
    )  # fmt: skip
