"""Taking many messages back at once: one person asks, another of the force agrees.

Source: features.md AD4. One message is taken back by one person, at once; so are a few in an hour
(`Recalls.alone_an_hour`). More would silence a morning, whoever does it and why ever: a second
person looks. Each child goes back to a reviewer with its deadline, as after a single recall.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.connections import Tie, desk_ties
from app.casework.recalling import RecallReason, take_back
from app.core import audit
from app.core.clock import at_london, london_date
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.ids import new_id
from notifications import recalls_of_many
from notifications.alerting import alert_officer, stop_alerts
from notifications.free_officers import Family, free_officers
from notifications.models import Notification
from notifications.recalls_of_many import ANSWERED_WITHIN, RecallOfMany
from notifications.states import ENDED
from schools import queries
from schools.officers import Duty

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."
_SHOWN = timedelta(hours=12)


class Since(StrEnum):
    """From which deadline on messages are meant."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"


_DAYS = {Since.TODAY: 0, Since.WEEK: 6, Since.MONTH: 29}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who was sent messages that stand, and how many since the earliest day that can be chosen."""

    code: str
    name: str
    messages: int


class _Meant(NamedTuple):
    """A message that would be taken back, to whom it went, and whom alone it is shown to."""

    id: UUID
    recipient: str
    shown_only_to: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it stands; `messages` is how many would go now, `who` empty on one's own.

    How many went is not here: who agreed may know of messages that who asked may not know of.
    """

    id: UUID
    force: str
    name: str
    since: date
    reason: RecallReason
    who: str
    asked_at: datetime
    messages: int
    waits: bool
    answered_at: datetime | None
    taken_back: bool


@dataclass(frozen=True, slots=True)
class OfForce:
    """What can be asked of one force, and what was."""

    force: str
    recipients: tuple[Recipient, ...]
    to_answer: tuple[Asked, ...]
    mine: tuple[Asked, ...]


def look(session: Session, acting: Acting) -> list[OfForce]:
    """Return each force of a person with its recipients and questions; `NotFound` without one."""
    forces = sorted(acting.actor.forces(Role.FORCE_DESK, Role.LEAD))
    if not forces:
        raise NotFound(_NOTHING_HERE)
    return [_of_force(session, acting, force) for force in forces]


