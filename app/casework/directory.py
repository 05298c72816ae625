"""A control room looks a school up in the public register, to name it by its URN."""

from sqlalchemy.orm import Session

from app.access import limits
from app.access.models import Door
from app.casework.police import PoliceActing, require_active
from schools.models import Establishment
from schools.queries import establishment, find_establishments


def look_up(
    session: Session, acting: PoliceActing, *, text: str | None, urn: int | None, limit: int = 20
) -> list[Establishment]:
    """Return open establishments by words of their name, town or postcode, or the one of a URN."""
    limits.take(session, require_active(session, acting), Door.READ, now=acting.now)
    if urn is not None:
        found = establishment(session, urn)
        return [found] if found else []
    return find_establishments(session, text, limit=limit) if text else []
