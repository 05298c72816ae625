"""People's accounts: adding and finding them, their names, and shutting them out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, load_only

from app.access import enrolment, sessions
from app.access.models import Account, AccountRole
from app.access.permissions import Grant, Role
from app.access.roles import grant_role, roles_of
from app.core import audit, logs
from app.core.cipher import CannotOpen, Cipher
from app.core.errors import Conflict
from app.core.ids import new_id
from app.core.languages import Language
from schools import key_adults, officers
from schools.models import KeyAdult

__all__ = [
    "AccountDetails", "able_to_sign_in", "add_account", "begin_anew", "choose_language",
    "details_of", "disable", "email_digest", "find", "give_account", "names_of",
    "roles_of", "tie_key_adults",
]  # fmt: skip

# The name of an account whose record does not open; an operator repairs it.
UNREADABLE = "Account that does not open"

_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """The personal facts of an account, sealed in its row under the register key."""

    email: str
    name: str


def email_digest(cipher: Cipher, email: str) -> bytes:
    """Return the keyed digest that finds an account; letter case and outer spaces do not count."""
    return cipher.digest("account-email", email.strip().casefold())


def add_account(
    session: Session,
    cipher: Cipher,
    *,
    email: str,
    name: str,
    role: Role,
    urn: int | None = None,
    force: str | None = None,
    council: str | None = None,
    now: datetime,
    actor: str = "operator",
) -> tuple[Account, str | None]:
    """Give a role to the account of this address, making the account where there is none.

    Returns the account and, until it is enrolled, a fresh one-time enrolment token (the link before
    it dies). A key adult's entry in the register of the same school is tied to the account.
    """
    grant = Grant(role, urn, force, council)
    account = give_account(
        session, cipher, email=email, name=name, grant=grant, now=now, actor=actor
    )
    if account.enrolled_at is not None:
        return account, None
    return account, enrolment.offer(session, cipher, account_id=account.id, now=now)


def give_account(
    session: Session, cipher: Cipher, *, email: str, name: str, grant: Grant, now: datetime,
    actor: str,
) -> Account:  # fmt: skip
    """Give a role to the account of this address as `add_account` does, and offer no link."""
    account = find(session, cipher, email) or _new_account(
        session, cipher, AccountDetails(email.strip(), name.strip()), now=now
    )
    grant_role(session, account.id, grant, now=now)
    if grant.role is Role.KEY_ADULT and grant.urn is not None:
        key_adults.attach_account(
            session, cipher, email=email, urn=grant.urn, account_id=account.id
        )
    of_force, of_council = grant.force, grant.council
    for owner in (of_force and f"force:{of_force}", of_council and f"council:{of_council}"):
        if owner:
            officers.attach_account(
                session, cipher, email=email, owner=owner, account_id=account.id
            )  # fmt: skip
    audit.record(
        session, event=audit.Event.ACCOUNT_INVITED, actor=actor, force=grant.force,
        subject=f"account:{account.id}", now=now, reason_code=grant.role.value,
    )  # fmt: skip
    return account


def tie_key_adults(session: Session, cipher: Cipher) -> int:
    """Tie key adults that came into the register after their account; return how many.

    Looks only at schools with an entry that has no account, so that a repeat opens little.
    """
    untied = select(KeyAdult.urn).where(KeyAdult.account_id.is_(None))
    held = session.execute(
        select(Account, AccountRole.urn)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(
            AccountRole.role == Role.KEY_ADULT,
            AccountRole.ended_at.is_(None),
            AccountRole.urn.in_(untied),
        )
        .order_by(AccountRole.granted_at, AccountRole.id)
    ).all()
    tied = 0
    for account, urn in held:
        details = _readable(cipher, account)
        if details is None or urn is None:
            continue
        row = key_adults.attach_account(
            session, cipher, email=details.email, urn=urn, account_id=account.id
        )
        tied += row is not None
    return tied


def find(session: Session, cipher: Cipher, email: str) -> Account | None:
    """Return the account of this address, or `None`."""
    digest = email_digest(cipher, email)
    return session.scalars(select(Account).where(Account.email_digest == digest)).one_or_none()


def details_of(cipher: Cipher, account: Account) -> AccountDetails:
    """Open the name and address of an account."""
    return cipher.open(
        AccountDetails, account.sealed, table="account", row=account.id, force=None,
        key=cipher.register_key(),
    )  # fmt: skip


def names_of(session: Session, cipher: Cipher, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of several accounts, for a board that says who has what.

    One that does not open must not take the board down: it is called `UNREADABLE`.
    """
    names = load_only(Account.id, Account.sealed)  # all that an auditor's role may read of them
    rows = session.scalars(select(Account).options(names).where(Account.id.in_(set(ids))))
    opened = {row.id: _readable(cipher, row) for row in rows}
    return {ident: found.name if found else UNREADABLE for ident, found in opened.items()}


