"""Lifting a restriction that is not needed: two people who see the incident anyway agree on it.

Source: domain.md §4, `docs/decisions/0143-two-people-lift-a-restriction.md`. Who was let in for an
hour, and who is tied to the family, has no part in it: a suspect's friend would open it to all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import restricted
from app.access.accounts import names_of
from app.access.models import Account
from app.access.permissions import Action, Actor, Relation, Role, may
from app.access.roles import roles_of
from app.casework.acting import Acting, require
from app.casework.connections import ties
from app.casework.restricted import alert_group
from app.core import audit
from app.core.clock import london_date
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.ids import new_id
from app.intake import restrictions
from app.intake.models import InvolvedChild
from app.intake.restrictions import ANSWERED_WITHIN, RestrictionLift, WhyLifted, waits
from notifications.alerting import stop_alerts
from notifications.passing_over import ToldOf
from notifications.unsettled import take_up_restricted

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."
_SHOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question; `who` is empty on one's own, `lifted` is whether it came to that."""

    id: UUID
    force: str
    reference: str
    reason: WhyLifted
    who: str
    asked_at: datetime
    waits: bool
    answered: bool
    lifted: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Where one person may ask, what others ask them, and what they asked; empty for outsiders."""

    forces: tuple[str, ...]
    to_answer: tuple[Asked, ...]
    mine: tuple[Asked, ...]


def look(session: Session, acting: Acting) -> Page:
    """Return what of this is a person's matter as of now."""
    mine = sorted(acting.actor.forces(*restricted.WORKING_ROLES))
    forces = [force for force in mine if _is_inside(session, acting, force)]
    rows = session.scalars(
        select(RestrictionLift)
        .where(RestrictionLift.force.in_(forces), RestrictionLift.asked_at > acting.now - _SHOWN)
        .order_by(RestrictionLift.asked_at.desc(), RestrictionLift.id)
    ).all()
    own = [row for row in rows if row.asked_by == acting.actor.account_id]
    others = [
        row
        for row in rows
        if row not in own
        and _is_open(session, acting, row)
        and not _is_tied(session, acting, row.force, row.reference)
    ]
    return Page(tuple(forces), _shown(session, acting, others), _shown(session, acting, own))


