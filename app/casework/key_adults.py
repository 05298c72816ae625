"""Keeping a school's key adults: order, training, days away, leaving, and the school's dates.

By the school itself, its council's people or a register administrator; every act is on the trail.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import enrolment, sessions
from app.access.models import Account
from app.access.permissions import Action, Grant, Role
from app.access.roles import end_role, roles_of
from app.casework import inviting
from app.casework.acting import Acting
from app.casework.school_reach import (
    on_behalf_of_school,
    policy_at,
    school_reached,
)
from app.core import audit
from app.core.audit import Event
from app.core.clock import london_date
from app.core.errors import Conflict, FieldError, Invalid
from notifications.asking_next import ask_next, stop_asking
from schools import key_adult_upkeep as upkeep
from schools.key_adult_requests import Training
from schools.key_adult_upkeep import AbsenceSource
from schools.key_adults import contacts_of
from schools.models import Establishment, KeyAdult

_FURTHEST_LEAVING = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Days:
    """Days from first to last, both included."""

    first_on: date
    last_on: date


def move_key_adult(
    session: Session, acting: Acting, *, key_adult_id: UUID, earlier: bool
) -> KeyAdult:
    """Let somebody be asked one place earlier or later."""
    adult, _ = _reached(session, acting, key_adult_id)
    today = london_date(acting.now)
    if upkeep.move(session, adult, earlier=earlier, on=today):
        _note(session, acting, Event.KEY_ADULT_MOVED, adult, "earlier" if earlier else "later")
    return adult


def record_training(
    session: Session, acting: Acting, *, key_adult_id: UUID, training: Training
) -> KeyAdult:
    """Record the course and its dates; raise `Invalid` for dates that cannot be."""
    adult, _ = _reached(session, acting, key_adult_id)
    upkeep.record_training(session, adult, training, today=london_date(acting.now))
    _note(session, acting, Event.KEY_ADULT_TRAINED, adult)
    return adult


def record_absence(
    session: Session, acting: Acting, *, key_adult_id: UUID, days: Days, auto_reply: bool = False
) -> KeyAdult:
    """Record days away, of one's own or of a colleague; the next in order is asked meanwhile.

    `auto_reply`: somebody read it in an automatic reply; the service itself receives no mail.
    """
    adult, place = _reached(session, acting, key_adult_id)
    own = adult.account_id is not None and adult.account_id == acting.actor.account_id
    source = AbsenceSource.OWN if own else AbsenceSource.COLLEAGUE
    if auto_reply:
        source = AbsenceSource.AUTO_REPLY
    today = london_date(acting.now)
    upkeep.add_absence(
        session, adult, first_on=days.first_on, last_on=days.last_on, source=source, today=today
    )
    _note(session, acting, Event.KEY_ADULT_AWAY, adult, source.value)
    if days.first_on <= today:
        _ask_next(session, acting, adult, place)
    return adult


def end_absence(
    session: Session, acting: Acting, *, key_adult_id: UUID, first_on: date
) -> KeyAdult:
    """Say that somebody is back, or will not be away after all."""
    adult, _ = _reached(session, acting, key_adult_id)
    if upkeep.end_absence(session, adult, first_on=first_on, today=london_date(acting.now)):
        _note(session, acting, Event.KEY_ADULT_BACK, adult)
    return adult


def set_holiday_cover(
    session: Session, acting: Acting, *, key_adult_id: UUID, days: Days
) -> KeyAdult:
    """Make somebody the school's contact while it is closed."""
    adult, _ = _reached(session, acting, key_adult_id)
    upkeep.add_holiday_cover(
        session, adult, first_on=days.first_on, last_on=days.last_on,
        today=london_date(acting.now),
    )  # fmt: skip
    _note(session, acting, Event.KEY_ADULT_HOLIDAYS, adult, "added")
    return adult


def end_holiday_cover(
    session: Session, acting: Acting, *, key_adult_id: UUID, first_on: date
) -> KeyAdult:
    """Take holiday cover back."""
    adult, _ = _reached(session, acting, key_adult_id)
    upkeep.end_holiday_cover(session, adult, first_on=first_on)
    _note(session, acting, Event.KEY_ADULT_HOLIDAYS, adult, "ended")
    return adult


