"""Taking the steps that are due: whom to alert next, when to ring, when to say that it is late."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.cipher import Cipher
from app.core.clock import london_date
from notifications.alerting import cover, plan_alert
from notifications.asking_duty import alert_duty
from notifications.channels.call_sheet import open_line
from notifications.free_officers import family_of
from notifications.lateness import mark_late
from notifications.models import Alert, AlertCover, EscalationStep, Notification, Run
from notifications.passing_over import note_passed_over, passed_over
from notifications.receipt_steps import RING
from notifications.recipients import Recipient, addressee, recipients_of
from notifications.runs import policy_of
from notifications.states import (
    AlertState,
    Medium,
    NotificationState,
    StepKind,
    StepState,
)
from notifications.stopping import stop_ladder
from schools.officers import Duty

_IN_FLIGHT = frozenset({AlertState.PLANNED, AlertState.ATTEMPTING, AlertState.UNKNOWN})
_RANK = {kind: rank for rank, kind in enumerate(StepKind)}

# A step's answer: `None` where it was done, else the coded reason why not.
Skipped = str | None


@dataclass(frozen=True)
class Taking:
    """What every step is handed; who may be told is asked once for all steps of one instant."""

    session: Session
    cipher: Cipher
    notification: Notification
    now: datetime
    actor: str
    # Whether this installation sends text messages.
    texts: bool = False
    # The accounts that alone may know of a restricted incident; None for any other.
    only: frozenset[UUID] | None = None

    @cached_property
    def contacts(self) -> tuple[list[Recipient], str]:
        """Return who may be told in order, without those passed over, and the code for nobody."""
        return _contacts(self)


def due_notifications(
    session: Session, *, now: datetime, limit: int, force: str | None = None
) -> list[UUID]:
    """Return the notifications with a step to take, of one force or of all, longest due first.

    One that is held keeps its steps for when it comes back; only its lateness is noted.
    """
    return list(
        session.scalars(
            select(EscalationStep.notification_id)
            .join(Notification, Notification.id == EscalationStep.notification_id)
            .where(
                EscalationStep.state == StepState.PLANNED,
                EscalationStep.planned_at <= now,
                *([EscalationStep.force == force] if force is not None else []),
                or_(
                    Notification.state != NotificationState.HELD,
                    EscalationStep.kind == StepKind.LATE,
                ),
            )
            .group_by(EscalationStep.notification_id)
            .order_by(func.min(EscalationStep.planned_at), EscalationStep.notification_id)
            .limit(limit)
        )
    )


def take_due_steps(
    session: Session, cipher: Cipher, *, notification_id: UUID, now: datetime, actor: str,
    texts: bool = False, only: frozenset[UUID] | None = None,
) -> int:  # fmt: skip
    """Take all steps of one notification that are due by now; return how many were settled.

    With `texts` whoever was asked by e-mail is also sent a text message before anybody is rung.

    Every step ends as done or skipped with a code. Whoever tells at the same moment either waits
    for this or has stopped the ladder already: the notification's row is locked first.
    """
    notification = session.scalars(
        select(Notification)
        .where(Notification.id == notification_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if notification.told_at is not None:
        return stop_ladder(session, notification, reason_code="told", now=now, actor=actor)
    taking = Taking(session, cipher, notification, now, actor, texts, only)
    steps = _due(session, notification, now)
    for step in steps:
        _settle(taking, step, _TAKE[step.kind](taking))
    session.flush()
    return len(steps)


def _due(session: Session, notification: Notification, now: datetime) -> list[EscalationStep]:
    steps = session.scalars(
        select(EscalationStep).where(
            EscalationStep.notification_id == notification.id,
            EscalationStep.state == StepState.PLANNED,
            EscalationStep.planned_at <= now,
        )
    )
    held = notification.state is NotificationState.HELD
    takeable = [step for step in steps if not held or step.kind is StepKind.LATE]
    return sorted(takeable, key=lambda step: (step.planned_at, _RANK[step.kind]))


def _settle(taking: Taking, step: EscalationStep, skipped: Skipped) -> None:
    step.state = StepState.DONE if skipped is None else StepState.SKIPPED
    step.reason_code, step.settled_at = skipped, taking.now
    event = audit.Event.STEP_TAKEN if skipped is None else audit.Event.STEP_SKIPPED
    audit.record(
        taking.session, event=event, actor=taking.actor, force=taking.notification.force,
        subject=f"notification:{taking.notification.id}", now=taking.now, reason_code=skipped,
        detail={"step": step.kind.value},
    )  # fmt: skip


def _alert_first(taking: Taking) -> Skipped:
    """Alert the first in order who can receive today: a key adult, or a council's officer."""
    return _alert_next(taking)


