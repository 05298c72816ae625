"""Keeping key adults right: order, training, cover, address, leaving, and the school's dates."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.errors import FieldError, Invalid, NotFound
from schools.key_adult_details import EMAIL, email_digest, open_details, seal_details
from schools.key_adult_models import HolidayCover, SchoolAssurance
from schools.key_adult_requests import Training
from schools.models import KeyAdult, KeyAdultAbsence

_LONGEST_ABSENCE = timedelta(days=400)


class AbsenceSource(StrEnum):
    """Who says that somebody is away; `auto_reply` is what a person read in one."""

    OWN = "own"
    COLLEAGUE = "colleague"
    AUTO_REPLY = "auto_reply"


class Unverified(StrEnum):
    """Why an address that was proved is not any more."""

    BOUNCED = "bounced"
    ADDRESS_CHANGED = "address_changed"


def key_adult_named(session: Session, key_adult_id: UUID) -> KeyAdult:
    """Return one key adult; raise `NotFound`."""
    row = session.scalars(select(KeyAdult).where(KeyAdult.id == key_adult_id)).one_or_none()
    if row is None:
        raise NotFound("This key adult is not in the register: look for the school's others.")
    return row


def of_account(session: Session, account_id: UUID, *, on: date) -> list[KeyAdult]:
    """Return somebody's entries at every school they have not left, by URN."""
    return list(
        session.scalars(
            select(KeyAdult)
            .where(KeyAdult.account_id == account_id, _still_there(on))
            .order_by(KeyAdult.urn)
        )
    )


def at_school(session: Session, urn: int, *, on: date) -> list[KeyAdult]:
    """Return a school's key adults who have not left, in the order in which they are asked."""
    return list(
        session.scalars(
            select(KeyAdult)
            .where(KeyAdult.urn == urn, _still_there(on))
            .order_by(KeyAdult.position, KeyAdult.added_at, KeyAdult.id)
        )
    )


def unverify(adult: KeyAdult, *, why: Unverified, now: datetime) -> bool:
    """Rely on this address no more; nothing that was proved before `now` counts again.

    Returns whether it was relied on until now.
    """
    relied_on = adult.contact_verified_at is not None
    adult.contact_verified_at, adult.unverified_at, adult.unverified_why = None, now, why.value
    return relied_on


def change_alert_address(
    session: Session, cipher: Cipher, adult: KeyAdult, address: str | None, *, now: datetime
) -> bool:
    """Send alerts to another address, or with None to the own one; it has to be proved again.

    Returns whether anything changed; raises `Invalid` for what is no address.
    """
    if address is not None and not EMAIL.fullmatch(address):
        problem = "Enter an email address in the correct format, like name@example.org"
        raise Invalid(problem, [FieldError("address", "email", problem)])
    held = open_details(cipher, adult)
    wanted = replace(held, alert_email=address)
    if email_digest(cipher, wanted.address) == email_digest(cipher, held.address):
        return False
    adult.sealed = seal_details(cipher, adult.id, wanted)
    unverify(adult, why=Unverified.ADDRESS_CHANGED, now=now)
    session.flush()
    return True


def move(session: Session, adult: KeyAdult, *, earlier: bool, on: date) -> bool:
    """Change places with the one before or after; return whether there was one.

    Positions are numbered anew from one, so that what a file left equal is in order afterwards.
    """
    order = at_school(session, adult.urn, on=on)
    place = next((n for n, one in enumerate(order) if one.id == adult.id), None)
    if place is None:
        return False
    other = place - 1 if earlier else place + 1
    if not 0 <= other < len(order):
        return False
    order[place], order[other] = order[other], order[place]
    for number, one in enumerate(order, start=1):
        one.position = number
    session.flush()
    return True


def record_training(session: Session, adult: KeyAdult, training: Training, *, today: date) -> None:
    """Record course and dates; raise `Invalid` for dates that cannot be."""
    check_training(training, today=today)
    adult.course = training.course
    adult.trained_on, adult.training_expires_on = training.trained_on, training.expires_on
    session.flush()


