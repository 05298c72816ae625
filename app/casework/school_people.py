"""One school's people as whoever keeps the register sees them: who can receive, and why not."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import enrolment
from app.access.models import Account
from app.access.permissions import Action
from app.casework.acting import Acting
from app.casework.school_reach import may_at, on_behalf_of_school, policy_at, school_reached
from app.core.cipher import CannotOpen, Cipher
from app.core.clock import london_date
from schools.assurance import Part, assurance_of
from schools.drills import last_answered
from schools.key_adult_details import KeyAdultDetails, open_details
from schools.key_adult_models import SchoolAssurance
from schools.key_adult_upkeep import absences_ahead, at_school, holiday_cover_ahead, key_adult_named
from schools.key_adults import Standing, absences_of, standing
from schools.models import Establishment, KeyAdult
from schools.term_starts import term_starts

_NOBODY = KeyAdultDetails(name="Entry that does not open", email="")


@dataclass(frozen=True, slots=True)
class Away:
    """Days away, or of holiday cover, both included; `source` says who knows it."""

    first_on: date
    last_on: date
    source: str | None = None


@dataclass(frozen=True, slots=True)
class AdultLine:
    """One key adult; without a reason code somebody who can receive today."""

    key_adult_id: UUID
    urn: int
    name: str = field(repr=False)
    email: str = field(repr=False)
    telephone: str | None = field(repr=False)
    # The mailbox that alerts go to, where it is not the person's own.
    alert_email: str | None = field(repr=False)
    reason_code: str | None
    unverified_why: str | None
    verify_again: bool
    verified_at: datetime | None
    lapsed: bool
    course: str | None
    trained_on: date | None
    training_expires_on: date | None
    left_on: date | None
    away: tuple[Away, ...]
    holidays: tuple[Away, ...]
    enrolled: bool
    # Until when the invitation works; None where none does.
    invited_until: datetime | None
    mine: bool


@dataclass(frozen=True, slots=True)
class SchoolPeople:
    """A school's key adults in order, what assurance lacks, and what the viewer may do."""

    urn: int
    name: str
    council: str
    adults: tuple[AdultLine, ...]
    able: int
    missing: tuple[Part, ...]
    protocol_on: date | None
    statement_on: date | None
    may_manage: bool
    may_request: bool
    may_approve: bool


def school_people(session: Session, acting: Acting, *, urn: int) -> SchoolPeople:
    """Return a school's people; raise `NotFound` for a school out of reach."""
    place = school_reached(session, acting, Action.SEE_REGISTER, urn)
    on = london_date(acting.now)
    policy = policy_at(session, place.la_code, at=acting.now)
    lines = _lines(session, acting, place, at_school(session, urn, on=on))
    dates = session.get(SchoolAssurance, urn)
    with on_behalf_of_school(session, urn):
        drilled = last_answered(session, [urn])
    return SchoolPeople(
        urn=urn, name=place.name, council=place.la_name, adults=lines,
        able=sum(line.reason_code is None for line in lines),
        missing=assurance_of(session, [urn], on=on, policy=policy, drilled=drilled)[urn].missing,
        protocol_on=dates.protocol_on if dates else None,
        statement_on=dates.statement_on if dates else None,
        may_manage=may_at(session, acting.actor, Action.MANAGE_KEY_ADULTS, place),
        may_request=may_at(session, acting.actor, Action.REQUEST_KEY_ADULT, place),
        may_approve=may_at(session, acting.actor, Action.APPROVE_KEY_ADULT, place),
    )  # fmt: skip


def one_of_them(session: Session, acting: Acting, *, key_adult_id: UUID) -> AdultLine:
    """Return one key adult for whoever may change the entry; raise `NotFound`."""
    adult = key_adult_named(session, key_adult_id)
    place = school_reached(session, acting, Action.MANAGE_KEY_ADULTS, adult.urn)
    return _lines(session, acting, place, [adult])[0]


def _lines(
    session: Session, acting: Acting, place: Establishment, rows: list[KeyAdult]
) -> tuple[AdultLine, ...]:
    on, ids = london_date(acting.now), [row.id for row in rows]
    policy = policy_at(session, place.la_code, at=acting.now)
    began = term_starts(session, on=on, urns=[place.urn]).get(place.urn)
    held, covers = absences_of(session, ids), holiday_cover_ahead(session, ids, on=on)
    ahead = absences_ahead(session, ids, on=on)
    accounts = _accounts(session, rows)
    found = []
    for row in rows:
        stands = standing(row, held.get(row.id, ()), on=on, policy=policy, began=began)
        account = accounts.get(row.account_id) if row.account_id else None
        days = tuple(
            Away(one.first_on, one.last_on, one.source)
            for one in ahead
            if one.key_adult_id == row.id
        )
        holidays = tuple(
            Away(one.first_on, one.last_on) for one in covers if one.key_adult_id == row.id
        )
        found.append(
            _line(
                session, acting, row, stands=stands, account=account, days=days, holidays=holidays
            )
        )
    return tuple(found)


def _line(
    session: Session, acting: Acting, row: KeyAdult, *, stands: Standing, account: Account | None,
    days: tuple[Away, ...], holidays: tuple[Away, ...],
) -> AdultLine:  # fmt: skip
    details = _details(acting.cipher, row)
    return AdultLine(
        key_adult_id=row.id, urn=row.urn, name=details.name, email=details.email,
        telephone=details.telephone, alert_email=details.alert_email,
        reason_code="unreadable" if details is _NOBODY else stands.reason_code,
        unverified_why=row.unverified_why, verify_again=stands.verify_again,
        verified_at=row.contact_verified_at, lapsed=stands.lapsed, course=row.course,
        trained_on=row.trained_on, training_expires_on=row.training_expires_on,
        left_on=row.left_on, away=days, holidays=holidays,
        enrolled=account is not None and account.enrolled_at is not None,
        invited_until=_invited_until(session, account, acting.now),
        mine=row.account_id is not None and row.account_id == acting.actor.account_id,
    )  # fmt: skip


def _details(cipher: Cipher, row: KeyAdult) -> KeyAdultDetails:
    try:
        return open_details(cipher, row)
    except CannotOpen:
        return _NOBODY


def _accounts(session: Session, rows: list[KeyAdult]) -> dict[UUID, Account]:
    wanted = {row.account_id for row in rows if row.account_id is not None}
    if not wanted:
        return {}
    found = session.scalars(select(Account).where(Account.id.in_(wanted)))
    return {one.id: one for one in found}


def _invited_until(session: Session, account: Account | None, now: datetime) -> datetime | None:
    if account is None or account.enrolled_at is not None:
        return None
    link = enrolment.newest(session, account.id)
    if link is None or link.used_at is not None or link.expires_at <= now:
        return None
    return link.expires_at
