"""A key adult's own page: proving the address, days away, and what needs attention.

Entries are one's own or they do not exist: a colleague cannot type the code for somebody.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.casework import inviting
from app.casework.acting import Acting, require
from app.casework.school_reach import policy_at
from app.core import audit
from app.core.audit import Event
from app.core.cipher import CannotOpen
from app.core.clock import london_date
from app.core.errors import NotFound
from notifications.states import Medium
from schools import contact_codes
from schools import key_adult_upkeep as upkeep
from schools.contact_codes import Answer
from schools.key_adult_details import KeyAdultDetails, mobile_of, open_details, verified_mobile
from schools.key_adults import Standing, absences_of, standing
from schools.models import Establishment, KeyAdult
from schools.queries import establishment, establishments
from schools.term_starts import term_starts

# A course takes weeks to come by.
_SOON = timedelta(days=30)


class Notice(StrEnum):
    """What a key adult should see to, the worst first."""

    CONTACT_UNVERIFIED = "contact_unverified"
    NOT_TRAINED = "not_trained"
    TRAINING_EXPIRED = "training_expired"
    TRAINING_LAPSED = "training_lapsed"
    VERIFY_AGAIN = "verify_again"
    TRAINING_ENDS_SOON = "training_ends_soon"


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """One of one's own entries, with what is to be seen to at that school."""

    key_adult_id: UUID
    urn: int
    school: str
    email: str
    address: str
    shared: bool
    can_receive: bool
    reason_code: str | None
    unverified_why: str | None
    verified_at: datetime | None
    course: str | None
    trained_on: date | None
    training_expires_on: date | None
    notices: tuple[Notice, ...]
    code_until: datetime | None
    away: tuple[tuple[date, date], ...]
    mobile: str | None = None
    mobile_verified: bool = False
    text_code_until: datetime | None = None


def own_entries(session: Session, acting: Acting) -> list[OwnEntry]:
    """Return one's own entries, none for somebody who is no key adult."""
    account_id, on = acting.actor.account_id, london_date(acting.now)
    if account_id is None:
        return []
    rows = upkeep.of_account(session, account_id, on=on)
    places = establishments(session, {row.urn for row in rows})
    began = term_starts(session, on=on, urns=places)
    absences = absences_of(session, [row.id for row in rows])
    found = []
    for row in rows:
        place = places[row.urn]
        stands = standing(
            row, absences.get(row.id, ()), on=on, began=began.get(row.urn),
            policy=policy_at(session, place.la_code, at=acting.now),
        )  # fmt: skip
        away = tuple(
            (one.first_on, one.last_on) for one in absences.get(row.id, ()) if one.last_on >= on
        )
        found.append(_entry(session, acting, row, place=place, stands=stands, away=away))
    return found


def ask_for_code(session: Session, acting: Acting, *, key_adult_id: UUID) -> None:
    """Send a code to the address of one's own entry; raise `TooMany` after several."""
    adult, place = _own(session, acting, key_adult_id)
    inviting.send_code(session, acting.cipher, adult, place, actor=acting.actor.id, now=acting.now)


def type_code(session: Session, acting: Acting, *, key_adult_id: UUID, code: str) -> Answer:
    """Prove the address with the code; a wrong one counts and five end it."""
    adult, _ = _own(session, acting, key_adult_id)
    typed = contact_codes.type_code(session, acting.cipher, adult, code, now=acting.now)
    if typed.answer is Answer.WRONG:
        _note(session, acting, Event.KEY_ADULT_CODE_WRONG, adult)
    for one in typed.proved:
        _note(session, acting, Event.KEY_ADULT_VERIFIED, one)
        place = establishment(session, one.urn)
        if place is not None:
            inviting.nothing_to_prove(session, one, place, now=acting.now)
    return typed.answer


def ask_for_text(session: Session, acting: Acting, *, key_adult_id: UUID) -> None:
    """Send a code by text to the mobile of one's own entry; raise `TooMany` after several."""
    adult, place = _own(session, acting, key_adult_id)
    if mobile_of(open_details(acting.cipher, adult)) is None:
        raise NotFound("There is no mobile number here: ask who keeps your school's key adults.")
    inviting.send_code(
        session, acting.cipher, adult, place, actor=acting.actor.id, now=acting.now,
        medium=Medium.TEXT,
    )  # fmt: skip


