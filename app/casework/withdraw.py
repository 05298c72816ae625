"""A force takes an incident back: everything sent is recalled in the same transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.clients import ClientScope
from app.access.models import ClientKind
from app.casework import trials
from app.casework.answered import Withdrawal
from app.casework.ending import end_reviews
from app.casework.police import PoliceActing, require
from app.core import audit
from app.core.audit import Event
from app.core.models import AuditEntry
from app.intake.payload import WithdrawalMessage
from app.intake.withdraw import Withdrawn, withdraw
from notifications.recall import recall_incident


def withdraw_incident(
    session: Session, acting: PoliceActing, *, reference: str, message: WithdrawalMessage
) -> Withdrawal:
    """Withdraw an incident; a repeat answers what the first time did. Raises `NotFound`."""
    if require(session, acting, ClientScope.WRITE).kind is ClientKind.TEST:
        return trials.withdraw(session, acting, reference=reference, reason=message.reason_code)
    taken = withdraw(
        session, acting.cipher, force=acting.force, reference=reference,
        reason_code=message.reason_code, reason=message.reason, now=acting.now,
    )  # fmt: skip
    counts = (
        _counted_before(session, taken.incident.id)
        if taken.already
        else _take_back(session, acting, taken, message.reason_code)
    )
    return Withdrawal(
        reference=reference,
        version=taken.incident.version,
        withdrawn_at=taken.incident.withdrawn_at or acting.now,
        **counts,
    )


def _take_back(
    session: Session, acting: PoliceActing, taken: Withdrawn, reason_code: str
) -> dict[str, int]:
    end_reviews(session, incident_ids=taken.versions, now=acting.now, actor=acting.actor)
    recalled = recall_incident(
        session, incident_ids=taken.versions, reason_code=reason_code, actor=acting.actor,
        now=acting.now,
    )  # fmt: skip
    counts = {
        "children": len(taken.children), "recalled": recalled.recalled,
        "opened_by": recalled.opened_by, "alerts_stopped": recalled.alerts_stopped,
    }  # fmt: skip
    audit.record(
        session, event=Event.INCIDENT_WITHDRAWN, actor=acting.actor, force=acting.force,
        subject=f"incident:{taken.incident.id}", now=acting.now, reason_code=reason_code,
        detail=dict(counts),
    )  # fmt: skip
    return counts


def _counted_before(session: Session, incident_id: UUID) -> dict[str, int]:
    """Return what the first withdrawal counted, from its row in the trail."""
    detail: dict[str, Any] | None = session.scalars(
        select(AuditEntry.detail)
        .where(
            AuditEntry.subject == f"incident:{incident_id}",
            AuditEntry.event == Event.INCIDENT_WITHDRAWN,
        )
        .order_by(AuditEntry.seq.desc())
    ).first()
    counts = detail or {}
    names = ("children", "recalled", "opened_by", "alerts_stopped")
    return {name: int(counts.get(name, 0)) for name in names}
