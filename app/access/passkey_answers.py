"""Passkeys (WebAuthn Level 3): adding one, and reading what an authenticator answers.

A passkey signs in alone: the authenticator holds the key and has checked a finger, a face or a PIN.
It answers only the origin it was made at, so that a page which looks like ours gets nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import InvalidAuthenticationResponse, WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from app.access import challenges
from app.access.browsers import Place
from app.access.ceremonies import Ceremony
from app.access.models import Account, Passkey
from app.access.passkeys import alive, fit_name, seal_name
from app.core import logs
from app.core.cipher import Cipher
from app.core.errors import Conflict, FieldError, Invalid
from app.core.ids import new_id

MOST = 10
_TIMEOUT = int(challenges.VALID_FOR.total_seconds() * 1000)
# What the library raises for bytes that are no answer of an authenticator.
_UNREADABLE = (
    WebAuthnException, ValueError, TypeError, KeyError, AttributeError, OverflowError,
    RecursionError,
)  # fmt: skip
_NOT_ADDED = "This passkey could not be added. Try again, or use another device"

_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Site:
    """What a passkey is tied to: the domain, and the one origin that may ask for it."""

    domain: str
    origin: str


def site_of(base_url: str) -> Site | None:
    """Return what passkeys of this installation are tied to; None where its host is a number.

    Source: WebAuthn Level 3 §5.1.2, an RP ID is a domain.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return Site(host, f"{parts.scheme}://{parts.netloc}")
    return None


def ask_for_new(
    session: Session, site: Site, place: Place, *, account_id: UUID, email: str, name: str,
    now: datetime,
) -> str:  # fmt: skip
    """Return the options (JSON) with which a browser makes a passkey of this account.

    Raises `Conflict` for one too many.
    """
    held = alive(session, account_id)
    if len(held) >= MOST:
        raise Conflict(f"There are {MOST} passkeys already: remove one that you do not use.")
    challenge = challenges.make(session, Ceremony.ADD, place, account_id=account_id, now=now)
    options = generate_registration_options(
        rp_id=site.domain, rp_name="Encompass", user_id=account_id.bytes, user_name=email,
        user_display_name=name, challenge=challenge, timeout=_TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=row.credential_id) for row in held],
    )  # fmt: skip
    return options_to_json(options)


def add(
    session: Session, cipher: Cipher, site: Site, place: Place, *, account_id: UUID, answer: str,
    name: str, now: datetime,
) -> Passkey:  # fmt: skip
    """Add the passkey that a browser made; raise `Invalid` where anything about it is not right."""
    called = fit_name(name)
    try:
        credential = parse_registration_credential_json(answer)
        challenge = _challenge(credential.response.client_data_json)
        if not challenges.take(
            session, challenge, Ceremony.ADD, place, account_id=account_id, now=now
        ):
            raise _not_added()
        made = _verified_new(credential, challenge, site)
    except _UNREADABLE as problem:
        _log.warning("passkey not added", error=logs.error_kind(problem))
        raise _not_added() from None
    known = select(Passkey.id).where(Passkey.credential_id == made.credential_id)
    if len(alive(session, account_id)) >= MOST or session.scalars(known).first() is not None:
        raise _not_added()
    row = Passkey(
        id=new_id(), account_id=account_id, credential_id=made.credential_id,
        public_key=made.credential_public_key, sign_count=made.sign_count,
        may_be_backed_up=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=made.credential_backed_up, added_at=now, sealed=b"",
    )  # fmt: skip
    row.sealed = seal_name(cipher, row.id, called)
    session.add(row)
    session.flush()
    return row


def ask(
    session: Session, site: Site, place: Place, ceremony: Ceremony, *, account_id: UUID | None,
    now: datetime,
) -> str:  # fmt: skip
    """Return the options (JSON) with which a browser answers by any passkey it has for us.

    Somebody signed in may answer with an own one alone.
    """
    challenge = challenges.make(session, ceremony, place, account_id=account_id, now=now)
    own = alive(session, account_id) if account_id is not None else ()
    options = generate_authentication_options(
        rp_id=site.domain, challenge=challenge, timeout=_TIMEOUT,
        allow_credentials=[PublicKeyCredentialDescriptor(id=row.credential_id) for row in own],
        user_verification=UserVerificationRequirement.REQUIRED,
    )  # fmt: skip
    return options_to_json(options)


