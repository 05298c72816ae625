"""The ways in which a police system signs in: secrets, and public keys of its own.

Two may live at once, so that one is changed for the other without a morning in between. What is
signed with a key is read in `app.access.assertions`.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.access import passwords
from app.access.models import ClientCredential, PoliceClient
from app.core import audit
from app.core.errors import NotSignedIn, Refused
from app.core.ids import new_id, new_secret

MOST_AT_ONCE = 2
_LARGEST_KEY_FILE = 8 * 1024


def add_secret(
    session: Session, client: PoliceClient, *, actor: str, now: datetime
) -> tuple[ClientCredential, str]:
    """Add a secret and return it; it is kept as an argon2id hash only. Raises `Refused`."""
    secret = new_secret()
    added = ClientCredential(
        id=new_id(), client_id=client.id, secret_hash=passwords.hash_of(secret), added_at=now
    )
    _add(session, client, added, actor=actor, now=now)
    return added, secret


def add_key(
    session: Session, client: PoliceClient, public_key: dict[str, Any], *, actor: str,
    now: datetime,
) -> ClientCredential:  # fmt: skip
    """Add a public key as `read_key` returned it. Raises `Refused`."""
    key_id = thumbprint(public_key)
    there = select(ClientCredential.id).where(
        ClientCredential.client_id == client.id, ClientCredential.key_id == key_id
    )
    if session.scalar(there) is not None:
        raise Refused("This system has or had that key already: make a new pair.")
    added = ClientCredential(
        id=new_id(), client_id=client.id, public_key=public_key, key_id=key_id, added_at=now
    )
    _add(session, client, added, actor=actor, now=now)
    return added


def _add(
    session: Session, client: PoliceClient, added: ClientCredential, *, actor: str, now: datetime
) -> None:
    # The client's row is locked: two operators at once would each see room for one.
    session.execute(select(PoliceClient.id).where(PoliceClient.id == client.id).with_for_update())
    if len(live(session, client.id)) >= MOST_AT_ONCE:
        raise Refused(
            f"This system has {MOST_AT_ONCE} ways to sign in already: revoke the old one with "
            "`encompass clients revoke CLIENT --credential ID`."
        )
    session.add(added)
    session.flush()
    audit.record(
        session, event=audit.Event.CREDENTIAL_ADDED, actor=actor, force=client.force,
        subject=f"client_credential:{added.id}", now=now, detail={"kind": added.kind},
    )  # fmt: skip


def revoke(
    session: Session, client: PoliceClient, credential_id: UUID, *, actor: str, now: datetime
) -> None:
    """End one way to sign in; tokens it got are good for their ten minutes. Raises `Refused`."""
    credential = session.get(ClientCredential, credential_id, with_for_update=True)
    if credential is None or credential.client_id != client.id or credential.revoked_at:
        raise Refused("This system has no such credential: `encompass clients list` shows them.")
    credential.revoked_at = now
    audit.record(
        session, event=audit.Event.CREDENTIAL_REVOKED, actor=actor, force=client.force,
        subject=f"client_credential:{credential_id}", now=now,
    )  # fmt: skip


def live(session: Session, client_id: UUID) -> Sequence[ClientCredential]:
    """Return what a system may sign in with, the oldest first."""
    return session.scalars(
        select(ClientCredential)
        .where(ClientCredential.client_id == client_id, ClientCredential.revoked_at.is_(None))
        .order_by(ClientCredential.added_at, ClientCredential.id)
    ).all()


def used(session: Session, credential_id: UUID, *, now: datetime) -> None:
    """Note that a token was got with it."""
    session.execute(
        update(ClientCredential)
        .where(ClientCredential.id == credential_id)
        .values(last_used_at=now)
    )


def by_secret(credentials: Sequence[ClientCredential], secret: str) -> ClientCredential:
    """Return the one whose secret this is; raise `NotSignedIn` after the same work otherwise.

    Slow on purpose: call it outside any transaction.
    """
    hashes = [(one, one.secret_hash) for one in credentials if one.secret_hash is not None]
    right = [one for one, kept in hashes if passwords.matches(secret, kept)]
    for _ in range(MOST_AT_ONCE - len(hashes)):
        passwords.matches(secret, None)
    if not right:
        raise NotSignedIn("The client id or the secret is not right.")
    return right[0]


def read_key(raw: bytes) -> dict[str, Any]:
    """Return the public key of a file, PEM or JWK, as a JWK; raise `Refused` for any other."""
    if len(raw) > _LARGEST_KEY_FILE:
        raise Refused("This is no key: give one public key, as PEM or as a JWK.")
    for kind, curve in ((ECKey, "P-256"), (OKPKey, "Ed25519")):
        key = _imported(kind, raw)
        if key is None:
            continue
        if key.is_private:
            raise Refused(
                "This is a private key. Whoever held it can sign in as this system: make a new "
                "pair, keep the private half where it signs, and give the public half."
            )
        if key.curve_name == curve:
            return dict(key.as_dict(private=False))
    raise Refused("Give one public key on the curve P-256 or Ed25519, as PEM or as a JWK.")


def _imported(kind: type[ECKey | OKPKey], raw: bytes) -> Any:
    try:
        text = raw.decode("ascii").strip()
        return kind.import_key(json.loads(text) if text.startswith("{") else raw)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def thumbprint(public_key: dict[str, Any]) -> str:
    """Return the thumbprint of a JWK (RFC 7638): what a `kid` may hold."""
    return str(key_of(public_key).thumbprint())


def key_of(public_key: dict[str, Any]) -> Any:
    """Return the key that a JWK describes."""
    kind = ECKey if public_key["kty"] == "EC" else OKPKey
    return kind.import_key(public_key)
