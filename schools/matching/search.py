"""What the database knows that may lead to a child's school.

Schools are found by number and by told name; pupils by keyed block keys alone.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from schools.matching import rules
from schools.matching.details import (
    ChildFacts,
    Leads,
    SchoolFacts,
    ToldEducation,
)
from schools.matching.roll_search import RollSearch
from schools.matching.school_names import place_key, street_key
from schools.matching.told_search import ToldSearch
from schools.models import Establishment
from schools.queries import OPEN_STATUSES, single_successors

_FACTS = (
    Establishment.urn, Establishment.name, Establishment.la_code, Establishment.la_name,
    Establishment.type_code, Establishment.status, Establishment.closed_on,
    Establishment.statutory, Establishment.town_key, Establishment.locality_key,
    Establishment.postcode, Establishment.phase, Establishment.low_age, Establishment.high_age,
    Establishment.street,
)  # fmt: skip


def find_leads(
    session: Session, cipher: Cipher, children: Sequence[ChildFacts], *, on: date
) -> list[Leads]:
    """Return for each child what may lead to its school on the London date of the incident."""
    given = [_given(session, child.education, on) for child in children]
    names = ToldSearch(session, lambda urns: _facts(session, urns, on))
    told = {child.education: names.find(child.education) for child in children}
    closed = {school.urn for school in given if school and not school.is_open}
    closed |= {one.urn for schools, _ in told.values() for one in schools if not one.is_open}
    rolls = RollSearch(session, cipher, on)
    pupils = rolls.find([child.identity for child in children])
    at_schools = _facts(session, {one.urn for found in pupils for one in found.pupils}, on)
    closed |= {school.urn for school in at_schools.values() if not school.is_open}
    heirs = single_successors(session, closed) if closed else {}
    heir_facts = _facts(session, heirs.values(), on)
    successors = {urn: heir_facts[heir] for urn, heir in heirs.items() if heir in heir_facts}
    return [
        Leads(
            given=school,
            given_unknown=school is None and _names_a_school(child.education.urn),
            told=told[child.education][0],
            known_words=told[child.education][1],
            successors=successors, pupils=found.pupils, roll_size=rolls.size,
            at_postcode=found.at_postcode, unreadable=found.unreadable,
            schools=at_schools,
        )
        for child, school, found in zip(children, given, pupils, strict=True)
    ]  # fmt: skip


def _names_a_school(urn: int | None) -> bool:
    return urn is not None and urn not in {rules.URN_UNKNOWN, rules.URN_HOME_EDUCATED}


def _given(session: Session, education: ToldEducation, on: date) -> SchoolFacts | None:
    """Return the school that a URN, or a seven-digit LAEstab number, names."""
    number = education.urn
    if number is None or not _names_a_school(number):
        return None
    if number <= 999_999:
        return _facts(session, [number], on).get(number)
    council, school = divmod(number, 10_000)
    rows = session.execute(
        select(*_FACTS).where(
            Establishment.la_code == f"{council:03d}", Establishment.establishment_number == school
        )
    ).all()
    found = [_school(row, on) for row in rows]
    still_open = [one for one in found if one.is_open]
    return still_open[0] if len(still_open) == 1 else found[0] if len(found) == 1 else None


def school_facts(session: Session, urns: Collection[int], on: date) -> dict[int, SchoolFacts]:
    """Return what the rules look at of these schools, as they stand on a date."""
    return _facts(session, urns, on)


def _facts(session: Session, urns: Collection[int], on: date) -> dict[int, SchoolFacts]:
    if not urns:
        return {}
    rows = session.execute(select(*_FACTS).where(Establishment.urn.in_(set(urns))))
    return {row.urn: _school(row, on) for row in rows}


def _school(row: Any, on: date) -> SchoolFacts:
    ended = row.closed_on is not None and row.closed_on <= on
    return SchoolFacts(
        urn=row.urn, name=row.name, la_code=row.la_code, type_code=row.type_code,
        is_open=row.status in OPEN_STATUSES and not ended, statutory=row.statutory,
        town_key=row.town_key, locality_key=row.locality_key, la_key=place_key(row.la_name),
        postcode=row.postcode, phase=row.phase, low_age=row.low_age, high_age=row.high_age,
        street_key=street_key(row.street),
    )  # fmt: skip
