"""Key adults: who at a school may be told, in which order, and why somebody may not be today.

Can receive (domain.md §5): not left, not away, training in date or lapsed for no longer than the
policy allows, and a contact verified this term or not long before. The law has no training
condition: a school where nobody can receive is rung.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core.cipher import CannotOpen, Cipher
from app.core.clock import london_date
from app.core.errors import NotFound
from app.core.policy import Policy
from schools.holiday_contacts import holiday_contacts
from schools.key_adult_details import KeyAdultDetails, email_digest, open_details, verified_mobile
from schools.key_adult_file import import_key_adults
from schools.models import KeyAdult, KeyAdultAbsence
from schools.reverifying import Proof, proof
from schools.term_starts import term_starts

__all__ = [
    "Contact", "Standing", "absences_of", "attach_account", "contact", "contacts_of",
    "import_key_adults", "standing",
]  # fmt: skip

_UNREADABLE = KeyAdultDetails(name="", email="")


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether one key adult may be told on a day; `reason_code` says why not.

    `verify_again`: the address was not proved this term; it still counts where no reason stands.
    """

    trained: bool
    lapsed: bool
    away: bool
    reason_code: str | None
    verify_again: bool = False

    @property
    def can_receive(self) -> bool:
        return self.reason_code is None


@dataclass(frozen=True, slots=True)
class Contact:
    """One key adult of a school as somebody to be told, on one London date.

    `trained` is in date; `lapsed` is out of date by no more than the policy allows. One whose
    record does not open has no name and no address and cannot receive: `unreadable`.
    """

    key_adult_id: UUID
    account_id: UUID | None
    urn: int
    position: int
    name: str = field(repr=False)
    email: str = field(repr=False)
    telephone: str | None = field(repr=False)
    trained: bool
    lapsed: bool
    away: bool
    can_receive: bool
    reason_code: str | None
    # Where alerts go: the own address, or a mailbox that several read.
    address: str = field(default="", repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    verify_again: bool = False
    # A mobile that a code proved: text messages may go there.
    mobile: str | None = field(default=None, repr=False)


def standing(
    key_adult: KeyAdult, absences: Iterable[KeyAdultAbsence], *, on: date, policy: Policy,
    began: date | None = None,
) -> Standing:  # fmt: skip
    """Return whether this key adult may be told on `on` (a London date).

    `began` is the first day of the school's current term, None where nobody knows it.
    """
    expires = key_adult.training_expires_on
    trained = key_adult.trained_on is not None and (expires is None or on <= expires)
    grace = timedelta(days=policy.key_adults.lapsed_training_days)
    lapsed = (
        not trained
        and key_adult.trained_on is not None
        and expires is not None
        and on <= expires + grace
    )
    away = any(absence.first_on <= on <= absence.last_on for absence in absences)
    verified = key_adult.contact_verified_at
    proved = proof(
        london_date(verified) if verified else None, began=began, on=on,
        grace_days=policy.key_adults.reverify_grace_days,
    )  # fmt: skip
    reason = None
    if key_adult.left_on is not None and key_adult.left_on <= on:
        reason = "left"
    elif proved in {Proof.NONE, Proof.OVER}:
        reason = "contact_unverified"
    elif not trained and not lapsed:
        reason = "not_trained" if key_adult.trained_on is None else "training_expired"
    elif away:
        reason = "away"
    return Standing(trained, lapsed, away, reason, verify_again=proved is not Proof.GOOD)


def contacts_of(
    session: Session, cipher: Cipher, urn: int, *, on: date, policy: Policy
) -> list[Contact]:
    """Return a school's key adults who have not left, in the order in which they are asked.

    On a day of holiday cover whoever has it comes first (domain.md §6).
    """
    return contacts_of_each(session, cipher, [urn], on=on, policy=policy)[urn]


def contacts_of_each(
    session: Session, cipher: Cipher, urns: Collection[int], *, on: date, policy: Policy
) -> dict[int, list[Contact]]:
    """Return the same of several schools, each in its own order, read at once."""
    rows = session.scalars(
        select(KeyAdult)
        .where(
            KeyAdult.urn.in_(set(urns)), or_(KeyAdult.left_on.is_(None), KeyAdult.left_on > on)
        )
        .order_by(KeyAdult.position, KeyAdult.added_at, KeyAdult.id)
    ).all()  # fmt: skip
    staffed = {row.urn for row in rows}
    covering = holiday_contacts(session, staffed, on=on)
    away = absences_of(session, [row.id for row in rows])
    began = term_starts(session, on=on, urns=staffed)
    found: dict[int, list[Contact]] = {urn: [] for urn in urns}
    for row in sorted(rows, key=lambda row: row.id not in covering):
        now = standing(row, away.get(row.id, ()), on=on, policy=policy, began=began.get(row.urn))
        found[row.urn].append(_contact(cipher, row, now))
    return found


def contact(
    session: Session, cipher: Cipher, key_adult_id: UUID, *, on: date | None = None,
    policy: Policy | None = None,
) -> Contact:  # fmt: skip
    """Return one key adult, with the standing of a London date; raise `NotFound`.

    Without a date, as when only the address is wanted, absence and expiry are left out.
    """
    row = session.scalars(select(KeyAdult).where(KeyAdult.id == key_adult_id)).one_or_none()
    if row is None:
        raise NotFound("This key adult is not in the register: look for the school's others.")
    absences = absences_of(session, [row.id]).get(row.id, []) if on else []
    began = term_starts(session, on=on, urns=[row.urn]).get(row.urn) if on else None
    day = on or row.trained_on or date.min
    return _contact(
        cipher, row, standing(row, absences, on=day, policy=policy or Policy(), began=began)
    )


def how_many_key_adults(session: Session, urn: int) -> int:
    """Return how many people of a school have not left, and have an account to sign in with."""
    found = session.scalar(
        select(func.count()).where(
            KeyAdult.urn == urn, KeyAdult.left_on.is_(None), KeyAdult.account_id.is_not(None)
        )
    )
    return found or 0


def absences_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[KeyAdultAbsence]]:
    """Return the absences of several key adults, by id."""
    wanted = set(ids)
    if not wanted:
        return {}
    found: dict[UUID, list[KeyAdultAbsence]] = {}
    query = select(KeyAdultAbsence).where(KeyAdultAbsence.key_adult_id.in_(wanted))
    for row in session.scalars(query.order_by(KeyAdultAbsence.first_on)):
        found.setdefault(row.key_adult_id, []).append(row)
    return found


