"""A school under a new number: its own people say whose pupils it serves now.

Source: domain.md §3: a closed number leads to its single successor by itself only once the
school's key adults have confirmed under the new one; until then a person decides.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from schools.models import Establishment, EstablishmentLink, Status
from schools.queries import single_successors
from schools.register_models import SuccessorConfirmation


def predecessors(session: Session, urn: int) -> list[Establishment]:
    """Return the closed schools whose single open successor this school is, by number."""
    link = EstablishmentLink
    near, found = {urn}, set[int]()
    while near:
        rows = session.execute(
            select(link.urn, link.link_urn).where(or_(link.urn.in_(near), link.link_urn.in_(near)))
        ).all()
        near = {one for row in rows for one in row} - found - {urn}
        found |= near
    heirs = single_successors(session, found) if found else {}
    mine = {before for before, heir in heirs.items() if heir == urn}
    closed = select(Establishment).where(
        Establishment.urn.in_(mine), Establishment.status == Status.CLOSED
    )
    return list(session.scalars(closed.order_by(Establishment.urn)))


def confirmations(session: Session, urn: int) -> dict[int, SuccessorConfirmation]:
    """Return what was confirmed for a school, by the number it followed."""
    rows: Sequence[SuccessorConfirmation] = session.scalars(
        select(SuccessorConfirmation).where(SuccessorConfirmation.urn == urn)
    ).all()
    return {row.predecessor_urn: row for row in rows}


def confirm_successor(
    session: Session, urn: int, predecessor_urn: int, *, now: datetime, actor: str
) -> SuccessorConfirmation:
    """Record that the school serves the pupils of a closed one; once more changes nothing.

    Raises `Conflict` where it is not that school's single open successor by the register.
    """
    held = session.get(SuccessorConfirmation, (urn, predecessor_urn))
    if held is not None:
        return held
    if predecessor_urn not in {one.urn for one in predecessors(session, urn)}:
        raise Conflict("The register does not name this school as the only one that followed.")
    row = SuccessorConfirmation(
        urn=urn, predecessor_urn=predecessor_urn, confirmed_by=actor, confirmed_at=now
    )
    session.add(row)
    session.flush()
    return row