def check_training(training: Training, *, today: date) -> None:
    """Raise `Invalid` for training that is yet to come, or that ended before it began."""
    trained, expires = training.trained_on, training.expires_on
    if trained is not None and trained > today:
        problem = "The training date must be today or in the past"
        raise Invalid(problem, [FieldError("trained_on", "future", problem)])
    if expires is not None and (trained is None or expires < trained):
        problem = "The date the training runs out must be after the training"
        raise Invalid(problem, [FieldError("expires_on", "order", problem)])


def add_absence(
    session: Session, adult: KeyAdult, *, first_on: date, last_on: date,
    source: AbsenceSource, today: date,
) -> None:  # fmt: skip
    """Record days away, both included; the same first day again changes the last."""
    check_days(first_on, last_on, today=today)
    held = session.get(KeyAdultAbsence, (adult.id, first_on))
    if held is None:
        held = KeyAdultAbsence(key_adult_id=adult.id, first_on=first_on)
        session.add(held)
    held.last_on, held.source = last_on, source.value
    session.flush()


def end_absence(session: Session, adult: KeyAdult, *, first_on: date, today: date) -> bool:
    """Say that somebody is back: an absence to come is dropped, one under way ended yesterday."""
    held = session.get(KeyAdultAbsence, (adult.id, first_on))
    if held is None or held.last_on < today:
        return False
    if first_on >= today:
        session.delete(held)
    else:
        held.last_on = today - timedelta(days=1)
    session.flush()
    return True


def absences_ahead(session: Session, ids: Sequence[UUID], *, on: date) -> list[KeyAdultAbsence]:
    """Return the absences under way or to come, in order."""
    return list(
        session.scalars(
            select(KeyAdultAbsence)
            .where(KeyAdultAbsence.key_adult_id.in_(ids), KeyAdultAbsence.last_on >= on)
            .order_by(KeyAdultAbsence.first_on)
        )
    )


def add_holiday_cover(
    session: Session, adult: KeyAdult, *, first_on: date, last_on: date, today: date
) -> None:
    """Make somebody the school's contact for days on which it is closed."""
    check_days(first_on, last_on, today=today)
    session.merge(HolidayCover(key_adult_id=adult.id, first_on=first_on, last_on=last_on))
    session.flush()


def end_holiday_cover(session: Session, adult: KeyAdult, *, first_on: date) -> None:
    """Take holiday cover back."""
    session.execute(
        delete(HolidayCover).where(
            HolidayCover.key_adult_id == adult.id, HolidayCover.first_on == first_on
        )
    )


def holiday_cover_ahead(session: Session, ids: Sequence[UUID], *, on: date) -> list[HolidayCover]:
    """Return the holiday cover that is not over, in order."""
    return list(
        session.scalars(
            select(HolidayCover)
            .where(HolidayCover.key_adult_id.in_(ids), HolidayCover.last_on >= on)
            .order_by(HolidayCover.first_on)
        )
    )


def record_dates(
    session: Session, urn: int, *, protocol_on: date | None, statement_on: date | None,
    actor: str, now: datetime, today: date,
) -> None:  # fmt: skip
    """Record when the school signed the protocol and told parents; raise `Invalid` for a future."""
    for name, on in (("protocol_on", protocol_on), ("statement_on", statement_on)):
        if on is not None and on > today:
            problem = "The date must be today or in the past"
            raise Invalid(problem, [FieldError(name, "future", problem)])
    session.merge(
        SchoolAssurance(
            urn=urn, protocol_on=protocol_on, statement_on=statement_on, noted_by=actor,
            noted_at=now,
        )
    )  # fmt: skip
    session.flush()


def check_days(first_on: date, last_on: date, *, today: date) -> None:
    """Raise `Invalid` for days out of order, over already, or more than a year of them."""
    problem = None
    if last_on < first_on:
        problem = "The last day must be the first day or later"
    elif last_on < today:
        problem = "The last day must be today or in the future"
    elif last_on - first_on > _LONGEST_ABSENCE:
        problem = "Enter no more than a year; record somebody who does not come back as left"
    if problem:
        raise Invalid(problem, [FieldError("last_on", "days", problem)])


def _still_there(on: date) -> ColumnElement[bool]:
    return or_(KeyAdult.left_on.is_(None), KeyAdult.left_on > on)
