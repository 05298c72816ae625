"""An address that a mail server refused for good: it is flagged, so that nobody relies on it."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core import audit
from notifications.channels.base import Phase
from notifications.guarded import changed
from notifications.models import Alert
from notifications.states import Medium
from schools.key_adult_upkeep import Unverified
from schools.models import KeyAdult
from schools.officers import Officer


def address_failed(
    session: Session, alert: Alert, *, code: str | None, now: datetime, actor: str
) -> None:
    """Unverify whoever's mailbox was refused; a refusal of anything else flags nobody.

    Source: features.md RE6. The platform's chain keeps it, because the register has no force.
    """
    if not (code or "").startswith(f"{Phase.RECIPIENT}_"):
        return
    if alert.medium is Medium.TEXT:
        _mobile_failed(session, alert, code=code, now=now, actor=actor)
        return
    if alert.officer_id is not None:
        _officer_failed(session, alert, code=code, now=now, actor=actor)
        return
    flagged = changed(
        session,
        update(KeyAdult)
        .where(KeyAdult.id == alert.key_adult_id, KeyAdult.contact_verified_at.is_not(None))
        .values(contact_verified_at=None, unverified_at=now, unverified_why=Unverified.BOUNCED),
    )
    if flagged:
        audit.record(
            session, event=audit.Event.KEY_ADULT_UNVERIFIED, actor=actor, force=None,
            subject=f"key_adult:{alert.key_adult_id}", now=now, reason_code=code,
        )  # fmt: skip


def _mobile_failed(
    session: Session, alert: Alert, *, code: str | None, now: datetime, actor: str
) -> None:
    """Send no more text messages to a number that there is not; the address stays as it was."""
    flagged = changed(
        session,
        update(KeyAdult)
        .where(KeyAdult.id == alert.key_adult_id, KeyAdult.mobile_verified_at.is_not(None))
        .values(mobile_verified_at=None, mobile_digest=None),
    )
    if flagged:
        audit.record(
            session, event=audit.Event.KEY_ADULT_MOBILE_FAILED, actor=actor, force=None,
            subject=f"key_adult:{alert.key_adult_id}", now=now, reason_code=code,
        )  # fmt: skip


def _officer_failed(
    session: Session, alert: Alert, *, code: str | None, now: datetime, actor: str
) -> None:
    flagged = changed(
        session,
        update(Officer)
        .where(Officer.id == alert.officer_id, Officer.contact_verified_at.is_not(None))
        .values(contact_verified_at=None),
    )
    if flagged:
        audit.record(
            session, event=audit.Event.OFFICER_UNVERIFIED, actor=actor, force=None,
            subject=f"officer:{alert.officer_id}", now=now, reason_code=code,
        )  # fmt: skip
