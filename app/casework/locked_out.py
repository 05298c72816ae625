"""Somebody who cannot get in any more begins anew, by a new link, once it is sure who asks."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import accounts
from app.access.models import Account
from app.access.permissions import Action
from app.casework import inviting
from app.casework.acting import Acting
from app.casework.school_reach import school_reached
from app.core import audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from schools.key_adult_upkeep import key_adult_named
from schools.models import Establishment, KeyAdult

_MAKE_SURE = "Ring the school first, and say that you have spoken with them"


@dataclass(frozen=True, slots=True)
class LockedOut:
    """Who asks for a new link, and the school's number in the register to ring them on."""

    key_adult_id: UUID
    urn: int
    name: str
    school: str
    telephone: str | None


def locked_out(session: Session, acting: Acting, *, key_adult_id: UUID) -> LockedOut:
    """Return who would begin anew; raise `NotFound`, or `Conflict` for oneself or no account."""
    adult, place, account = _reached(session, acting, key_adult_id)
    name = accounts.details_of(acting.cipher, account).name
    return LockedOut(adult.id, place.urn, name, place.name, place.telephone)


def send_new_link(session: Session, acting: Acting, *, key_adult_id: UUID, made_sure: bool) -> None:
    """Send the link by which an enrolled key adult begins anew; until it is used all stays.

    The same people may who approve a key adult, and they say that they rang: a mailbox alone must
    not be enough. Raises as `locked_out` does, and `Invalid` where nobody was rung.
    """
    adult, place, account = _reached(session, acting, key_adult_id)
    if not made_sure:
        raise Invalid(_MAKE_SURE, [FieldError("made_sure", "made_sure_needed", _MAKE_SURE)])
    inviting.begin_anew(
        session, acting.cipher, adult, account, place, actor=acting.actor.id, now=acting.now
    )
    audit.record(
        session, event=audit.Event.ACCOUNT_BEGINS_ANEW, actor=acting.actor.id, force=None,
        subject=f"account:{account.id}", now=acting.now, reason_code="rung_at_school",
    )  # fmt: skip


def _reached(
    session: Session, acting: Acting, key_adult_id: UUID
) -> tuple[KeyAdult, Establishment, Account]:
    adult = key_adult_named(session, key_adult_id)
    place = school_reached(session, acting, Action.APPROVE_KEY_ADULT, adult.urn)
    account = session.get(Account, adult.account_id) if adult.account_id else None
    if account is None or account.enrolled_at is None or adult.left_on is not None:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    if account.disabled_at is not None:
        raise Conflict("This person's account was shut: ask the register administrator why.")
    if account.id == acting.actor.account_id:
        raise Conflict("This is your own account: somebody else has to make sure that it is you.")
    return adult, place, account
