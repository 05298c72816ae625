"""At 09:15 each lead is told once that the morning's digest waits; the alert says no more.

No figure leaves by mail: of few children a number would say who. Every force and council in which
something was due, or is still open, has its leads told (domain.md §8).
"""

from datetime import date, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import forces
from app.core import audit
from app.core.clock import at_london, london_date, london_time
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from app.reports.digest import anything_for
from app.reports.periods import Period
from app.reports.timeliness import Kind, Whose
from notifications.alerting import alert_officer
from notifications.models import AlertAbout, Notification
from schools.officers import Duty, officers_of

ACTOR = "job:tell_leads"
AT = time(9, 15)
# Told later than this, a digest of the morning would be no help; the page is there all day.
_UNTIL = time(12, 0)
_READ_WITHIN = timedelta(hours=2)


def tell_leads(tick: Tick) -> StepReport:
    """Tell the leads of every force and of its councils once, from 09:15 London until midday."""
    if not AT <= london_time(tick.now) < _UNTIL:
        return StepReport(tick.step)
    on = london_date(tick.now)
    return tick.each(_untold(tick, on), lambda session, force: _tell(session, tick, force, on))


def about(force: str, on: date) -> str:
    """Return what the alerts of one force's digest are about."""
    return f"digest:{force}:{on.isoformat()}"


def _tell(session: Session, tick: Tick, force: str, on: date) -> None:
    owners = [(Whose(Kind.FORCE, force), Duty.FORCE_LEAD)]
    councils = _councils(session, force, on)
    owners += [(Whose(Kind.COUNCIL, one), Duty.COUNCIL_LEAD) for one in councils]
    told = 0
    for whose, duty in owners:
        if not anything_for(session, whose, on=on, now=tick.now):
            continue
        leads = officers_of(
            session, tick.wiring.cipher, f"{whose.kind.value}:{whose.code}", duty, on=on
        )
        for lead in leads:
            if lead.can_receive:
                told += 1
                alert_officer(
                    session, officer_id=lead.officer_id, force=force, about=about(force, on),
                    due_at=at_london(on, AT) + _READ_WITHIN, now=tick.now,
                    council=whose.code if whose.kind is Kind.COUNCIL else None,
                )  # fmt: skip
    if told:
        audit.record(
            session, event=audit.Event.DIGEST_SENT, actor=ACTOR, force=force,
            subject=f"digest:{on.isoformat()}", now=tick.now, detail={"leads": told},
        )  # fmt: skip


def _councils(session: Session, force: str, on: date) -> list[str]:
    """Return the councils at whose schools something of this force was due that day."""
    day = Period(on, on)
    rows = session.scalars(
        select(Notification.council)
        .where(
            Notification.force == force, Notification.due_at >= day.starts_at,
            Notification.due_at < day.ends_at,
        )
        .distinct()
    )  # fmt: skip
    return sorted(one for one in rows if one is not None)


def _untold(tick: Tick, on: date) -> list[str]:
    """Return the forces whose leads have something to look at and were not told of it today."""
    with tick.wiring.database.read(PLATFORM) as session:
        codes = [one for one in forces.codes(session)
                 if tick.force in {None, one}]  # fmt: skip
        abouts = [about(one, on) for one in codes]
        sent = select(AlertAbout.about).where(AlertAbout.about.in_(abouts))
        done = set(session.scalars(sent))
        return [
            one
            for one in codes
            if about(one, on) not in done
            and anything_for(session, Whose(Kind.FORCE, one), on=on, now=tick.now)
        ]
