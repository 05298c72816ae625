"""Breaking the glass: somebody outside the group asks for one restricted incident, another grants.

Source: domain.md §4, security.md S03. The answer to who asks is the same whether or not there is
such an incident. Who grants is of the group or leads the force, and never who asked; a force of one
person (`desk.size` 1) has no exception here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import break_glass, restricted
from app.access.accounts import names_of
from app.access.break_glass import ANSWERED_WITHIN, BreakGlass, WhyAsked
from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.restricted import alert_group
from app.core import audit
from app.core.clock import london_date
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.ids import new_id
from app.core.policies import current_policy
from notifications.alerting import stop_alerts

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."
# As the police interface takes them (architecture.md).
_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,64}")
# More in an hour is somebody who tries numbers, and alerts the group each time.
_MOST_AN_HOUR = 5
_SHOWN = timedelta(hours=12)
_GROUP_FIRST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: the reference as it was typed, and how it stands now.

    `who` is empty on one's own; `waits` while it can be answered; `until` is until when a grant
    counts, None without one.
    """

    id: UUID
    force: str
    reference: str
    reason: WhyAsked
    who: str
    asked_at: datetime
    waits: bool
    refused: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """What one person asked, and what others ask that this person may answer."""

    forces: tuple[str, ...]
    mine: tuple[Asked, ...]
    to_answer: tuple[Asked, ...]


def look(session: Session, acting: Acting) -> Page:
    """Return the questions of this person and those to answer; raise `NotFound` without a force."""
    forces = sorted(acting.actor.forces(*restricted.WORKING_ROLES))
    if not forces:
        raise NotFound(_NOTHING_HERE)
    since = acting.now - _SHOWN
    rows = session.scalars(
        select(BreakGlass)
        .where(BreakGlass.force.in_(forces), BreakGlass.asked_at > since)
        .order_by(BreakGlass.asked_at.desc(), BreakGlass.id)
    ).all()
    mine = [row for row in rows if row.account_id == acting.actor.account_id]
    grants = {one for one in forces if restricted.may_grant(session, acting.actor, one)}
    others = [
        row
        for row in rows
        if row.force in grants
        and row.account_id != acting.actor.account_id
        and _waits(row, acting.now)
        and _is_theirs_to_answer(session, acting, row)
    ]
    return Page(
        tuple(forces), tuple(_asked(row, "", acting.now) for row in mine),
        _to_answer(session, acting, others),
    )  # fmt: skip


def ask(session: Session, acting: Acting, *, force: str, reference: str, reason: WhyAsked) -> None:
    """Ask for one incident by the police reference; the force's group is alerted.

    Nothing here depends on whether there is such an incident. Raises `NotFound` for a stranger to
    the force, `Invalid` for what is no reference, `Conflict` for who asks too often.
    """
    require(acting, Action.ASK_RESTRICTED, Relation(force=force))
    if acting.actor.account_id is None:
        raise NotFound(_NOTHING_HERE)
    wanted = reference.strip()
    if not _REFERENCE.fullmatch(wanted):
        error = FieldError("reference", "reference", "Give the police reference of the incident")
        raise Invalid("Nobody was asked yet.", [error])
    since = acting.now - timedelta(hours=1)
    if break_glass.asked_since(session, acting.actor.account_id, since) >= _MOST_AN_HOUR:
        raise Conflict("You asked often in the last hour: ring a force lead.")
    row = BreakGlass(
        id=new_id(), force=force, reference=wanted, account_id=acting.actor.account_id,
        reason=reason, asked_at=acting.now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _record(session, acting, row, audit.Event.RESTRICTED_ASKED, reason.value)
    alert_group(
        session, acting, force=force, about=_about(row), due_at=row.asked_at + ANSWERED_WITHIN
    )


def answer(session: Session, acting: Acting, *, ident: UUID, grants: bool) -> None:
    """Let the asker see the incident from the next request on for a while, or refuse.

    Raises `NotFound` for who may not, as for the asker; `Conflict` where somebody answered before,
    or nobody did in time.
    """
    row = session.get(BreakGlass, ident)
    if row is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, Action.ANSWER_RESTRICTED, Relation(force=row.force))
    by = acting.actor.account_id
    allowed = restricted.may_grant(session, acting.actor, row.force)
    allowed = allowed and _is_theirs_to_answer(session, acting, row)
    if by is None or by == row.account_id or not allowed:
        raise NotFound(_NOTHING_HERE)
    _, policy = current_policy(session, row.force, at=acting.now)
    until = acting.now + timedelta(minutes=policy.restricted.break_glass_minutes)
    if not break_glass.answer(
        session, row.id, by=by, now=acting.now, expires_at=until if grants else None
    ):
        raise Conflict("This was answered, or is over: load the page again.")
    session.refresh(row)
    stop_alerts(session, _about(row), acting.now)
    event = audit.Event.RESTRICTED_GRANTED if grants else audit.Event.RESTRICTED_REFUSED
    _record(session, acting, row, event, row.reason.value)


def _is_theirs_to_answer(session: Session, acting: Acting, row: BreakGlass) -> bool:
    """Return whether a person may answer by now: a lead outside the group leaves it the first word.

    Else a suspect's friend and one lead would have opened it before the group heard that they ask.
    """
    if acting.actor.account_id in restricted.members_of(session, row.force):
        return True
    people = restricted.people_of(session, row.force, on=london_date(acting.now))
    heard = acting.now >= row.asked_at + _GROUP_FIRST
    return heard or not any(
        one.member and one.able and one.account_id != row.account_id for one in people
    )


def _about(row: BreakGlass) -> str:
    return f"restricted:{row.id}"


def _to_answer(session: Session, acting: Acting, rows: Sequence[BreakGlass]) -> tuple[Asked, ...]:
    names = names_of(session, acting.cipher, {row.account_id for row in rows})
    return tuple(_asked(row, names.get(row.account_id, ""), acting.now) for row in rows)


def _asked(row: BreakGlass, who: str, now: datetime) -> Asked:
    granted = row.expires_at is not None and row.expires_at > now
    return Asked(
        row.id, row.force, row.reference, row.reason, who, row.asked_at, _waits(row, now),
        refused=row.answered_at is not None and row.expires_at is None,
        until=row.expires_at if granted else None,
    )  # fmt: skip


def _waits(row: BreakGlass, now: datetime) -> bool:
    return row.answered_at is None and row.asked_at > now - ANSWERED_WITHIN


def _record(
    session: Session, acting: Acting, row: BreakGlass, event: audit.Event, reason: str
) -> None:
    """Keep who and when; the reference stands in the row, to which the trail points."""
    detail = {"asked_by": str(row.account_id)}
    if row.expires_at is not None:
        detail["until"] = row.expires_at.isoformat()
    audit.record(
        session, event=event, actor=acting.actor.id, force=row.force,
        subject=f"break_glass:{row.id}", now=acting.now, reason_code=reason, detail=detail,
    )  # fmt: skip
