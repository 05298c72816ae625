"""In which words a message and its alerts were: by version, by whom approved, and as they were.

For whoever may see its timeline. The content is opened to be compared and is never shown here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.cipher import CannotOpen, Cipher, Erased
from app.core.clock import london_date
from notifications.approving import INSTALLATION, approvals, owner_of
from notifications.models import Alert, Notification, NotificationContent
from notifications.queries import content_and_key
from notifications.rendered import placed_text
from notifications.wording import alert_digest
from notifications.wording_models import WordingApproval


class Kept(StrEnum):
    """Whether what was shown then is what the same version shows now."""

    AS_SHOWN_THEN = "as_shown_then"
    NOT_AS_SHOWN_THEN = "not_as_shown_then"
    ERASED = "erased"
    # Placed by a release that did not keep it.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WordsShown:
    """One version of a message, or one alert: its words, who approved them, whether they stand."""

    at: datetime
    what: str
    words: str
    approved_by: str
    kept: Kept


def words_of_message(
    session: Session, cipher: Cipher, notification: Notification
) -> Iterator[WordsShown]:
    """Yield every version of a message, oldest first."""
    approved = approvals(session, owner_of(notification.force))
    for row in session.scalars(
        select(NotificationContent)
        .where(NotificationContent.notification_id == notification.id)
        .order_by(NotificationContent.version)
    ).all():
        yield WordsShown(
            row.composed_at, f"version {row.version}", row.template_version,
            _approver(approved, row.template_version, row.composed_at),
            _kept(session, cipher, row),
        )  # fmt: skip


def words_of_alerts(session: Session, alerts: Sequence[Alert]) -> Iterator[WordsShown]:
    """Yield the alerts whose words have a version."""
    approved = approvals(session, INSTALLATION)
    for row in alerts:
        if row.template_version is None:
            continue
        same = row.wording_digest == alert_digest(row.template, row.template_version)
        yield WordsShown(
            row.planned_at, "alert", row.template_version,
            _approver(approved, row.template_version, row.planned_at),
            Kept.AS_SHOWN_THEN if same else Kept.NOT_AS_SHOWN_THEN,
        )  # fmt: skip


def _kept(session: Session, cipher: Cipher, row: NotificationContent) -> Kept:
    if row.rendered_digest is None:
        return Kept.UNKNOWN
    try:
        content, key = content_and_key(session, cipher, row)
    except Erased:
        return Kept.ERASED
    except CannotOpen:
        return Kept.NOT_AS_SHOWN_THEN
    text = placed_text(content, on=london_date(row.composed_at))
    same = row.rendered_digest == cipher.digest_with(key, "rendered", text)
    return Kept.AS_SHOWN_THEN if same else Kept.NOT_AS_SHOWN_THEN


def _approver(approved: Sequence[WordingApproval], version: str, at: datetime) -> str:
    """Return who had approved these words when they were used; '' where that is not known."""
    found = (one for one in approved if one.version == version and one.approved_at <= at)
    return next((one.approved_by for one in found), "")
