"""Police systems: their bearer tokens, and what they may do.

A token is a signed JWT that is checked without the database; whether its client still exists is
asked again inside the transaction that acts, so a revoked system stores and reads nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.access import credentials
from app.access.models import ClientKind, Door, Force, PoliceClient
from app.access.permissions import Actor
from app.core import audit
from app.core.cipher import Cipher
from app.core.errors import NotAllowed, NotSignedIn, Refused
from app.core.ids import new_id

TOKEN_LIFE = timedelta(minutes=10)
_ALGORITHM = "HS256"
_TYPE = "at+jwt"
_ISSUER = "encompass"
_CLOCK_DIFFERENCE = 60.0


class ClientScope(StrEnum):
    """What a token may be used for."""

    WRITE = "incidents:write"
    READ = "incidents:read"


ALL_SCOPES = frozenset(ClientScope)
# A control room pushes, closes its night and withdraws; what becomes of a message it need not read.
LEAST_SCOPES = frozenset({ClientScope.WRITE})


@dataclass(frozen=True, slots=True)
class Caller:
    """A police system that showed a valid token."""

    client_id: UUID
    force: str
    scopes: frozenset[ClientScope]

    @property
    def actor(self) -> Actor:
        return Actor(id=f"client:{self.client_id}", client_id=self.client_id)


def add_client(
    session: Session, *, force: str, name: str, now: datetime, actor: str = "job:setup",
    kind: ClientKind = ClientKind.LIVE, scopes: frozenset[ClientScope] = LEAST_SCOPES,
) -> tuple[PoliceClient, str]:  # fmt: skip
    """Add a police system that signs in by a secret; return both, the secret for once."""
    client = add_system(
        session, force=force, name=name, now=now, actor=actor, kind=kind, scopes=scopes
    )
    _, secret = credentials.add_secret(session, client, actor=actor, now=now)
    return client, secret


def add_system(
    session: Session, *, force: str, name: str, now: datetime, actor: str,
    kind: ClientKind = ClientKind.LIVE, scopes: frozenset[ClientScope] = LEAST_SCOPES,
) -> PoliceClient:  # fmt: skip
    """Add a police system that has no way yet to sign in; raise `Refused`."""
    if not scopes:
        raise _no_scope()
    if session.get(Force, force) is None:
        raise Refused("There is no such force: add it with `encompass force add CODE NAME`.")
    if not 1 <= len(name.strip()) <= 100:
        raise Refused("A police system's name is one to a hundred characters.")
    client = PoliceClient(
        id=new_id(), force=force, name=name.strip(), scopes=" ".join(sorted(scopes)),
        added_at=now, kind=kind,
    )  # fmt: skip
    session.add(client)
    session.flush()
    audit.record(
        session, event=audit.Event.CLIENT_ADDED, actor=actor, force=force,
        subject=f"police_client:{client.id}", now=now,
        detail={"kind": kind.value, "scopes": client.scopes},
    )  # fmt: skip
    return client


@dataclass(frozen=True, slots=True)
class Change:
    """What an operator changes of a system; what is `None` stays as it is."""

    scopes: frozenset[ClientScope] | None = None
    # Empty: it may call from any address again.
    networks: Sequence[str] | None = None
    # Calls a minute by door; 0 is what the product has.
    limits: Mapping[Door, int] | None = None


def change_client(
    session: Session, client: PoliceClient, change: Change, *, actor: str, now: datetime
) -> None:
    """Change what a system may do, from its next request on; raise `Refused`."""
    if change.scopes is not None:
        if not change.scopes:
            raise _no_scope()
        client.scopes = " ".join(sorted(change.scopes))
    if change.networks is not None:
        client.networks = [_network(text) for text in change.networks] or None
    for door, limit in (change.limits or {}).items():
        if limit < 0:
            raise Refused("A limit is a number of calls a minute; 0 is the usual one.")
        setattr(client, f"{door.value}_limit", limit or None)
    audit.record(
        session, event=audit.Event.CLIENT_CHANGED, actor=actor, force=client.force,
        subject=f"police_client:{client.id}", now=now,
        detail={
            "scopes": client.scopes, "networks": len(client.networks or ()),
            "limits": [client.push_limit, client.batch_limit, client.read_limit],
        },
    )  # fmt: skip


def _no_scope() -> Refused:
    return Refused("A system without a scope can do nothing: revoke it instead.")


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip()))
    except ValueError:
        raise Refused("Write a network as CIDR, such as 192.0.2.0/24 or 2001:db8::/32.") from None


def may_call_from(client: PoliceClient, address: str | None) -> bool:
    """Return whether a system may call from an address, as the connection or our proxy named it."""
    if client.networks is None:
        return True
    try:
        caller = ip_address(address or "")
    except ValueError:
        return False
    if isinstance(caller, IPv6Address) and caller.ipv4_mapped:
        caller = caller.ipv4_mapped
    return any(caller in ip_network(network) for network in client.networks)


def scopes_of(client: PoliceClient) -> frozenset[ClientScope]:
    """Return what a system may do now, whatever its tokens say."""
    return frozenset(ClientScope(scope) for scope in client.scopes.split())


def revoke_client(session: Session, client_id: UUID, *, actor: str, now: datetime) -> None:
    """End a police system: its tokens stop working at the next request."""
    client = session.get(PoliceClient, client_id)
    if client is None or client.revoked_at is not None:
        raise Refused("There is no such police system, or it was revoked before.")
    client.revoked_at = now
    audit.record(
        session, event=audit.Event.CLIENT_REVOKED, actor=actor, force=client.force,
        subject=f"police_client:{client.id}", now=now,
    )  # fmt: skip


def known_client(session: Session, client_id: UUID) -> PoliceClient:
    """Return a police system that has not been revoked; raise `Refused`."""
    client = find_client(session, client_id)
    if client is None:
        raise Refused("There is no such police system: `encompass clients list` shows them.")
    return client


def live_clients(session: Session, *, force: str | None = None) -> list[PoliceClient]:
    """Return the systems that have not been revoked, of a force or of all, by force and name."""
    wanted = select(PoliceClient).where(PoliceClient.revoked_at.is_(None))
    if force is not None:
        wanted = wanted.where(PoliceClient.force == force)
    return list(session.scalars(wanted.order_by(PoliceClient.force, PoliceClient.name)))


def find_client(session: Session, client_id: UUID) -> PoliceClient | None:
    """Return a police system that has not been revoked."""
    client = session.get(PoliceClient, client_id)
    return client if client is not None and client.revoked_at is None else None


def issue_token(
    session: Session, cipher: Cipher, *, client: PoliceClient,
    scopes: frozenset[ClientScope], now: datetime,
) -> str:  # fmt: skip
    """Return a bearer token of ten minutes and leave a row in the trail."""
    session.execute(
        update(PoliceClient).where(PoliceClient.id == client.id).values(last_used_at=now)
    )
    audit.record(
        session, event=audit.Event.TOKEN_ISSUED, actor=f"client:{client.id}", force=client.force,
        subject=f"police_client:{client.id}", now=now,
    )  # fmt: skip
    claims = {
        "iss": _ISSUER, "aud": _ISSUER, "sub": str(client.id), "force": client.force,
        "scope": " ".join(sorted(scopes)), "jti": new_id().hex,
        "iat": int(now.timestamp()), "exp": int((now + TOKEN_LIFE).timestamp()),
    }  # fmt: skip
    key = OctKey.import_key(cipher.token_key())
    return jwt.encode({"alg": _ALGORITHM, "typ": _TYPE}, claims, key)


def read_token(cipher: Cipher, token: str, *, now: datetime) -> Caller:
    """Return who a bearer token speaks for; raise `NotSignedIn` for any that is not good now."""
    issued, expires, caller = _signed(cipher.token_key(), token)
    if not issued - _CLOCK_DIFFERENCE <= now.timestamp() < expires:
        raise NotSignedIn("The bearer token is no longer good: ask for a new one.")
    return caller


# A system sends one token hundreds of times: its signature is checked once, its times always.
@lru_cache(maxsize=1024)
def _signed(key: bytes, token: str) -> tuple[float, float, Caller]:
    """Return when a token of ours was issued and expires, and for whom."""
    try:
        decoded = jwt.decode(token, OctKey.import_key(key), algorithms=[_ALGORITHM])
        claims = decoded.claims
        if not (claims["iss"] == claims["aud"] == _ISSUER and decoded.header["typ"] == _TYPE):
            raise _not_ours()
        scopes = frozenset(ClientScope(scope) for scope in claims["scope"].split())
        caller = Caller(UUID(claims["sub"]), claims["force"], scopes)
        return float(claims["iat"]), float(claims["exp"]), caller
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise _not_ours() from None


def _not_ours() -> NotSignedIn:
    return NotSignedIn("The bearer token is not one of ours: ask for a new one.")


def still_active(session: Session, callers: Iterable[UUID]) -> dict[UUID, PoliceClient]:
    """Return those of these systems that have not been revoked."""
    found = session.scalars(
        select(PoliceClient).where(
            PoliceClient.id.in_(set(callers)), PoliceClient.revoked_at.is_(None)
        )
    )
    return {client.id: client for client in found}


def require_scope(caller: Caller, scope: ClientScope) -> None:
    """Return quietly where the token carries the scope; raise `NotAllowed` otherwise."""
    if scope not in caller.scopes:
        raise out_of_scope(scope)


def out_of_scope(scope: ClientScope) -> NotAllowed:
    """Return the refusal of a call that a token, or its system by now, has no scope for."""
    return NotAllowed(f"This token does not carry the scope {scope}: ask for one that does.")


def wrong_address() -> NotAllowed:
    """Return the refusal of a system that calls from elsewhere than it may."""
    return NotAllowed(
        "This police system may not call from this address: ask the operator to add it."
    )
