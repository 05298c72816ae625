"""The morning: every child of one force and one date, told, not told with who has it, not needed.

A child belongs to the date of its deadline; one that is still not told stays on the board of every
later date until somebody was told. Instants are UTC, dates are London's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.access.restricted import allowed
from app.core.cipher import Cipher
from app.core.clock import at_london, london_date
from app.core.policies import current_policy
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from app.intake.trial import tried
from app.reports import candidates
from app.reports.feed import feed_of, refused_pushes
from app.reports.holders import Holders
from app.reports.holiday import holiday_backlog
from app.reports.rows import NOT_SHOWN, Board, ChildRow
from app.reports.services import services_told
from app.reports.told import Telling, Told, told_of
from notifications.models import Notification, Occurrence
from notifications.states import VISIBLE
from schools.connected_models import RecipientChange
from schools.queries import council_name, establishments


def board(session: Session, cipher: Cipher, *, force: str, on: date, now: datetime) -> Board:
    """Return one force's morning as it stands at `now`, most urgent first."""
    children = session.execute(_children(force, on)).all()
    # A notification of a later morning, as after a holiday, is no part of this one.
    end = at_london(on + timedelta(days=1), time(0, 0))
    sent = {
        child_id: [one for one in own if one.due_at < end] or own
        for child_id, own in notifications_of(session, [one.id for one, _ in children]).items()
    }
    some_apart = any(incident.restricted_access for _, incident in children)
    holders, apart = _holders(session, cipher, force=force, now=now, some_apart=some_apart)
    shown = [one for own in sent.values() for one in own if one.state in VISIBLE]
    for asked in {holders, apart}:
        asked.look_up(
            [child.id for child, _ in children], [one for one in shown if one.told_at is None]
        )
    names = _school_names(session, sent)
    served = services_told(
        session, [one.id for one, _ in children if one.outcome is Outcome.NOT_NOTIFIED]
    )
    rows = [
        _row(
            child,
            incident.reference,
            sent.get(child.id, []),
            names=names,
            holders=apart if incident.restricted_access else holders,
            served=child.id in served,
            now=now,
        )
        for child, incident in children
    ]
    rows = _with_changes(session, rows)
    # A carried-over child that has since been told belongs to the morning on which it was due.
    mine = [row for row in rows if row.told is not Told.TOLD or _belongs(row, on)]
    backlog = holiday_backlog(session, force=force)
    feed = feed_of(session, force, on=on, now=now)
    found = Board(force, on, now, tuple(sorted(mine, key=_urgency)), backlog, feed)
    if on != london_date(now):
        return found
    return replace(
        found, refused=refused_pushes(session, force, now=now),
        trials=tried(session, force, since=now - timedelta(days=1)),
    )  # fmt: skip


def _holders(
    session: Session, cipher: Cipher, *, force: str, now: datetime, some_apart: bool
) -> tuple[Holders, Holders]:
    """Return who answers for most children, and for those whom only a named group may know of."""
    _, policy = current_policy(session, force, at=now)
    on = london_date(now)
    holders = Holders(session, cipher, force=force, policy=policy, on=on)
    if not some_apart:
        return holders, holders
    group = allowed(session, force, on=on)
    return holders, Holders(session, cipher, force=force, policy=policy, on=on, only=group)


def notifications_of(session: Session, child_ids: Iterable[UUID]) -> dict[UUID, list[Notification]]:
    """Return the notifications that tell of each child, also those it joined as an occurrence."""
    found: dict[UUID, list[Notification]] = {}
    pairs = session.execute(
        select(Occurrence.involved_child_id, Notification)
        .join(Notification, Notification.id == Occurrence.notification_id)
        .where(Occurrence.involved_child_id.in_(set(child_ids)))
        .order_by(Notification.due_at)
    )
    for child_id, notification in pairs:
        found.setdefault(child_id, []).append(notification)
    return found


def _children(force: str, on: date) -> Select[InvolvedChild, Incident]:
    start, end = at_london(on, time(0, 0)), at_london(on + timedelta(days=1), time(0, 0))
    return (
        select(InvolvedChild, Incident)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(
            candidates.of_morning(force, start, end),
            Incident.state != IncidentState.SUPERSEDED,
        )
        .order_by(Incident.reference, InvolvedChild.position)
    )


