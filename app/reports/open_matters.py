"""What is still open of one force after telling: absences, changes, recalls, answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.orm import Session

from app.core.clock import london_date
from app.intake.models import Incident, InvolvedChild
from app.reports.rows import NOT_SHOWN
from notifications.desk_calls import call_wanted, calls_wanted
from notifications.models import Notification
from notifications.recall_cases import open_recalls
from notifications.receipt_models import Amendment, Attendance, Breach, Recall, ReceiptStep
from notifications.receipt_states import AttendanceAnswer, ReceiptStepKind
from notifications.states import VISIBLE, StepState
from schools.queries import council_name, establishments


@dataclass(frozen=True, slots=True)
class Matter:
    """One message with something open; the school is not named where a child is protected."""

    notification_id: UUID
    reference: str
    child_ref: str
    school: str
    since: datetime


@dataclass(frozen=True, slots=True)
class RecallMatter:
    """One recall whose questions or whose breach record are open."""

    matter: Matter
    recall: Recall
    breach: Breach | None


@dataclass(frozen=True, slots=True)
class OpenMatters:
    """Everything open of one force, oldest first in each list."""

    force: str
    # Going home: the desk had to ring by then, and did not.
    unmade_calls: tuple[Matter, ...]
    absent: tuple[Matter, ...]
    unanswered: tuple[Matter, ...]
    unread_changes: tuple[Matter, ...]
    recalls: tuple[RecallMatter, ...]
    not_acknowledged: tuple[Matter, ...]
    not_followed_up: tuple[Matter, ...]

    @property
    def notification_ids(self) -> tuple[UUID, ...]:
        own = (
            *self.unmade_calls, *self.absent, *self.unanswered, *self.unread_changes,
            *self.not_acknowledged,
        )  # fmt: skip
        recalled = tuple(one.matter for one in self.recalls)
        return tuple(one.notification_id for one in (*own, *recalled, *self.not_followed_up))

    @property
    def count(self) -> int:
        return len(self.notification_ids)


def open_matters(session: Session, *, force: str, now: datetime) -> OpenMatters:
    """Return what is open of one force now."""
    today = london_date(now)
    absent = and_(Attendance.answer == AttendanceAnswer.ABSENT, Attendance.response.is_(None))
    unanswered = and_(
        Attendance.answer.is_(None), Attendance.shown_from.is_not(None),
        Attendance.on_date == today,
    )  # fmt: skip
    overdue = and_(Notification.follow_up_due_on < today, Notification.followed_up_at.is_(None))
    return OpenMatters(
        force,
        unmade_calls=_unmade_calls(session, force, now),
        absent=_attending(session, force, absent),
        unanswered=_attending(session, force, unanswered),
        unread_changes=_unread(session, force),
        recalls=_recalls(session, force),
        not_acknowledged=_matters(session, _visible(force).where(_asked_leads())),
        not_followed_up=_matters(session, _visible(force).where(overdue)),
    )


def _attending(session: Session, force: str, wanted: ColumnElement[bool]) -> tuple[Matter, ...]:
    statement = (
        select(Notification, Attendance.asked_at)
        .join(Attendance, Attendance.notification_id == Notification.id)
        .where(Notification.force == force, Notification.state.in_(VISIBLE), wanted)
        .order_by(Attendance.asked_at, Notification.id)
    )
    return _matters(session, statement)


def _unmade_calls(session: Session, force: str, now: datetime) -> tuple[Matter, ...]:
    notifications = session.scalars(
        select(Notification)
        .where(Notification.force == force, call_wanted(before=now))
        .order_by(Notification.due_at, Notification.id)
    ).all()
    by = calls_wanted(session, [one.id for one in notifications])
    return tuple(_of(session, [(one, by[one.id]) for one in notifications]))


def _unread(session: Session, force: str) -> tuple[Matter, ...]:
    statement = (
        select(Notification, Amendment.made_at)
        .join(Amendment, Amendment.notification_id == Notification.id)
        .where(
            Notification.force == force, Notification.state.in_(VISIBLE),
            Amendment.read_at.is_(None), Amendment.due_at.is_not(None),
        )
        .order_by(Amendment.made_at, Notification.id)
    )  # fmt: skip
    return _matters(session, statement)


def _recalls(session: Session, force: str) -> tuple[RecallMatter, ...]:
    rows = open_recalls(session, force=force)
    notifications = [session.get_one(Notification, one.notification_id) for one, _ in rows]
    pairs = [(note, row.recalled_at) for note, (row, _) in zip(notifications, rows, strict=True)]
    matters = _of(session, pairs)
    return tuple(
        RecallMatter(matter, recall, breach)
        for matter, (recall, breach) in zip(matters, rows, strict=True)
    )


def _visible(force: str) -> Select[Notification, datetime | None]:
    return (
        select(Notification, Notification.told_at)
        .where(
            Notification.force == force, Notification.state.in_(VISIBLE),
            Notification.told_at.is_not(None),
        )
        .order_by(Notification.told_at, Notification.id)
    )  # fmt: skip


def _asked_leads() -> ColumnElement[bool]:
    """Nobody acknowledged though the school was asked to, and the next morning has begun."""
    return and_(
        Notification.acknowledged_at.is_(None),
        exists().where(
            ReceiptStep.notification_id == Notification.id,
            ReceiptStep.kind == ReceiptStepKind.ACKNOWLEDGE_LEAD,
            ReceiptStep.state != StepState.PLANNED,
        ),
    )


def _matters(
    session: Session,
    statement: Select[Notification, datetime] | Select[Notification, datetime | None],
) -> tuple[Matter, ...]:
    rows = session.execute(statement).all()
    return tuple(_of(session, [(note, at) for note, at in rows if at is not None]))


def _of(session: Session, rows: Sequence[tuple[Notification, datetime]]) -> list[Matter]:
    if not rows:
        return []
    refs = _references(session, {note.involved_child_id for note, _ in rows})
    names = establishments(session, {note.urn for note, _ in rows if note.urn is not None})
    found = []
    for note, at in rows:
        reference, ref, protected = refs[note.involved_child_id]
        if protected or note.shown_only_to is not None:
            school = NOT_SHOWN
        elif note.urn is None:
            school = council_name(session, note.council or "")
        else:
            school = names[note.urn].name if note.urn in names else str(note.urn)
        found.append(Matter(note.id, reference, ref, school, at))
    return found


def _references(session: Session, child_ids: Iterable[UUID]) -> dict[UUID, tuple[str, str, bool]]:
    rows = session.execute(
        select(InvolvedChild.id, Incident.reference, InvolvedChild.ref, InvolvedChild.protected)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(InvolvedChild.id.in_(set(child_ids)))
    )
    return {ident: (reference, ref, protected) for ident, reference, ref, protected in rows}
