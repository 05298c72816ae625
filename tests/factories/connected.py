"""Adults of an incident, stored as intake would: as keyed digests."""

from uuid import UUID

from sqlalchemy import insert

from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.connected import Adult, adult_marks, at_school_marks, rows_of
from schools.connected_models import ConnectedDigest
from tests.factories.notifications import FORCE

SISTER = Adult("Morgan", "Sisterly", phone="07700 900456")


def connect(
    wiring: Wiring, incident_id: UUID, *adults: Adult, at_school: str = "",
    child_id: UUID | None = None, force: str = FORCE,
) -> None:  # fmt: skip
    """Keep digests of these adults, and of a name said to work at a child's school."""
    marks = {mark for adult in adults for mark in adult_marks(wiring.cipher, force, adult)}
    rows = rows_of(marks, force=force, incident_id=incident_id)
    said = at_school_marks(wiring.cipher, force, at_school)
    rows += rows_of(said, force=force, incident_id=incident_id, involved_child_id=child_id)
    with wiring.database.write(PLATFORM) as session:
        session.execute(insert(ConnectedDigest), rows)
