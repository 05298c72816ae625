"""Erases what has been kept long enough: content by destroying its key, and old sign-in traces.

Source: domain.md §9. Content goes at the earlier of 90 days after told and 365 after the deadline;
children not notified after 30 days. The trail without content stays for years.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.access import assertions, challenges, forces, identities, limits
from app.access.models import SignInFailure, SignInSession
from app.casework import report_files
from app.casework.rolls import Keeping, erase_abandoned_rolls, erase_last_years_rolls
from app.core import audit, keys, logs
from app.core.clock import london_date
from app.core.crash_points import CrashPoint, crash_point
from app.core.models import ContentKey
from app.core.policies import current_policy
from app.core.scope import PLATFORM
from app.intake import legal_holds, suspects, trial
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import SENT, Outcome
from app.jobs.runner import StepReport, Tick
from notifications.earlier import forget_counts, keep_counts
from notifications.models import Notification, Occurrence
from schools.connected_models import ConnectedDigest, RecipientChange
from schools.matching.judgements import forget_people

log = logs.get(__name__)

ACTOR = "job:purge_expired"
BLOCK = 500
FAILURES_KEPT = timedelta(days=1)
SESSIONS_KEPT = timedelta(days=30)
_OPEN = (Outcome.RECEIVED, Outcome.IN_REVIEW, Outcome.DETAILS_AWAITED, Outcome.HELD)


def purge_expired(tick: Tick) -> StepReport:
    """Erase the content of incidents whose time is over, last year's rolls, and old sign-ins."""
    with tick.wiring.database.write() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.at < tick.now - FAILURES_KEPT))
        session.execute(
            delete(SignInSession).where(SignInSession.expires_at < tick.now - SESSIONS_KEPT)
        )
        assertions.forget_used(session, now=tick.now)
        challenges.forget_unanswered(session, now=tick.now)
        identities.forget_unanswered(session, now=tick.now)
        limits.forget_use(session, now=tick.now)
    with tick.wiring.database.write(PLATFORM) as session:
        forget_counts(session, on=london_date(tick.now))
        trial.forget_trials(session, now=tick.now)
        erase_last_years_rolls(session, Keeping(tick.now, ACTOR, tick.wiring.cipher))
        erase_abandoned_rolls(session, Keeping(tick.now, ACTOR, tick.wiring.cipher))
        report_files.delete_expired(session, now=tick.now, actor=ACTOR)
    return tick.each(
        _old_enough(tick), lambda session, incident: erase(session, incident, now=tick.now)
    )


def erase(session: Session, incident_id: UUID, *, now: datetime) -> None:
    """Destroy an incident's content key, and the digests by which its children are recognised.

    Whoever set a hold a moment before wins.
    """
    incident = session.get_one(Incident, incident_id)
    session.get_one(ContentKey, incident.content_key_id, with_for_update=True)
    if legal_holds.is_held(session, incident_id):
        log.info("kept under a legal hold", item=str(incident_id), force=incident.force)
        return
    keys.destroy(session, incident.content_key_id, now=now)
    crash_point(CrashPoint.CONTENT_ERASED)
    session.execute(
        update(InvolvedChild)
        .where(InvolvedChild.incident_id == incident_id)
        .values(person_digest=None)
    )
    forget_people(session, _children_of(session, incident_id))
    keep_counts(session, incident_id=incident_id, restricted=incident.restricted_access)
    forget_connections(session, incident_id)
    suspects.forget(session, incident_id=incident_id)
    audit.record(
        session, event=audit.Event.CONTENT_ERASED, actor=ACTOR, force=incident.force,
        subject=f"incident:{incident.id}", now=now, reason_code="retention_over",
        detail={"content_key": str(incident.content_key_id)},
    )  # fmt: skip
    session.flush()
    crash_point(CrashPoint.CONTENT_ERASED)


def _children_of(session: Session, incident_id: UUID) -> Sequence[UUID]:
    return session.scalars(
        select(InvolvedChild.id).where(InvolvedChild.incident_id == incident_id)
    ).all()


def forget_connections(session: Session, incident_id: UUID) -> None:
    """Forget by whom an incident's adults would be noticed, and whom that left out."""
    for table in (ConnectedDigest, RecipientChange):
        session.execute(delete(table).where(table.incident_id == incident_id))


def _old_enough(tick: Tick) -> list[UUID]:
    """Incidents whose time is over by the policy of their force, oldest first."""
    with tick.wiring.database.read(PLATFORM) as session:
        codes = forces.codes(session)
        return [
            incident
            for force in codes
            if tick.force in {None, force}
            for incident in _over(session, force, now=tick.now)
        ]


def _to_match_again() -> ColumnElement[bool]:
    """Told in a holiday: its school is looked for again on the first pupil morning."""
    waits = or_(
        InvolvedChild.again_on.is_not(None),
        and_(InvolvedChild.return_on.is_not(None), InvolvedChild.rematched_at.is_(None)),
    )
    return and_(InvolvedChild.outcome.in_(SENT), waits)


def _over(session: Session, force: str, *, now: datetime) -> list[UUID]:
    """Return a force's incidents whose time is over, but for those under a legal hold."""
    over = _time_is_over(session, force, now=now)
    if kept := session.scalar(select(func.count()).where(*over, legal_holds.held())):
        log.info("kept under legal holds", force=force, count=kept)
    return list(
        session.scalars(
            select(Incident.id)
            .where(*over, ~legal_holds.held())
            .order_by(Incident.received_at)
            .limit(BLOCK)
        )
    )


def _time_is_over(session: Session, force: str, *, now: datetime) -> list[ColumnElement[bool]]:
    """Return what an incident is that is kept no longer, by the policy of its force."""
    _, policy = current_policy(session, force, at=now)
    keep = policy.retention
    still_open = (
        select(InvolvedChild.id)
        .where(
            InvolvedChild.incident_id == Incident.id,
            or_(InvolvedChild.outcome.in_(_OPEN), _to_match_again()),
        )
        .exists()
    )
    still_kept = (
        select(Notification.id)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(
            Occurrence.incident_id == Incident.id,
            Notification.due_at > now - timedelta(days=keep.after_due_days),
            or_(
                Notification.told_at.is_(None),
                Notification.told_at > now - timedelta(days=keep.after_told_days),
            ),
        )
        .exists()
    )
    key_is_there = (
        select(ContentKey.id)
        .where(ContentKey.id == Incident.content_key_id, ContentKey.destroyed_at.is_(None))
        .exists()
    )
    return [
        Incident.force == force,
        Incident.received_at < now - timedelta(days=keep.not_notified_days),
        key_is_there, ~still_open, ~still_kept,
    ]  # fmt: skip
