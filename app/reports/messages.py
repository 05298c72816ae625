"""The messages behind a number of timeliness, the late ones with why and who had them.

No child's name: a force reads its own reference, a council nothing of the incident. The school of a
protected child is not named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.access.restricted import allowed
from app.core.cipher import Cipher
from app.core.clock import london_date
from app.core.policies import current_policy
from app.intake.models import Incident, InvolvedChild
from app.reports.counts import BEFORE_NINE, Figure, conditions, counted, due_day, is_due_day
from app.reports.holders import Holders
from app.reports.periods import Period
from app.reports.rows import NOT_SHOWN
from app.reports.timeliness import NO_SCHOOL, PHASE_UNKNOWN, PROTECTED, Kind, Whose
from notifications.models import CallSheetLine, Notification
from notifications.states import LateCause, ToldHow
from schools.models import Establishment
from schools.queries import council_name, establishments

PAGE_SIZE = 50
# So many rows are looked up at once, however long the list.
_BLOCK = 500


class HadIt(StrEnum):
    """Who had a late message when its time ran out, as a code."""

    FORCE_SYSTEM = "force_system"
    REVIEWERS = "reviewers"
    SERVICE = "service"
    MAIL = "mail"
    KEY_ADULTS = "key_adults"
    DESK = "desk"


_HAD_IT = {
    LateCause.RECORD_RECEIVED_LATE: HadIt.FORCE_SYSTEM,
    LateCause.SETTLED_LATE: HadIt.REVIEWERS,
    LateCause.SERVICE_LATE: HadIt.SERVICE,
    LateCause.DELIVERY_FAILED: HadIt.MAIL,
    LateCause.NOT_OPENED: HadIt.KEY_ADULTS,
    LateCause.NO_KEY_ADULT: HadIt.DESK,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: of some figures in a period, and perhaps of one place or cause.

    `at` is what a line of the report is found again by: `school:990001`, `council:999`,
    `phase:Primary`, `no_school` or `protected`; empty for all.
    """

    period: Period
    figures: tuple[Figure, ...]
    at: str = ""
    cause: LateCause | None = None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message; `reference` and `child_ref` are the force's and empty for a council."""

    id: UUID
    force: str
    child_id: UUID
    reference: str
    child_ref: str
    place: str
    due_at: datetime
    told_at: datetime | None
    told_how: ToldHow | None
    acknowledged_at: datetime | None
    late: bool
    late_record: bool
    cause: LateCause | None
    had_it: HadIt | None
    # Who has it now, by name where the force's own lead asks; empty once somebody was told.
    held_by: str = ""

    @property
    def minutes_late(self) -> int | None:
        """Return how long after the deadline somebody was told; not of a record that was late."""
        if self.told_at is None or self.late_record or self.told_at <= self.due_at:
            return None
        return -int((self.due_at - self.told_at).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Messages:
    """One page of them, newest deadline first; `more` says whether another follows."""

    rows: tuple[MessageRow, ...]
    more: bool


def messages(
    session: Session, cipher: Cipher, whose: Whose, wanted: Wanted, *, now: datetime,
    skip: int = 0, limit: int = PAGE_SIZE,
) -> Messages:  # fmt: skip
    """Return the messages behind a number, as they stand at `now`."""
    order = (Notification.due_at.desc(), Notification.id)
    asked = _chosen(whose, wanted, now, Notification).order_by(*order)
    found = session.scalars(asked.offset(skip).limit(limit + 1)).all()
    rows = _rows(session, cipher, whose, found[:limit], now=now)
    return Messages(rows, len(found) > limit)


def all_messages(
    session: Session, cipher: Cipher, whose: Whose, wanted: Wanted, *, now: datetime
) -> Iterator[tuple[MessageRow, ...]]:
    """Yield every message behind a number, in the same order, some hundred at a time.

    Which they are is asked once, so that none is missed or comes twice where others write.
    """
    order = (Notification.due_at.desc(), Notification.id)
    ids = session.scalars(_chosen(whose, wanted, now, Notification.id).order_by(*order)).all()
    for start in range(0, len(ids), _BLOCK):
        block = Notification.id.in_(ids[start : start + _BLOCK])
        found = session.scalars(select(Notification).where(block).order_by(*order)).all()
        yield _rows(session, cipher, whose, found, now=now)


def _rows(
    session: Session, cipher: Cipher, whose: Whose, shown: Sequence[Notification], *, now: datetime
) -> tuple[MessageRow, ...]:
    places = _places(session, shown)
    rows = [_row(one, places) for one in shown]
    if whose.kind is Kind.FORCE:
        rows = _with_references(session, rows)
        held = _holders(session, cipher, whose.code, shown, now=now)
    else:
        held = _rooms(session, shown)
    return tuple(replace(row, held_by=held.get(row.id, "")) for row in rows)


def causes(
    session: Session, whose: Whose, *, period: Period, now: datetime
) -> dict[LateCause | None, int]:
    """Return how many messages were late for each cause, the most first.

    No cause stands for one that nobody has been told of and that is not marked late yet.
    """
    wanted = Wanted(period, (Figure.TOLD_LATE, Figure.NOT_TOLD))
    rows = session.execute(
        _chosen(whose, wanted, now, Notification.late_cause, func.count()).group_by(
            Notification.late_cause
        )
    )
    return dict(sorted(((cause, count) for cause, count in rows), key=lambda one: -one[1]))


def _chosen(whose: Whose, wanted: Wanted, now: datetime, *what: Any) -> Select[Any]:
    day = due_day(wanted.period)
    meant = conditions(day)
    # The lists of two figures that exclude one another are added up.
    any_of = or_(*(meant[figure] for figure in wanted.figures))
    asked = select(*what).select_from(Notification)
    if not BEFORE_NINE.isdisjoint(wanted.figures):
        asked = asked.join(day, is_due_day(day))
    return (
        asked.where(
            whose.mine, *counted(wanted.period, now), any_of, *_at(wanted.at),
            *([Notification.late_cause == wanted.cause] if wanted.cause else []),
        )
    )  # fmt: skip


def _at(at: str) -> Iterator[ColumnElement[bool]]:
    """Yield what a message must be to belong to one line; a line never holds a protected child."""
    if not at:
        return
    if at == PROTECTED:
        yield Notification.shown_only_to.is_not(None)
        return
    yield Notification.shown_only_to.is_(None)
    kind, _, code = at.partition(":")
    if kind == NO_SCHOOL:
        yield Notification.urn.is_(None)
    elif kind == "school" and code.isdecimal() and len(code) < 10:
        yield Notification.urn == int(code)
    elif kind == "council":
        yield Notification.council == code
    else:
        yield Notification.urn.in_(
            select(Establishment.urn).where(
                Establishment.phase == code
                if code != PHASE_UNKNOWN
                else Establishment.phase.is_(None)
            )
        )


def _row(one: Notification, places: dict[str, str]) -> MessageRow:
    late = one.told_at is None or one.late_record or one.told_at > one.due_at
    protected = one.shown_only_to is not None
    return MessageRow(
        id=one.id, force=one.force, child_id=one.involved_child_id, reference="", child_ref="",
        place=NOT_SHOWN if protected else places.get(one.recipient, one.recipient),
        due_at=one.due_at, told_at=one.told_at, told_how=one.told_how,
        acknowledged_at=one.acknowledged_at, late=late, late_record=one.late_record,
        cause=one.late_cause if late else None,
        had_it=_HAD_IT[one.late_cause] if late and one.late_cause else None,
    )  # fmt: skip


def _places(session: Session, found: list[Notification] | Any) -> dict[str, str]:
    urns = {one.urn for one in found if one.urn is not None}
    names = {f"urn:{urn}": place.name for urn, place in establishments(session, urns).items()}
    codes = {one.council for one in found if one.urn is None and one.council is not None}
    return names | {f"council:{code}": council_name(session, code) for code in codes}


def _with_references(session: Session, rows: list[MessageRow]) -> list[MessageRow]:
    found = {
        child_id: (reference, ref)
        for child_id, ref, reference in session.execute(
            select(InvolvedChild.id, InvolvedChild.ref, Incident.reference)
            .join(Incident, Incident.id == InvolvedChild.incident_id)
            .where(InvolvedChild.id.in_({row.child_id for row in rows}))
        )
    }
    told = ((row, found.get(row.child_id, ("", ""))) for row in rows)
    return [replace(row, reference=reference, child_ref=ref) for row, (reference, ref) in told]


def _holders(
    session: Session, cipher: Cipher, force: str, found: Any, *, now: datetime
) -> dict[UUID, str]:
    """Return who has each untold message, by name; of a restricted one only the group is named."""
    untold = [one for one in found if one.told_at is None]
    if not untold:
        return {}
    _, policy = current_policy(session, force, at=now)
    on = london_date(now)

    def holders(only: frozenset[UUID] | None = None) -> Holders:
        return Holders(session, cipher, force=force, policy=policy, on=on, only=only)

    children = {
        child.id: (child, restricted)
        for child, restricted in session.execute(
            select(InvolvedChild, Incident.restricted_access)
            .join(Incident, Incident.id == InvolvedChild.incident_id)
            .where(InvolvedChild.id.in_({one.involved_child_id for one in untold}))
        )
    }
    closed_to_most = any(closed for _, closed in children.values())
    apart = holders(allowed(session, force, on=on)) if closed_to_most else None
    whole, held = holders(), {}
    for asked in (whole, apart):
        if asked is not None:
            asked.look_up(children, untold)
    for one in untold:
        child, closed = children[one.involved_child_id]
        held[one.id] = (apart if closed and apart else whole).of(child, [one])
    return held


def _rooms(session: Session, found: Any) -> dict[UUID, str]:
    """Return who has each untold message without a name: the school, or the force's desk."""
    untold = {one.id for one in found if one.told_at is None}
    on_sheet = set(
        session.scalars(
            select(CallSheetLine.notification_id).where(
                and_(CallSheetLine.notification_id.in_(untold), CallSheetLine.closed_at.is_(None))
            )
        )
    )
    return {one: "The force’s desk" if one in on_sheet else "The school" for one in untold}
