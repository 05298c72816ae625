"""The quality of a day's records, counted for the force and for each of its systems."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import PoliceClient
from app.core.clock import at_london
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState
from app.intake.payload import UNNAMED
from app.intake.warnings import Warn

# A night ends at six in the morning, as the nightly close counts it.
NIGHT_ENDS = time(6, 0)


@dataclass(frozen=True, slots=True)
class QualityRow:
    """What one police system sent; each child counts once for each warning.

    `unnamed` are children who were seen and not listed. Every warning has its count, also nought.
    """

    client: str
    incidents: int
    without_children: int
    children: int
    unnamed: int
    with_warnings: int
    warnings: dict[str, int]


@dataclass(frozen=True, slots=True)
class Quality:
    """One force's records of the 24 hours up to six on the morning of `on`."""

    force: str
    on: date
    total: QualityRow
    clients: tuple[QualityRow, ...]


def day_before(on: date) -> tuple[datetime, datetime]:
    """Return the 24 hours whose records and decisions are reported on a London morning."""
    return at_london(on - timedelta(days=1), NIGHT_ENDS), at_london(on, NIGHT_ENDS)


def quality(session: Session, *, force: str, on: date) -> Quality:
    """Return the counts of one force; of each incident, the newest version that came in time."""
    first, last = day_before(on)
    incidents = session.scalars(
        select(Incident)
        .where(
            Incident.force == force, Incident.received_at > first, Incident.received_at <= last,
            Incident.state != IncidentState.SUPERSEDED,
        )
        .order_by(Incident.received_at)
    ).all()  # fmt: skip
    children = session.scalars(
        select(InvolvedChild).where(InvolvedChild.incident_id.in_([one.id for one in incidents]))
    ).all()
    names = {row.id: row.name for row in session.scalars(select(PoliceClient))}
    clients = sorted({one.client_id for one in incidents}, key=lambda one: (names[one], one))
    return Quality(
        force,
        on,
        _row("", incidents, children),
        tuple(_of_client(names[one], one, incidents, children) for one in clients),
    )


def _of_client(
    name: str, client: UUID, incidents: Sequence[Incident], children: Sequence[InvolvedChild]
) -> QualityRow:
    own = [one for one in incidents if one.client_id == client]
    ids = {one.id for one in own}
    return _row(name, own, [child for child in children if child.incident_id in ids])


def _row(name: str, incidents: Sequence[Incident], children: Sequence[InvolvedChild]) -> QualityRow:
    listed = [child for child in children if not child.ref.startswith(UNNAMED)]
    counted = Counter(code for child in children for code in set(child.warnings))
    return QualityRow(
        client=name,
        incidents=len(incidents),
        without_children=len(incidents) - len({child.incident_id for child in listed}),
        children=len(listed),
        unnamed=len(children) - len(listed),
        with_warnings=sum(bool(child.warnings) for child in listed),
        warnings={code.value: counted[code.value] for code in Warn},
    )