def whose(
    session: Session, site: Site, place: Place, ceremony: Ceremony, *, answer: str,
    account_id: UUID | None, now: datetime,
) -> Account | None:  # fmt: skip
    """Return whose passkey answered, or None for an answer that is not right in every respect.

    The challenge is used up either way. `account_id` is who is signed in already.
    """
    try:
        credential = parse_authentication_credential_json(answer)
        challenge = _challenge(credential.response.client_data_json)
        if not challenges.take(session, challenge, ceremony, place, account_id=account_id, now=now):
            return None
        row = _owned(session, credential, account_id)
        if row is None:
            return None
        seen = _verified(credential, challenge, site, row)
    except _UNREADABLE as problem:
        _log.warning("passkey refused", error=logs.error_kind(problem))
        return None
    if not _used(session, row, seen, now=now):
        return None
    return session.get_one(Account, row.account_id)


def _challenge(client_data: bytes) -> bytes:
    """Return the challenge that was signed; raise where a page of another site held ours."""
    found = parse_client_data_json(client_data)
    if found.cross_origin:
        raise InvalidAuthenticationResponse("asked for inside a page of another origin")
    return found.challenge


def _not_added() -> Invalid:
    return Invalid(_NOT_ADDED, [FieldError("answer", "answer_unfit", _NOT_ADDED)])


def _verified_new(
    credential: RegistrationCredential, challenge: bytes, site: Site
) -> VerifiedRegistration:
    return verify_registration_response(
        credential=credential, expected_challenge=challenge, expected_rp_id=site.domain,
        expected_origin=site.origin, require_user_verification=True,
    )  # fmt: skip


def _verified(
    credential: AuthenticationCredential, challenge: bytes, site: Site, row: Passkey
) -> VerifiedAuthentication:
    """Return what a signature proves; a counter that stands still or runs backwards is refused.

    Two authenticators with one key would count like that (WebAuthn Level 3 §6.1.1).
    """
    return verify_authentication_response(
        credential=credential, expected_challenge=challenge, expected_rp_id=site.domain,
        expected_origin=site.origin, credential_public_key=row.public_key,
        credential_current_sign_count=row.sign_count, require_user_verification=True,
    )  # fmt: skip


def _owned(
    session: Session, credential: AuthenticationCredential, account_id: UUID | None
) -> Passkey | None:
    """Return the passkey that answered, if its owner may come in and is who it says."""
    row = session.scalars(
        select(Passkey)
        .join(Account, Account.id == Passkey.account_id)
        .where(
            Passkey.credential_id == credential.raw_id,
            Passkey.revoked_at.is_(None),
            Account.disabled_at.is_(None),
            Account.enrolled_at.is_not(None),
        )
    ).one_or_none()
    if row is None or account_id not in {None, row.account_id}:
        return None
    handle = credential.response.user_handle
    # Without a user name the authenticator must say whose key it is (WebAuthn Level 3 §7.2).
    if handle is None and account_id is None:
        return None
    return row if handle in {None, row.account_id.bytes} else None


def _used(session: Session, row: Passkey, seen: VerifiedAuthentication, *, now: datetime) -> bool:
    """Note a use; False where another use came between, or a key says it is of another kind."""
    several = seen.credential_device_type is CredentialDeviceType.MULTI_DEVICE
    if several is not row.may_be_backed_up:
        return False
    done = session.execute(
        update(Passkey)
        .where(
            Passkey.id == row.id,
            Passkey.sign_count == row.sign_count,
            Passkey.revoked_at.is_(None),
        )
        .values(
            sign_count=seen.new_sign_count, backed_up=seen.credential_backed_up, last_used_at=now
        )
        .returning(Passkey.id)
    ).first()
    return done is not None