def _school_names(session: Session, sent: Mapping[UUID, Sequence[Notification]]) -> dict[str, str]:
    every = [one for own in sent.values() for one in own]
    urns = {one.urn for one in every if one.urn is not None}
    names = {f"urn:{urn}": place.name for urn, place in establishments(session, urns).items()}
    councils = {one.council for one in every if one.urn is None and one.council is not None}
    return names | {f"council:{code}": council_name(session, code) for code in councils}


def _row(
    child: InvolvedChild,
    reference: str,
    sent: Sequence[Notification],
    *,
    names: Mapping[str, str],
    holders: Holders,
    served: bool,
    now: datetime,
) -> ChildRow:
    told = told_of(
        child.outcome, [Telling(one.state, one.told_at) for one in sent],
        reason=child.outcome_reason, service_told=served,
    )  # fmt: skip
    visible = [one for one in sent if one.state in VISIBLE]
    due_at = _due_at(child, visible)
    left = None if due_at is None else int((due_at - now).total_seconds() // 60)
    return ChildRow(
        child_id=child.id,
        reference=reference,
        child_ref=child.ref,
        outcome=child.outcome,
        outcome_reason=child.outcome_reason,
        told=told,
        held_by=holders.of(child, visible) if told is Told.NOT_TOLD else "",
        schools=_schools(child, visible, names),
        notification_ids=tuple(one.id for one in visible),
        due_at=due_at,
        minutes_left=left if told is Told.NOT_TOLD else None,
        **_when_told(visible, told),
        late_cause=next((one.late_cause for one in visible if one.late_cause), None),
        late_record=any(one.late_record for one in visible),
        protected=child.protected,
    )


def _schools(
    child: InvolvedChild, visible: Sequence[Notification], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the names of who is told, but never where a protected child is."""
    if child.protected:
        return (NOT_SHOWN,) if visible else ()
    return tuple(names.get(one.recipient, one.recipient) for one in visible)


def _due_at(child: InvolvedChild, visible: Sequence[Notification]) -> datetime | None:
    """Return the deadline that counts: of who is not told yet, else of the last morning."""
    if not visible:
        return child.due_at
    waiting = [one.due_at for one in visible if one.told_at is None]
    if waiting:
        return min(waiting)
    last = max(london_date(one.due_at) for one in visible)
    return min(one.due_at for one in visible if london_date(one.due_at) == last)


def _when_told(visible: Sequence[Notification], told: Told) -> dict[str, Any]:
    """Return when and how the last school was told, and when the last acknowledged."""
    if told is not Told.TOLD:
        return {"told_at": None, "told_how": None, "acknowledged_at": None}
    last = max(visible, key=lambda one: one.told_at or one.due_at)
    answers = [one.acknowledged_at for one in visible if one.acknowledged_at is not None]
    everybody = len(answers) == len(visible)
    return {
        "told_at": last.told_at,
        "told_how": last.told_how,
        "acknowledged_at": max(answers) if everybody else None,
    }


def _with_changes(session: Session, rows: Sequence[ChildRow]) -> list[ChildRow]:
    """Return the rows, marked where somebody was left out of a message."""
    about = {f"notification:{one}" for row in rows for one in row.notification_ids}
    changed = set(
        session.scalars(select(RecipientChange.about).where(RecipientChange.about.in_(about)))
    )
    return [
        replace(row, recipient_changed=True)
        if any(f"notification:{one}" in changed for one in row.notification_ids)
        else row
        for row in rows
    ]


def _belongs(row: ChildRow, on: date) -> bool:
    return row.due_at is None or london_date(row.due_at) == on


def _urgency(row: ChildRow) -> tuple[int, float, str, str]:
    rank = {Told.NOT_TOLD: 0, Told.TOLD: 1, Told.NOT_NEEDED: 2}[row.told]
    due = row.due_at.timestamp() if row.due_at else 0.0
    return rank, due, row.reference, row.child_ref
