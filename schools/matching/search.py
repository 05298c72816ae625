"""What the database knows that may lead to a child's school.

Schools are found by number and by told name; pupils by keyed block keys alone.
"""

from collections.abc import Collection, Sequence
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.clock import at_london
from schools.matching import rules
from schools.matching.blocks import Findable, lookup_values
from schools.matching.details import (
    ChildFacts,
    ChildIdentity,
    Leads,
    PupilFacts,
    SchoolFacts,
    ToldEducation,
)
from schools.matching.school_names import place_key, street_key
from schools.matching.told_search import ToldSearch
from schools.models import Establishment
from schools.queries import OPEN_STATUSES, single_successors
from schools.roll_models import Pupil, PupilKey, Roll, RollState
from schools.roll_record import open_pupil

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
    rolls = _Rolls(session, cipher, on)
    pupils = [rolls.pupils_like(child.identity) for child in children]
    at_schools = _facts(session, {one.urn for found in pupils for one in found}, on)
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
            successors=successors, pupils=found, roll_size=rolls.size,
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


class _Rolls:
    """The current rolls, no older than a term on the day of the incident."""

    def __init__(self, session: Session, cipher: Cipher, on: date) -> None:
        self._session = session
        self._cipher = cipher
        self._on = on
        oldest = at_london(on - timedelta(days=rules.ROLL_USED_DAYS), time())
        rolls = session.execute(
            select(Roll.id, Roll.pupils).where(
                Roll.state == RollState.CURRENT, Roll.imported_at >= oldest
            )
        ).all()
        self._ids = {roll_id for roll_id, _ in rolls}
        self.size = sum(pupils for _, pupils in rolls)

    def pupils_like(self, identity: ChildIdentity) -> tuple[PupilFacts, ...]:
        """Return the pupils who share a block key with the child; leavers are marked."""
        if not self.size:
            return ()
        ids = self._ids_under(_blocks(self._cipher, identity))
        if not ids:
            return ()
        rows = self._session.scalars(
            select(Pupil)
            .where(
                Pupil.id.in_(ids),
                Pupil.roll_id.in_(self._ids),
            )
            .order_by(Pupil.id)
        )
        opened = (self._opened(row) for row in rows)
        return tuple(one for one in opened if one is not None)

    def _ids_under(self, blocks: Collection[int]) -> set[int]:
        """Return the pupils under these keys; a block over the cap tells nothing."""
        sizes = self._session.execute(
            select(PupilKey.block, func.count())
            .where(PupilKey.block.in_(blocks))
            .group_by(PupilKey.block)
        )
        usable = [block for block, size in sizes if size <= rules.BLOCK_CAP]
        if not usable:
            return set()
        found = select(PupilKey.pupil_id).where(PupilKey.block.in_(usable))
        return set(self._session.scalars(found))

    def _opened(self, row: Pupil) -> PupilFacts | None:
        """Return the pupil, or None who had not entered that school by then."""
        details = open_pupil(
            self._cipher, row.sealed, roll=row.roll_id, line=row.line,
            key=self._cipher.register_key(),
        )  # fmt: skip
        if details.entered_on is not None and details.entered_on > self._on:
            return None
        return PupilFacts(
            pupil_id=row.id, urn=row.urn, forename=details.forename, surname=details.surname,
            middle_names=details.middle_names, preferred_surname=details.preferred_surname,
            former_surname=details.former_surname, date_of_birth=details.date_of_birth,
            sex=details.sex, upn=details.upn, postcode=details.postcode,
            left=details.leaves_on is not None and details.leaves_on <= self._on,
        )  # fmt: skip


def _blocks(cipher: Cipher, identity: ChildIdentity) -> set[int]:
    values = lookup_values(
        Findable(
            forenames=(identity.forename, *identity.known_as),
            surnames=(identity.surname, identity.former_surname),
            date_of_birth=identity.date_of_birth, birth_year=identity.birth_year,
            upn=identity.upn, postcodes=identity.postcodes,
        )
    )  # fmt: skip
    return {cipher.block_key(value) for value in values}
