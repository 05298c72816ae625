"""How rows of the audit trail are linked: what is hashed, with which key, whether it holds.

And where a chain ends, for whoever adds to it.
"""

import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core.models import AuditEntry, AuditHead
from app.core.scope import reach_chains

GENESIS = bytes(32)
_SIGNED = (
    "chain", "seq", "at", "actor", "event", "subject", "force", "reason_code", "request_id",
    "detail",
)  # fmt: skip
_STORED = (*_SIGNED, "prev_hash", "hash")


def link(key: bytes, row: dict[str, Any], prev: bytes) -> bytes:
    """Return the HMAC-SHA256 of a row's canonical JSON and the hash before it."""
    return hmac.digest(key, canonical(row) + prev, "sha256")


@lru_cache(maxsize=64)
def _in_utc(instant: datetime) -> str:
    """Return an instant as text; the rows of one unit of work share theirs."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(row: dict[str, Any]) -> bytes:
    """Return the RFC 8785 form of a row: sorted keys, no spaces, UTF-8; times in UTC text."""
    plain = {
        key: _in_utc(value) if isinstance(value, datetime) else value for key, value in row.items()
    }
    return _CANONICAL.encode(plain).encode()


def hash_at(session: Session, chain: str, seq: int) -> bytes | None:
    """Return the hash of a chain's row; of the place before the first, what all chains begin with.

    `None` where there is no such row.
    """
    found = select(AuditEntry.hash).where(AuditEntry.chain == chain, AuditEntry.seq == seq)
    return session.scalar(found) if seq else GENESIS


def first_wrong(session: Session, key: bytes, chain: str, first: int, until: int) -> int | None:
    """Return the first `seq` from `first` to `until` whose row is wrong or missing, or `None`.

    The row before the first is believed.
    """
    prev, expected = hash_at(session, chain, first - 1), first
    entries = session.execute(
        select(*(getattr(AuditEntry, name) for name in _STORED))
        .where(AuditEntry.chain == chain, AuditEntry.seq.between(first, until))
        .order_by(AuditEntry.seq)
    ).yield_per(1000)
    for entry in entries:
        hashed = link(key, {name: getattr(entry, name) for name in _SIGNED}, prev or b"")
        if entry.seq != expected or entry.prev_hash != prev or entry.hash != hashed:
            return expected
        prev, expected = hashed, expected + 1
    return expected if expected <= until else None


def locked_heads(connection: Connection, chains: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    """Lock the heads in chain order, so that two writers never wait for each other in a ring."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    missing = [{"chain": chain, "seq": 0, "hash": GENESIS} for chain in chains]
    find = select(AuditHead).where(AuditHead.chain.in_(chains)).order_by(AuditHead.chain)
    if connection.dialect.name == "postgresql":
        find = find.add_columns(reach_chains(chains))
    heads = connection.execute(find.with_for_update()).all()
    if len(heads) < len(chains):
        connection.execute(dialect.insert(AuditHead).values(missing).on_conflict_do_nothing())
        heads = connection.execute(find.with_for_update()).all()
    return {head.chain: (head.seq, head.hash) for head in heads}
