"""Amending a message in place: a new version, marked where it changed, never with the old value.

Source: domain.md §7. Whoever has the message keeps it: what they answered, opened and acknowledged
stands. Who was told before the change is asked to read it by a deadline of its own; where nobody
was told yet, the ladder goes on and whoever was alerted is alerted again.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core import audit
from app.core.cipher import Cipher, SealingKey
from app.core.clock import london_date
from app.core.policy import Policy
from notifications.alerting import Addressee, cover, plan_alert, stop_alerts
from notifications.compose import Content, GoingHome, NoticeFacts, compose
from notifications.desk_calls import end_unneeded, needs_call, plan_call, stand_down
from notifications.models import (
    Alert,
    AlertCover,
    Notification,
    NotificationContent,
    Occurrence,
)
from notifications.receipt_models import Amendment
from notifications.receipt_states import ReceiptStepKind
from notifications.receipt_steps import plan_amendment_steps, skip_steps
from notifications.rendered_proof import rendered_digest
from notifications.states import AlertState
from notifications.timing import Due

# What a newer version may differ in: codes of the fields as the page marks them.
CHANGES = (
    "occurred_at", "location", "presence", "involvement", "spoken_with", "demeanour", "words",
    "seen_safe", "social_care_told", "victim_told_about_notice", "going_home", "going_home_until",
    "reference",
)  # fmt: skip
_CONTENT = TypeAdapter(Content)
_SENT = (AlertState.HANDED_OVER, AlertState.REACHED_MAILBOX)
_GRAVER = tuple(GoingHome)


@dataclass(frozen=True, slots=True)
class Change:
    """One child of one incident, as a newer version of it tells; `read_by` is when it must be read.

    `old` and `new` are (incident, involved child).
    """

    old: tuple[UUID, UUID]
    new: tuple[UUID, UUID]
    key: SealingKey
    facts: NoticeFacts = field(repr=False)
    priority: int
    policy: Policy
    policy_version: int
    read_by: Due


def changed_content(
    old: Content, facts: NoticeFacts, policy: Policy, *, template_version: str,
    restricted: bool = False,
) -> Content:  # fmt: skip
    """Return the newer content with the codes of what changed; counts stay as they were told.

    Raises `ValueError` for facts outside the closed lists.
    """
    new = compose(facts, policy, template_version=template_version, restricted=restricted)
    codes = tuple(code for code in CHANGES if getattr(old, code) != getattr(new, code))
    return replace(
        new, earlier=old.earlier, pattern=old.pattern, late_record=old.late_record, changed=codes
    )


def amend(
    session: Session, cipher: Cipher, notification: Notification, change: Change, *,
    content: Content, before: Content, now: datetime, actor: str,
) -> None:  # fmt: skip
    """Show the newer content in this transaction and let the old one go; the row is locked.

    Where nothing changed that a school is shown, nobody is asked to read anything again.
    """
    unread = _unread(session, notification)
    told_before = notification.told_at is not None
    codes = list(
        dict.fromkeys([*(code for one in unread for code in one.changed), *content.changed])
    )
    content = replace(content, changed=tuple(codes))
    notification.content_version += 1
    notification.priority = min(notification.priority, change.priority)
    _store(session, cipher, notification, change, content=content, now=now)
    graver, by = _graver(before, content), None
    if needs_call(content):
        by = change.read_by.due_at if told_before else notification.due_at
    call_anew = _follow(session, notification, change, call_by=by, graver=graver)
    if codes:
        _supersede(session, notification, unread, now=now, actor=actor)
        session.add(
            Amendment(
                force=notification.force, urn=notification.urn, council=notification.council,
                notification_id=notification.id, version=notification.content_version,
                changed=codes, made_at=now, due_at=change.read_by.due_at if told_before else None,
            )
        )  # fmt: skip
        session.flush()
        if told_before:
            plan_amendment_steps(session, notification, change.read_by, urgent=graver, now=now)
        else:
            _alert_again(session, notification, now=now)
    if call_anew:
        plan_call(session, notification, now=now, at_once=told_before)
    end_unneeded(session, notification, now=now)
    audit.record(
        session, event=audit.Event.NOTIFICATION_AMENDED, actor=actor, force=notification.force,
        subject=f"notification:{notification.id}", now=now,
        detail={
            "version": notification.content_version, "changed": codes,
            "incident": str(change.new[0]), **({"desk_call": True} if call_anew else {}),
        },
    )  # fmt: skip


def unread_amendments(session: Session, notification_id: UUID) -> list[Amendment]:
    """Return what changed after somebody had been told and nobody read since."""
    return list(
        session.scalars(
            select(Amendment).where(
                Amendment.notification_id == notification_id,
                Amendment.read_at.is_(None),
                Amendment.due_at.is_not(None),
            )
        )
    )


def settle_amendments(
    session: Session, notification: Notification, *, how: str, now: datetime, actor: str
) -> bool:
    """Note that the changes were read, or need not be any more; return whether there were any."""
    rows = session.execute(
        update(Amendment)
        .where(Amendment.notification_id == notification.id, Amendment.read_at.is_(None))
        .values(read_at=now, read_by=actor, read_how=how)
        .returning(Amendment.version)
        .execution_options(synchronize_session=False)
    ).all()
    if not rows:
        return False
    skip_steps(session, notification, AMENDMENT_STEPS, reason_code=how, now=now)
    stop_alerts(session, f"amendment:{notification.id}", now)
    stand_down(session, notification, now=now)
    return True


AMENDMENT_STEPS = (
    ReceiptStepKind.AMENDMENT, ReceiptStepKind.AMENDMENT_ALL, ReceiptStepKind.AMENDMENT_UNREAD,
)  # fmt: skip


def _unread(session: Session, notification: Notification) -> list[Amendment]:
    return list(
        session.scalars(
            select(Amendment)
            .where(Amendment.notification_id == notification.id, Amendment.read_at.is_(None))
            .order_by(Amendment.version)
        )
    )


def _supersede(
    session: Session, notification: Notification, unread: list[Amendment], *, now: datetime,
    actor: str,
) -> None:  # fmt: skip
    """Let a still newer version stand for those that nobody has read."""
    for one in unread:
        one.read_at, one.read_by, one.read_how = now, actor, "superseded"
    skip_steps(session, notification, AMENDMENT_STEPS, reason_code="superseded", now=now)


def _store(
    session: Session, cipher: Cipher, notification: Notification, change: Change, *,
    content: Content, now: datetime,
) -> None:  # fmt: skip
    """Seal the version under the newer incident's key."""
    version = notification.content_version
    sealed = cipher.seal(
        content, table="notification_content", row=f"{notification.id}:{version}",
        force=notification.force, key=change.key,
    )  # fmt: skip
    session.add(
        NotificationContent(
            force=notification.force, urn=notification.urn, council=notification.council,
            notification_id=notification.id, version=version, content_key_id=change.key.id,
            sealed=sealed,
            content_digest=cipher.digest(
                "content", _CONTENT.dump_json(content).decode(), force=notification.force
            ),
            rendered_digest=rendered_digest(cipher, change.key, content, on=london_date(now)),
            template_version=content.template_version, policy_version=change.policy_version,
            composed_at=now,
        )
    )  # fmt: skip
    session.flush()


