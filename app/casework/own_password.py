"""Changing one's own password, by who shows the old one and showed again who they are."""

from pathlib import Path

from sqlalchemy.orm import Session

from app.access import enrolment, passwords, sessions, sign_in
from app.access.accounts import details_of
from app.access.models import Account, SignInSession
from app.casework.acting import Acting
from app.casework.own_access import own_account
from app.casework.telling_owners import tell_owner
from app.core import audit
from app.core.errors import FieldError


def change(
    session: Session, acting: Acting, row: SignInSession, *, old: str, password: str,
    repeated: str, breached: Path | None = None,
) -> list[FieldError]:  # fmt: skip
    """Set a new password, sign out every other browser and tell the owner; return what is wrong.

    Raises `TooMany` after too many wrong old passwords. The hashes are made inside the unit of
    work, unlike at sign-in: it is rare, and on PostgreSQL it holds no row but one's own.
    """
    account = session.get_one(Account, own_account(acting))
    problems = enrolment.password_faults(
        password, repeated, email=details_of(acting.cipher, account).email, breached=breached
    )
    if problems:
        return problems
    if not sign_in.password_proves(session, acting.cipher, account, password=old, now=acting.now):
        return [FieldError("old", "password_wrong", "That is not the password you have now")]
    account.password_hash = passwords.hash_of(password)
    sessions.end_others(session, row, now=acting.now)
    audit.record(
        session, event=audit.Event.PASSWORD_CHANGED, actor=acting.actor.id, force=None,
        subject=acting.actor.id, now=acting.now,
    )  # fmt: skip
    tell_owner(session, account.id, now=acting.now)
    return []
