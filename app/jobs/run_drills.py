"""Asks the schools of a drill, each in a quiet hour of one of its own school days."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import audit
from app.core.cipher import Cipher
from app.core.clock import london_date
from app.core.policies import current_policy
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from notifications.alerting import alert_key_adult
from notifications.states import Template
from schools.calendars import calendars_of
from schools.drills import NOBODY_CAN_RECEIVE, DrillSchool, in_quiet_hours, may_ask, to_ask
from schools.key_adults import contacts_of

ACTOR = "job:run_drills"
BLOCK = 500


def run_drills(tick: Tick) -> StepReport:
    """Alert everybody who can receive at the schools that have not been asked yet."""
    if not in_quiet_hours(tick.now):
        return StepReport(tick.step)
    with tick.wiring.database.read(PLATFORM) as session:
        waiting = to_ask(session, now=tick.now, force=tick.force)
        calendars = calendars_of(session, waiting.values())
    ready = [one for one, urn in waiting.items() if may_ask(calendars[urn], tick.now)]
    return tick.each(ready[:BLOCK], lambda s, key: ask(s, tick.wiring.cipher, key, now=tick.now))


def ask(session: Session, cipher: Cipher, row_id: UUID, *, now: datetime) -> None:
    """Ask one school; where nobody can receive that is its result, and readiness says so."""
    row = session.get_one(DrillSchool, row_id)
    if row.asked_at is not None or row.reason_code is not None or row.urn is None:
        return
    _, policy = current_policy(session, row.force, at=now)
    people = contacts_of(session, cipher, row.urn, on=london_date(now), policy=policy)
    able = [one for one in people if one.can_receive]
    for one in able:
        alert_key_adult(
            session, key_adult_id=one.key_adult_id, urn=row.urn, force=row.force,
            about=f"drill:{row.id}", due_at=row.ends_at, now=now, template=Template.DRILL,
        )  # fmt: skip
    if able:
        row.asked_at = now
    else:
        row.reason_code = NOBODY_CAN_RECEIVE
    audit.record(
        session, event=audit.Event.DRILL_ASKED, actor=ACTOR, force=row.force,
        subject=f"drill_school:{row.id}", now=now, reason_code=row.reason_code,
        detail={"urn": row.urn, "count": len(able)},
    )  # fmt: skip