def ask(
    session: Session, acting: Acting, *, force: str, reference: str, reason: WhyLifted | None
) -> None:
    """Ask to lift the restriction of an incident; the others who see it are alerted.

    Raises `NotFound` for whom such incidents are closed to, `Invalid` without a reason and where
    they find no restricted incident of this reference, `Conflict` where it is asked already.
    """
    by = _account(session, acting, force)
    wanted = reference.strip()
    there = restrictions.can_be_lifted(session, force=force, reference=wanted)
    wrong = []
    if not there or _is_tied(session, acting, force, wanted):
        wrong.append(("wanted", "You see no restricted incident of this reference"))
    if reason is None:
        wrong.append(("because", "Say why it is not needed"))
    if wrong or reason is None:
        raise Invalid("Nobody was asked.", [FieldError(one, one, text) for one, text in wrong])
    before = session.scalars(
        select(RestrictionLift).where(
            RestrictionLift.force == force, RestrictionLift.reference == wanted,
            RestrictionLift.asked_at > acting.now - ANSWERED_WITHIN,
        )
    )  # fmt: skip
    if any(_is_open(session, acting, row) for row in before):
        raise Conflict("This is asked already: a second person has to answer it.")
    row = RestrictionLift(
        id=new_id(), force=force, reference=wanted, reason=reason, asked_by=by,
        asked_at=acting.now,
        versions=len(restrictions.versions_of(session, force=force, reference=wanted)),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _record(session, acting, row, audit.Event.RESTRICTION_LIFT_ASKED)
    alert_group(
        session, acting, force=force, about=_about(row), due_at=acting.now + ANSWERED_WITHIN,
        without=lambda one: _is_tied(session, _acting_as(session, acting, one), force, wanted),
    )  # fmt: skip


def answer(session: Session, acting: Acting, *, ident: UUID, lifts: bool) -> None:
    """Lift it, or leave it as it is.

    Raises `NotFound` for a stranger, for whom it is closed to and who is tied to the family;
    `Conflict` for who asked, where it is answered or over, and where a newer version came.
    """
    row = session.get(RestrictionLift, ident)
    if row is None:
        raise NotFound(_NOTHING_HERE)
    by = _account(session, acting, row.force)
    if _is_tied(session, acting, row.force, row.reference):
        raise NotFound(_NOTHING_HERE)
    if lifts and not _has_part(session, _who_asked(session, acting, row), row):
        raise Conflict("Who asked may not lift it any more: ask anew, for a second person.")
    if not restrictions.answer(session, row.id, by=by, now=acting.now, lifts=lifts):
        raise Conflict("This was answered, is over, or is your own question: load the page again.")
    stop_alerts(session, _about(row), acting.now)
    if not lifts:
        _record(session, acting, row, audit.Event.RESTRICTION_LEFT)
        return
    versions = restrictions.lift(session, row)
    for one in versions:
        _record(session, acting, row, audit.Event.RESTRICTION_LIFTED, subject=f"incident:{one}")
    take_up_restricted(session, _children_of(session, versions), now=acting.now)


def _account(session: Session, acting: Acting, force: str) -> UUID:
    require(acting, Action.LIFT_RESTRICTION, Relation(force=force))
    if acting.actor.account_id is None or not _is_inside(session, acting, force):
        raise NotFound(_NOTHING_HERE)
    return acting.actor.account_id


def _who_asked(session: Session, acting: Acting, row: RestrictionLift) -> Acting | None:
    """Return who asked with the roles of today; None for somebody who cannot sign in any more."""
    account = session.get_one(Account, row.asked_by)
    if account.disabled_at is not None:
        return None
    return _acting_as(session, acting, row.asked_by)


def _acting_as(session: Session, acting: Acting, account_id: UUID) -> Acting:
    grants = roles_of(session, account_id, on=london_date(acting.now))
    actor = Actor(f"account:{account_id}", account_id=account_id, grants=grants)
    return replace(acting, actor=actor)


def _has_part(session: Session, who: Acting | None, row: RestrictionLift) -> bool:
    """Return whether a person may ask this now; what was so when they asked is not enough."""
    return (
        who is not None
        and may(who.actor, Action.LIFT_RESTRICTION, Relation(force=row.force))
        and _is_inside(session, who, row.force)
        and not _is_tied(session, who, row.force, row.reference)
    )


def _is_open(session: Session, acting: Acting, row: RestrictionLift) -> bool:
    """Return whether a question waits, is about what there is, and still is who asked's to ask."""
    there = restrictions.versions_of(session, force=row.force, reference=row.reference)
    return (
        waits(row, acting.now)
        and len(there) == row.versions
        and _has_part(session, _who_asked(session, acting, row), row)
    )


def _is_inside(session: Session, acting: Acting, force: str) -> bool:
    """Return whether such incidents are open to a person for good: not for an hour, nor at nine.

    Where a force has named a group that cannot do the work, they are open to everybody meanwhile;
    to lift one stays with its members and the leads.
    """
    account = acting.actor.account_id
    only = restricted.allowed(session, force, on=london_date(acting.now))
    if only is not None:
        return account in only
    members = restricted.members_of(session, force)
    return not members or account in members or force in acting.actor.forces(Role.LEAD)


def _is_tied(session: Session, acting: Acting, force: str, reference: str) -> bool:
    """Return whether somebody of any version may be the acting person, or is close to them."""
    versions = set(restrictions.versions_of(session, force=force, reference=reference))
    told = {one: ToldOf({one}) for one in versions}
    told |= {one: ToldOf(versions, {one}) for one in _children_of(session, versions)}
    return bool(ties(session, acting, told, force=force))


def _children_of(session: Session, versions: Collection[UUID]) -> list[UUID]:
    mine = InvolvedChild.incident_id.in_(versions)
    return list(session.scalars(select(InvolvedChild.id).where(mine)))


def _shown(session: Session, acting: Acting, rows: Sequence[RestrictionLift]) -> tuple[Asked, ...]:
    names = names_of(session, acting.cipher, {row.asked_by for row in rows})
    mine = acting.actor.account_id
    return tuple(
        Asked(
            row.id, row.force, row.reference, row.reason,
            "" if row.asked_by == mine else names.get(row.asked_by, ""), row.asked_at,
            _is_open(session, acting, row), row.answered_at is not None,
            row.lifted_at is not None,
        )
        for row in rows
    )  # fmt: skip


def _about(row: RestrictionLift) -> str:
    # Not the name of its table: an alert has room for fifty characters.
    return f"lift:{row.id}"


def _record(
    session: Session, acting: Acting, row: RestrictionLift, event: audit.Event,
    subject: str | None = None,
) -> None:  # fmt: skip
    """Keep who and why; the reference stands in the row, to which the trail points."""
    audit.record(
        session, event=event, actor=acting.actor.id, force=row.force,
        subject=subject or f"restriction_lift:{row.id}", now=acting.now,
        reason_code=row.reason.value, detail={"asked_by": str(row.asked_by)},
    )  # fmt: skip
