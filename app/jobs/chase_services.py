"""Asks for the telling of another service, where no school here is told of a child at risk.

Source: domain.md §2, decision 90. No school day makes a deadline for such a child; the morning it
was given does. Within the hour before it the duty officers are alerted, and on every later day from
eight o'clock on they and the force's leads, until somebody recorded which service was told.
"""

from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.casework.connections import declared
from app.casework.other_services import about
from app.casework.restricted import only_for
from app.core import audit
from app.core.cipher import Cipher
from app.core.clock import at_london, london_date
from app.core.errors import Refused
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import NEEDS_SERVICE, IncidentState, Outcome
from app.jobs.runner import StepReport, Tick
from app.reports.services import service_told
from notifications.alerting import asked_since
from notifications.asking_duty import alert_duty
from notifications.free_officers import Family
from schools.officers import Duty

ACTOR = "job:chase_services"
BEFORE = timedelta(hours=1)
EACH_DAY_AT = time(8, 0)
BLOCK = 1000


def chase_services(tick: Tick) -> StepReport:
    """Alert who has to see to it, once a day for each child, each in a transaction of its own."""
    with tick.wiring.database.read(PLATFORM) as session:
        waiting = _waiting(session, tick.force, tick.now)
        day = at_london(london_date(tick.now), time(0))
        asked = asked_since(session, [about(child) for child in waiting], day)
    return tick.each(
        [child for child in waiting if about(child) not in asked],
        lambda session, child: ask(session, tick.wiring.cipher, child, now=tick.now),
    )


def ask(session: Session, cipher: Cipher, child_id: UUID, *, now: datetime) -> None:
    """Alert the duty officers about one child, after its own morning the leads, too."""
    child = session.get_one(InvolvedChild, child_id)
    family = Family(
        frozenset({child.incident_id}), frozenset({child.id}),
        declared(session, {child.incident_id}), only_for(session, {child.incident_id}, now=now),
    )  # fmt: skip
    later = child.due_at is not None and london_date(child.due_at) < london_date(now)
    missing = {}
    for duty in (Duty.DUTY_OFFICER, Duty.FORCE_LEAD) if later else (Duty.DUTY_OFFICER,):
        nobody = alert_duty(
            session, cipher, owner=f"force:{child.force}", duty=duty, force=child.force,
            about=about(child.id), now=now, family=family,
        )  # fmt: skip
        if nobody is not None:
            missing[duty.value] = nobody
    if not asked_since(session, [about(child.id)], now):
        # Rings as an item that failed, and is tried again: nothing is kept of it.
        raise Refused("Nobody of this force can be alerted: name a duty officer with an address.")
    audit.record(
        session, event=audit.Event.CHILD_SERVICE_ASKED_FOR, actor=ACTOR, force=child.force,
        subject=f"involved_child:{child.id}", now=now, reason_code=child.outcome_reason,
        detail={"not_alerted": missing},
    )  # fmt: skip


def _waiting(session: Session, force: str | None, now: datetime) -> list[UUID]:
    """Return the children of whom another service is to be told by now, the oldest first."""
    today = london_date(now)
    # What was due on a day before waits for the morning: nobody is woken about it once more.
    since = at_london(today, time(0)) if now < at_london(today, EACH_DAY_AT) else None
    return list(
        session.scalars(
            select(InvolvedChild.id)
            .join(Incident, Incident.id == InvolvedChild.incident_id)
            .where(
                Incident.state == IncidentState.NEWEST,
                InvolvedChild.outcome == Outcome.NOT_NOTIFIED,
                InvolvedChild.outcome_reason.in_(NEEDS_SERVICE),
                InvolvedChild.due_at <= now + BEFORE,
                ~service_told(),
                *([InvolvedChild.due_at >= since] if since is not None else []),
                *([InvolvedChild.force == force] if force is not None else []),
            )
            .order_by(InvolvedChild.due_at, InvolvedChild.id)
            .limit(BLOCK)
        )
    )
