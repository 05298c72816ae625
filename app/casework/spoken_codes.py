"""The spoken code of one's own account, and the codes that a caller needs for one call."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import spoken_codes
from app.access.permissions import Action, may_at_all
from app.access.spoken_codes import SpokenCode
from app.casework.acting import Acting
from app.core.cipher import Cipher
from app.core.errors import NotFound
from notifications.recipients import Recipient


def own_code(session: Session, acting: Acting) -> SpokenCode | None:
    """Return the code that is agreed with whoever acts, or None."""
    account_id = acting.actor.account_id
    if account_id is None:
        return None
    return spoken_codes.spoken_codes(session, acting.cipher, [account_id]).get(account_id)


def may_have_one(acting: Acting) -> bool:
    """Return whether whoever acts may be rung about a child, and so has use for a code."""
    return may_at_all(acting.actor, Action.AGREE_SPOKEN_CODE)


def agree(session: Session, acting: Acting) -> SpokenCode:
    """Agree a new code with whoever acts, in place of any before; raise `NotFound`."""
    account_id = acting.actor.account_id
    if account_id is None or not may_have_one(acting):
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    return spoken_codes.agree(session, acting.cipher, account_id, now=acting.now)


def codes_of(
    session: Session, cipher: Cipher, people: Iterable[Recipient]
) -> Mapping[UUID, SpokenCode]:
    """Return the codes of these recipients, by recipient; the caller's right was asked before."""
    accounts = {one.id: one.account_id for one in people if one.account_id is not None}
    found = spoken_codes.spoken_codes(session, cipher, accounts.values())
    return {ident: found[held] for ident, held in accounts.items() if held in found}
