"""A force closes its night with control totals."""

from datetime import date

from sqlalchemy.orm import Session

from app.access.clients import ClientScope
from app.access.models import ClientKind
from app.casework import trials
from app.casework.answered import ClosedNight
from app.casework.police import PoliceActing, require
from app.core import audit
from app.intake.nights import Totals, close_night
from app.intake.payload import NightTotals


def close(session: Session, acting: PoliceActing, *, on: date, totals: NightTotals) -> ClosedNight:
    """Store the totals of the night that ends on `on`, and what had arrived by now."""
    client = require(session, acting, ClientScope.WRITE)
    told = Totals(totals.incidents, totals.incidents_with_children, totals.children)
    if client.kind is ClientKind.TEST:
        return trials.close(acting, session, on=on, told=told)
    night = close_night(
        session, force=acting.force, client_id=acting.caller.client_id, on=on, told=told,
        now=acting.now,
    )  # fmt: skip
    audit.record(
        session, event=audit.Event.NIGHT_CLOSED, actor=acting.actor, force=acting.force,
        subject=f"night_close:{night.id}", now=acting.now,
        reason_code="equal" if night.equal else "unequal",
        detail={"told": night.told, "arrived": night.arrived},
    )  # fmt: skip
    return ClosedNight(night)
