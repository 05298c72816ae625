"""Browsers: which ones an account is used from, and letting a new one in.

A code can be typed into a page that only looks like ours, and be passed on from there in seconds.
What is passed on comes from a browser that this account was never used from, and stays outside
until its owner lets it in. A passkey needs none of this: no other site can ask for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.access.models import KnownBrowser
from app.core.cipher import Cipher
from app.core.errors import NotFound
from app.core.ids import new_id

# An address from which the account was used counts as known for so long.
ADDRESS_KNOWN_FOR = timedelta(days=90)
# A browser that waits is asked about for so long.
WAITS_FOR = timedelta(days=1)
# A browser is not listed for ever where nobody uses it.
LISTED_FOR = timedelta(days=400)

_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook"),
    ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
_PROGRAMS = (
    (("Edg/", "Edge/", "EdgA/", "EdgiOS/"), "Edge"), (("OPR/",), "Opera"),
    (("SamsungBrowser/",), "Samsung Internet"), (("Firefox/", "FxiOS/"), "Firefox"),
    (("Chrome/", "CriOS/"), "Chrome"), (("Safari/",), "Safari"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request comes from: digests of the browser's cookie and of its network address.

    `session_token` is what its session cookie holds, whether or not that is worth anything.
    """

    browser_digest: bytes
    address_digest: bytes
    browser: str
    session_token: str | None = field(default=None, repr=False)


class Standing(StrEnum):
    """What a browser is to an account."""

    KNOWN = "known"
    WAITS = "waits"
    SHUT_OUT = "shut_out"


def place_of(
    cipher: Cipher, *, cookie: str, address: str, user_agent: str, session_token: str | None = None
) -> Place:
    """Return a request's place; an IPv6 address counts as its whole network."""
    return Place(
        cipher.digest("browser", cookie),
        cipher.digest("browser-address", network_of(address)),
        described(user_agent),
        session_token,
    )


def network_of(address: str) -> str:
    """Return the network that counts as one place: a /64 of IPv6, else the address itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return address


def described(user_agent: str) -> str:
    """Return a browser in words of our own, such as `Chrome on Windows`."""
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "an unknown device")
    program = next(
        (name for signs, name in _PROGRAMS if any(sign in user_agent for sign in signs)),
        "A browser",
    )
    return f"{program} on {system}"


def is_known(session: Session, account_id: UUID | None, place: Place) -> bool:
    """Return whether this very browser was let in to the account; nobody's is asked like others."""
    found = session.scalars(
        select(KnownBrowser.id).where(
            KnownBrowser.account_id == (account_id or UUID(int=0)),
            KnownBrowser.token_digest == place.browser_digest,
            KnownBrowser.let_in_at.is_not(None),
        )
    ).first()
    return found is not None


def came(session: Session, account_id: UUID, place: Place, *, now: datetime) -> Standing:
    """Say what a browser is from which the right password and code came, and remember it.

    It is let in at once from an address this account was used from lately, and where the account
    knows no browser at all: before its first sign-in with these rules nobody could have let one in.
    """
    row = _row(session, account_id, place)
    if row is not None and row.shut_out_at is not None:
        return Standing.SHUT_OUT
    if row is None:
        row = _new(session, account_id, place, now=now)
    row.last_seen_at, row.browser = now, place.browser
    if row.let_in_at is None and _may_come_in(session, account_id, place, now=now):
        row.let_in_at = now
    if row.let_in_at is not None:
        row.address_digest = place.address_digest
    session.flush()
    return Standing.KNOWN if row.let_in_at is not None else Standing.WAITS


def trust(session: Session, account_id: UUID, place: Place, *, now: datetime) -> None:
    """Let this browser in: a passkey or a one-time link was used in it."""
    row = _row(session, account_id, place) or _new(session, account_id, place, now=now)
    row.last_seen_at, row.browser, row.address_digest = now, place.browser, place.address_digest
    row.let_in_at, row.shut_out_at = row.let_in_at or now, None
    session.flush()


def listed(session: Session, account_id: UUID, *, now: datetime) -> Sequence[KnownBrowser]:
    """Return the browsers that wait, the newest first, and then those that were let in."""
    lately = KnownBrowser.last_seen_at > now - LISTED_FOR
    waits = KnownBrowser.let_in_at.is_(None) & (KnownBrowser.last_seen_at > now - WAITS_FOR)
    return session.scalars(
        select(KnownBrowser)
        .where(
            KnownBrowser.account_id == account_id,
            KnownBrowser.shut_out_at.is_(None),
            or_(waits, KnownBrowser.let_in_at.is_not(None) & lately),
        )
        .order_by(KnownBrowser.let_in_at.is_not(None), KnownBrowser.last_seen_at.desc())
    ).all()


def let_in(session: Session, account_id: UUID, ident: UUID, *, now: datetime) -> None:
    """Let in a browser that waits; raise `NotFound` for one that waits no longer, or another's."""
    _settle(session, account_id, ident, KnownBrowser.last_seen_at > now - WAITS_FOR,
            KnownBrowser.let_in_at.is_(None), let_in_at=now)  # fmt: skip


def shut_out(session: Session, account_id: UUID, ident: UUID, *, now: datetime) -> None:
    """Shut a browser out, whether it waits or was let in; raise `NotFound`."""
    _settle(session, account_id, ident, let_in_at=None, shut_out_at=now)


def forget_all(session: Session, account_id: UUID, *, now: datetime) -> None:
    """Know none of an account's browsers any more; its owner begins anew with a one-time link."""
    session.execute(
        update(KnownBrowser)
        .where(KnownBrowser.account_id == account_id, KnownBrowser.shut_out_at.is_(None))
        .values(let_in_at=None, shut_out_at=now)
    )


def _settle(
    session: Session, account_id: UUID, ident: UUID, *conditions: object, **values: object
) -> None:
    done = session.execute(
        update(KnownBrowser)
        .where(
            KnownBrowser.id == ident, KnownBrowser.account_id == account_id,
            KnownBrowser.shut_out_at.is_(None), *conditions,  # type: ignore[arg-type]
        )
        .values(**values)
        .returning(KnownBrowser.id)
    ).first()  # fmt: skip
    if done is None:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")


def _may_come_in(session: Session, account_id: UUID, place: Place, *, now: datetime) -> bool:
    mine = select(KnownBrowser.id).where(KnownBrowser.account_id == account_id)
    used_here = mine.where(
        KnownBrowser.let_in_at.is_not(None),
        KnownBrowser.address_digest == place.address_digest,
        KnownBrowser.last_seen_at > now - ADDRESS_KNOWN_FOR,
    )
    ever = mine.where(
        or_(KnownBrowser.let_in_at.is_not(None), KnownBrowser.shut_out_at.is_not(None))
    )
    return session.scalars(used_here).first() is not None or session.scalars(ever).first() is None


def _row(session: Session, account_id: UUID, place: Place) -> KnownBrowser | None:
    return session.scalars(
        select(KnownBrowser).where(
            KnownBrowser.account_id == account_id,
            KnownBrowser.token_digest == place.browser_digest,
        )
    ).one_or_none()


def _new(session: Session, account_id: UUID, place: Place, *, now: datetime) -> KnownBrowser:
    row = KnownBrowser(
        id=new_id(), account_id=account_id, token_digest=place.browser_digest,
        address_digest=place.address_digest, browser=place.browser, first_seen_at=now,
        last_seen_at=now,
    )  # fmt: skip
    session.add(row)
    return row
