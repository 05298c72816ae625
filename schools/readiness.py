"""Which schools could not receive a notification tomorrow, and why: asked every evening."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.cipher import CannotOpen, Cipher
from app.core.policy import Policy
from schools.key_adult_details import open_details
from schools.key_adults import Standing, absences_of, standing
from schools.models import Establishment, KeyAdult
from schools.queries import OPEN_STATUSES
from schools.term_starts import term_starts

# Nearest to being able to receive first: that is what has to be mended.
_NEAREST = (
    "no_account", "away", "training_expired", "not_trained", "contact_unverified", "unreadable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotReady:
    """One open school where nobody can receive, with the reason that is nearest to mending."""

    urn: int
    name: str
    council: str
    reason_code: str


def not_ready(
    session: Session, cipher: Cipher, *, on: date, policy: Policy,
    urns: Iterable[int] | None = None, enrolled: Collection[UUID] | None = None,
) -> list[NotReady]:  # fmt: skip
    """Return the open schools that cannot receive on a London date, by URN.

    All schools of the register by default. Reasons: `no_key_adult`, or why the nearest key adult
    may not be told (`schools.key_adults.standing`); one whose record does not open is `unreadable`
    and can receive nothing, so every record that counts is opened here, the evening before.
    `no_account`: who could be told is not among the accounts `enrolled`, where those are given.
    """
    query = select(Establishment.urn, Establishment.name, Establishment.la_code).where(
        Establishment.status.in_(OPEN_STATUSES), Establishment.statutory
    )
    wanted = None if urns is None else set(urns)
    if wanted is not None:
        query = query.where(Establishment.urn.in_(wanted))
    schools = session.execute(query.order_by(Establishment.urn)).all()
    stands = standings(session, wanted, on=on, policy=policy, cipher=cipher, enrolled=enrolled)
    return [
        NotReady(urn, name, council, reason)
        for urn, name, council in schools
        if (reason := reason_of(stands.get(urn, ()))) is not None
    ]


def standings(
    session: Session, urns: set[int] | None, *, on: date, policy: Policy,
    cipher: Cipher | None = None, enrolled: Collection[UUID] | None = None,
) -> dict[int, list[Standing]]:  # fmt: skip
    """Return the standing of everybody who has not left, by school; of all schools by default.

    With a cipher, whoever could receive is opened too, and does not count where that fails. With
    the accounts `enrolled`, whoever has none of them does not count either: the message would
    reach somebody who cannot sign in to read it.
    """
    query = select(KeyAdult).where(or_(KeyAdult.left_on.is_(None), KeyAdult.left_on > on))
    if urns is not None:
        query = query.where(KeyAdult.urn.in_(urns))
    rows = session.scalars(query).all()
    away = absences_of(session, [row.id for row in rows])
    began = term_starts(session, on=on, urns=urns)
    found: dict[int, list[Standing]] = {}
    for row in rows:
        stands = standing(row, away.get(row.id, ()), on=on, policy=policy, began=began.get(row.urn))
        if cipher is not None and stands.can_receive and not _opens(cipher, row):
            stands = replace(stands, reason_code="unreadable")
        if enrolled is not None and stands.can_receive and row.account_id not in enrolled:
            stands = replace(stands, reason_code="no_account")
        found.setdefault(row.urn, []).append(stands)
    return found


def _opens(cipher: Cipher, row: KeyAdult) -> bool:
    try:
        return bool(open_details(cipher, row).address)
    except CannotOpen:
        return False


def reason_of(stands: Sequence[Standing]) -> str | None:
    """Return why a school whose people stand like this cannot receive; None where it can."""
    if any(one.can_receive for one in stands):
        return None
    held = {one.reason_code for one in stands}
    return next((reason for reason in _NEAREST if reason in held), "no_key_adult")
