"""Imports the official register once a night, where a new file lies in the configured folder.

In the quiet hours, outside those in which clocks change; once a day, so that a file of 60 MB is
not read at every tick. What a refused file would have done waits on the register's page.
"""

from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit, logs
from app.core.audit import Event
from app.core.clock import at_london, london_date, london_time
from app.core.database import insert_unless_there
from app.core.in_time import in_time
from app.core.models import Lease
from app.jobs.runner import StepReport, Tick
from notifications.queries import unsettled_schools
from schools.register_folder import OfficialFile, newest_file
from schools.register_models import ImportState, RegisterImport
from schools.register_upkeep import bring_up_to_date

log = logs.get(__name__)

ACTOR = "job:import_register"
QUIET_FROM, QUIET_UNTIL = time(2, 30), time(5, 0)
# The row that says from when it may be looked again.
_LOOKED = "register_file"
# The newest files are read once for their digest: 60 MB, at times over a slow share.
_READING_SECONDS = 30.0


def import_register(tick: Tick) -> StepReport:
    """Look into the folder once a night, and apply what is new there."""
    folder = tick.wiring.settings.register_dir
    if folder is None or tick.force is not None:
        return StepReport(tick.step)
    quiet = QUIET_FROM <= london_time(tick.now) < QUIET_UNTIL
    if not (quiet or tick.asked) or not (tick.asked or _may_look(tick)):
        return StepReport(tick.step)
    file = in_time(folder, lambda: newest_file(folder), seconds=_READING_SECONDS)
    return tick.each([str(folder)], lambda session, _: look(session, file, now=tick.now))


def look(session: Session, file: OfficialFile | None, *, now: datetime) -> RegisterImport | None:
    """Bring the register up to a file, and say when it may be looked again."""
    insert_unless_there(session, Lease, name=_LOOKED, fence=0)
    marker = session.scalars(select(Lease).where(Lease.name == _LOOKED).with_for_update()).one()
    marker.until = at_london(london_date(now) + timedelta(days=1), QUIET_FROM)
    if file is None:
        log.warning("no register file", job="import_register")
        return None
    done = bring_up_to_date(session, file, waiting=unsettled_schools(session), now=now, actor=ACTOR)
    if done is None:
        return None
    refused = done.state is ImportState.REFUSED
    if refused:
        log.error("register file refused", job="import_register", code=done.reason_code)
    audit.record(
        session, event=Event.REGISTER_REFUSED if refused else Event.REGISTER_IMPORTED, actor=ACTOR,
        force=None, subject=f"register_import:{done.id}", now=now, reason_code=done.reason_code,
        detail=dict(done.counts),
    )  # fmt: skip
    return done


def _may_look(tick: Tick) -> bool:
    with tick.wiring.database.read() as session:
        marker = session.get(Lease, _LOOKED)
        return marker is None or marker.until is None or marker.until <= tick.now
