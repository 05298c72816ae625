"""Whether a protected child's message is released; a release whose person is gone ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from app.access.permissions import Role
from app.casework.acting import Acting
from app.core import audit
from app.core.cipher import Cipher
from app.core.clock import london_date
from app.core.policies import current_policy
from app.core.types import plainly
from notifications.models import Notification, Occurrence, Release
from notifications.passing_over import passed_over
from notifications.recipients import Recipient, people_of
from notifications.states import NOBODY, NotificationState

# Who is told by voice needs no proved address; who is not there cannot be told at all.
_NOT_THERE = frozenset({"away", "left"})


def released(session: Session, cipher: Cipher, notification: Notification, now: datetime) -> bool:
    """Return whether somebody may be told: not a protected child, or confirmed and still there."""
    if notification.shown_only_to is None:
        return True
    found = standing(session, notification.id)
    return found is not None and why_gone(session, cipher, notification, found, now) is None


def standing(session: Session, notification_id: UUID) -> Release | None:
    """Return the confirmed release of this very message that nobody ended."""
    return session.scalars(
        select(Release)
        .where(
            Release.notification_id == notification_id,
            Release.confirmed_at.is_not(None),
            Release.ended_at.is_(None),
        )
        .order_by(Release.confirmed_at.desc())
        .limit(1)
    ).first()


def proposal(session: Session, row: Notification) -> Release | None:
    """Return the release of this message that somebody proposed and nobody answered yet."""
    return session.scalars(
        select(Release).where(
            Release.notification_id == row.id,
            Release.confirmed_at.is_(None),
            Release.refused_at.is_(None),
        )
    ).one_or_none()


def confirms_as(session: Session, acting: Acting, row: Notification, found: Release) -> str | None:
    """Return as what this person may confirm now, or None."""
    _, policy = current_policy(session, row.force, at=acting.now)
    if found.proposed_by == acting.actor.account_id and policy.desk.size > 1:
        return None
    if row.force in acting.actor.forces(Role.LEAD):
        return "force_lead"
    duty_from = row.due_at + timedelta(minutes=policy.review_ladder.duty_officer)
    at_desk = row.force in acting.actor.forces(Role.FORCE_DESK)
    return "duty_officer" if at_desk and acting.now >= duty_from else None


def not_released() -> ColumnElement[bool]:
    """A protected child's message that nobody was told of and that is released to nobody."""
    return and_(_untold(), ~_stands())


def waits_for_release(session: Session, involved_child_id: UUID) -> bool:
    """Return whether a school or council of this child has still nobody who may be told."""
    found = (
        select(Notification.id)
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .where(Occurrence.involved_child_id == involved_child_id, not_released())
    )
    return session.scalars(found.limit(1)).first() is not None


def to_look_at(session: Session, *, force: str | None, limit: int) -> list[UUID]:
    """Return the released messages that nobody was told of yet."""
    wanted = (
        select(Notification.id)
        .where(_untold(), _stands())
        .order_by(Notification.due_at, Notification.id)
        .limit(limit)
    )
    if force is not None:
        wanted = wanted.where(Notification.force == force)
    return list(session.scalars(wanted))


def end_where_gone(
    session: Session, cipher: Cipher, notification_id: UUID, *, now: datetime, actor: str
) -> None:
    """End the release to somebody who left, is away or knows the family: another is named.

    Who opens it at this instant was first, or finds nothing any more.
    """
    row = session.scalars(
        select(Notification)
        .where(Notification.id == notification_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    found = standing(session, row.id)
    if row.state is not NotificationState.READY or row.told_at is not None or found is None:
        return
    code = why_gone(session, cipher, row, found, now)
    if code is None:
        return
    found.ended_at, found.end_code = now, code
    row.shown_only_to = NOBODY
    audit.record(
        session, event=audit.Event.RELEASE_ENDED, actor=actor, force=row.force,
        subject=f"notification:{row.id}", now=now, reason_code=code,
        detail={"release": str(found.id)},
    )  # fmt: skip
    session.flush()


def people_there(
    session: Session, cipher: Cipher, row: Notification, *, now: datetime
) -> Sequence[Recipient]:
    """Return the school's or council's people who are not tied to the incident, as far as known."""
    _, policy = current_policy(session, row.force, at=now)
    people = people_of(
        session, cipher, urn=row.urn, council=row.council, on=london_date(now), policy=policy
    )
    left_out = passed_over(session, cipher, [row.id], people).everybody
    return [one for one in people if one.id not in left_out]


def _untold() -> ColumnElement[bool]:
    return and_(
        Notification.state.in_(plainly(NotificationState, [NotificationState.READY])),
        Notification.told_at.is_(None),
        Notification.shown_only_to.is_not(None),
    )


def _stands() -> ColumnElement[bool]:
    return exists().where(
        Release.notification_id == Notification.id,
        Release.confirmed_at.is_not(None),
        Release.ended_at.is_(None),
    )


def why_gone(
    session: Session, cipher: Cipher, row: Notification, found: Release, now: datetime
) -> str | None:
    """Return why the person a message was released to cannot be told; None where they can."""
    named = found.key_adult_id or found.officer_id
    if named is None:
        return None  # the head, by role: somebody always is
    there = {one.id: one for one in people_there(session, cipher, row, now=now)}
    if named not in there:
        return "left_out"
    code = there[named].reason_code
    return code if code in _NOT_THERE else None