def _follow(
    session: Session, notification: Notification, change: Change, *, call_by: datetime | None,
    graver: bool,
) -> bool:  # fmt: skip
    """Let the message tell of the newer incident: the old one's content is shown no more.

    `call_by` is by when the desk must ring about going home; it rings once, and again where it
    became `graver`. Returns whether a call is to be made that was not before.
    """
    (old_incident, _), (incident_id, child_id) = change.old, change.new
    joined_at, by, called_at = session.execute(
        select(Occurrence.joined_at, Occurrence.desk_call_by, Occurrence.desk_called_at).where(
            Occurrence.notification_id == notification.id, Occurrence.incident_id == old_incident
        )
    ).one()
    call_anew = call_by is not None and (graver or by is None)
    if call_anew or call_by is None:
        by, called_at = call_by, None
    session.execute(
        delete(Occurrence)
        .where(
            Occurrence.notification_id == notification.id, Occurrence.incident_id == old_incident
        )
        .execution_options(synchronize_session=False)
    )
    session.add(
        Occurrence(
            force=notification.force, urn=notification.urn, council=notification.council,
            notification_id=notification.id, incident_id=incident_id, involved_child_id=child_id,
            joined_at=joined_at, desk_call_by=by, desk_called_at=called_at,
        )
    )  # fmt: skip
    if notification.incident_id == old_incident:
        notification.incident_id, notification.involved_child_id = incident_id, child_id
    session.flush()
    return call_anew


def _graver(before: Content, after: Content) -> bool:
    """Return whether going home became a concern, or a graver one: that is rung about at once."""
    return _GRAVER.index(after.going_home) > _GRAVER.index(before.going_home)


def _alert_again(session: Session, notification: Notification, *, now: datetime) -> None:
    """Alert once more whoever was alerted before the change; the ladder asks the others."""
    alerted = session.execute(
        select(Alert.key_adult_id, Alert.officer_id)
        .join(AlertCover, AlertCover.alert_id == Alert.id)
        .where(AlertCover.notification_id == notification.id, Alert.state.in_(_SENT))
        .distinct()
    ).all()
    for key_adult_id, officer_id in alerted:
        to = Addressee(
            notification.force, notification.urn, notification.council,
            key_adult_id=key_adult_id, officer_id=officer_id,
        )  # fmt: skip
        alert = plan_alert(session, to, due_at=notification.due_at, now=now)
        cover(session, alert, notification)
