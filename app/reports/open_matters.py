"""What is still open of one force after telling: absences, changes, recalls, answers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, literal, select, union_all
from sqlalchemy.orm import Session

from app.core.clock import london_date
from app.intake.models import Incident, InvolvedChild
from app.reports.rows import NOT_SHOWN
from notifications.desk_calls import call_by, call_wanted
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


class Kind(StrEnum):
    """What can be open."""

    UNMADE_CALL = "unmade_call"
    ABSENT = "absent"
    UNANSWERED = "unanswered"
    UNREAD_CHANGE = "unread_change"
    RECALL = "recall"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_FOLLOWED_UP = "not_followed_up"


# What nobody but a school can close grows with the years: of these a page names the newest.
NAMED = 100
_GROWING = (Kind.NOT_ACKNOWLEDGED, Kind.NOT_FOLLOWED_UP)
OpenIds = Mapping[Kind, Sequence[UUID]]


@dataclass(frozen=True, slots=True)
class OpenMatters:
    """What is open of one force, oldest first in each list, the last two newest first.

    `count` is of all that is open; `unnamed` is how many older ones the last two lists leave out.
    """

    force: str
    count: int
    # Going home: the desk had to ring by then, and did not.
    unmade_calls: tuple[Matter, ...]
    absent: tuple[Matter, ...]
    unanswered: tuple[Matter, ...]
    unread_changes: tuple[Matter, ...]
    recalls: tuple[RecallMatter, ...]
    not_acknowledged: tuple[Matter, ...]
    not_followed_up: tuple[Matter, ...]
    unnamed: Mapping[Kind, int]


def open_ids(session: Session, *, force: str, now: datetime) -> dict[Kind, list[UUID]]:
    """Return the messages of one force with something open now, in the order of each list."""
    found: dict[Kind, list[UUID]] = {
        Kind.RECALL: [row.notification_id for row, _ in open_recalls(session, force=force)]
    }
    parts = [
        statement.with_only_columns(
            literal(kind.value).label("kind"), Notification.id.label("id"), since.label("since")
        )
        for kind, (statement, since) in _open(force, now).items()
    ]
    every = union_all(*parts).subquery()
    rows = session.execute(select(every.c.kind, every.c.id).order_by(every.c.since, every.c.id))
    for kind, ident in rows:
        found.setdefault(Kind(kind), []).append(ident)
    for kind in _GROWING:
        found.get(kind, []).reverse()
    return found


def open_matters(session: Session, *, force: str, now: datetime, of: OpenIds) -> OpenMatters:
    """Return these open messages of one force with what a page says of each."""
    statements = _open(force, now)

    def named(kind: Kind) -> tuple[Matter, ...]:
        ids = list(of.get(kind, ()))
        statement, since = statements[kind]
        return _matters(session, statement, since, ids[:NAMED] if kind in _GROWING else ids)

    recalled = set(of.get(Kind.RECALL, ()))
    return OpenMatters(
        force, sum(len(ids) for ids in of.values()),
        unmade_calls=named(Kind.UNMADE_CALL), absent=named(Kind.ABSENT),
        unanswered=named(Kind.UNANSWERED), unread_changes=named(Kind.UNREAD_CHANGE),
        recalls=_recalls(session, force, recalled) if recalled else (),
        not_acknowledged=named(Kind.NOT_ACKNOWLEDGED),
        not_followed_up=named(Kind.NOT_FOLLOWED_UP),
        unnamed={kind: max(0, len(of.get(kind, ())) - NAMED) for kind in _GROWING},
    )  # fmt: skip


def _open(force: str, now: datetime) -> dict[Kind, tuple[Select[Notification], Any]]:
    """Return what is open by its kind, each with the instant since which it is."""
    today = london_date(now)
    mine = select(Notification).where(Notification.force == force, Notification.state.in_(VISIBLE))
    told = mine.where(Notification.told_at.is_not(None))
    attending = mine.join(Attendance, Attendance.notification_id == Notification.id)
    return {
        Kind.UNMADE_CALL: (mine.where(call_wanted(before=now)), call_by()),
        Kind.ABSENT: (
            attending.where(
                Attendance.answer == AttendanceAnswer.ABSENT, Attendance.response.is_(None)
            ),
            Attendance.asked_at,
        ),
        Kind.UNANSWERED: (
            attending.where(
                Attendance.answer.is_(None), Attendance.shown_from.is_not(None),
                Attendance.on_date == today,
            ),
            Attendance.asked_at,
        ),
        Kind.UNREAD_CHANGE: (
            mine.join(Amendment, Amendment.notification_id == Notification.id).where(
                Amendment.read_at.is_(None), Amendment.due_at.is_not(None)
            ),
            Amendment.made_at,
        ),
        Kind.NOT_ACKNOWLEDGED: (told.where(_asked_leads()), Notification.told_at),
        Kind.NOT_FOLLOWED_UP: (
            told.where(
                Notification.follow_up_due_on < today, Notification.followed_up_at.is_(None)
            ),
            Notification.told_at,
        ),
    }  # fmt: skip


def _recalls(session: Session, force: str, ids: Collection[UUID]) -> tuple[RecallMatter, ...]:
    rows = [one for one in open_recalls(session, force=force) if one[0].notification_id in ids]
    notifications = [session.get_one(Notification, one.notification_id) for one, _ in rows]
    pairs = [(note, row.recalled_at) for note, (row, _) in zip(notifications, rows, strict=True)]
    matters = _of(session, pairs)
    return tuple(
        RecallMatter(matter, recall, breach)
        for matter, (recall, breach) in zip(matters, rows, strict=True)
    )


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
    session: Session, statement: Select[Notification], since: Any, ids: Sequence[UUID]
) -> tuple[Matter, ...]:
    if not ids:
        return ()
    rows = session.execute(statement.add_columns(since).where(Notification.id.in_(set(ids))))
    rank = {ident: number for number, ident in enumerate(ids)}
    pairs = [(note, at) for note, at in rows if at is not None]
    return tuple(_of(session, sorted(pairs, key=lambda pair: (rank[pair[0].id], pair[1]))))


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
