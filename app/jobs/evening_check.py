"""Every evening from 18:00: who could not receive tomorrow, kept and told to who can mend it.

Asked while there is still somebody to ring (domain.md §5). Leads are alerted only where something
is wrong; the alert says no more than: sign in.
"""

from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import forces
from app.core import audit, logs
from app.core.cipher import Cipher
from app.core.clock import at_london, london_date, london_time
from app.core.ids import new_id
from app.core.policies import current_policy
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from app.reports.readiness import ALARMS, Readiness, force_readiness
from notifications.alerting import alert_officer
from schools.officers import Duty, officers_of
from schools.readiness_models import ReadinessCheck

log = logs.get(__name__)

ACTOR = "job:evening_check"
EVENING = time(18, 0)
# Until when a lead should have looked: before the first alerts of the morning.
_LOOKED_AT_BY = time(6, 30)


def evening_check(tick: Tick) -> StepReport:
    """Check every force once for tomorrow, from 18:00 London on; gaps of its own cover ring."""
    if london_time(tick.now) < EVENING:
        return StepReport(tick.step)
    on = london_date(tick.now) + timedelta(days=1)
    return tick.each(
        _unchecked(tick, on),
        lambda session, force: check(session, tick.wiring.cipher, force, on=on, now=tick.now),
    )


def check(session: Session, cipher: Cipher, force: str, *, on: date, now: datetime) -> None:
    """Keep one force's readiness for a London date and alert its leads where something is wrong."""
    _, policy = current_policy(session, force, at=now)
    found = force_readiness(session, cipher, force=force, on=on, policy=policy)
    row = ReadinessCheck(
        id=new_id(), force=force, on_date=on, made_at=now, schools=found.schools,
        not_ready=len(found.not_ready), assured=found.assured, reasons=found.reasons,
        own_cover=[gap.value for gap in found.gaps],
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, event=audit.Event.READINESS_CHECKED, actor=ACTOR, force=force,
        subject=f"readiness_check:{row.id}", now=now,
        detail={"schools": found.schools, "not_ready": len(found.not_ready)},
    )  # fmt: skip
    for gap in found.gaps:
        (log.error if gap in ALARMS else log.warning)("own cover", force=force, code=gap.value)
    _tell_leads(session, cipher, row, found, now=now)


def _tell_leads(
    session: Session, cipher: Cipher, row: ReadinessCheck, found: Readiness, *, now: datetime
) -> None:
    """Alert the force's leads, and the leads of the councils whose schools could not receive."""
    by = at_london(row.on_date, _LOOKED_AT_BY)
    about = f"readiness:{row.id}"
    councils = sorted({one.council for one in found.not_ready})
    wrong = bool(found.gaps or found.not_ready)
    owners = [(f"force:{row.force}", Duty.FORCE_LEAD, "")] if wrong else []
    owners += [(f"council:{code}", Duty.COUNCIL_LEAD, code) for code in councils]
    for owner, duty, council in owners:
        for lead in officers_of(session, cipher, owner, duty, on=london_date(now)):
            if lead.can_receive:
                alert_officer(
                    session, officer_id=lead.officer_id, force=row.force, about=about, due_at=by,
                    now=now, council=council or None,
                )  # fmt: skip


def _unchecked(tick: Tick, on: date) -> list[str]:
    with tick.wiring.database.read(PLATFORM) as session:
        done = set(
            session.scalars(select(ReadinessCheck.force).where(ReadinessCheck.on_date == on))
        )
        codes = forces.codes(session)
        return [code for code in codes if code not in done and tick.force in {None, code}]
