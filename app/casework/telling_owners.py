"""Telling the owner of an account that its ways in changed: one neutral message, nothing in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.forces import force_for
from app.core.clock import london_date
from app.core.scope import Scope, scope
from notifications.alerting import alert_key_adult, alert_officer
from notifications.states import Template
from schools.key_adult_upkeep import of_account
from schools.officers import Officer
from schools.queries import establishment

_SOON = timedelta(hours=2)


def tell_owner(session: Session, account_id: UUID, *, now: datetime) -> int:
    """Plan the message to sign in and look; return to how many addresses.

    It goes to the addresses at which the person is alerted anyway, as key adult or as officer. What
    it is about stands on the page of their account, for those without such an address too.
    """
    about = f"access:{account_id}"
    told = 0
    for adult in of_account(session, account_id, on=london_date(now)):
        place = establishment(session, adult.urn)
        force = force_for(session, place.la_code) if place is not None else None
        if force is None:
            continue
        with _within(session, Scope(forces=frozenset({force}), urns=frozenset({adult.urn}))):
            alert_key_adult(
                session, key_adult_id=adult.id, urn=adult.urn, force=force, about=about,
                due_at=now + _SOON, now=now, template=Template.ACCOUNT,
            )  # fmt: skip
        told += 1
    for officer in _officers(session, account_id, now=now):
        kind, _, code = officer.owner.partition(":")
        council = code if kind == "council" else None
        force = force_for(session, code) if council else code
        if force is None:
            continue
        councils = frozenset({council} if council else ())
        with _within(session, Scope(forces=frozenset({force}), councils=councils)):
            alert_officer(
                session, officer_id=officer.id, force=force, about=about, due_at=now + _SOON,
                now=now, council=council, template=Template.ACCOUNT,
            )  # fmt: skip
        told += 1
    return told


def _officers(session: Session, account_id: UUID, *, now: datetime) -> list[Officer]:
    """Return the officer's entries of an account at which alerts arrive, one for each address."""
    still = or_(Officer.left_on.is_(None), Officer.left_on > london_date(now))
    rows = session.scalars(
        select(Officer)
        .where(Officer.account_id == account_id, Officer.contact_verified_at.is_not(None), still)
        .order_by(Officer.owner, Officer.duty)
    )
    return list({(row.owner, row.email_digest): row for row in rows}.values())


@contextmanager
def _within(session: Session, wanted: Scope) -> Iterator[None]:
    """Reach the rows of one addressee, and then those reached before again."""
    before = session.info.get("scope")
    scope(session, wanted)
    try:
        yield
        session.flush()
    finally:
        scope(session, before if isinstance(before, Scope) else Scope())
