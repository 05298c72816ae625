"""Whose register a person may see and keep: own schools, own council's, or a whole force's area."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.access.forces import force_for, forces_of
from app.access.permissions import Action, Actor, Relation, Role, may
from app.casework.acting import Acting, Denied
from app.core.errors import Conflict
from app.core.policies import current_policy
from app.core.policy import Policy
from app.core.scope import scope, scope_of
from schools.models import Establishment
from schools.queries import establishment


def school_reached(session: Session, acting: Acting, action: Action, urn: int) -> Establishment:
    """Return a school at which the actor may do this; raise `Denied`, as if it did not exist."""
    place = establishment(session, urn)
    if place is None or not may_at(session, acting.actor, action, place):
        council = place.la_code if place is not None else None
        raise Denied(action, Relation(urn=urn, council=council))
    return place


def may_at(session: Session, actor: Actor, action: Action, place: Establishment) -> bool:
    """Return whether the actor may do this at a school.

    Through the school itself, its council, or the register. A force's lead sees the schools of its
    area; changing them is for the force's register administrator, where it has one.
    """
    if may(actor, action, Relation(urn=place.urn, council=place.la_code)):
        return True
    if may(actor, action, Relation()):
        return True
    here = set(forces_of(session, place.la_code))
    if action is not Action.SEE_REGISTER:
        here &= actor.forces(Role.REGISTER_ADMIN)
    return any(may(actor, action, Relation(force=force)) for force in here)


def policy_at(session: Session, council: str, *, at: datetime) -> Policy:
    """Return the policy by which the schools of a council are judged."""
    force = force_for(session, council)
    return current_policy(session, force, at=at)[1] if force else Policy()


def mailing_force(session: Session, council: str) -> str:
    """Return the force whose mail reaches the schools of a council; raise `Conflict` for none."""
    force = force_for(session, council)
    if force is None:
        raise Conflict("There is no force yet whose mail could be used: an operator adds one.")
    return force


@contextmanager
def on_behalf_of_school(session: Session, urn: int, *forces: str) -> Iterator[None]:
    """Widen the scope to a school's own rows, once it was asked whether the actor may."""
    with on_behalf_of_schools(session, {urn}, *forces):
        yield


@contextmanager
def on_behalf_of_schools(session: Session, urns: Collection[int], *forces: str) -> Iterator[None]:
    """Widen the scope to the rows of several schools, once it was asked whether the actor may."""
    before = scope_of(session)
    widened = replace(
        before, forces=before.forces | frozenset(forces), urns=before.urns.union(urns)
    )
    scope(session, widened)
    try:
        yield
        session.flush()
    finally:
        scope(session, before)
