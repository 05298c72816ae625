"""Everybody who may knock: each role in its place and out of it, and those who are shut out."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.access import sessions
from app.access.accounts import add_account, disable, tie_key_adults
from app.access.clients import ALL_SCOPES, ClientScope, add_client, issue_token
from app.access.models import AccountRole, SignInSession
from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.models import KeyAdult
from tests.factories.notifications import FORCE, LATER_URN, URN

COUNCIL, OTHER_FORCE, OTHER_COUNCIL, THIRD_URN = "999", "98", "998", 990003
# What the words after the @ of a holding stand for.
PLACES: dict[str, dict[str, Any]] = {
    "school": {"urn": URN}, "other_school": {"urn": LATER_URN}, "third_school": {"urn": THIRD_URN},
    "force": {"force": FORCE}, "other_force": {"force": OTHER_FORCE},
    "council": {"council": COUNCIL}, "other_council": {"council": OTHER_COUNCIL},
    "platform": {},
}  # fmt: skip
# Name: what they hold. The first eight are the right ones, one for each role.
HOLDING = {
    "key adult": ("key_adult@school",),
    "desk": ("force_desk@force",),
    "reviewer": ("reviewer@force",),
    "force lead": ("lead@force",),
    "council officer": ("council_officer@council",),
    "register administrator": ("register_admin@platform",),
    "auditor": ("auditor@force",),
    "platform administrator": ("platform_admin@platform",),
    "colleague at the school": ("key_adult@school",),
    "council lead": ("lead@council",),
    "register administrator of the force": ("register_admin@force",),
    "key adult of another school": ("key_adult@other_school",),
    "key adult of a third school": ("key_adult@third_school",),
    "desk of another force": ("force_desk@other_force",),
    "reviewer of another force": ("reviewer@other_force",),
    "lead of another force": ("lead@other_force",),
    "auditor of another force": ("auditor@other_force",),
    "register administrator of another force": ("register_admin@other_force",),
    "officer of another council": ("council_officer@other_council",),
    "lead of another council": ("lead@other_council",),
    "key adult there, lead elsewhere": ("key_adult@other_school", "lead@other_force"),
    "reviewer here, desk elsewhere": ("reviewer@force", "force_desk@other_force"),
    "nobody yet": (),
}
# They held what a right one holds, until today.
SHUT_OUT = {
    "disabled key adult": ("key_adult@school", "disabled"),
    "disabled lead": ("lead@force", "disabled"),
    "key adult signed out": ("key_adult@school", "ended"),
    "desk idle for a quarter of an hour": ("force_desk@force", "idle"),
    "lead after ten hours": ("lead@force", "expired"),
    "desk whose role ended": ("force_desk@force", "role ended"),
    "key adult who left": ("key_adult@school", "left"),
}
# They keep their session, and hold nothing.
STILL_SIGNED_IN = {"desk whose role ended", "key adult who left"}
CLIENTS = {
    "police system": (FORCE, ALL_SCOPES),
    "police system that may only read": (FORCE, frozenset({ClientScope.READ})),
    "police system that may only push": (FORCE, frozenset({ClientScope.WRITE})),
    "police system of another force": (OTHER_FORCE, ALL_SCOPES),
    "police system after ten minutes": (FORCE, ALL_SCOPES),
}
LATE = "police system after ten minutes"


@dataclass
class Somebody:
    """Who knocks: what they send along, and what they hold as the rules count it."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    form_token: str = ""
    account_id: UUID | None = None
    holds: tuple[str, ...] = ()
    signed_in: bool = False
    client: tuple[str, frozenset[ClientScope]] | None = None


def everybody(wiring: Wiring) -> list[Somebody]:
    """Make everybody's account, roles and session; the schools and forces are there."""
    found = [_signed_in(wiring, name, holds, "") for name, holds in HOLDING.items()]
    found += [_signed_in(wiring, name, (held,), how) for name, (held, how) in SHUT_OUT.items()]
    found += [_client(wiring, name, *facts) for name, facts in CLIENTS.items()]
    found += [
        Somebody("nobody"),
        Somebody(
            "nobody, with a made-up cookie", {"cookie": "__Host-encompass-session=" + "x" * 43}
        ),
    ]
    return found


def address_of(name: str) -> str:
    return f"{name.replace(' ', '.').replace(',', '')}@people.test"


def _signed_in(wiring: Wiring, name: str, holds: tuple[str, ...], how: str) -> Somebody:
    now = wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        account_id = _account(wiring, session, name, holds or ("reviewer@force",), how)
        token = sessions.create(session, account_id=account_id, now=now)
        row = session.query(SignInSession).filter_by(account_id=account_id).one()
        form_token = row.form_token
        if not holds or how == "role ended":
            session.execute(
                update(AccountRole).where(AccountRole.account_id == account_id).values(ended_at=now)
            )
        match how:
            case "disabled":
                disable(session, account_id, now=now, actor="operator:test")
            case "ended":
                row.ended_at = now
            case "idle":
                row.last_seen_at = now - sessions.IDLE - timedelta(seconds=1)
            case "expired":
                row.expires_at = now
    alive = not how or name in STILL_SIGNED_IN
    return Somebody(
        name, {"cookie": f"__Host-encompass-session={token}"}, form_token, account_id,
        holds if not how else (), signed_in=alive,
    )  # fmt: skip


def _account(wiring: Wiring, session: Any, name: str, holds: tuple[str, ...], how: str) -> UUID:
    """Add the account with its roles; a key adult's row of the register is tied to it."""
    account = None
    for held in holds:
        role, _, where = held.partition("@")
        account, _ = add_account(
            session, wiring.cipher, email=address_of(name), name=name.title(), role=Role(role),
            now=wiring.clock.now(), **PLACES[where],
        )  # fmt: skip
    assert account is not None
    account.enrolled_at = wiring.clock.now()
    session.flush()
    tie_key_adults(session, wiring.cipher)
    if how == "left":
        session.execute(
            update(KeyAdult)
            .where(KeyAdult.account_id == account.id)
            .values(left_on=wiring.clock.now().date())
        )
    return account.id


def _client(wiring: Wiring, name: str, force: str, scopes: frozenset[ClientScope]) -> Somebody:
    now = wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        client, _ = add_client(session, force=force, name=name, now=now, scopes=ALL_SCOPES)
        issued = now - timedelta(minutes=11) if name == LATE else now
        token = issue_token(session, wiring.cipher, client=client, scopes=scopes, now=issued)
    return Somebody(
        name, {"authorization": f"Bearer {token}"},
        client=None if name == LATE else (force, scopes),
    )  # fmt: skip
