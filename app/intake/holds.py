"""A force's hold in an earlier version of a record: who gave it, and until when."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import keys
from app.core.cipher import Cipher, Erased
from app.intake.details import Hold
from app.intake.models import Incident
from app.intake.opening import open_incident


def held_before(
    session: Session, cipher: Cipher, *, force: str, reference: str, version: int
) -> Hold | None:
    """Return the hold of the highest version below this one; None where it held nothing."""
    before = session.scalars(
        select(Incident)
        .where(Incident.force == force, Incident.reference == reference, Incident.version < version)
        .order_by(Incident.version.desc())
        .limit(1)
    ).first()
    if before is None:
        return None
    try:
        key = keys.open_key(session, cipher, before.content_key_id)
    except Erased:
        return None
    return open_incident(cipher, before, key).hold