def record_leaving(
    session: Session, acting: Acting, *, key_adult_id: UUID, left_on: date | None
) -> KeyAdult:
    """Record the first day on which somebody is not at the school any more; None takes it back.

    Who has left is shut out at once, with every session; from a day to come on, with that day's
    first request. Nobody is kept because they are the last: the school is rung, and readiness
    says so. Raises `Conflict` for taking back what has happened.
    """
    adult, place = _reached(session, acting, key_adult_id)
    today = london_date(acting.now)
    if adult.left_on is not None and adult.left_on <= today:
        raise Conflict("This person has left. Ask for them again if they have come back.")
    if left_on is not None and left_on > today + _FURTHEST_LEAVING:
        problem = "Enter a day within the next year"
        raise Invalid(problem, [FieldError("left_on", "far", problem)])
    adult.left_on = left_on
    session.flush()
    _note(session, acting, Event.KEY_ADULT_LEFT, adult, None if left_on else "taken_back")
    if left_on is not None and left_on <= today:
        _shut_out(session, acting, adult)
        _ask_next(session, acting, adult, place, left=True)
    return adult


def only_one_left(session: Session, acting: Acting, adult: KeyAdult) -> bool:
    """Return whether nobody else at the school can receive today."""
    place = school_reached(session, acting, Action.SEE_REGISTER, adult.urn)
    on = london_date(acting.now)
    contacts = contacts_of(
        session, acting.cipher, adult.urn, on=on,
        policy=policy_at(session, place.la_code, at=acting.now),
    )  # fmt: skip
    return not any(one.can_receive for one in contacts if one.key_adult_id != adult.id)


def record_dates(
    session: Session, acting: Acting, *, urn: int, protocol_on: date | None,
    statement_on: date | None,
) -> None:  # fmt: skip
    """Record when the school signed the protocol and when it told parents."""
    school_reached(session, acting, Action.MANAGE_KEY_ADULTS, urn)
    upkeep.record_dates(
        session, urn, protocol_on=protocol_on, statement_on=statement_on,
        actor=acting.actor.id, now=acting.now, today=london_date(acting.now),
    )  # fmt: skip
    audit.record(
        session, event=Event.SCHOOL_DATES_RECORDED, actor=acting.actor.id, force=None,
        subject=f"establishment:{urn}", now=acting.now,
    )  # fmt: skip


def invite_again(session: Session, acting: Acting, *, key_adult_id: UUID) -> bool:
    """Send a fresh invitation, or to somebody who is enrolled a reminder (then False)."""
    adult = upkeep.key_adult_named(session, key_adult_id)
    place = school_reached(session, acting, Action.APPROVE_KEY_ADULT, adult.urn)
    if adult.account_id is None or adult.left_on is not None:
        raise Conflict("There is nobody to invite: ask for this person first.")
    account = session.get_one(Account, adult.account_id)
    if account.disabled_at is not None:
        raise Conflict("This person's account was shut: ask the register administrator why.")
    return inviting.invite(
        session, acting.cipher, adult, account, place, actor=acting.actor.id, now=acting.now
    )


def _reached(
    session: Session, acting: Acting, key_adult_id: UUID
) -> tuple[KeyAdult, Establishment]:
    adult = upkeep.key_adult_named(session, key_adult_id)
    return adult, school_reached(session, acting, Action.MANAGE_KEY_ADULTS, adult.urn)


def _shut_out(session: Session, acting: Acting, adult: KeyAdult) -> None:
    """End the role and every session; a link that waits dies unless another role is left."""
    if adult.account_id is None:
        return
    grant = Grant(Role.KEY_ADULT, urn=adult.urn)
    end_role(session, adult.account_id, grant, now=acting.now)
    sessions.end_all(session, adult.account_id, now=acting.now)
    if not roles_of(session, adult.account_id, on=london_date(acting.now)):
        enrolment.withdraw(session, adult.account_id, now=acting.now)


def _ask_next(
    session: Session, acting: Acting, adult: KeyAdult, place: Establishment, *, left: bool = False
) -> None:
    with on_behalf_of_school(session, place.urn):
        ask_next(session, key_adult_id=adult.id, urn=place.urn, now=acting.now)
        if left:
            stop_asking(session, key_adult_id=adult.id, now=acting.now)


def _note(
    session: Session, acting: Acting, event: Event, adult: KeyAdult, reason: str | None = None
) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=None,
        subject=f"key_adult:{adult.id}", now=acting.now, reason_code=reason,
        detail={"urn": adult.urn},
    )  # fmt: skip
