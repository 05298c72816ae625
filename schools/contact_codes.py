"""Codes that prove an address or a mobile: six figures, typed while signed in."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.derived import contact_code
from app.core.errors import TooMany
from app.core.ids import new_id
from schools.key_adult_details import email_digest, mobile_digest, mobile_of, open_details
from schools.key_adult_models import ContactCode
from schools.models import KeyAdult

VALID_FOR = timedelta(minutes=30)
MOST_TRIES = 5
# A mailbox is not flooded, and five tries at each of a few codes stay a guess in many thousands.
_MOST_IN_AN_HOUR, _MOST_IN_A_DAY = 3, 10


class Answer(StrEnum):
    """What came of typing a code."""

    RIGHT = "right"
    WRONG = "wrong"
    # No code is waiting: none was asked for, it ran out, or the tries did.
    NO_CODE = "no_code"


@dataclass(frozen=True, slots=True)
class Typed:
    """The answer, and the entries that are proved by it."""

    answer: Answer
    proved: tuple[KeyAdult, ...] = ()


def new_code(
    session: Session, cipher: Cipher, adult: KeyAdult, *, now: datetime, by_text: bool = False
) -> tuple[ContactCode, list[UUID]]:
    """Make a code for the address, or the mobile, of today; return it with those it replaces.

    Raises `TooMany` after three in an hour or ten in a day.
    """
    for most, since in ((_MOST_IN_AN_HOUR, timedelta(hours=1)), (_MOST_IN_A_DAY, timedelta(1))):
        if _made(session, adult.id, since=now - since) >= most:
            raise TooMany("Several codes were sent. Wait an hour, then ask for a new one")
    replaced = list(
        session.scalars(
            update(ContactCode)
            .where(
                ContactCode.key_adult_id == adult.id,
                ContactCode.used_at.is_(None),
                ContactCode.by_text.is_(by_text),
            )
            .values(used_at=now)
            .returning(ContactCode.id)
        )
    )
    row = ContactCode(
        id=new_id(), key_adult_id=adult.id, made_at=now, expires_at=now + VALID_FOR,
        address_digest=_digest(cipher, adult, by_text=by_text) or b"", by_text=by_text,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row, replaced


def waiting_code(
    session: Session, key_adult_id: UUID, *, now: datetime, by_text: bool = False
) -> ContactCode | None:
    """Return the code that this key adult may type now."""
    return session.scalars(
        select(ContactCode)
        .where(
            ContactCode.key_adult_id == key_adult_id,
            ContactCode.by_text.is_(by_text),
            ContactCode.used_at.is_(None),
            ContactCode.expires_at > now,
            ContactCode.tries < MOST_TRIES,
        )
        .order_by(ContactCode.made_at.desc())
        .limit(1)
    ).first()


def type_code(
    session: Session, cipher: Cipher, adult: KeyAdult, typed: str, *, now: datetime,
    by_text: bool = False,
) -> Typed:  # fmt: skip
    """Count a try and, where the code is right, prove the address or the mobile it went to.

    A person with entries at several schools proves each that has this address. The caller keeps
    what is written also when the answer is `wrong`: the try counts.
    """
    row = waiting_code(session, adult.id, now=now, by_text=by_text)
    if row is None or not _count(session, row):
        return Typed(Answer.NO_CODE)
    wanted = contact_code(cipher, row.id)
    given = "".join(typed.split())
    same_address = row.address_digest == _digest(cipher, adult, by_text=by_text)
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        return Typed(Answer.WRONG)
    row.used_at = now
    if not same_address:
        session.flush()
        return Typed(Answer.NO_CODE)
    proved = tuple(_same_contact(session, cipher, adult, row))
    for one in proved:
        if by_text:
            one.mobile_digest, one.mobile_verified_at = row.address_digest, now
            continue
        one.contact_verified_at, one.unverified_at, one.unverified_why = now, None, None
        one.reminded_at = None
    session.flush()
    return Typed(Answer.RIGHT, proved)


def code_of(session: Session, cipher: Cipher, code_id: UUID) -> Mapping[str, str] | None:
    """Return a code as its message is filled in; None once it is used up or replaced."""
    row = session.get(ContactCode, code_id)
    if row is None or row.used_at is not None:
        return None
    return {"code": contact_code(cipher, code_id)}


def _count(session: Session, row: ContactCode) -> bool:
    """Use one try up; the condition holds for two browsers at once."""
    counted = session.execute(
        update(ContactCode)
        .where(
            ContactCode.id == row.id,
            ContactCode.used_at.is_(None),
            ContactCode.tries < MOST_TRIES,
        )
        .values(tries=ContactCode.tries + 1)
        .returning(ContactCode.id)
    ).first()
    session.refresh(row)
    return counted is not None


def _same_contact(
    session: Session, cipher: Cipher, adult: KeyAdult, code: ContactCode
) -> list[KeyAdult]:
    if adult.account_id is None:
        return [adult]
    rows = session.scalars(
        select(KeyAdult)
        .where(KeyAdult.account_id == adult.account_id, KeyAdult.left_on.is_(None))
        .order_by(KeyAdult.urn)
    )
    return [
        row for row in rows if _digest(cipher, row, by_text=code.by_text) == code.address_digest
    ]


def _digest(cipher: Cipher, adult: KeyAdult, *, by_text: bool) -> bytes | None:
    """Return the digest of where a code goes, None where there is no mobile."""
    details = open_details(cipher, adult)
    if not by_text:
        return email_digest(cipher, details.address)
    mobile = mobile_of(details)
    return mobile_digest(cipher, mobile) if mobile is not None else None


def _made(session: Session, key_adult_id: UUID, *, since: datetime) -> int:
    counted = session.scalar(
        select(func.count())
        .select_from(ContactCode)
        .where(ContactCode.key_adult_id == key_adult_id, ContactCode.made_at > since)
    )
    return counted or 0
