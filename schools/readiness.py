"""Which schools could not receive a notification tomorrow, and why: asked every evening."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.policy import Policy
from schools.key_adults import Standing, absences_of, standing
from schools.models import Establishment, KeyAdult
from schools.queries import OPEN_STATUSES
from schools.term_starts import term_starts

# Nearest to being able to receive first: that is what has to be mended.
_NEAREST = ("away", "training_expired", "not_trained", "contact_unverified")


@dataclass(frozen=True, slots=True)
class NotReady:
    """One open school where nobody can receive, with the reason that is nearest to mending."""

    urn: int
    name: str
    reason_code: str


def not_ready(
    session: Session, cipher: Cipher, *, on: date, policy: Policy,
    urns: Iterable[int] | None = None,
) -> list[NotReady]:  # fmt: skip
    """Return the open schools that cannot receive on a London date, by URN.

    All schools of the register by default. Reasons: `no_key_adult`, or why the nearest key adult
    may not be told (`schools.key_adults.standing`). Nothing sealed is opened.
    """
    del cipher  # asked for by every register reader; readiness needs no name or address
    query = select(Establishment.urn, Establishment.name).where(
        Establishment.status.in_(OPEN_STATUSES), Establishment.statutory
    )
    wanted = None if urns is None else set(urns)
    if wanted is not None:
        query = query.where(Establishment.urn.in_(wanted))
    schools = session.execute(query.order_by(Establishment.urn)).all()
    stands = standings(session, wanted, on=on, policy=policy)
    return [
        NotReady(urn, name, reason)
        for urn, name in schools
        if (reason := reason_of(stands.get(urn, ()))) is not None
    ]


def standings(
    session: Session, urns: set[int] | None, *, on: date, policy: Policy
) -> dict[int, list[Standing]]:
    """Return the standing of everybody who has not left, by school; of all schools by default."""
    query = select(KeyAdult).where(or_(KeyAdult.left_on.is_(None), KeyAdult.left_on > on))
    if urns is not None:
        query = query.where(KeyAdult.urn.in_(urns))
    rows = session.scalars(query).all()
    away = absences_of(session, [row.id for row in rows])
    began = term_starts(session, on=on, urns=urns)
    found: dict[int, list[Standing]] = {}
    for row in rows:
        stands = standing(row, away.get(row.id, ()), on=on, policy=policy, began=began.get(row.urn))
        found.setdefault(row.urn, []).append(stands)
    return found


def reason_of(stands: Sequence[Standing]) -> str | None:
    """Return why a school whose people stand like this cannot receive; None where it can."""
    if any(one.can_receive for one in stands):
        return None
    held = {one.reason_code for one in stands}
    return next((reason for reason in _NEAREST if reason in held), "no_key_adult")
