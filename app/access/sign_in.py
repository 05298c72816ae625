"""Signing in: a password and an authenticator code, the same work and answer for everybody.

In three steps, so that the slow hash runs while no transaction is open: `look_up` reads, the edge
calls `passwords.matches`, `conclude` writes. Passkeys are counted apart: whoever guesses passwords
keeps nobody's passkey out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.access import (
    accounts,
    authenticator,
    browsers,
    enrolment,
    identities,
    passkey_answers,
    passwords,
)
from app.access.browsers import Place, Standing
from app.access.ceremonies import Ceremony
from app.access.identities import Subject
from app.access.models import Account, SignInFailure
from app.access.passkey_answers import Site
from app.core import audit
from app.core.cipher import Cipher
from app.core.errors import TooMany
from app.core.ids import new_id

WINDOW = timedelta(minutes=15)
# Per person and address first: a stranger's tries must not shut a key adult out at 8am.
PAIR_LIMIT, PERSON_LIMIT, ADDRESS_LIMIT, LIMIT_IN_ALL = 5, 20, 100, 1000
# From a browser that was let in to the account only its own tries count.
BROWSER_LIMIT = 10
PASSKEY_LIMIT, PROOF_LIMIT = 100, 5
IDENTITY_LIMIT, IDENTITY_CODE_LIMIT = 100, 5

_NO_SECRET = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"  # noqa: S105 (stands in for nobody's secret)
_NOBODY = UUID(int=0)
# The one answer to every sign-in that is not right, whatever was wrong.
REFUSAL = "The email address, password or code is not right. Check all three and try again"
PASSKEY_REFUSAL = "That passkey did not work. Try again, or use your password and a code"
IDENTITY_REFUSAL = (
    "We could not let you in by that. Sign in with your password or passkey instead. Was it never "
    "linked? You do that on your account, under How you sign in"
)
PROOF_REFUSAL = "That is not right. Use the code your authenticator app shows now"
_LOCKED = (
    "Too many attempts. Sign in with a passkey, wait 15 minutes, or ring the desk, which can tell "
    "you by telephone"
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a sign-in has to be checked against; all of it is `None` for a stranger."""

    place: Place
    limits: Mapping[bytes, int]
    account_id: UUID | None = None
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Concluded:
    """Whose password and code were right, and what the browser is to that account."""

    account_id: UUID
    standing: Standing


def look_up(
    session: Session, cipher: Cipher, *, email: str, place: Place, now: datetime
) -> Attempt:
    """Find the account of an address; raise `TooMany` after too many failures in 15 minutes.

    Failures are counted for whatever was typed, so an unknown address locks like a known one.
    """
    found = accounts.find(session, cipher, email)
    account = found if found is not None and found.disabled_at is None else None
    person = email.strip().casefold()
    if browsers.is_known(session, account.id if account else None, place):
        limits = {_key(cipher, "browser", person, place.browser_digest): BROWSER_LIMIT}
    else:
        limits = {
            _key(cipher, "pair", person, place.address_digest): PAIR_LIMIT,
            _key(cipher, "person", person): PERSON_LIMIT,
            _key(cipher, "address", "", place.address_digest): ADDRESS_LIMIT,
            _key(cipher, "all", ""): LIMIT_IN_ALL,
        }
    _stop_at(session, limits, now=now)
    if account is None:
        return Attempt(place, limits)
    return Attempt(place, limits, account.id, account.password_hash)


def conclude(
    session: Session, cipher: Cipher, attempt: Attempt, *, matched: bool, code: str, now: datetime
) -> Concluded | None:
    """Return whose password and code were right, or `None` after recording the refusal.

    Raises `TooMany` where the limit was reached since `look_up`: tries that were sent together all
    looked before the first of them was counted. `matched` says whether the password was right. A
    code works once: the time step only moves forward, by a conditional update, so two browsers with
    one code cannot both come in.
    """
    _stop_at(session, attempt.limits, now=now)
    account = session.get(Account, attempt.account_id or _NOBODY)
    secret = (enrolment.secret_of(cipher, account) if account else None) or _NO_SECRET
    step = authenticator.step_of(secret, code, now=now)
    if account is not None and matched and step is not None and _use(session, account, step):
        own, *_ = attempt.limits
        session.execute(delete(SignInFailure).where(SignInFailure.key_digest == own))
        standing = browsers.came(session, account.id, attempt.place, now=now)
        known = standing is Standing.KNOWN
        event = audit.Event.SIGNED_IN if known else audit.Event.BROWSER_WAITS
        _record(session, event, account, now=now)
        return Concluded(account.id, standing)
    _count(session, tuple(attempt.limits), now=now)
    _record(session, audit.Event.SIGN_IN_REFUSED, account, now=now)
    return None


def passkey_signs_in(
    session: Session, cipher: Cipher, site: Site, place: Place, *, answer: str, now: datetime
) -> Account | None:
    """Return whose passkey this is, or `None` after recording the refusal.

    Raises `TooMany` after a hundred refused passkeys from one address in 15 minutes.
    """
    key = _key(cipher, "passkey", "", place.address_digest)
    _stop_at(session, {key: PASSKEY_LIMIT}, now=now)
    account = passkey_answers.whose(
        session, site, place, Ceremony.SIGN_IN, answer=answer, account_id=None, now=now
    )
    if account is None:
        _count(session, (key,), now=now)
        _record(session, audit.Event.SIGN_IN_REFUSED, None, now=now, reason_code="passkey")
        return None
    browsers.trust(session, account.id, place, now=now)
    _record(session, audit.Event.SIGNED_IN, account, now=now, reason_code="passkey")
    return account


