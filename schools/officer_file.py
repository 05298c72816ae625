"""Importing officers of councils and forces from CSV."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.cipher import CannotOpen, Cipher
from schools.imports import BadRow, ImportReport, Row, RowError, Tally, read_rows
from schools.officers import (
    Duty,
    Officer,
    OfficerDetails,
    add_officer,
    email_digest,
    fitting_owner,
    officer_details,
)

COLUMNS = ("Owner", "Duty", "Position", "Name", "Email", "Telephone", "VerifiedOn", "LeftOn")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)
_TELEPHONE = re.compile(r"\+?[0-9 ()]{6,25}")
_MOST_POSITIONS = 50


@dataclass(frozen=True, slots=True)
class _Said:
    """One row of the file, read."""

    owner: str
    duty: Duty
    position: int
    details: OfficerDetails
    verified: bool
    left_on: date | None


def import_officers(
    session: Session, cipher: Cipher, source: TextIO, *, now: datetime, dry_run: bool = False
) -> ImportReport:
    """Add or bring up to date the officers in the file; those it does not name stay.

    A person is known by owner, duty and e-mail address; who left gets a date in LeftOn.
    """
    tally = Tally(dry_run=dry_run)
    required = ("Owner", "Duty", "Position", "Name", "Email")
    seen: set[tuple[str, Duty, bytes]] = set()
    for row in read_rows(source, required=required, known=COLUMNS):
        if isinstance(row, RowError):
            tally.reject(row)
            continue
        try:
            said = _read(row)
            key = (said.owner, said.duty, email_digest(cipher, said.details.email))
            _check_once(key in seen)
            changed = _take(session, cipher, said, now=now, dry_run=dry_run)
        except BadRow as bad:
            tally.reject(RowError(row.line, bad.code, bad.message))
            continue
        seen.add(key)
        tally.take(changed=changed)
    session.flush()
    return tally.report()


def _read(row: Row) -> _Said:
    duty = _duty(row)
    owner = row.needed("Owner", longest=24)
    if not fitting_owner(owner, duty):
        raise BadRow("owner", "Owner must be council:CODE or force:CODE, as the duty needs it.")
    email = row.needed("Email", longest=254)
    if not _EMAIL.fullmatch(email):
        raise BadRow("email", "Email must be one address such as name@example.org.")
    telephone = row.text("Telephone", longest=30)
    if telephone is not None and not _TELEPHONE.fullmatch(telephone):
        raise BadRow("telephone", "Telephone must hold digits and spaces only.")
    position = row.number("Position", most=_MOST_POSITIONS)
    if not position:
        raise BadRow("position", "Position must be 1 for who is asked first, 2 for the next …")
    return _Said(
        owner=owner, duty=duty, position=position,
        details=OfficerDetails(row.needed("Name", longest=100), email, telephone),
        verified=row.date("VerifiedOn") is not None, left_on=row.date("LeftOn"),
    )  # fmt: skip


def _check_once(twice: bool) -> None:  # noqa: FBT001 (the answer to the question in its name)
    if twice:
        raise BadRow("twice", "This person stands in the file before: keep one row.")


def _duty(row: Row) -> Duty:
    said = row.needed("Duty").lower()
    if said not in {duty.value for duty in Duty}:
        raise BadRow("duty", f"Duty must be one of {', '.join(duty.value for duty in Duty)}.")
    return Duty(said)


def _take(session: Session, cipher: Cipher, said: _Said, *, now: datetime, dry_run: bool) -> bool:
    """Store one row; return whether anything differs from what is stored."""
    stored = session.scalars(
        select(Officer).where(
            Officer.owner == said.owner, Officer.duty == said.duty,
            Officer.email_digest == email_digest(cipher, said.details.email),
        )
    ).one_or_none()  # fmt: skip
    changed = stored is None or _differs(cipher, stored, said)
    if changed and not dry_run:
        details = said.details
        row = add_officer(
            session, cipher, owner=said.owner, duty=said.duty, position=said.position,
            name=details.name, email=details.email, telephone=details.telephone,
            account_id=None, now=now, verified=said.verified,
        )  # fmt: skip
        row.left_on = said.left_on
        session.flush()
    return changed


def _differs(cipher: Cipher, stored: Officer, said: _Said) -> bool:
    if (stored.position, stored.left_on) != (said.position, said.left_on):
        return True
    if said.verified and stored.contact_verified_at is None:
        return True
    try:
        return officer_details(cipher, stored) != said.details
    except CannotOpen:
        return True  # what cannot be read is mended by what the file says
