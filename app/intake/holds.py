"""A force's holds in the earlier versions of a record: who gave them, and until when."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import keys
from app.core.cipher import Cipher, Erased
from app.intake.details import Hold
from app.intake.models import Incident
from app.intake.opening import open_incident


def holds_before(
    session: Session, cipher: Cipher, *, force: str, reference: str, version: int
) -> dict[int, Hold | None]:
    """Return what each stored version below this one holds; what is erased holds nothing."""
    rows = session.scalars(
        select(Incident)
        .where(Incident.force == force, Incident.reference == reference, Incident.version < version)
        .order_by(Incident.version)
    ).all()
    return {row.version: _hold_of(session, cipher, row) for row in rows}


def _hold_of(session: Session, cipher: Cipher, incident: Incident) -> Hold | None:
    try:
        key = keys.open_key(session, cipher, incident.content_key_id)
    except Erased:
        return None
    return open_incident(cipher, incident, key).hold