def type_text_code(session: Session, acting: Acting, *, key_adult_id: UUID, code: str) -> Answer:
    """Prove the mobile with the code; a wrong one counts and five end it."""
    adult, _ = _own(session, acting, key_adult_id)
    typed = contact_codes.type_code(
        session, acting.cipher, adult, code, now=acting.now, by_text=True
    )
    if typed.answer is Answer.WRONG:
        _note(session, acting, Event.KEY_ADULT_CODE_WRONG, adult)
    for one in typed.proved:
        _note(session, acting, Event.KEY_ADULT_MOBILE_VERIFIED, one)
    return typed.answer


def change_address(session: Session, acting: Acting, *, key_adult_id: UUID, address: str) -> bool:
    """Let alerts go to another address, or with '' to one's own; it has to be proved again.

    Returns whether anything changed. One signs in with the own address as before.
    """
    adult, _ = _own(session, acting, key_adult_id)
    wanted = address.strip() or None
    changed = upkeep.change_alert_address(session, acting.cipher, adult, wanted, now=acting.now)
    if changed:
        _note(session, acting, Event.KEY_ADULT_UNVERIFIED, adult, "address_changed")
    return changed


def _own(session: Session, acting: Acting, key_adult_id: UUID) -> tuple[KeyAdult, Establishment]:
    adult = upkeep.key_adult_named(session, key_adult_id)
    require(acting, Action.MANAGE_OWN_COVER, Relation(urn=adult.urn))
    place = establishment(session, adult.urn)
    if adult.account_id != acting.actor.account_id or place is None:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    return adult, place


def _entry(
    session: Session, acting: Acting, row: KeyAdult, *, place: Establishment, stands: Standing,
    away: tuple[tuple[date, date], ...],
) -> OwnEntry:  # fmt: skip
    try:
        details = open_details(acting.cipher, row)
    except CannotOpen:
        details = KeyAdultDetails(name="", email="")
    code = contact_codes.waiting_code(session, row.id, now=acting.now)
    text = contact_codes.waiting_code(session, row.id, now=acting.now, by_text=True)
    return OwnEntry(
        key_adult_id=row.id, urn=row.urn, school=place.name, email=details.email,
        address=details.address, shared=details.address != details.email,
        can_receive=stands.can_receive, reason_code=stands.reason_code,
        unverified_why=row.unverified_why, verified_at=row.contact_verified_at,
        course=row.course, trained_on=row.trained_on,
        training_expires_on=row.training_expires_on,
        notices=notices_of(row, stands, on=london_date(acting.now)),
        code_until=code.expires_at if code else None, away=away,
        mobile=mobile_of(details),
        mobile_verified=verified_mobile(acting.cipher, row, details) is not None,
        text_code_until=text.expires_at if text else None,
    )  # fmt: skip


def notices_of(row: KeyAdult, stands: Standing, *, on: date) -> tuple[Notice, ...]:
    """Return what somebody who stands like this should see to on a day."""
    expires = row.training_expires_on
    unverified = row.contact_verified_at is None or (
        stands.verify_again and stands.reason_code == "contact_unverified"
    )
    held = {
        Notice.CONTACT_UNVERIFIED: unverified,
        Notice.NOT_TRAINED: row.trained_on is None,
        Notice.TRAINING_EXPIRED: (
            row.trained_on is not None and not stands.trained and not stands.lapsed
        ),
        Notice.TRAINING_LAPSED: stands.lapsed,
        Notice.VERIFY_AGAIN: stands.verify_again and not unverified,
        Notice.TRAINING_ENDS_SOON: (
            stands.trained and expires is not None and expires <= on + _SOON
        ),
    }
    return tuple(notice for notice in Notice if held[notice])


def _note(
    session: Session, acting: Acting, event: Event, adult: KeyAdult, reason: str | None = None
) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=None,
        subject=f"key_adult:{adult.id}", now=acting.now, reason_code=reason,
        detail={"urn": adult.urn},
    )  # fmt: skip