def attach_account(
    session: Session, cipher: Cipher, *, email: str, urn: int, account_id: UUID
) -> KeyAdult | None:
    """Give a key adult of this school the account they sign in with; None where there is none."""
    row = session.scalars(
        select(KeyAdult).where(
            KeyAdult.urn == urn, KeyAdult.email_digest == email_digest(cipher, email)
        )
    ).one_or_none()
    if row is not None:
        row.account_id = account_id
        session.flush()
    return row


def _contact(cipher: Cipher, row: KeyAdult, stands: Standing) -> Contact:
    """Return a row as a contact; one that does not open fails alone, as a nameless one."""
    reason = stands.reason_code
    try:
        details = open_details(cipher, row)
    except CannotOpen:
        details, reason = _UNREADABLE, "unreadable"
    return Contact(
        key_adult_id=row.id,
        account_id=row.account_id,
        urn=row.urn,
        position=row.position,
        name=details.name,
        email=details.email,
        telephone=details.telephone,
        trained=stands.trained,
        lapsed=stands.lapsed,
        away=stands.away,
        can_receive=reason is None,
        reason_code=reason,
        address=details.address,
        date_of_birth=details.date_of_birth,
        verify_again=stands.verify_again,
        mobile=verified_mobile(cipher, row, details),
    )