def _alert_next(taking: Taking) -> Skipped:
    """Alert the next in order who can receive and was not alerted about this before."""
    contacts, nobody = taking.contacts
    able = [contact for contact in contacts if contact.can_receive]
    if contacts and not able:
        return "contact_cannot_receive"
    alerted = {alert.key_adult_id or alert.officer_id for alert in _alerts(taking)}
    following = [contact for contact in able if contact.id not in alerted]
    if not following:
        return nobody
    _plan_alert(taking, following[0])
    return None


def _alert_second(taking: Taking) -> Skipped:
    """Alert the next in order, and by text everybody asked so far: the last before the calls."""
    skipped = _alert_next(taking)
    return None if _text(taking) else skipped


def _text(taking: Taking) -> int:
    """Send a text message to whoever was alerted and has a proved mobile; once each."""
    if not taking.texts:
        return 0
    contacts, _ = taking.contacts
    alerts = _alerts(taking)
    asked = {alert.key_adult_id for alert in alerts}
    texted = {alert.key_adult_id for alert in alerts if alert.medium is Medium.TEXT}
    wanted = [
        one
        for one in contacts
        if one.can_receive and one.mobile is not None and one.id in asked - texted
    ]
    for contact in wanted:
        _plan_alert(taking, contact, Medium.TEXT)
    return len(wanted)


def _alert_all(taking: Taking) -> Skipped:
    """Alert everybody who can receive, those alerted before once more unless it is on its way."""
    contacts, nobody = taking.contacts
    able = [contact for contact in contacts if contact.can_receive]
    if not able:
        return "contact_cannot_receive" if contacts else nobody
    sending = [
        alert
        for alert in _alerts(taking)
        if alert.state in _IN_FLIGHT and alert.medium is Medium.EMAIL
    ]
    on_its_way = {alert.key_adult_id or alert.officer_id for alert in sending}
    for contact in able:
        if contact.id not in on_its_way:
            _plan_alert(taking, contact)
    _text(taking)
    return None


def _call(taking: Taking) -> Skipped:
    """Put the school on the call sheet; for the duty officer and the leads it is there to be seen.

    They are named by the step on the trail and on the board; the call is the same call.
    """
    open_line(taking.session, taking.notification, now=taking.now)
    if taking.only is not None:
        return _alert_group(taking, Duty.DUTY_OFFICER)
    return None


def _call_leads(taking: Taking) -> Skipped:
    open_line(taking.session, taking.notification, now=taking.now)
    return None if taking.only is None else _alert_group(taking, Duty.FORCE_LEAD)


def _alert_group(taking: Taking, duty: Duty) -> Skipped:
    """Alert who may know of a restricted incident: nobody else finds its line on the sheet."""
    notification = taking.notification
    return alert_duty(
        taking.session, taking.cipher, owner=f"force:{notification.force}", duty=duty,
        force=notification.force, about=f"{RING}:{notification.id}", now=taking.now,
        family=family_of(taking.session, notification, only=taking.only),
    )  # fmt: skip


def _late(taking: Taking) -> Skipped:
    mark_late(taking.session, taking.notification, now=taking.now, actor=taking.actor)
    return None


_TAKE: dict[StepKind, Callable[[Taking], Skipped]] = {
    StepKind.KEY_ADULT: _alert_first,
    StepKind.SECOND_KEY_ADULT: _alert_second,
    StepKind.CALL_SHEET: _call,
    StepKind.ALL_KEY_ADULTS: _alert_all,
    StepKind.DUTY_OFFICER: _call,
    StepKind.LATE: _late,
    StepKind.DUTY_OFFICER_AGAIN: _call,
    StepKind.LEADS: _call_leads,
}


def _contacts(taking: Taking) -> tuple[list[Recipient], str]:
    session, notification = taking.session, taking.notification
    run = session.scalars(select(Run).where(Run.id == notification.run_id)).one()
    contacts = recipients_of(
        session, taking.cipher, notification, on=london_date(taking.now), policy=policy_of(run)
    )
    left_out = passed_over(session, taking.cipher, [notification.id], contacts)
    note_passed_over(session, notification, left_out, now=taking.now, actor=taking.actor)
    asked = [one for one in contacts if one.id not in left_out.everybody]
    return asked, "connected" if left_out.connected else "no_such_contact"


def _alerts(taking: Taking) -> list[Alert]:
    """Return the alerts about this since its ladder began, or began again."""
    statement = (
        select(Alert)
        .join(AlertCover, AlertCover.alert_id == Alert.id)
        .where(AlertCover.notification_id == taking.notification.id)
    )
    begun = taking.notification.replanned_at
    if begun is not None:
        statement = statement.where(Alert.planned_at >= begun)
    return list(taking.session.scalars(statement))


def _plan_alert(taking: Taking, contact: Recipient, medium: Medium = Medium.EMAIL) -> None:
    """Let one alert stand for all that waits for this person."""
    notification = taking.notification
    alert = plan_alert(
        taking.session, addressee(notification, contact), due_at=notification.due_at,
        now=taking.now, medium=medium,
    )  # fmt: skip
    cover(taking.session, alert, notification)