def ask(
    session: Session, acting: Acting, *, force: str, recipient: str, since: Since,
    reason: RecallReason,
) -> None:  # fmt: skip
    """Ask to take back all messages to a recipient (empty: to all) due since a day.

    The leads of the force are alerted. Raises `NotFound` for a stranger to the force, `Invalid`
    where there is nothing to take back, `Conflict` where the same is asked already.
    """
    by = _account(acting, force)
    first = london_date(acting.now) - timedelta(days=_DAYS[since])
    if not _meant(session, acting, force, recipient or None, first):
        error = FieldError("recipient", "recipient", "Nothing sent there since then still stands")
        raise Invalid("Nobody was asked.", [error])
    if any(
        (one.recipient or "") == recipient and one.since <= first
        for one in _waiting(session, force, acting.now)
    ):
        raise Conflict("This is asked already: a second person has to answer it.")
    row = RecallOfMany(
        id=new_id(), force=force, recipient=recipient or None, since=first,
        reason_code=reason.value, asked_by=by, asked_at=acting.now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _record(session, acting, row, audit.Event.RECALL_OF_MANY_ASKED)
    _alert_leads(session, acting, row)


def answer(session: Session, acting: Acting, *, ident: UUID, agrees: bool) -> int:
    """Take back what is meant, as it stands now, or leave it; return how many messages went.

    What does not exist for who agrees stays, and can be asked for again. Raises `NotFound` for a
    stranger, `Conflict` for who asked and where it is answered or over.
    """
    row = session.get(RecallOfMany, ident)
    if row is None:
        raise NotFound(_NOTHING_HERE)
    by = _account(acting, row.force)
    if not recalls_of_many.answer(session, row.id, by=by, now=acting.now):
        raise Conflict("This was answered, is over, or is your own question: load the page again.")
    session.refresh(row)
    stop_alerts(session, _about(row), acting.now)
    if not agrees:
        _record(session, acting, row, audit.Event.RECALL_OF_MANY_LEFT)
        return 0
    meant = _held(session, acting, _meant(session, acting, row.force, row.recipient, row.since))
    row.recalled = take_back(session, acting, meant, reason=RecallReason(row.reason_code))
    _record(session, acting, row, audit.Event.RECALL_OF_MANY_AGREED, messages=row.recalled)
    return row.recalled


def waiting_for(session: Session, acting: Acting, *, force: str) -> int:
    """Return how many questions of others wait for a second person, for the board."""
    require(acting, Action.RECALL, Relation(force=force))
    waiting = _waiting(session, force, acting.now)
    return sum(one.asked_by != acting.actor.account_id for one in waiting)


def _account(acting: Acting, force: str) -> UUID:
    require(acting, Action.RECALL, Relation(force=force))
    if acting.actor.account_id is None:
        raise NotFound(_NOTHING_HERE)
    return acting.actor.account_id


def _of_force(session: Session, acting: Acting, force: str) -> OfForce:
    require(acting, Action.RECALL, Relation(force=force))
    rows = session.scalars(
        select(RecallOfMany)
        .where(RecallOfMany.force == force, RecallOfMany.asked_at > acting.now - _SHOWN)
        .order_by(RecallOfMany.asked_at.desc(), RecallOfMany.id)
    ).all()
    names = names_of(session, acting.cipher, {row.asked_by for row in rows})
    by = acting.actor.account_id
    others = {row.id: names.get(row.asked_by, "") for row in rows if row.asked_by != by}
    asked = {row.id: _asked(session, acting, row, others.get(row.id, "")) for row in rows}
    return OfForce(
        force, _recipients(session, acting, force),
        to_answer=tuple(one for one in asked.values() if one.id in others and one.waits),
        mine=tuple(one for one in asked.values() if one.id not in others),
    )  # fmt: skip


def _recipients(session: Session, acting: Acting, force: str) -> tuple[Recipient, ...]:
    """Return who has messages that stand; of a protected child nobody is told here where it is."""
    first = london_date(acting.now) - timedelta(days=_DAYS[Since.MONTH])
    meant = _meant(session, acting, force, None, first)
    counts = Counter(one.recipient for one in meant if one.shown_only_to is None)
    urns = {int(code.partition(":")[2]) for code in counts if code.startswith("urn:")}
    schools = {f"urn:{urn}": one.name for urn, one in queries.establishments(session, urns).items()}
    found = [
        Recipient(code, schools.get(code) or _name(session, code), count)
        for code, count in counts.items()
    ]
    return tuple(sorted(found, key=lambda one: one.name))


def _meant(
    session: Session, acting: Acting, force: str, recipient: str | None, first: date
) -> list[_Meant]:
    """Return what stands and is meant, without what does not exist for the acting person.

    One recipient's are without those of protected children: each of those is taken back by itself.
    """
    wanted = (
        select(Notification.id, Notification.recipient, Notification.shown_only_to)
        .where(
            Notification.force == force, Notification.state.not_in(ENDED),
            Notification.due_at >= at_london(first, time()),
        )
    )  # fmt: skip
    if recipient is not None:
        wanted = wanted.where(
            Notification.recipient == recipient, Notification.shown_only_to.is_(None)
        )
    rows = [_Meant(*row) for row in session.execute(wanted)]
    tied = desk_ties(session, acting, {row.id: force for row in rows})
    return [row for row in rows if tied.get(row.id) is not Tie.OUT]


def _held(session: Session, acting: Acting, meant: Sequence[_Meant]) -> list[Notification]:
    """Return these messages, kept from others until the end, without what changed meanwhile.

    One may have ended, or begun to tell of somebody the acting person is tied to.
    """
    rows = session.scalars(
        select(Notification)
        .where(
            Notification.id.in_([one.id for one in meant]), Notification.state.not_in(ENDED)
        )
        .order_by(Notification.id)
        .execution_options(populate_existing=True)
        .with_for_update(key_share=True)
    ).all()  # fmt: skip
    tied = desk_ties(session, acting, {row.id: row.force for row in rows})
    return [row for row in rows if tied.get(row.id) is not Tie.OUT]


def _waiting(session: Session, force: str, now: datetime) -> Sequence[RecallOfMany]:
    return session.scalars(
        select(RecallOfMany).where(
            RecallOfMany.force == force, RecallOfMany.answered_at.is_(None),
            RecallOfMany.asked_at > now - ANSWERED_WITHIN,
        )
    ).all()  # fmt: skip


def _asked(session: Session, acting: Acting, row: RecallOfMany, who: str) -> Asked:
    waits = row.answered_at is None and row.asked_at > acting.now - ANSWERED_WITHIN
    meant = _meant(session, acting, row.force, row.recipient, row.since) if waits else ()
    name = "every school and council" if row.recipient is None else _name(session, row.recipient)
    return Asked(
        row.id, row.force, name, row.since, RecallReason(row.reason_code), who, row.asked_at,
        len(meant), waits, row.answered_at, row.recalled is not None,
    )  # fmt: skip


def _name(session: Session, recipient: str) -> str:
    kind, _, code = recipient.partition(":")
    if kind == "council":
        return queries.council_name(session, code)
    place = queries.establishment(session, int(code))
    return place.name if place else f"School {code}"


def _alert_leads(session: Session, acting: Acting, row: RecallOfMany) -> None:
    """Alert the leads of the force that somebody waits for them; never who asked."""
    people, _ = free_officers(
        session, acting.cipher, owner=f"force:{row.force}", duty=Duty.FORCE_LEAD,
        on=london_date(acting.now),
        family=Family(frozenset(), frozenset(), frozenset({acting.actor.id}), None),
    )  # fmt: skip
    for one in people:
        if one.can_receive:
            alert_officer(
                session, officer_id=one.officer_id, force=row.force, about=_about(row),
                due_at=row.asked_at + ANSWERED_WITHIN, now=acting.now,
            )  # fmt: skip


def _about(row: RecallOfMany) -> str:
    return f"recalls:{row.id}"


def _record(
    session: Session, acting: Acting, row: RecallOfMany, event: audit.Event, **counts: int
) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=row.force,
        subject=f"recall_of_many:{row.id}", now=acting.now, reason_code=row.reason_code,
        detail=counts or None,
    )  # fmt: skip
