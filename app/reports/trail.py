"""The audit trail as an auditor reads it: by force and days, in the order of its chain."""

from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import checkpoints
from app.core.chain_links import hash_at
from app.core.models import AuditEntry, AuditHead


def chains(session: Session) -> list[str]:
    """Return the name of every chain there is: a force's code, or `platform`."""
    heads = set(session.scalars(select(AuditHead.chain)))
    # A chain whose head was deleted must not disappear from the check.
    return sorted(heads | set(session.scalars(select(AuditEntry.chain).distinct())))


def length(session: Session, chain: str) -> int:
    """Return how many rows a chain has."""
    rows = select(func.count()).select_from(AuditEntry).where(AuditEntry.chain == chain)
    return session.scalar(rows) or 0


def checkpoint_faults(
    session: Session, folder: Path, chain: str, key: Ed25519PublicKey
) -> list[int]:
    """Return the lines of a chain's checkpoints that are wrong, or that the chain is not.

    A chain without a file has the fault of line 0: nobody kept anything of it there.
    """
    lines = list(checkpoints.read(checkpoints.path_of(folder, chain), key))
    if not lines:
        return [0]
    wrong = set(checkpoints.wrong_lines(lines))
    for line in lines:
        said = line.checkpoint
        if said is not None and (
            said.chain != chain or hash_at(session, chain, said.seq) != said.hash
        ):
            wrong.add(line.number)
    return sorted(wrong)


def entries(
    session: Session, *, force: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """Return a force's rows from `start` until before `end`: ids, codes and counts, no content.

    The hashes go with them, so that the auditor can see that none was left out in between.
    """
    found = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.chain == force, AuditEntry.at >= start, AuditEntry.at < end)
        .order_by(AuditEntry.seq)
    )
    return [
        {
            "seq": row.seq, "at": row.at, "actor": row.actor, "event": row.event,
            "subject": row.subject, "reason_code": row.reason_code, "detail": row.detail,
            "request_id": row.request_id, "prev_hash": row.prev_hash.hex(),
            "hash": row.hash.hex(),
        }
        for row in found
    ]  # fmt: skip
