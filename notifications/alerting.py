"""Planning alerts: to a key adult or an officer, one for all that waits for the same person.

What an alert is `about` is a coded kind and an id (`review:<id>`); the outbox sends it like one
that covers notifications. `stop_alerts` takes it back in the transaction that ends its matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core.ids import new_id
from notifications.approving import alert_version
from notifications.models import Alert, AlertAbout, AlertCover, Notification
from notifications.states import STILL_WAITING, UNSETTLED, AlertState, Channel, Medium, Template
from notifications.wording import alert_digest

# Each holds a code or a link of its own: one never stands for another.
_OF_THEIR_OWN = frozenset({Template.CODE, Template.INVITATION})
# What an alert is about that nothing stands behind.
COVER = "cover:"


@dataclass(frozen=True, slots=True)
class Addressee:
    """One key adult or one officer, and in whose scope the alert lies."""

    force: str
    urn: int | None = None
    council: str | None = None
    key_adult_id: UUID | None = None
    officer_id: UUID | None = None

    @property
    def owned(self) -> dict[str, str | int | None]:
        return {"force": self.force, "urn": self.urn, "council": self.council}


def plan_alert(
    session: Session, to: Addressee, *, due_at: datetime, now: datetime,
    template: str = Template.WAITING, about: str | None = None, medium: Medium = Medium.EMAIL,
) -> Alert:  # fmt: skip
    """Join the alert of this template that waits for this person, else plan one for now.

    One that the outbox is claiming at this moment is locked and therefore passed over.
    """
    alert = _planned(session, to, template, about, medium)
    new = alert is None
    if alert is None:
        version = alert_version(session, now=now)
        alert = Alert(
            **to.owned, id=new_id(), key_adult_id=to.key_adult_id, officer_id=to.officer_id,
            channel=Channel.SMTP, medium=medium, state=AlertState.PLANNED, template=template,
            about=about, planned_at=now, next_attempt_at=now, due_at=due_at,
            template_version=version, wording_digest=alert_digest(template, version),
        )  # fmt: skip
        session.add(alert)
        session.flush()
    alert.due_at = min(alert.due_at, due_at)
    if about is not None and (new or session.get(AlertAbout, (alert.id, about)) is None):
        session.add(AlertAbout(**to.owned, alert_id=alert.id, about=about))
    session.flush()
    return alert


def cover(session: Session, alert: Alert, notification: Notification) -> None:
    """Let an alert stand for a notification; once more changes nothing."""
    if session.get(AlertCover, (alert.id, notification.id)) is None:
        session.add(
            AlertCover(
                force=notification.force, urn=notification.urn, council=notification.council,
                alert_id=alert.id, notification_id=notification.id,
            )
        )  # fmt: skip
        session.flush()


def alert_officer(
    session: Session, *, officer_id: UUID, force: str, about: str, due_at: datetime, now: datetime,
    council: str | None = None, template: str = Template.REVIEW,
) -> Alert:  # fmt: skip
    """Alert an officer about something that is not a notification."""
    to = Addressee(force, council=council, officer_id=officer_id)
    return plan_alert(session, to, template=template, due_at=due_at, now=now, about=about)


def alert_key_adult(
    session: Session, *, key_adult_id: UUID, urn: int, force: str, about: str, due_at: datetime,
    now: datetime, template: str, medium: Medium = Medium.EMAIL,
) -> Alert:  # fmt: skip
    """Alert a key adult about something that is not a notification: a drill, a code, a link."""
    to = Addressee(force, urn=urn, key_adult_id=key_adult_id)
    return plan_alert(
        session, to, template=template, due_at=due_at, now=now, about=about, medium=medium
    )


def stop_alerts(session: Session, about: str, now: datetime) -> int:
    """Take back what is not sent yet and stands for nothing else; return how many alerts.

    One on its way is let go: its result is recorded, and it is not tried again.
    """
    return stop_alerts_about(session, [about], now)


def stop_alerts_about(session: Session, matters: Sequence[str], now: datetime) -> int:
    """Take back what is about any of several matters, as `stop_alerts` does."""
    alerts = session.scalars(
        select(Alert)
        .where(
            Alert.id.in_(select(AlertAbout.alert_id).where(AlertAbout.about.in_(matters))),
            Alert.state.in_(UNSETTLED),
        )
        .order_by(Alert.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not alerts:
        return 0
    ids = [alert.id for alert in alerts]
    session.execute(
        delete(AlertAbout)
        .where(AlertAbout.about.in_(matters), AlertAbout.alert_id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    wanted = still_wanted(session, ids)
    stopped = [
        one for one in alerts if one.id not in wanted and one.state is not AlertState.ATTEMPTING
    ]
    for alert in stopped:
        alert.state, alert.settled_at = AlertState.NOT_NEEDED, now
    session.flush()
    return len(stopped)


def still_wanted(session: Session, alert_ids: Sequence[UUID]) -> set[UUID]:
    """Return those alerts that stand for a notification somebody waits for, or for something."""
    if not alert_ids:
        return set()
    waits = exists().where(
        AlertCover.alert_id == Alert.id,
        Notification.id == AlertCover.notification_id,
        Notification.told_at.is_(None),
        Notification.state.in_(STILL_WAITING),
    )
    about = exists().where(AlertAbout.alert_id == Alert.id)
    return set(
        session.scalars(select(Alert.id).where(Alert.id.in_(list(alert_ids)), waits | about))
    )


def asked_since(session: Session, matters: Sequence[str], since: datetime) -> set[str]:
    """Return those of these matters about which an alert waits, or was planned since an instant."""
    return set(
        session.scalars(
            select(AlertAbout.about)
            .join(Alert, Alert.id == AlertAbout.alert_id)
            .where(
                AlertAbout.about.in_(matters),
                or_(Alert.planned_at >= since, Alert.state == AlertState.PLANNED),
            )
        )
    )


def for_cover() -> ColumnElement[bool]:
    """Return whether an alert is cover: nothing stands behind it."""
    return func.coalesce(Alert.about, "").startswith(COVER)


def _planned(
    session: Session, to: Addressee, template: str, about: str | None, medium: Medium
) -> Alert | None:
    own = [Alert.about == about] if template in _OF_THEIR_OWN else []
    return session.scalars(
        select(Alert)
        .where(
            Alert.key_adult_id == to.key_adult_id,
            Alert.officer_id == to.officer_id,
            Alert.force == to.force,
            Alert.template == template,
            Alert.medium == medium,
            Alert.state == AlertState.PLANNED,
            # Cover may be waiting for its next try; what is real waits for nothing.
            ~for_cover(),
            *own,
        )
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()
