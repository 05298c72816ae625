"""The nightly close: a force says how much it pushed, and is told how much arrived."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.core.clock import at_london, london_date
from app.core.errors import FieldError, Invalid
from app.core.ids import new_id
from app.intake.models import Incident, InvolvedChild, NightClose
from app.intake.outcomes import IncidentState
from app.intake.payload import UNNAMED

# Where no close marks the end of the night before, a night begins at six in the morning.
_BEGINS = time(6, 0)


@dataclass(frozen=True, slots=True)
class Totals:
    """Incidents (by reference), those of them with children listed, and children listed."""

    incidents: int
    incidents_with_children: int
    children: int

    def as_json(self) -> dict[str, int]:
        return {
            "incidents": self.incidents,
            "incidents_with_children": self.incidents_with_children,
            "children": self.children,
        }


def close_night(
    session: Session, *, force: str, client_id: UUID, on: date, told: Totals, now: datetime
) -> NightClose:
    """Store a force's totals for the night that ends on `on` (a London date) beside our own.

    A night is what was received after the close of the night before, so that nothing falls between
    two nights. Closing again, when what was missing has come, replaces the totals.
    """
    if on > london_date(now) + timedelta(days=1):
        error = FieldError("path.date", "in_future", "Close a night when it is over")
        raise Invalid("This night is still to come.", [error])
    arrived = _arrived(session, force, on=on, now=now)
    close = session.scalars(
        select(NightClose).where(NightClose.force == force, NightClose.on_date == on)
    ).first()
    if close is None:
        close = NightClose(id=new_id(), force=force, on_date=on)
        session.add(close)
    close.client_id = client_id
    close.closed_at = now
    close.told, close.arrived = told.as_json(), arrived.as_json()
    close.equal = told == arrived
    return close


def restricted_arrived(session: Session, force: str, *, on: date, closed_at: datetime) -> Totals:
    """Return what of a closed night is restricted: nobody outside its group counts it."""
    return _arrived(session, force, on=on, now=closed_at, only=Incident.restricted_access.is_(True))


def _arrived(
    session: Session,
    force: str,
    *,
    on: date,
    now: datetime,
    only: ColumnElement[bool] | None = None,
) -> Totals:
    first, last = _bounds(session, force, on=on, now=now)
    listed = and_(
        InvolvedChild.incident_id == Incident.id, InvolvedChild.ref.not_like(f"{UNNAMED}%")
    )
    counted = session.execute(
        select(Incident.id, func.count(InvolvedChild.id))
        .outerjoin(InvolvedChild, listed)
        .where(
            Incident.force == force, Incident.received_at > first, Incident.received_at <= last,
            Incident.state != IncidentState.SUPERSEDED, *([] if only is None else [only]),
        )
        .group_by(Incident.id)
    )  # fmt: skip
    children = [number for _, number in counted]
    with_children = sum(number > 0 for number in children)
    return Totals(len(children), with_children, sum(children))


def _bounds(session: Session, force: str, *, on: date, now: datetime) -> tuple[datetime, datetime]:
    """Return what a night's records were received after, and until when."""
    before = session.scalars(
        select(NightClose.closed_at).where(
            NightClose.force == force, NightClose.on_date == on - timedelta(days=1)
        )
    ).first()
    first = before or at_london(on - timedelta(days=1), _BEGINS)
    return first, min(now, at_london(on + timedelta(days=1), _BEGINS))
