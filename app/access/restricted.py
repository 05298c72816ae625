"""Who may know of a force's restricted incidents: its named group, with the leads who stand in.

Source: domain.md §4 (officer as suspect, or a colleague party to it). `who_may` is the rule; what
somebody outside sees of it is nothing, by the scope (`app.core.scope`). It is closed only while
those inside can do all the work: a child whom nobody may tell is the worse of two errors.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.access.break_glass import references_open
from app.access.forces import force_named
from app.access.models import Account, AccountRole, RestrictedMember
from app.access.permissions import Actor, Role
from app.core import audit
from app.core.clock import london_date
from app.core.errors import Refused
from app.core.ids import new_id
from schools.officers import Duty, Officer

# Those who work on a case; an auditor in the group reads, and tells nobody.
WORKING_ROLES = (Role.FORCE_DESK, Role.REVIEWER, Role.LEAD)
FORCE_ROLES = (*WORKING_ROLES, Role.AUDITOR)
# One of two may be the one who is away.
LEAST_ABLE = 2
# Whose people the ladders ask about a child (`notifications.free_officers`).
_ASKED = (Duty.REVIEWER, Duty.DUTY_OFFICER, Duty.FORCE_LEAD)


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts of one person of a force.

    `able`: signs in, works on cases, and has a proved address at which the service alerts officers.
    """

    account_id: UUID
    member: bool
    lead: bool
    able: bool
    roles: frozenset[Role] = frozenset()


def who_may(people: Collection[Standing], *, near: bool = False) -> frozenset[UUID] | None:
    """Return who may know of restricted incidents; None where they are closed to nobody.

    Pure. The members, while those of them who are able can do the work; else the members and the
    leads; else everybody whom it would be open to without a restriction, as a child whom nobody
    can tell is told by nobody. `near`: one of them is near its deadline and not told, so the leads
    are let in whoever the group is.
    """
    members = {one.account_id for one in people if one.member}
    inside = [one for one in people if one.member]
    if can_do_the_work(inside) and not near:
        return frozenset(members)
    if can_do_the_work(inside) or can_do_the_work(people):
        return frozenset(members | {one.account_id for one in people if one.lead})
    return None


def can_do_the_work(people: Iterable[Standing]) -> bool:
    """Return whether these can settle a school and ring it, and two of them can be alerted."""
    inside = list(people)
    roles = frozenset[Role]().union(*(one.roles for one in inside))
    able = sum(one.able for one in inside)
    return able >= LEAST_ABLE and {Role.REVIEWER, Role.FORCE_DESK} <= roles


def people_of(session: Session, force: str, *, on: date) -> list[Standing]:
    """Return the members and leads of a force as they stand on a London date.

    Asked once and not in parts: every page of a force begins with it.
    """
    rows = session.execute(
        select(
            AccountRole.account_id, AccountRole.role, _named(force).exists(),
            _rung(force, on=on).exists(),
        )
        .join(Account, Account.id == AccountRole.account_id)
        .where(
            AccountRole.force == force, AccountRole.ended_at.is_(None),
            AccountRole.role.in_(FORCE_ROLES),
            Account.enrolled_at.is_not(None), Account.disabled_at.is_(None),
        )
    ).all()  # fmt: skip
    roles: dict[UUID, set[Role]] = {}
    for account_id, role, *_ in rows:
        roles.setdefault(account_id, set()).add(Role(role))
    members = {account_id for account_id, _, named, _ in rows if named}
    rung = {account_id for account_id, *_, proved in rows if proved}
    return [
        Standing(
            one, one in members, Role.LEAD in held,
            able=one in rung and not held.isdisjoint(WORKING_ROLES), roles=frozenset(held),
        )
        for one, held in sorted(roles.items())
        if one in members or Role.LEAD in held
    ]  # fmt: skip


def allowed(
    session: Session, force: str, *, on: date, near: bool = False
) -> frozenset[UUID] | None:
    """Return the accounts that alone may know of a force's restricted incidents; None for all."""
    return who_may(people_of(session, force, on=on), near=near)


