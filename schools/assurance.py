"""Assured, which is more than able to receive: reported with what is missing, never a gate.

Source: domain.md §5. A school that one trained person can answer for is told; one that is assured
would still be told when that person is ill, on holiday or gone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.policy import Policy
from schools.key_adult_models import HolidayCover, SchoolAssurance
from schools.models import KeyAdult
from schools.readiness import standings
from schools.reverifying import UNKNOWN_TERM
from schools.term_starts import term_starts

ABLE_WHEN_ASSURED = 2


class Part(StrEnum):
    """What an assured school has."""

    TWO_KEY_ADULTS = "two_key_adults"
    PROTOCOL = "protocol"
    PARENTS_STATEMENT = "parents_statement"
    HOLIDAY_CONTACT = "holiday_contact"
    DRILL = "drill"


@dataclass(frozen=True, slots=True)
class Assurance:
    """What a school lacks on a day, in the order of `Part`."""

    missing: tuple[Part, ...]

    @property
    def assured(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class AssuranceFacts:
    """What assurance is judged by; `able` counts those who can receive on the day."""

    able: int = 0
    protocol_on: date | None = None
    statement_on: date | None = None
    holiday_contact: bool = False
    drilled_on: date | None = None


def assurance(facts: AssuranceFacts, *, began: date | None, on: date) -> Assurance:
    """Return what is missing on `on`, in a term that began on `began` (None: nobody knows)."""
    drilled = facts.drilled_on
    has = {
        Part.TWO_KEY_ADULTS: facts.able >= ABLE_WHEN_ASSURED,
        Part.PROTOCOL: _by(facts.protocol_on, on),
        Part.PARENTS_STATEMENT: _by(facts.statement_on, on),
        Part.HOLIDAY_CONTACT: facts.holiday_contact,
        Part.DRILL: drilled is not None and (began or on - UNKNOWN_TERM) <= drilled <= on,
    }
    return Assurance(tuple(part for part in Part if not has[part]))


def assurance_of(
    session: Session, urns: Iterable[int], *, on: date, policy: Policy,
    drilled: Mapping[int, date] | None = None,
) -> dict[int, Assurance]:  # fmt: skip
    """Return the assurance of several schools; `drilled` is the last drill of each that had one."""
    wanted = set(urns)
    stands = standings(session, wanted, on=on, policy=policy)
    dates = {
        row.urn: row
        for row in session.scalars(select(SchoolAssurance).where(SchoolAssurance.urn.in_(wanted)))
    }
    covered = _with_holiday_contact(session, wanted, on=on)
    began = term_starts(session, on=on, urns=wanted)
    found: dict[int, Assurance] = {}
    for urn in wanted:
        held = dates.get(urn)
        facts = AssuranceFacts(
            able=sum(one.can_receive for one in stands.get(urn, ())),
            protocol_on=held.protocol_on if held else None,
            statement_on=held.statement_on if held else None,
            holiday_contact=urn in covered,
            drilled_on=(drilled or {}).get(urn),
        )
        found[urn] = assurance(facts, began=began.get(urn), on=on)
    return found


def _with_holiday_contact(session: Session, urns: set[int], *, on: date) -> set[int]:
    """Return the schools that somebody answers for in a holiday under way or to come."""
    rows = session.scalars(
        select(KeyAdult.urn)
        .join(HolidayCover, HolidayCover.key_adult_id == KeyAdult.id)
        .where(
            KeyAdult.urn.in_(urns),
            HolidayCover.last_on >= on,
            or_(KeyAdult.left_on.is_(None), KeyAdult.left_on > on),
        )
    )
    return set(rows)


def _by(at: date | None, on: date) -> bool:
    return at is not None and at <= on
