"""The ways into one's own account: passkeys, browsers, sessions, and showing again who one is.

Everybody signed in sees to their own and can name nobody else's, so no role is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import browsers, identities, passkey_answers, passkeys, sessions, sign_in
from app.access.accounts import details_of
from app.access.browsers import Place
from app.access.ceremonies import Ceremony
from app.access.identities import Question, Subject
from app.access.identity_models import LinkedIdentity
from app.access.models import Account, KnownBrowser, SignInSession
from app.access.passkey_answers import Site
from app.access.passkeys import OwnPasskey
from app.casework.acting import Acting
from app.casework.telling_owners import tell_owner
from app.core import audit
from app.core.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class OwnAccess:
    """By what one comes in, and where one is in."""

    passkeys: Sequence[OwnPasskey]
    waiting: Sequence[KnownBrowser]
    browsers: Sequence[KnownBrowser]
    sessions: Sequence[SignInSession]
    identity: LinkedIdentity | None


def look(session: Session, acting: Acting) -> OwnAccess:
    """Return the ways into the account of whoever acts."""
    account_id, now = own_account(acting), acting.now
    known = browsers.listed(session, account_id, now=now)
    return OwnAccess(
        passkeys.own_passkeys(session, acting.cipher, account_id),
        [one for one in known if one.let_in_at is None],
        [one for one in known if one.let_in_at is not None],
        sessions.own_sessions(session, account_id, now=now),
        identities.own(session, account_id),
    )


def passkey_options(session: Session, acting: Acting, site: Site, place: Place) -> str:
    """Return with what a browser makes a passkey for whoever acts."""
    account_id = own_account(acting)
    details = details_of(acting.cipher, session.get_one(Account, account_id))
    return passkey_answers.ask_for_new(
        session, site, place, account_id=account_id, email=details.email, name=details.name,
        now=acting.now,
    )  # fmt: skip


def add_passkey(
    session: Session, acting: Acting, site: Site, place: Place, *, answer: str, name: str
) -> None:
    """Add a passkey that a browser made, and tell its owner; raise `Invalid`."""
    account_id = own_account(acting)
    row = passkey_answers.add(
        session, acting.cipher, site, place, account_id=account_id, answer=answer, name=name,
        now=acting.now,
    )  # fmt: skip
    browsers.trust(session, account_id, place, now=acting.now)
    _record(session, acting, audit.Event.PASSKEY_ADDED, f"passkey:{row.id}")
    tell_owner(session, account_id, now=acting.now)


def remove_passkey(session: Session, acting: Acting, row: SignInSession, ident: UUID) -> None:
    """Take an own passkey away, sign out every other browser and tell its owner.

    Raises `NotFound`, or `Conflict` for the last way in.
    """
    account_id = own_account(acting)
    passkeys.revoke(session, account_id, ident, now=acting.now)
    sessions.end_others(session, row, now=acting.now)
    _record(session, acting, audit.Event.PASSKEY_REVOKED, f"passkey:{ident}")
    tell_owner(session, account_id, now=acting.now)


def ask_to_link(session: Session, acting: Acting, place: Place) -> Question:
    """Return with what a browser goes to the OpenID provider; raise `Conflict`, `TooMany`."""
    account_id = own_account(acting)
    if identities.own(session, account_id) is not None:
        raise Conflict("Your account is linked already: unlink it first.")
    return identities.ask(session, acting.cipher, place, account_id=account_id, now=acting.now)


def link_identity(session: Session, acting: Acting, subject: Subject) -> Conflict | None:
    """Link whom the provider vouched for to the account of whoever acts, and tell its owner.

    An identity that is linked already gives `Conflict`, returned so that the trail keeps it.
    """
    account_id = own_account(acting)
    try:
        row = identities.link(
            session, acting.cipher, subject, account_id=account_id, now=acting.now
        )
    except Conflict as refused:
        _record(session, acting, audit.Event.IDENTITY_REFUSED, acting.actor.id)
        return refused
    _record(session, acting, audit.Event.IDENTITY_LINKED, f"linked_identity:{row.id}")
    tell_owner(session, account_id, now=acting.now)
    return None


def unlink_identity(session: Session, acting: Acting, row: SignInSession, ident: UUID) -> None:
    """End an own link, sign out every other browser and tell its owner; raise `NotFound`."""
    account_id = own_account(acting)
    identities.unlink(session, account_id, ident, now=acting.now)
    sessions.end_others(session, row, now=acting.now)
    _record(session, acting, audit.Event.IDENTITY_UNLINKED, f"linked_identity:{ident}")
    tell_owner(session, account_id, now=acting.now)


def let_browser_in(session: Session, acting: Acting, ident: UUID) -> None:
    """Let in a browser that waits; raise `NotFound`."""
    browsers.let_in(session, own_account(acting), ident, now=acting.now)
    _record(session, acting, audit.Event.BROWSER_LET_IN, f"known_browser:{ident}")


def shut_browser_out(session: Session, acting: Acting, row: SignInSession, ident: UUID) -> None:
    """Shut out a browser that is not one's own, and sign out every other; raise `NotFound`."""
    browsers.shut_out(session, own_account(acting), ident, now=acting.now)
    sessions.end_others(session, row, now=acting.now)
    _record(session, acting, audit.Event.BROWSER_SHUT_OUT, f"known_browser:{ident}")


def end_session(session: Session, acting: Acting, row: SignInSession, ident: UUID) -> None:
    """Sign out one other browser; raise `NotFound` for another's session, or one that is over."""
    if not sessions.end_others(session, row, now=acting.now, only=ident):
        raise NotFound("There is nothing here for you: check the address or sign in as another.")


def end_other_sessions(session: Session, acting: Acting, row: SignInSession) -> None:
    """Sign out every browser but this one."""
    sessions.end_others(session, row, now=acting.now)


def proof_options(session: Session, acting: Acting, site: Site, place: Place) -> str:
    """Return with what a browser asks for one of one's own passkeys."""
    return passkey_answers.ask(
        session, site, place, Ceremony.PROVE, account_id=own_account(acting), now=acting.now
    )


def prove_by_passkey(
    session: Session, acting: Acting, row: SignInSession, site: Site, place: Place, *, answer: str
) -> str | None:
    """Return the session's new token, or `None` for a passkey that is not right."""
    account = passkey_answers.whose(
        session, site, place, Ceremony.PROVE, answer=answer, account_id=own_account(acting),
        now=acting.now,
    )  # fmt: skip
    return sessions.prove(session, row, now=acting.now) if account is not None else None


def prove_by_code(session: Session, acting: Acting, row: SignInSession, *, code: str) -> str | None:
    """Return the session's new token, or `None` for a wrong code; raise `TooMany`."""
    right = sign_in.code_proves(
        session, acting.cipher, account_id=own_account(acting), code=code, now=acting.now
    )
    return sessions.prove(session, row, now=acting.now) if right else None


def own_account(acting: Acting) -> UUID:
    """Return the account of whoever acts; raise `NotFound` for what is no person."""
    if acting.actor.account_id is None:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    return acting.actor.account_id


def _record(session: Session, acting: Acting, event: audit.Event, subject: str) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=None, subject=subject, now=acting.now
    )
