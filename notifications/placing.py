"""Placing a notification: from here on it is visible and nothing outside can lose or double it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core import audit
from app.core.cipher import Cipher, SealingKey
from app.core.clock import london_date
from app.core.ids import new_id
from app.core.policy import Policy
from notifications import escalation
from notifications.approving import notice_version
from notifications.compose import Content, NoticeFacts, compose
from notifications.desk_calls import needs_call, plan_call
from notifications.earlier import earlier_counts
from notifications.models import (
    CallSheetLine,
    EscalationStep,
    Notification,
    NotificationContent,
    Occurrence,
    Run,
)
from notifications.rendered_proof import rendered_digest
from notifications.runs import ensure_run, policy_of
from notifications.states import ENDED, NotificationState, Purpose, StepState
from notifications.timing import Due

_CONTENT = TypeAdapter(Content)
# What a school was told of in the holiday and what it is told of when pupils are back are one
# telling: the same child is never placed at the same recipient twice.
_TELLING = (Purpose.INFORM, Purpose.RETURN)


@dataclass(frozen=True, slots=True)
class Order:
    """What a job asks for: one child of one incident, one recipient; instants are UTC.

    `recipient` is `urn:…` or `council:…` and agrees with `urn` and `council`. A lower `priority`
    is rung first. `facts` carries no earlier counts: they are counted here.
    """

    force: str
    urn: int | None
    council: str | None
    recipient: str
    involved_child_id: UUID
    incident_id: UUID
    person_digest: bytes | None = field(repr=False)
    content_key: SealingKey
    facts: NoticeFacts = field(repr=False)
    accepted_at: datetime
    due: Due
    priority: int
    purpose: Purpose = Purpose.INFORM
    # A protected child: `account:<id>` of the one person it is released to, or `nobody`.
    shown_only_to: str | None = None
    protected: bool = False
    # A restricted incident's message is a message of its own, and counts in none of others: those
    # of this child that are restricted, by incident.
    restricted: bool = False
    apart: frozenset[UUID] = frozenset()


def place(
    session: Session, cipher: Cipher, order: Order, *, now: datetime, actor: str
) -> Notification:
    """Make the content visible to its recipient and plan its ladder; safe to repeat.

    Another incident of the same child joins a notification that nobody has opened yet, while its
    deadline is ahead and nobody reads it out. Raises `ValueError` for facts outside the closed
    lists, and for a protected child that more than one person could read.
    """
    if order.protected and order.shown_only_to is None:
        raise ValueError("a protected child's message is shown to one person at most")
    placed = _placed_before(session, order)
    if placed is not None:
        return placed
    run = ensure_run(session, force=order.force, on=london_date(order.due.due_at), now=now)
    content = _composed(session, order, policy_of(run), now=now)
    waiting = _joinable(session, order, now)
    if waiting is not None:
        notification = waiting
    else:
        notification = _new(session, order, run, now)
        _plan_ladder(session, notification, order.due, policy_of(run))
    _add_content(session, cipher, notification, order, content=content, run=run, now=now)
    if needs_call(content):
        plan_call(session, notification, now=now)
    audit.record(
        session, event=audit.Event.NOTIFICATION_PLACED, actor=actor, force=order.force,
        subject=f"notification:{notification.id}", now=now,
        reason_code="joined" if waiting is not None else None,
        detail={
            "recipient": order.recipient, "incident": str(order.incident_id),
            "child": str(order.involved_child_id), "version": notification.content_version,
            **({"desk_call": True} if needs_call(content) else {}),
        },
    )  # fmt: skip
    return notification


def _placed_before(session: Session, order: Order) -> Notification | None:
    """Return what this very order made or joined earlier."""
    return session.scalars(
        select(Notification)
        .outerjoin(Occurrence, Occurrence.notification_id == Notification.id)
        .where(
            Notification.force == order.force,
            Notification.recipient == order.recipient,
            Notification.purpose.in_(_TELLING),
            Notification.state.not_in(ENDED),
            or_(
                Notification.involved_child_id == order.involved_child_id,
                Occurrence.involved_child_id == order.involved_child_id,
            ),
        )
        .limit(1)
    ).first()


def _joinable(session: Session, order: Order, now: datetime) -> Notification | None:
    """Take the next content version of an unopened notification of this child, if there is one.

    The row is locked: who opens it at this instant either sees this incident too or makes it a
    notification of its own. So does a deadline that has passed, whose ladder alerts nobody any
    more; one later than this incident's own, by which it would be told later; a caller who reads
    it out now; and this same incident, for a second child of one name.
    """
    if order.person_digest is None or order.restricted:
        return None
    holds_it = exists().where(
        Occurrence.notification_id == Notification.id, Occurrence.incident_id == order.incident_id
    )
    found = session.scalars(
        select(Notification)
        .where(
            Notification.force == order.force,
            Notification.recipient == order.recipient,
            Notification.purpose.in_(_TELLING),
            Notification.person_digest == order.person_digest,
            Notification.shown_only_to.is_not_distinct_from(order.shown_only_to),
            Notification.state == NotificationState.READY,
            Notification.told_at.is_(None),
            Notification.due_at > now,
            Notification.due_at <= order.due.due_at,
            ~holds_it,
            ~exists().where(
                Occurrence.notification_id == Notification.id,
                Occurrence.incident_id.in_(order.apart),
            ),
            ~exists().where(_open_line_of(Notification.id), CallSheetLine.claimed_by.is_not(None)),
        )
        .order_by(Notification.due_at)
        .limit(1)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if found is None or not _unclaimed(session, found):
        return None
    found.content_version += 1
    found.priority = min(found.priority, order.priority)
    session.flush()
    return found


def _unclaimed(session: Session, notification: Notification) -> bool:
    """Return whether nobody reads this out now, and keep callers off until the join is stored.

    A line that is locked is being claimed or told at this moment. One whose claim ran out still
    counts: its caller may have read it out and claim it again to say so.
    """
    line = select(CallSheetLine).where(_open_line_of(notification.id))
    if session.scalars(line.with_only_columns(CallSheetLine.id)).first() is None:
        return True
    free = line.where(CallSheetLine.claimed_by.is_(None)).with_for_update(skip_locked=True)
    return session.scalars(free).first() is not None


def _open_line_of(
    notification_id: UUID | InstrumentedAttribute[UUID],
) -> ColumnElement[bool]:
    return and_(CallSheetLine.notification_id == notification_id, CallSheetLine.closed_at.is_(None))


def _new(session: Session, order: Order, run: Run, now: datetime) -> Notification:
    notification = Notification(
        id=new_id(), force=order.force, urn=order.urn, council=order.council,
        recipient=order.recipient, purpose=order.purpose,
        involved_child_id=order.involved_child_id, incident_id=order.incident_id, run_id=run.id,
        state=NotificationState.READY, content_version=1, person_digest=order.person_digest,
        priority=order.priority, accepted_at=order.accepted_at, due_at=order.due.due_at,
        return_on=order.due.return_on, late_record=order.due.late_record, ready_at=now,
        shown_only_to=order.shown_only_to,
    )  # fmt: skip
    session.add(notification)
    session.flush()
    return notification


def _plan_ladder(session: Session, notification: Notification, due: Due, policy: Policy) -> None:
    steps = escalation.plan(
        due,
        placed_at=notification.ready_at or notification.accepted_at,
        ladder=policy.ladder,
        first_alert=policy.timing.first_alert,
    )
    session.add_all(
        EscalationStep(
            id=new_id(), force=notification.force, urn=notification.urn,
            council=notification.council, notification_id=notification.id, kind=step.kind,
            planned_at=step.planned_at, state=StepState.PLANNED,
        )
        for step in steps
    )  # fmt: skip


def _composed(session: Session, order: Order, policy: Policy, *, now: datetime) -> Content:
    """Compose with the counts of earlier incidents; elsewhere stays unsaid where it was unsaid."""
    facts = replace(order.facts, late_record=order.due.late_record)
    if order.person_digest is not None:
        earlier = earlier_counts(
            session, person_digest=order.person_digest, urn=order.urn, force=order.force,
            at=order.accepted_at, but=order.incident_id,
            protected=order.shown_only_to is not None,
            apart=frozenset() if order.restricted else order.apart,
        )  # fmt: skip
        facts = replace(
            facts, earlier_30=earlier.days_30, earlier_90=earlier.days_90,
            earlier_365=earlier.days_365,
            elsewhere=None if facts.elsewhere is None else earlier.elsewhere,
        )  # fmt: skip
    version = notice_version(session, order.force, now=now)
    return compose(facts, policy, template_version=version, restricted=order.restricted)


def _add_content(
    session: Session, cipher: Cipher, notification: Notification, order: Order, *,
    content: Content, run: Run, now: datetime,
) -> None:  # fmt: skip
    """Seal one version under its own incident's key, so that erasing one never touches another."""
    version = notification.content_version
    owned = {"force": order.force, "urn": order.urn, "council": order.council}
    sealed = cipher.seal(
        content, table="notification_content", row=f"{notification.id}:{version}",
        force=order.force, key=order.content_key,
    )  # fmt: skip
    canonical = _CONTENT.dump_json(content).decode()
    session.add(
        NotificationContent(
            **owned, notification_id=notification.id, version=version,
            content_key_id=order.content_key.id, sealed=sealed,
            content_digest=cipher.digest("content", canonical, force=order.force),
            rendered_digest=rendered_digest(
                cipher, order.content_key, content, on=london_date(now)
            ),
            template_version=content.template_version, policy_version=run.policy_version,
            composed_at=now,
        )
    )  # fmt: skip
    session.add(
        Occurrence(
            **owned, notification_id=notification.id, incident_id=order.incident_id,
            involved_child_id=order.involved_child_id, joined_at=now,
            desk_call_by=notification.due_at if needs_call(content) else None,
        )
    )  # fmt: skip
    session.flush()