def identity_may_try(session: Session, cipher: Cipher, place: Place, *, now: datetime) -> None:
    """Raise `TooMany` after a hundred refused identities from one address in 15 minutes."""
    _stop_at(session, {_of_identities(cipher, place): IDENTITY_LIMIT}, now=now)


def identity_signs_in(
    session: Session, cipher: Cipher, place: Place, *, subject: Subject, code: str | None,
    now: datetime,
) -> Concluded | None:  # fmt: skip
    """Return whose identity this is, or `None` after recording the refusal; raise `TooMany`.

    Who the provider says it is stands for the password. `code` is the authenticator's, as beside a
    password; `None` where the provider's own second step counts.
    """
    account = identities.whose(session, cipher, subject)
    keys = [_of_identities(cipher, place)]
    if account is not None and code is not None:
        key = _key(cipher, "identity-code", str(account.id))
        _stop_at(session, {key: IDENTITY_CODE_LIMIT}, now=now)
        keys.append(key)
    if account is None or not _second_step(session, cipher, account, code, now=now):
        _identity_refused(session, tuple(keys), account, now=now)
        return None
    identities.used(session, cipher, subject, now=now)
    standing = browsers.came(session, account.id, place, now=now)
    known = standing is Standing.KNOWN
    event = audit.Event.SIGNED_IN if known else audit.Event.BROWSER_WAITS
    _record(session, event, account, now=now, reason_code="identity")
    return Concluded(account.id, standing)


def identity_not_believed(session: Session, cipher: Cipher, place: Place, *, now: datetime) -> None:
    """Count and record an answer of a provider, or in its name, that was not right."""
    _identity_refused(session, (_of_identities(cipher, place),), None, now=now)


def _identity_refused(
    session: Session, keys: tuple[bytes, ...], account: Account | None, *, now: datetime
) -> None:
    _count(session, keys, now=now)
    _record(session, audit.Event.SIGN_IN_REFUSED, account, now=now, reason_code="identity")


def _second_step(
    session: Session, cipher: Cipher, account: Account, code: str | None, *, now: datetime
) -> bool:
    if code is None:
        return True
    step = authenticator.step_of(enrolment.secret_of(cipher, account) or _NO_SECRET, code, now=now)
    return step is not None and _use(session, account, step)


def _of_identities(cipher: Cipher, place: Place) -> bytes:
    return _key(cipher, "identity", "", place.address_digest)


def code_proves(
    session: Session, cipher: Cipher, *, account_id: UUID, code: str, now: datetime
) -> bool:
    """Return whether somebody signed in shows who they are by a code; raise `TooMany`."""
    key = _key(cipher, "proof", str(account_id))
    _stop_at(session, {key: PROOF_LIMIT}, now=now)
    account = session.get_one(Account, account_id)
    secret = enrolment.secret_of(cipher, account) or _NO_SECRET
    step = authenticator.step_of(secret, code, now=now)
    if step is not None and _use(session, account, step):
        return True
    _count(session, (key,), now=now)
    _record(session, audit.Event.PROOF_REFUSED, account, now=now)
    return False


def password_proves(
    session: Session, cipher: Cipher, account: Account, *, password: str, now: datetime
) -> bool:
    """Return whether somebody signed in knows their password; raise `TooMany`."""
    key = _key(cipher, "proof", str(account.id))
    _stop_at(session, {key: PROOF_LIMIT}, now=now)
    if passwords.matches(password, account.password_hash):
        return True
    _count(session, (key,), now=now)
    _record(session, audit.Event.PROOF_REFUSED, account, now=now)
    return False


def _use(session: Session, account: Account, step: int) -> bool:
    used = session.execute(
        update(Account)
        .where(
            Account.id == account.id,
            Account.disabled_at.is_(None),
            or_(Account.totp_step.is_(None), Account.totp_step < step),
        )
        .values(totp_step=step)
        .returning(Account.id)
    ).first()
    return used is not None


def _key(cipher: Cipher, kind: str, person: str, place: bytes = b"") -> bytes:
    return cipher.digest(f"sign-in-{kind}", f"{person}|{place.hex()}")


def _stop_at(session: Session, limits: Mapping[bytes, int], *, now: datetime) -> None:
    """Raise `TooMany` where one of these was refused as often as its limit, lately."""
    counted = session.execute(
        select(SignInFailure.key_digest, func.count())
        .where(SignInFailure.key_digest.in_(list(limits)), SignInFailure.at > now - WINDOW)
        .group_by(SignInFailure.key_digest)
    )
    if any(times >= limits[key] for key, times in counted):
        raise TooMany(_LOCKED)


def _count(session: Session, keys: tuple[bytes, ...], *, now: datetime) -> None:
    session.execute(
        delete(SignInFailure).where(
            SignInFailure.key_digest.in_(keys), SignInFailure.at <= now - WINDOW
        )
    )
    session.add_all(SignInFailure(id=new_id(), key_digest=key, at=now) for key in keys)
    session.flush()


def _record(
    session: Session,
    event: audit.Event,
    account: Account | None,
    *,
    now: datetime,
    reason_code: str | None = None,
) -> None:
    subject = f"account:{account.id}" if account else "account:unknown"
    refused = event in {audit.Event.SIGN_IN_REFUSED, audit.Event.BROWSER_WAITS}
    actor = "visitor" if refused else subject
    audit.record(
        session, event=event, actor=actor, force=None, subject=subject, now=now,
        reason_code=reason_code,
    )  # fmt: skip
