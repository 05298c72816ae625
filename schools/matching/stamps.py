"""Which register and which rolls a decision was reached on, as short stamps that can be compared.

Equal stamps mean that nothing changed in between; they say nothing about a school or a pupil.
"""

from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schools.models import Establishment, EstablishmentLink
from schools.register_models import EstablishmentAlias, SuccessorConfirmation
from schools.roll_models import Roll, RollState

_LENGTH = 32


def register_stamp(session: Session) -> str:
    """Return what every change of schools, links, names or confirmed successors changes."""
    school, link = Establishment, EstablishmentLink
    alias, confirmed = EstablishmentAlias, SuccessorConfirmation
    row = session.execute(
        select(
            select(func.max(school.imported_at)).scalar_subquery(),
            select(func.count(school.urn)).scalar_subquery(),
            select(func.count(link.urn)).scalar_subquery(),
            select(func.count(alias.id)).scalar_subquery(),
            select(func.count(alias.removed_at)).scalar_subquery(),
            select(func.max(alias.added_at)).scalar_subquery(),
            select(func.count(confirmed.urn)).scalar_subquery(),
            select(func.max(confirmed.confirmed_at)).scalar_subquery(),
        )
    ).one()
    return _stamp(row)


def roll_stamp(session: Session) -> str:
    """Return what every supply, replacement or erasure of a roll changes."""
    rows = session.execute(
        select(Roll.id, Roll.pupils, Roll.imported_at)
        .where(Roll.state == RollState.CURRENT)
        .order_by(Roll.id)
    )
    return _stamp(value for row in rows for value in row)


def _stamp(values: Iterable[object]) -> str:
    return sha256("|".join(map(str, values)).encode()).hexdigest()[:_LENGTH]
