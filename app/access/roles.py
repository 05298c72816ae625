"""The roles of an account: giving, reading for today, and taking away."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from app.access.models import AccountRole
from app.access.permissions import Grant, Role
from app.core.ids import new_id
from schools.models import KeyAdult


def grant_role(session: Session, account_id: UUID, grant: Grant, *, now: datetime) -> None:
    """Give a role once; giving it again changes nothing."""
    held = select(AccountRole.id).where(*_same(account_id, grant), AccountRole.ended_at.is_(None))
    if session.scalars(held).first() is not None:
        return
    session.add(
        AccountRole(
            id=new_id(), account_id=account_id, role=grant.role, urn=grant.urn, force=grant.force,
            council=grant.council, granted_at=now,
        )
    )  # fmt: skip
    session.flush()


def end_role(session: Session, account_id: UUID, grant: Grant, *, now: datetime) -> None:
    """Take one role away; it no longer counts from the next request on."""
    session.execute(
        update(AccountRole)
        .where(*_same(account_id, grant), AccountRole.ended_at.is_(None))
        .values(ended_at=now)
    )


def roles_of(session: Session, account_id: UUID, *, on: date) -> tuple[Grant, ...]:
    """Return the roles an account holds on a London date.

    A key adult who has left the school by the register holds nothing there from that day's first
    request, even where nobody ended the role.
    """
    rows = session.scalars(
        select(AccountRole)
        .where(AccountRole.account_id == account_id, AccountRole.ended_at.is_(None))
        .order_by(AccountRole.granted_at, AccountRole.id)
    ).all()
    at_school = any(row.role is Role.KEY_ADULT for row in rows)
    left = _schools_left(session, account_id, on=on) if at_school else set()
    return tuple(
        Grant(row.role, urn=row.urn, force=row.force, council=row.council)
        for row in rows
        if row.role is not Role.KEY_ADULT or row.urn not in left
    )


def _same(account_id: UUID, grant: Grant) -> tuple[ColumnElement[Any], ...]:
    return (
        AccountRole.account_id == account_id, AccountRole.role == grant.role,
        AccountRole.urn == grant.urn, AccountRole.force == grant.force,
        AccountRole.council == grant.council,
    )  # fmt: skip


def _schools_left(session: Session, account_id: UUID, *, on: date) -> set[int]:
    mine = select(KeyAdult.urn).where(KeyAdult.account_id == account_id)
    left = set(session.scalars(mine.where(KeyAdult.left_on <= on)))
    if not left:
        return left
    still = or_(KeyAdult.left_on.is_(None), KeyAdult.left_on > on)
    return left - set(session.scalars(mine.where(still)))
