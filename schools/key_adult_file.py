"""Importing key adults, their training and absences from CSV."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.cipher import CannotOpen, Cipher
from app.core.clock import at_london
from app.core.ids import new_id
from schools.imports import BadRow, ImportReport, Row, RowError, Tally, read_rows
from schools.key_adult_details import (
    EMAIL,
    TELEPHONE,
    KeyAdultDetails,
    email_digest,
    open_details,
    seal_details,
)
from schools.models import Establishment, KeyAdult, KeyAdultAbsence

COLUMNS = (
    "URN", "Position", "Name", "Email", "Telephone", "TrainedOn", "TrainingExpiresOn",
    "VerifiedOn", "LeftOn", "AwayFrom", "AwayTo", "Course", "AlertEmail",
)  # fmt: skip
_MOST_POSITIONS = 50


@dataclass(frozen=True, slots=True)
class _Said:
    """One row of the file, read."""

    urn: int
    position: int
    details: KeyAdultDetails
    course: str | None
    trained_on: date | None
    training_expires_on: date | None
    contact_verified_at: datetime | None
    left_on: date | None
    away: tuple[date, date] | None


def import_key_adults(
    session: Session, cipher: Cipher, source: TextIO, *, now: datetime, dry_run: bool = False
) -> ImportReport:
    """Add or bring up to date the key adults in the file; those it does not name stay.

    A person is known by school and e-mail address; somebody who left gets a date in LeftOn. What
    the service has learnt since stays: a file proves no address that failed after its VerifiedOn,
    takes back no later proof and brings back nobody who left.
    """
    tally = Tally(dry_run=dry_run)
    schools = set(session.scalars(select(Establishment.urn)))
    seen: set[tuple[int, bytes]] = set()
    for row in read_rows(source, required=("URN", "Position", "Name", "Email"), known=COLUMNS):
        if isinstance(row, RowError):
            tally.reject(row)
            continue
        try:
            said = _read(row)
            key = (said.urn, email_digest(cipher, said.details.email))
            _check(said, schools, twice=key in seen)
            changed = _take(session, cipher, said, key[1], now=now, dry_run=dry_run)
        except BadRow as bad:
            tally.reject(RowError(row.line, bad.code, bad.message))
            continue
        seen.add(key)
        tally.take(changed=changed)
    session.flush()
    return tally.report()


def _read(row: Row) -> _Said:
    email = row.needed("Email", longest=254)
    alert_email = row.text("AlertEmail", longest=254)
    for address in filter(None, (email, alert_email)):
        if not EMAIL.fullmatch(address):
            raise BadRow("email", "An e-mail must be one address such as name@example.org.")
    telephone = row.text("Telephone", longest=30)
    if telephone is not None and not TELEPHONE.fullmatch(telephone):
        raise BadRow("telephone", "Telephone must hold digits and spaces only.")
    verified = row.date("VerifiedOn")
    return _Said(
        urn=row.urn(),
        position=_position(row),
        details=KeyAdultDetails(row.needed("Name", longest=100), email, telephone, alert_email),
        course=row.text("Course", longest=100),
        trained_on=row.date("TrainedOn"),
        training_expires_on=row.date("TrainingExpiresOn"),
        contact_verified_at=at_london(verified, time()) if verified else None,
        left_on=row.date("LeftOn"),
        away=_away(row),
    )


def _position(row: Row) -> int:
    position = row.number("Position", most=_MOST_POSITIONS)
    if not position:
        raise BadRow("position", "Position must be 1 for who is asked first, 2 for the next …")
    return position


def _away(row: Row) -> tuple[date, date] | None:
    first, last = row.date("AwayFrom"), row.date("AwayTo")
    if first is None and last is None:
        return None
    if first is None or last is None or last < first:
        raise BadRow("away", "Give both AwayFrom and AwayTo, in order, or neither.")
    return first, last


def _check(said: _Said, schools: set[int], *, twice: bool) -> None:
    if twice:
        raise BadRow("twice", "This person stands in the file before: keep one row.")
    if said.urn not in schools:
        raise BadRow("unknown_school", "URN is not in the register: import the register first.")
    trained, expires = said.trained_on, said.training_expires_on
    if expires is not None and (trained is None or expires < trained):
        raise BadRow("training", "TrainingExpiresOn needs a TrainedOn before it.")


def _take(
    session: Session, cipher: Cipher, said: _Said, digest: bytes, *, now: datetime, dry_run: bool
) -> bool:
    """Store one row; return whether anything differs from what is stored."""
    stored = session.scalars(
        select(KeyAdult).where(KeyAdult.urn == said.urn, KeyAdult.email_digest == digest)
    ).one_or_none()
    if stored is not None:
        said = _with_what_is_known(cipher, stored, said)
    changed = stored is None or _differs(cipher, stored, said)
    away_changed = said.away is not None and not _away_stored(session, stored, said.away)
    if dry_run or not (changed or away_changed):
        return changed or away_changed
    row = stored or KeyAdult(id=new_id(), urn=said.urn, email_digest=digest, added_at=now)
    if changed:
        _fill(cipher, row, said)
    session.add(row)
    session.flush()
    if away_changed and said.away is not None:
        first, last = said.away
        session.merge(KeyAdultAbsence(key_adult_id=row.id, first_on=first, last_on=last))
        session.flush()
    return True


_PLAIN = (
    "position", "course", "trained_on", "training_expires_on", "contact_verified_at", "left_on",
)  # fmt: skip


def _with_what_is_known(cipher: Cipher, stored: KeyAdult, said: _Said) -> _Said:
    """Return the row with what only the service knows; blank optional cells leave it as it is."""
    try:
        held = open_details(cipher, stored)
    except CannotOpen:
        held = said.details  # what cannot be read is mended by what the file says
    details = replace(
        said.details, alert_email=said.details.alert_email or held.alert_email,
        date_of_birth=held.date_of_birth,
    )  # fmt: skip
    verified, failed = said.contact_verified_at, stored.unverified_at
    if verified is not None and failed is not None and verified <= failed:
        verified = None
    # What was proved of another address says nothing of this one.
    same = email_digest(cipher, details.address) == email_digest(cipher, held.address)
    proved = stored.contact_verified_at if same else None
    known = [at for at in (verified, proved) if at is not None]
    return replace(
        said, details=details, contact_verified_at=max(known, default=None),
        course=said.course or stored.course, left_on=said.left_on or stored.left_on,
    )  # fmt: skip


def _differs(cipher: Cipher, stored: KeyAdult, said: _Said) -> bool:
    if any(getattr(stored, name) != getattr(said, name) for name in _PLAIN):
        return True
    try:
        return open_details(cipher, stored) != said.details
    except CannotOpen:
        return True  # what cannot be read is mended by what the file says


def _fill(cipher: Cipher, row: KeyAdult, said: _Said) -> None:
    for name in _PLAIN:
        setattr(row, name, getattr(said, name))
    row.sealed = seal_details(cipher, row.id, said.details)


def _away_stored(session: Session, stored: KeyAdult | None, away: tuple[date, date]) -> bool:
    if stored is None:
        return False
    held = session.get(KeyAdultAbsence, (stored.id, away[0]))
    return held is not None and held.last_on == away[1]
