"""Coming in and going out: signing in, enrolling by a one-time link, signing out."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.access import accounts, browsers, enrolment, sessions, sign_in
from app.access.browsers import Place, Standing
from app.access.identities import Subject
from app.access.models import Account, SignInSession
from app.access.passkey_answers import Site
from app.casework.telling_owners import tell_owner
from app.core.cipher import Cipher
from app.core.errors import ServiceError


class BrowserWaits(ServiceError):
    """Password and code were right, and this browser was never used for the account before."""

    status, code, title = 403, "browser-waits", "We do not know this browser"


def sign_in_person(
    session: Session,
    cipher: Cipher,
    attempt: sign_in.Attempt,
    *,
    matched: bool,
    code: str,
    now: datetime,
) -> str | BrowserWaits | None:
    """Return the token of a new session, or `None` where the sign-in was refused and recorded.

    A browser that has to be let in first gets `BrowserWaits` (returned, so that it is stored), and
    the owner of the account is told.
    """
    found = sign_in.conclude(session, cipher, attempt, matched=matched, code=code, now=now)
    return _come_in(session, found, attempt.place, now=now)


def sign_in_by_passkey(
    session: Session, cipher: Cipher, site: Site, place: Place, *, answer: str, now: datetime
) -> str | None:
    """Return the token of a new session, or `None` where the passkey was refused and recorded."""
    account = sign_in.passkey_signs_in(session, cipher, site, place, answer=answer, now=now)
    if account is None:
        return None
    return sessions.create(session, account_id=account.id, now=now, place=place)


def sign_in_by_identity(
    session: Session, cipher: Cipher, place: Place, *, subject: Subject, code: str | None,
    now: datetime,
) -> str | BrowserWaits | None:  # fmt: skip
    """Return the token of a new session for somebody whom the OpenID provider vouches for.

    A browser that nobody let in waits, and a refusal is recorded, as with a password: the page of a
    provider can be copied like ours.
    """
    found = sign_in.identity_signs_in(session, cipher, place, subject=subject, code=code, now=now)
    return _come_in(session, found, place, now=now)


def invitation(
    session: Session, cipher: Cipher, token: str, *, now: datetime
) -> tuple[enrolment.Offer, accounts.AccountDetails]:
    """Return what an enrolment link offers, and to whom; raise `NotFound` for a dead link."""
    offered = enrolment.read(session, cipher, token, now=now)
    account = session.get_one(Account, offered.account_id)
    return offered, accounts.details_of(cipher, account)


def enrol(
    session: Session, cipher: Cipher, token: str, *, password_hash: str, code: str, place: Place,
    now: datetime,
) -> str:  # fmt: skip
    """Enrol and sign in at once, in a browser known from now on; return the session's token.

    Raises `Invalid` for a wrong code and `NotFound` for a link that is no good any more.
    """
    account = enrolment.complete(
        session, cipher, token, password_hash=password_hash, code=code, now=now
    )
    browsers.trust(session, account.id, place, now=now)
    return sessions.create(session, account_id=account.id, now=now, place=place)


def sign_out(session: Session, row: SignInSession, *, now: datetime) -> None:
    """End this session; the cookie is worth nothing from here on."""
    sessions.end(session, row, now=now)


def _come_in(
    session: Session, found: sign_in.Concluded | None, place: Place, *, now: datetime
) -> str | BrowserWaits | None:
    if found is None:
        return None
    if found.standing is Standing.WAITS:
        tell_owner(session, found.account_id, now=now)
    if found.standing is not Standing.KNOWN:
        return BrowserWaits("Let it in from a browser you use already.")
    return sessions.create(session, account_id=found.account_id, now=now, place=place)
