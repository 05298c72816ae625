"""What is refused leaves a row on the trail: who asked, for which act, about which thing.

Source: ASVS 16.3.1 to 16.3.3. What is somebody else's and what is not there leave the same row by
the same way: from neither the answer nor the work can they be told apart. The row names ids, codes
and the pattern of an address, never what stood in it. It is about who asked, not about the thing:
who reads the trail of a thing must not learn from it who is connected with a family.

What a police system sends and nobody could read is such a row too, of an event and a bound of its
own: a vendor's mistake of a whole night must not take the room of an act that was denied.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.access.forces import forces_of
from app.access.models import Force
from app.access.permissions import Actor
from app.core import audit, logs
from app.core.audit import PLATFORM_CHAIN
from app.core.database import Database
from app.core.errors import ServiceError
from app.core.models import AuditEntry, AuditHead
from app.core.scope import Scope, scope
from schools.queries import establishment

log = logs.get(__name__)

# Of one person or system in an hour, chain and event; one row more says that others followed.
MOST_AN_HOUR = 60
MORE = "more_refused"
UNKNOWN_SYSTEM = "client:unknown"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and where: the forces, schools and councils of all roles or of a system."""

    who: str
    forces: frozenset[str] = frozenset()
    urns: frozenset[int] = frozenset()
    councils: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused: a coded reason, the pattern of the address, the ids that stood in it.

    `force` is whose thing it is, where that is known; `found` are codes and counts of what was
    wrong with a message, never a word of it.
    """

    asker: Asker
    reason: str
    asked: str
    things: Mapping[str, str] = field(default_factory=dict)
    force: str | None = None
    event: audit.Event = audit.Event.ACCESS_DENIED
    found: Mapping[str, Any] = field(default_factory=dict)


def asker_of(actor: Actor) -> Asker:
    """Return a person as somebody who may be refused."""
    grants = actor.grants
    return Asker(
        actor.id,
        frozenset(grant.force for grant in grants if grant.force is not None),
        frozenset(grant.urn for grant in grants if grant.urn is not None),
        frozenset(grant.council for grant in grants if grant.council is not None),
    )


def note(database: Database, refusal: Refusal, *, now: datetime) -> None:
    """Store a refusal in a unit of work of its own, after the refused one was undone.

    Never raises: the act is refused already, and whoever asked is answered.
    """
    try:
        with database.read() as session:
            chains = _chains(session, refusal)
            scope(session, Scope(forces=chains))
            full = min(_noted(session, refusal, chains, now=now).values()) > MOST_AN_HOUR
        if not full:
            database.retrying(
                lambda session: _record(session, refusal, chains, now=now), Scope(forces=chains)
            )
    except (ServiceError, DBAPIError) as error:
        log.error("refusal not recorded", error=logs.error_kind(error))


def _record(session: Session, refusal: Refusal, chains: Collection[str], *, now: datetime) -> None:
    # Held from here, so that of many at once no more are stored than there may be.
    held = select(AuditHead).where(AuditHead.chain.in_(chains)).order_by(AuditHead.chain)
    session.execute(held.with_for_update())
    for chain, noted in _noted(session, refusal, chains, now=now).items():
        if noted > MOST_AN_HOUR:
            continue
        more = noted == MOST_AN_HOUR
        audit.record(
            session, event=refusal.event, actor=refusal.asker.who,
            force=None if chain == PLATFORM_CHAIN else chain, subject=refusal.asker.who, now=now,
            reason_code=MORE if more else refusal.reason,
            detail=None if more else _detail(refusal),
        )  # fmt: skip


def _detail(refusal: Refusal) -> dict[str, Any]:
    return {"asked": refusal.asked, "things": dict(refusal.things), **refusal.found}


def _noted(
    session: Session, refusal: Refusal, chains: Collection[str], *, now: datetime
) -> dict[str, int]:
    """Return how many such rows each chain has of this asker in this hour."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    rows = session.execute(
        select(AuditEntry.chain, func.count().label("noted"))
        .where(
            AuditEntry.subject == refusal.asker.who, AuditEntry.event == refusal.event,
            AuditEntry.at >= hour, AuditEntry.force.in_(chains),
        )
        .group_by(AuditEntry.chain)
    )  # fmt: skip
    return dict.fromkeys(sorted(chains), 0) | {row.chain: row.noted for row in rows}


def _chains(session: Session, refusal: Refusal) -> frozenset[str]:
    """Return the forces that read of it: of whoever asked, and of the thing; else the platform.

    Who is of a school or a council is of the forces of its area.
    """
    asker = refusal.asker
    places = (establishment(session, urn) for urn in sorted(asker.urns))
    councils = asker.councils | {place.la_code for place in places if place is not None}
    forces = {force for council in sorted(councils) for force in forces_of(session, council)}
    known = select(Force.code).where(Force.code == (refusal.force or ""))
    return frozenset(asker.forces | forces | set(session.scalars(known))) or frozenset(
        {PLATFORM_CHAIN}
    )
