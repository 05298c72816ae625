"""Erases what has been kept long enough: content by destroying its key, and old sign-in traces.

Source: domain.md §9. Content goes at the earlier of 90 days after told and 365 after the deadline;
children not notified after 30 days. The trail without content stays for years.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.access.models import SignInFailure, SignInSession
from app.core import audit, keys
from app.core.models import ContentKey
from app.core.policies import current_policy
from app.core.policy import Retention
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome
from app.jobs.runner import StepReport, Tick
from notifications.models import Notification, Occurrence

ACTOR = "job:purge_expired"
BLOCK = 500
# Days; the least that any policy may ask for (app.core.policy.Retention).
SHORTEST_KEPT = 1
SHORTEST_KEPT_TOLD = 30
FAILURES_KEPT = timedelta(days=1)
SESSIONS_KEPT = timedelta(days=30)
_OPEN = (Outcome.RECEIVED, Outcome.IN_REVIEW, Outcome.DETAILS_AWAITED, Outcome.HELD)


def purge_expired(tick: Tick) -> StepReport:
    """Erase the content of incidents whose time is over, and forget old sign-ins."""
    with tick.wiring.database.write() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.at < tick.now - FAILURES_KEPT))
        session.execute(
            delete(SignInSession).where(SignInSession.expires_at < tick.now - SESSIONS_KEPT)
        )
    return tick.each(
        _old_enough(tick), lambda session, incident: erase_if_over(session, incident, now=tick.now)
    )


def erase_if_over(session: Session, incident_id: UUID, *, now: datetime) -> None:
    """Destroy an incident's content key once nothing about it has to be kept any longer."""
    incident = session.get_one(Incident, incident_id)
    _, policy = current_policy(session, incident.force, at=now)
    if _keep_until(session, incident, policy.retention) > now:
        return
    keys.destroy(session, incident.content_key_id, now=now)
    audit.record(
        session, event=audit.Event.CONTENT_ERASED, actor=ACTOR, force=incident.force,
        subject=f"incident:{incident.id}", now=now, reason_code="retention_over",
    )  # fmt: skip


def _keep_until(session: Session, incident: Incident, retention: Retention) -> datetime:
    """Return when the last of an incident's notifications may be forgotten."""
    until = [incident.received_at + timedelta(days=retention.not_notified_days)]
    for one in session.scalars(
        select(Notification)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(Occurrence.incident_id == incident.id)
    ):
        after_due = one.due_at + timedelta(days=retention.after_due_days)
        told = one.told_at
        after_told = told + timedelta(days=retention.after_told_days) if told else after_due
        until.append(min(after_told, after_due))
    return max(until)


def _old_enough(tick: Tick) -> list[UUID]:
    """Incidents with a key, past the shortest keeping time, with no child still open."""
    still_open = (
        select(InvolvedChild.id)
        .where(InvolvedChild.incident_id == Incident.id, InvolvedChild.outcome.in_(_OPEN))
        .exists()
    )
    shortest = tick.now - timedelta(days=SHORTEST_KEPT)
    kept_when_told = tick.now - timedelta(days=SHORTEST_KEPT_TOLD)
    # No policy lets these go yet; asking here keeps the block for those that may be over.
    surely_kept = (
        select(Notification.id)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(
            Occurrence.incident_id == Incident.id,
            Notification.due_at > kept_when_told,
            or_(Notification.told_at.is_(None), Notification.told_at > kept_when_told),
        )
        .exists()
    )
    with tick.wiring.database.read(PLATFORM) as session:
        return list(
            session.scalars(
                select(Incident.id)
                .join(ContentKey, ContentKey.id == Incident.content_key_id)
                .where(
                    ContentKey.destroyed_at.is_(None),
                    Incident.received_at < shortest,
                    ~still_open,
                    ~surely_kept,
                )
                .order_by(Incident.received_at)
                .limit(BLOCK)
            )
        )
