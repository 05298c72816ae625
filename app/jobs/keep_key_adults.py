"""Once a day in quiet hours: who has to prove an address again is asked to sign in.

Requests that nobody decided in time end here too. Source: features.md RE6, RE12.
"""

from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.forces import force_for
from app.access.models import Account
from app.casework.inviting import remind
from app.casework.key_adult_requests import lapse_requests
from app.casework.school_reach import policy_at
from app.core.clock import london_date, london_time
from app.core.database import insert_unless_there
from app.core.models import Lease
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick
from schools.key_adult_upkeep import Unverified
from schools.key_adults import standing
from schools.models import Establishment, KeyAdult
from schools.queries import OPEN_STATUSES, establishment
from schools.term_starts import term_starts

ACTOR = "job:keep_key_adults"
# After the morning's work, and while there is somebody at school to do it.
QUIET_FROM, QUIET_TO = time(10, 0), time(16, 0)
AGAIN_AFTER = timedelta(days=7)
_DONE = "keep_key_adults:reminded"


def keep_key_adults(tick: Tick) -> StepReport:
    """End requests whose time ran out, and remind whoever has not proved an address this term."""
    report = StepReport(tick.step)
    with tick.wiring.database.write(PLATFORM) as session:
        report.done += lapse_requests(session, actor=ACTOR, now=tick.now)
    if not _time_to_remind(tick):
        return report
    reminded = tick.each(_due(tick), lambda session, ident: _remind(session, ident, now=tick.now))
    report.done, report.failed = report.done + reminded.done, reminded.failed
    if not tick.out_of_time and tick.force is None:
        with tick.wiring.database.write(PLATFORM) as session:
            session.get_one(Lease, _DONE).finished_at = tick.now
    return report


def _time_to_remind(tick: Tick) -> bool:
    """Return whether today's reminders are still to be sent."""
    at = london_time(tick.now)
    if not QUIET_FROM <= at < QUIET_TO or london_date(tick.now).weekday() > 4:
        return False
    with tick.wiring.database.write(PLATFORM) as session:
        insert_unless_there(session, Lease, name=_DONE, fence=0)
        done = session.get_one(Lease, _DONE).finished_at
    return done is None or london_date(done) < london_date(tick.now)


def _due(tick: Tick) -> list[UUID]:
    """Return who can sign in, has not proved the address this term, and was not asked this week."""
    on = london_date(tick.now)
    with tick.wiring.database.read(PLATFORM) as session:
        rows = session.execute(
            select(KeyAdult, Establishment.la_code)
            .join(Establishment, Establishment.urn == KeyAdult.urn)
            .join(Account, Account.id == KeyAdult.account_id)
            .where(
                Establishment.status.in_(OPEN_STATUSES),
                Account.enrolled_at.is_not(None),
                Account.disabled_at.is_(None),
                or_(KeyAdult.left_on.is_(None), KeyAdult.left_on > on),
                # A mailbox that refused the last message takes no reminder either.
                or_(
                    KeyAdult.unverified_why.is_(None),
                    KeyAdult.unverified_why != Unverified.BOUNCED,
                ),
                or_(KeyAdult.reminded_at.is_(None), KeyAdult.reminded_at <= tick.now - AGAIN_AFTER),
            )
            .order_by(KeyAdult.urn, KeyAdult.position)
        ).all()
        began = term_starts(session, on=on, urns={adult.urn for adult, _ in rows})
        carried = {council: force_for(session, council) for council in {code for _, code in rows}}
        policies = {council: policy_at(session, council, at=tick.now) for council in carried}
    return [
        adult.id
        for adult, council in rows
        if carried[council] is not None
        and tick.force in {None, carried[council]}
        and standing(
            adult, (), on=on, policy=policies[council], began=began.get(adult.urn)
        ).verify_again
    ]


def _remind(session: Session, key_adult_id: UUID, *, now: datetime) -> None:
    adult = session.get_one(KeyAdult, key_adult_id)
    place = establishment(session, adult.urn)
    if place is not None:
        remind(session, adult, place, actor=ACTOR, now=now)
