"""The inbox: what waits for one person's schools and councils; no name before it was opened."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.access.permissions import Action, Actor, Role, may_at_all
from app.casework.acting import Acting
from app.casework.connections import Tie, ties_to_notifications
from app.casework.found_connected import note_found
from app.core import audit
from app.core.cipher import Erased
from app.core.clock import london_date
from app.core.errors import NotFound
from app.core.scope import scope, scope_of
from notifications.compose import Identity
from notifications.holiday_desk import answered_by_council
from notifications.models import Notification, Receipt
from notifications.queries import content_of
from notifications.states import VISIBLE, NotificationState, ReceiptKind
from schools import queries


@dataclass(frozen=True, slots=True)
class Line:
    """One notification in a list; `child` is a first name once this person has opened it."""

    notification_id: UUID
    recipient: str
    state: NotificationState
    due_at: datetime
    ready_at: datetime | None
    told_at: datetime | None
    acknowledged_at: datetime | None
    follow_up_due_on: date | None
    opened_by_me: bool
    # This person knows the family and is not shown it.
    withheld: bool
    child: str | None
    # Tells one Asha from another; known once opened, too.
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class Inbox:
    """What a person sees on coming in; the first group is what somebody has to open."""

    to_open: tuple[Line, ...]
    for_a_colleague: tuple[Line, ...]
    to_acknowledge: tuple[Line, ...]
    to_follow_up: tuple[Line, ...]
    done: tuple[Line, ...]
    recipients: tuple[str, ...]


def inbox(session: Session, acting: Acting) -> Inbox:
    """Return what waits for this person's schools and councils, most urgent first.

    What tells of an incident with which this person is connected is not there; that it went past
    them is noted.
    """
    if not may_at_all(acting.actor, Action.SEE_INBOX):
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    rows = _visible(session, acting)
    tied = ties_to_notifications(session, acting, {row.id: row.force for row in rows})
    for row in rows:
        if tied.get(row.id) is Tie.OUT and row.told_at is None:
            note_found(session, acting, row)
    rows = [row for row in rows if tied.get(row.id) is not Tie.OUT]
    ids = [row.id for row in rows]
    withheld = _those_with(session, acting.actor, ids, kind=ReceiptKind.WITHHELD)
    opened = _those_with(session, acting.actor, ids, kind=ReceiptKind.OPENED) - withheld
    names = _names(session, acting, [row for row in rows if row.id in opened])
    places = _recipients(session, acting.actor)
    asked = {row.urn for row in rows if row.urn is not None and row.recipient not in places}
    titles = places | _school_names(session, asked)
    lines = [
        _line(row, titles, names, opened=row.id in opened, withheld=row.id in withheld)
        for row in rows
    ]
    return Inbox(
        to_open=tuple(line for line in lines if _group(line) == "open"),
        for_a_colleague=tuple(line for line in lines if _group(line) == "for_a_colleague"),
        to_acknowledge=tuple(line for line in lines if _group(line) == "acknowledge"),
        to_follow_up=tuple(
            sorted((line for line in lines if _group(line) == "follow_up"), key=_by_answer)
        ),
        done=tuple(line for line in lines if _group(line) == "done"),
        recipients=tuple(sorted(places.values())),
    )


def _visible(session: Session, acting: Acting) -> list[Notification]:
    """Return the notifications of the own schools and of the own councils as recipients.

    In a holiday also those of the council's schools about which its officers were asked. A
    protected child's is there for the one person it was released to, and for nobody else.
    """
    actor = acting.actor
    councils = actor.councils(Role.COUNCIL_OFFICER)
    wanted = {f"urn:{urn}" for urn in actor.urns(Role.KEY_ADULT)}
    wanted |= {f"council:{code}" for code in councils}
    asked = and_(Notification.council.in_(councils), answered_by_council(london_date(acting.now)))
    return list(
        session.scalars(
            select(Notification)
            .where(
                or_(Notification.recipient.in_(wanted), asked),
                Notification.state.in_(VISIBLE),
                or_(Notification.shown_only_to.is_(None), Notification.shown_only_to == actor.id),
            )
            .order_by(Notification.due_at, Notification.id)
        )
    )


def _those_with(
    session: Session, actor: Actor, ids: Collection[UUID], *, kind: ReceiptKind
) -> set[UUID]:
    """Return those of which this person has a receipt of this kind."""
    return set(
        session.scalars(
            select(Receipt.notification_id).where(
                Receipt.notification_id.in_(ids),
                Receipt.actor == actor.id,
                Receipt.kind == kind,
            )
        )
    )


def _names(
    session: Session, acting: Acting, rows: Collection[Notification]
) -> dict[UUID, Identity]:
    """Return who it is about, of what this person has opened; content past its time has none.

    A list with names is a look at each of them: on the trail of each force, by the messages' ids.
    """
    before, found = scope_of(session), dict[UUID, Identity]()
    forces = frozenset(row.force for row in rows)
    # What they opened themselves, whatever is closed to another of their roles.
    scope(session, replace(before, forces=before.forces | forces, closed=frozenset()))
    for row in rows:
        try:
            content = content_of(session, acting.cipher, row)
        except Erased:
            continue
        found[row.id] = content.identity
    scope(session, before)
    for force in sorted(forces):
        named = sorted(str(row.id) for row in rows if row.id in found and row.force == force)
        if named:
            audit.record(
                session, event=audit.Event.NOTIFICATIONS_LISTED, actor=acting.actor.id,
                force=force, subject=acting.actor.id, now=acting.now,
                detail={"notifications": named},
            )  # fmt: skip
    return found


def _recipients(session: Session, actor: Actor) -> dict[str, str]:
    found = _school_names(session, actor.urns(Role.KEY_ADULT))
    councils = actor.councils(Role.COUNCIL_OFFICER)
    return found | {f"council:{code}": queries.council_name(session, code) for code in councils}


def _school_names(session: Session, urns: Collection[int]) -> dict[str, str]:
    places = queries.establishments(session, urns)
    return {f"urn:{urn}": place.name for urn, place in places.items()}


def _line(
    row: Notification, places: dict[str, str], names: dict[UUID, Identity], *,
    opened: bool, withheld: bool,
) -> Line:  # fmt: skip
    who = names.get(row.id)
    return Line(
        row.id, places.get(row.recipient, row.recipient), row.state, row.due_at, row.ready_at,
        row.told_at, row.acknowledged_at, row.follow_up_due_on, opened,
        withheld, (who.first_name or "Name not known") if who else None, _birth_year(who),
    )  # fmt: skip


def _birth_year(who: Identity | None) -> int | None:
    if who is None or who.date_of_birth is None:
        return who.birth_year if who else None
    return who.date_of_birth.year


def _by_answer(line: Line) -> tuple[date, str, str]:
    """Order by the day to answer by, then by school and child."""
    return line.follow_up_due_on or date.max, line.recipient, line.child or ""


def _group(line: Line) -> str:
    if line.withheld:
        return "for_a_colleague"
    if not line.opened_by_me and line.acknowledged_at is None:
        return "open"
    if line.acknowledged_at is None:
        return "acknowledge"
    return "done" if line.state is NotificationState.FOLLOWED_UP else "follow_up"
