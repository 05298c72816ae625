"""Officers of councils and forces as an operator keeps them: added, imported, listed, let go."""

from datetime import date, datetime
from typing import TextIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import accounts
from app.access.forces import force_named
from app.casework.importing import Importing
from app.core import audit
from app.core.cipher import CannotOpen, Cipher
from app.core.clock import london_date
from app.core.errors import Refused
from schools.imports import ImportReport
from schools.officer_file import import_officers as read_officers
from schools.officers import (
    Duty,
    Officer,
    OfficerContact,
    add_officer,
    fitting_owner,
    officer_details,
    officers_of,
    remove_officer,
)
from schools.queries import council_known


def add(
    session: Session, cipher: Cipher, *, owner: str, duty: Duty, position: int | None, name: str,
    email: str, telephone: str | None, verified: bool, now: datetime, actor: str,
) -> Officer:  # fmt: skip
    """Add an officer, last in order unless a position is given; raise `Refused`.

    The account of the same address, where there is one, is what this officer signs in with.
    """
    if not fitting_owner(owner, duty):
        raise Refused(
            "Write the owner as council:CODE for a council's duties and force:CODE for a force's."
        )
    _check_owner(session, owner)
    others = officers_of(session, cipher, owner, duty, on=london_date(now))
    account = accounts.find(session, cipher, email)
    row = add_officer(
        session, cipher, owner=owner, duty=duty,
        position=position or max((one.position for one in others), default=0) + 1,
        name=name, email=email, telephone=telephone,
        account_id=account.id if account else None, now=now, verified=verified,
    )  # fmt: skip
    audit.record(
        session, event=audit.Event.OFFICER_ADDED, actor=actor, force=_force(owner),
        subject=f"officer:{row.id}", now=now, reason_code=duty.value,
    )  # fmt: skip
    return row


def import_officers(session: Session, importing: Importing, *, source: TextIO) -> ImportReport:
    """Add and change officers from a file, and tie them to the accounts they sign in with."""
    report = read_officers(
        session, importing.cipher, source, now=importing.now, dry_run=importing.dry_run
    )
    if not importing.dry_run:
        tie_accounts(session, importing.cipher)
        counts = {name: getattr(report, name) for name in ("accepted", "unchanged", "rejected")}
        audit.record(
            session, event=audit.Event.OFFICERS_IMPORTED, actor=importing.actor, force=None,
            subject="officers", now=importing.now, detail=counts,
        )  # fmt: skip
    return report


def listed(session: Session, cipher: Cipher, *, owner: str, on: date) -> list[OfficerContact]:
    """Return everybody of an owner, by duty and in the order asked."""
    return [one for duty in Duty for one in officers_of(session, cipher, owner, duty, on=on)]


def leave(session: Session, officer_id: UUID, *, now: datetime, actor: str) -> None:
    """Let an officer go, from today on; raise `NotFound`."""
    row = remove_officer(session, officer_id, on=london_date(now))
    audit.record(
        session, event=audit.Event.OFFICER_LEFT, actor=actor, force=_force(row.owner),
        subject=f"officer:{row.id}", now=now,
    )  # fmt: skip


def tie_accounts(session: Session, cipher: Cipher) -> int:
    """Tie officers to the accounts of their addresses, whichever came first; return how many."""
    tied = 0
    for row in session.scalars(select(Officer).where(Officer.account_id.is_(None))).all():
        try:
            account = accounts.find(session, cipher, officer_details(cipher, row).email)
        except CannotOpen:
            continue
        if account is not None:
            row.account_id = account.id
            tied += 1
    session.flush()
    return tied


def _check_owner(session: Session, owner: str) -> None:
    kind, _, code = owner.partition(":")
    if kind == "force":
        force_named(session, code)
    elif not council_known(session, code):
        raise Refused("No school of the register lies in this council: import the register first.")


def _force(owner: str) -> str | None:
    kind, _, code = owner.partition(":")
    return code if kind == "force" else None
