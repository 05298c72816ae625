"""The audit trail: who did what to which record, in a keyed hash chain per force.

`record` only buffers on the session; the unit of work writes the rows last, just before commit,
under the head rows locked in chain order. No personal data goes into a row: ids, codes, counts.
Source: Data Protection Act 2018 s.62 (collection, alteration, consultation, disclosure,
combination, erasure), and the same for every decision not to notify.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from app.core.audit_events import Event
from app.core.bulk import insert_rows
from app.core.chain_links import first_wrong, hash_at, link, locked_heads
from app.core.models import AuditEntry, AuditHead

__all__ = ["PLATFORM_CHAIN", "Act", "Chain", "Event", "record"]

PLATFORM_CHAIN = "platform"


@dataclass(frozen=True, slots=True)
class Act:
    """One buffered row; `force` is also its chain, `platform` where no force is concerned."""

    event: Event
    actor: str
    force: str
    subject: str
    at: datetime
    reason_code: str | None
    request_id: str | None
    detail: dict[str, Any] | None


def record(
    session: Session,
    *,
    event: Event,
    actor: str,
    force: str | None,
    subject: str,
    now: datetime,
    reason_code: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Buffer one row of the trail; it is stored with the act itself or not at all.

    `actor` is `account:<id>`, `client:<id>` or `job:<name>`; `subject` is `<table>:<id>`;
    `detail` holds ids, codes and counts only. `force=None` means the platform's chain.
    """
    request_id = get_contextvars().get("request_id")
    act = Act(event, actor, force or PLATFORM_CHAIN, subject, now, reason_code, request_id, detail)
    session.info.setdefault("audit", []).append(act)


class Chain:
    """Writes what was buffered, in chain order, with the key that is not in the database."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, session: Session) -> None:
        """Append the buffered rows; called by the unit of work just before commit."""
        acts: list[Act] = session.info.pop("audit", [])
        if not acts:
            return
        connection = session.connection()
        chains = sorted({act.force for act in acts})
        heads = locked_heads(connection, chains)
        rows: list[dict[str, Any]] = []
        for chain in chains:
            mine = [act for act in acts if act.force == chain]
            rows += self._linked(chain, *heads[chain], mine)
            last = rows[-1]
            connection.execute(
                update(AuditHead)
                .where(AuditHead.chain == chain)
                .values(seq=last["seq"], hash=last["hash"])
            )
        insert_rows(connection, AuditEntry, rows)

    def _linked(
        self, chain: str, seq: int, prev: bytes, acts: Sequence[Act]
    ) -> list[dict[str, Any]]:
        rows = []
        for number, act in enumerate(acts, start=seq + 1):
            row = {
                "chain": chain, "seq": number, "at": act.at, "actor": act.actor,
                "event": act.event.value, "subject": act.subject, "force": act.force,
                "reason_code": act.reason_code, "request_id": act.request_id,
                "detail": act.detail,
            }  # fmt: skip
            hashed = link(self._key, row, prev)
            rows.append({**row, "prev_hash": prev, "hash": hashed})
            prev = hashed
        return rows

    def verify(self, session: Session, chain: str) -> int | None:
        """Return the first `seq` whose link is wrong, or `None` where the whole chain holds.

        Others may write meanwhile: what was added since the head was read is not looked at.
        """
        newest = session.scalar(select(func.max(AuditEntry.seq)).where(AuditEntry.chain == chain))
        head = session.get(AuditHead, chain, populate_existing=True)
        until = (newest or 0) if head is None else head.seq
        wrong = self.verify_part(session, chain, 1, until)
        if wrong is not None:
            return wrong
        whole = until >= (newest or 0) and (head is not None or not until)
        whole = whole and (head is None or hash_at(session, chain, until) == head.hash)
        return None if whole else until + 1

    def verify_part(self, session: Session, chain: str, first: int, until: int) -> int | None:
        """Return the first wrong `seq` from `first` to `until`, or `None` where all of it holds."""
        return first_wrong(session, self._key, chain, first, until)