@dataclass(frozen=True, slots=True)
class Reach:
    """What is closed to a person: the forces, and the references that were opened to them there."""

    closed: frozenset[str] = frozenset()
    opened: frozenset[tuple[str, str]] = frozenset()


def reach_of(session: Session, actor: Actor, *, now: datetime, near: Collection[str] = ()) -> Reach:
    """Return in which of their forces restricted incidents are closed to a person, as of now.

    `near` are the forces of which one is near its deadline and not told.
    """
    forces = actor.forces(*FORCE_ROLES)
    if not forces or actor.account_id is None:
        return Reach()
    member_of = session.scalars(
        select(RestrictedMember.force).where(
            RestrictedMember.account_id == actor.account_id, RestrictedMember.ended_at.is_(None)
        )
    )
    outside = forces - set(member_of)
    outside -= {
        force
        for force in outside
        if (only := allowed(session, force, on=london_date(now), near=force in near)) is None
        or actor.account_id in only
    }
    if not outside:
        return Reach()
    opened = references_open(session, actor.account_id, now=now)
    return Reach(outside, frozenset(one for one in opened if one[0] in outside))


def may_grant(session: Session, actor: Actor, force: str) -> bool:
    """Return whether somebody may let a colleague in: a member of the group, or a force lead."""
    if force in actor.forces(Role.LEAD):
        return True
    working = force in actor.forces(*WORKING_ROLES)
    return working and actor.account_id in set(_members(session, force))


def set_group(
    session: Session, *, force: str, accounts: Iterable[UUID], now: datetime, actor: str
) -> frozenset[UUID]:
    """Say who is the group of a force, in place of what was said before.

    Raises `Refused` for an unknown force and for an account without a working role in it.
    """
    force_named(session, force)
    wanted = frozenset(accounts)
    working = set(
        session.scalars(
            select(AccountRole.account_id).where(
                AccountRole.force == force, AccountRole.ended_at.is_(None),
                AccountRole.role.in_(WORKING_ROLES),
            )
        )
    )  # fmt: skip
    if not wanted <= working:
        raise Refused(
            "Name people of this force's desk, reviewers or leads: `encompass accounts add` first."
        )
    before = set(_members(session, force))
    rows = session.scalars(
        select(RestrictedMember).where(
            RestrictedMember.force == force, RestrictedMember.ended_at.is_(None)
        )
    )
    for row in rows:
        if row.account_id not in wanted:
            row.ended_at = now
    session.add_all(
        RestrictedMember(id=new_id(), force=force, account_id=one, named_at=now, named_by=actor)
        for one in sorted(wanted - before)
    )
    session.flush()
    audit.record(
        session, event=audit.Event.RESTRICTED_GROUP_CHANGED, actor=actor, force=force,
        subject=f"force:{force}", now=now,
        detail={
            "named": sorted(str(one) for one in wanted - before),
            "ended": sorted(str(one) for one in before - wanted),
            "members": len(wanted),
        },
    )  # fmt: skip
    return wanted


def members_of(session: Session, force: str) -> frozenset[UUID]:
    """Return the accounts that a force named, whether or not they can act."""
    return frozenset(_members(session, force))


def _members(session: Session, force: str) -> Collection[UUID]:
    return session.scalars(
        select(RestrictedMember.account_id).where(
            RestrictedMember.force == force, RestrictedMember.ended_at.is_(None)
        )
    ).all()


def _named(force: str) -> Select[UUID]:
    """The entries by which a force named this account."""
    return select(RestrictedMember.account_id).where(
        RestrictedMember.force == force, RestrictedMember.ended_at.is_(None),
        RestrictedMember.account_id == AccountRole.account_id,
    )  # fmt: skip


def _rung(force: str, *, on: date) -> Select[UUID | None]:
    """The entries of this account among the force's officers that have a proved address.

    Of an officer the watchdog's role may read these columns and no other.
    """
    return select(Officer.account_id).where(
        Officer.owner == f"force:{force}", Officer.contact_verified_at.is_not(None),
        Officer.account_id == AccountRole.account_id, Officer.duty.in_(_ASKED),
        or_(Officer.left_on.is_(None), Officer.left_on > on),
    )  # fmt: skip