def begin_anew(
    session: Session, cipher: Cipher, account: Account, *, now: datetime, actor: str
) -> str:
    """Return the token of a link by which somebody sets up the account again; until then all stays.

    For whoever has made sure who asks. Raises `Conflict` for an account that was shut out.
    """
    if account.disabled_at is not None:
        raise Conflict("This account was shut out.")
    audit.record(
        session, event=audit.Event.ACCOUNT_BEGINS_ANEW, actor=actor, force=None,
        subject=f"account:{account.id}", now=now,
    )  # fmt: skip
    return enrolment.offer(session, cipher, account_id=account.id, now=now)


def disable(session: Session, account_id: UUID, *, now: datetime, actor: str) -> None:
    """Shut an account out at once: no sign-in, no session, no link."""
    session.execute(
        update(Account)
        .where(Account.id == account_id, Account.disabled_at.is_(None))
        .values(disabled_at=now)
    )
    sessions.end_all(session, account_id, now=now)
    enrolment.withdraw(session, account_id, now=now)
    audit.record(
        session, event=audit.Event.ACCOUNT_DISABLED, actor=actor, force=None,
        subject=f"account:{account_id}", now=now,
    )  # fmt: skip


def choose_language(session: Session, account_id: UUID, language: Language) -> None:
    """Keep in which language a person reads the service, wherever they sign in."""
    session.get_one(Account, account_id).language = language


def sign_out(session: Session, account_id: UUID | None, *, now: datetime, actor: str) -> int:
    """Sign one person out everywhere, or of `None` everybody; return how many sessions ended.

    They may sign in again at once: what lets them in stays as it is.
    """
    ended = sessions.end_open(session, account_id, actor=actor, now=now)
    audit.record(
        session, event=audit.Event.SIGNED_OUT_BY_OPERATOR, actor=actor, force=None,
        subject=f"account:{account_id or 'everybody'}", now=now, detail={"sessions": ended},
    )  # fmt: skip
    return ended


def _readable(cipher: Cipher, account: Account) -> AccountDetails | None:
    try:
        return details_of(cipher, account)
    except CannotOpen:
        _log.error("account unreadable", item=str(account.id))
        return None


def _new_account(
    session: Session, cipher: Cipher, details: AccountDetails, *, now: datetime
) -> Account:
    ident = new_id()
    account = Account(
        id=ident,
        email_digest=email_digest(cipher, details.email),
        sealed=cipher.seal(
            details, table="account", row=ident, force=None, key=cipher.register_key()
        ),
        added_at=now,
    )
    session.add(account)
    session.flush()
    return account


def able_to_sign_in(session: Session, urns: Collection[int]) -> frozenset[UUID]:
    """Return the accounts of these schools' key adults that are enrolled and not disabled."""
    found = session.scalars(
        select(Account.id).where(
            Account.enrolled_at.is_not(None),
            Account.disabled_at.is_(None),
            Account.id.in_(select(KeyAdult.account_id).where(KeyAdult.urn.in_(urns))),
        )
    )
    return frozenset(found)
