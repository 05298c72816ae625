"""Identities at an OpenID provider that people linked to their own account, and asking for one.

Known by issuer and `sub`, which a provider never gives to anybody else (OpenID Connect Core §5.7).
An e-mail address is given to the next head teacher, so it is not even read. Nothing makes an
account, and nothing links one but its owner, who is signed in.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access.browsers import Place
from app.access.identity_models import IdentityQuestion, LinkedIdentity
from app.access.models import Account
from app.core.cipher import Cipher
from app.core.errors import Conflict, NotFound, TooMany
from app.core.ids import new_id, new_secret

# Long enough for a forgotten password at the provider.
VALID_FOR = timedelta(minutes=10)
# A council's schools may share one address, and each sign-in asks once.
ADDRESS_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody at a provider, as its identity token names them."""

    issuer: str
    sub: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser is sent to the provider with.

    Only `state` travels by the browser; verifier (RFC 7636) and nonce follow from it by our key, so
    that no row holds them.
    """

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)


def ask(
    session: Session, cipher: Cipher, place: Place, *, account_id: UUID | None, now: datetime
) -> Question:
    """Return a fresh question; `account_id` is who wants to link, None where one signs in.

    Raises `TooMany` where one address holds hundreds unanswered.
    """
    held = session.scalar(
        select(func.count())
        .select_from(IdentityQuestion)
        .where(
            IdentityQuestion.address_digest == place.address_digest,
            IdentityQuestion.expires_at > now,
        )
    )
    if (held or 0) >= ADDRESS_LIMIT:
        raise TooMany("Too many attempts. Wait ten minutes, or ask the desk to ring you")
    question = _question(cipher, new_secret())
    session.add(
        IdentityQuestion(
            state_digest=_digest(question.state), account_id=account_id,
            browser_digest=place.browser_digest, address_digest=place.address_digest,
            expires_at=now + VALID_FOR,
        )
    )  # fmt: skip
    session.flush()
    return question


def is_for_linking(session: Session, state: str, *, now: datetime) -> bool | None:
    """Return what a question was asked for, and None for one that nobody can answer any more.

    Looking uses nothing up.
    """
    row = session.get(IdentityQuestion, _digest(state))
    if row is None or row.expires_at <= now:
        return None
    return row.account_id is not None


def take(
    session: Session, cipher: Cipher, state: str, place: Place, *, account_id: UUID | None,
    now: datetime,
) -> Question | None:  # fmt: skip
    """Use a question up; None for one never asked, used, too old, or of another browser or person.

    `account_id` is who is signed in and links.
    """
    taken = session.execute(
        delete(IdentityQuestion)
        .where(
            IdentityQuestion.state_digest == _digest(state),
            IdentityQuestion.browser_digest == place.browser_digest,
            IdentityQuestion.account_id == account_id,
            IdentityQuestion.expires_at > now,
        )
        .returning(IdentityQuestion.state_digest)
    ).first()
    return _question(cipher, state) if taken is not None else None


def forget_unanswered(session: Session, *, now: datetime) -> None:
    """Forget the questions that nobody can answer any more."""
    session.execute(delete(IdentityQuestion).where(IdentityQuestion.expires_at <= now))


def whose(session: Session, cipher: Cipher, subject: Subject) -> Account | None:
    """Return the account that an identity is linked to, if its owner may come in."""
    return session.scalars(
        select(Account)
        .join(LinkedIdentity, LinkedIdentity.account_id == Account.id)
        .where(
            LinkedIdentity.subject_digest == _of(cipher, subject),
            LinkedIdentity.ended_at.is_(None),
            Account.disabled_at.is_(None),
            Account.enrolled_at.is_not(None),
        )
    ).one_or_none()


def used(session: Session, cipher: Cipher, subject: Subject, *, now: datetime) -> None:
    """Note that somebody came in by an identity."""
    session.execute(
        update(LinkedIdentity)
        .where(
            LinkedIdentity.subject_digest == _of(cipher, subject),
            LinkedIdentity.ended_at.is_(None),
        )
        .values(last_used_at=now)
    )


def own(session: Session, account_id: UUID) -> LinkedIdentity | None:
    """Return the identity that is linked to an account."""
    return session.scalars(
        select(LinkedIdentity).where(
            LinkedIdentity.account_id == account_id, LinkedIdentity.ended_at.is_(None)
        )
    ).one_or_none()


def link(
    session: Session, cipher: Cipher, subject: Subject, *, account_id: UUID, now: datetime
) -> LinkedIdentity:
    """Link an identity to an account; raise `Conflict` where either is linked already."""
    row = LinkedIdentity(
        id=new_id(), account_id=account_id, subject_digest=_of(cipher, subject), linked_at=now
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Conflict("It is linked already, or your account is: unlink it there first.") from None
    return row


def unlink(session: Session, account_id: UUID, ident: UUID, *, now: datetime) -> None:
    """End an own link for good; raise `NotFound` for another's, or one that is over."""
    done = session.execute(
        update(LinkedIdentity)
        .where(
            LinkedIdentity.id == ident,
            LinkedIdentity.account_id == account_id,
            LinkedIdentity.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(LinkedIdentity.id)
    ).first()
    if done is None:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")


def unlink_all(session: Session, account_id: UUID, *, now: datetime) -> None:
    """End the link of an account: its owner begins anew with a one-time link."""
    session.execute(
        update(LinkedIdentity)
        .where(LinkedIdentity.account_id == account_id, LinkedIdentity.ended_at.is_(None))
        .values(ended_at=now)
    )
    session.execute(delete(IdentityQuestion).where(IdentityQuestion.account_id == account_id))


def _question(cipher: Cipher, state: str) -> Question:
    return Question(
        state, cipher.digest("identity-verifier", state).hex(),
        cipher.digest("identity-nonce", state).hex(),
    )  # fmt: skip


def _of(cipher: Cipher, subject: Subject) -> bytes:
    # No issuer holds a space, so that no two pairs read alike.
    return cipher.digest("linked-identity", f"{subject.issuer} {subject.sub}")


def _digest(state: str) -> bytes:
    # The state is 32 random bytes, so a plain hash cannot be guessed back.
    return sha256(state.encode()).digest()
