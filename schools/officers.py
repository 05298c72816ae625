"""Officers: the named people of a council or a force who are asked, in which order, by duty.

A council's officers are told about its home-educated children; a force's reviewers, duty officers
and leads are asked where a child waits. Name, address and number are sealed under the register key.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.cipher import CannotOpen, Cipher
from app.core.database import Base
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.types import Choice, in_register, one_of


class Duty(StrEnum):
    """What an officer is asked for."""

    # Told about children of the council who are at no school (domain.md §2).
    COUNCIL_OFFICER = "council_officer"
    # Looks up which school a child is at, and answers with a school only (domain.md §3).
    COUNCIL_LOOKUP = "council_lookup"
    COUNCIL_LEAD = "council_lead"
    REVIEWER = "reviewer"
    DUTY_OFFICER = "duty_officer"
    FORCE_LEAD = "force_lead"
    # Told of every breach of data, and decides whether it is reported (DPA 2018 s.67).
    DATA_PROTECTION = "data_protection"


COUNCIL_DUTIES = frozenset({Duty.COUNCIL_OFFICER, Duty.COUNCIL_LOOKUP, Duty.COUNCIL_LEAD})

_OWNER = re.compile(r"council:[0-9]{3}|force:[A-Za-z0-9-]{1,16}")


class Officer(Base):
    """One person with one duty in a council (`council:999`) or a force (`force:X`)."""

    __tablename__ = "officer"
    __table_args__ = (
        UniqueConstraint("owner", "duty", "email_digest", name="uq_officer_duty_email"),
        one_of("duty", Duty),
        CheckConstraint("position >= 1", name="position_from_one"),
        CheckConstraint(
            "(owner LIKE 'council:%') = "
            "(duty IN ('council_officer', 'council_lookup', 'council_lead'))",
            name="duty_of_owner",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(24), index=True)
    duty: Mapped[Duty] = mapped_column(Choice(Duty))
    # 1 is asked first.
    position: Mapped[int]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)
    email_digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info=in_register("officer|{id}"))
    contact_verified_at: Mapped[datetime | None]
    added_at: Mapped[datetime]
    left_on: Mapped[date | None]


@dataclass(frozen=True, slots=True)
class OfficerDetails:
    """The personal fields of one officer; the row binding is its id."""

    name: str = field(repr=False)
    email: str = field(repr=False)
    telephone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OfficerContact:
    """One officer as somebody to be asked; `reason_code` says why not.

    One whose record does not open has no name and no address and cannot receive: `unreadable`.
    """

    officer_id: UUID
    account_id: UUID | None
    owner: str
    duty: Duty
    position: int
    name: str = field(repr=False)
    email: str = field(repr=False)
    telephone: str | None = field(repr=False)
    can_receive: bool
    reason_code: str | None


_UNREADABLE = OfficerDetails(name="", email="")


def fitting_owner(owner: str, duty: Duty) -> bool:
    """Return whether an owner is written well and can have this duty."""
    return _OWNER.fullmatch(owner) is not None and (
        owner.startswith("council:") == (duty in COUNCIL_DUTIES)
    )


def officers_of(
    session: Session, cipher: Cipher, owner: str, duty: Duty, *, on: date
) -> list[OfficerContact]:
    """Return those who have this duty and have not left by a London date, in the order asked."""
    rows = session.scalars(
        select(Officer)
        .where(
            Officer.owner == owner,
            Officer.duty == duty,
            or_(Officer.left_on.is_(None), Officer.left_on > on),
        )
        .order_by(Officer.position, Officer.added_at, Officer.id)
    )
    return [_contact(cipher, row) for row in rows]


def officer(session: Session, cipher: Cipher, officer_id: UUID) -> OfficerContact:
    """Return one officer; raise `NotFound`."""
    row = session.get(Officer, officer_id)
    if row is None:
        raise NotFound("There is no such officer: list them with `encompass officers list`.")
    return _contact(cipher, row)


def officer_names(session: Session, cipher: Cipher, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of several officers, for a board that says who has what."""
    rows = session.scalars(select(Officer).where(Officer.id.in_(set(ids))))
    return {row.id: _contact(cipher, row).name or "Officer whose record does not open"
            for row in rows}  # fmt: skip


def add_officer(
    session: Session, cipher: Cipher, *, owner: str, duty: Duty, position: int, name: str,
    email: str, telephone: str | None, account_id: UUID | None, now: datetime,
    verified: bool = False,
) -> Officer:  # fmt: skip
    """Add an officer, or bring the one of this owner, duty and address up to date.

    Adding again is how somebody who left comes back. A verified contact stays verified until the
    address is refused for good.
    """
    digest = email_digest(cipher, email)
    row = session.scalars(
        select(Officer).where(
            Officer.owner == owner, Officer.duty == duty, Officer.email_digest == digest
        )
    ).one_or_none()
    if row is None:
        row = Officer(id=new_id(), owner=owner, duty=duty, email_digest=digest, added_at=now)
    row.position, row.left_on = position, None
    row.account_id = account_id or row.account_id
    row.sealed = cipher.seal(
        OfficerDetails(name.strip(), email.strip(), telephone), table="officer", row=row.id,
        force=None, key=cipher.register_key(),
    )  # fmt: skip
    if verified:
        row.contact_verified_at = row.contact_verified_at or now
    session.add(row)
    session.flush()
    return row


def remove_officer(session: Session, officer_id: UUID, *, on: date) -> Officer:
    """Let somebody leave: not asked any more from this London date on; raise `NotFound`."""
    row = session.get(Officer, officer_id)
    if row is None:
        raise NotFound("There is no such officer: list them with `encompass officers list`.")
    row.left_on = on
    session.flush()
    return row


def attach_account(
    session: Session, cipher: Cipher, *, email: str, owner: str, account_id: UUID
) -> int:
    """Tie the officers of this address to the account they sign in with; return how many."""
    rows = session.scalars(
        select(Officer).where(
            Officer.owner == owner, Officer.email_digest == email_digest(cipher, email)
        )
    ).all()
    for row in rows:
        row.account_id = account_id
    session.flush()
    return len(rows)


def email_digest(cipher: Cipher, email: str) -> bytes:
    """Return the keyed digest that finds an officer's address, whatever its capitals."""
    return cipher.digest("officer_email", email.strip().casefold())


def officer_details(cipher: Cipher, row: Officer) -> OfficerDetails:
    """Return what is sealed of an officer; raise `CannotOpen`."""
    return cipher.open(
        OfficerDetails, row.sealed, table="officer", row=row.id, force=None,
        key=cipher.register_key(),
    )  # fmt: skip


def _contact(cipher: Cipher, row: Officer) -> OfficerContact:
    reason = None if row.contact_verified_at is not None else "contact_unverified"
    try:
        details = officer_details(cipher, row)
    except CannotOpen:
        details, reason = _UNREADABLE, "unreadable"
    return OfficerContact(
        officer_id=row.id, account_id=row.account_id, owner=row.owner, duty=row.duty,
        position=row.position, name=details.name, email=details.email,
        telephone=details.telephone, can_receive=reason is None, reason_code=reason,
    )  # fmt: skip
